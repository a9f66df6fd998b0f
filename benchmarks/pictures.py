"""Spectrograms of what was made, each beside the band's own render of the same piece."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from songloom.audio import files
from songloom.audio.spectrogram import Stft, mel_decibels, mel_filters

RATE = 32_000


def side_by_side(folder: Path, pairs: Sequence[tuple[Path, Path]], seconds: float) -> Path:
    """Writes `results.png`: a row for each pair, left the band's render, right the model's music from its caption."""
    from matplotlib.figure import Figure

    folder.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(14, 2.6 * len(pairs)), layout="constrained")
    axes = figure.subplots(len(pairs), 2, sharex=True, sharey=True, squeeze=False)
    filters = mel_filters(RATE, 2048, 128)
    for row, pair in zip(axes, pairs, strict=True):
        for place, path, whose in zip(row, pair, ("band", "model"), strict=True):
            wave, _ = files.read(path, sample_rate=RATE, channels=1, seconds=seconds)
            image = mel_decibels(Stft(2048, 512).magnitude(wave[0]), filters).numpy()
            place.imshow(image, origin="lower", aspect="auto", extent=(0, wave.shape[-1] / RATE, 0, 128), cmap="magma")
            place.set_title(f"{whose}: {path.stem}", fontsize=8)
    path = folder / "results.png"
    figure.savefig(path, dpi=80)
    return path
