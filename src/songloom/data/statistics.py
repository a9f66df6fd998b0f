"""What a data set holds, counted from its manifest, and a picture of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from songloom.data.dataset import clips_of
from songloom.data.manifest import Clip

_SPECTROGRAMS = 6


@dataclass(frozen=True, slots=True)
class Statistics:
    """Counts by name, the most frequent first; `tempos` in beats per minute and `loudness` in LUFS, one a clip."""

    clips: int
    hours: float
    sample_rates: Mapping[int, int]
    splits: Mapping[str, int]
    captions: Mapping[str, int]
    words_per_caption: float
    distinct_captions: int
    styles: Mapping[str, int]
    moods: Mapping[str, int]
    keys: Mapping[str, int]
    meters: Mapping[str, int]
    families: Mapping[str, int]
    tempos: tuple[float, ...]
    loudness: tuple[float, ...]


def describe(folder: Path) -> Statistics:
    """Statistics of a data set's folder: its manifest, or the audio files that lie in it."""
    clips = clips_of(folder)
    texts = [caption.text for clip in clips for caption in clip.captions]
    return Statistics(
        clips=len(clips),
        hours=sum(clip.seconds for clip in clips) / 3600.0,
        sample_rates=_counted(clip.sample_rate for clip in clips),
        splits=_counted(clip.split for clip in clips),
        captions=_counted(caption.kind for clip in clips for caption in clip.captions),
        words_per_caption=sum(len(text.split()) for text in texts) / max(1, len(texts)),
        distinct_captions=len(set(texts)),
        styles=_counted(_labelled(clips, "style")),
        moods=_counted(_labelled(clips, "mood")),
        keys=_counted(_labelled(clips, "key")),
        meters=_counted(_labelled(clips, "meter")),
        families=_counted(family for families in _labelled(clips, "families") for family in families),
        tempos=tuple(float(tempo) for tempo in _labelled(clips, "tempo")),
        loudness=tuple(float(loudness) for loudness in _labelled(clips, "loudness")),
    )


def picture(folder: Path, path: Path) -> Path:
    """Draw the statistics and a few log-mel spectrograms of `folder` into an image file."""
    from matplotlib.figure import Figure

    clips, told = clips_of(folder), describe(folder)
    figure = Figure(figsize=(18, 14), layout="constrained")
    figure.suptitle(f"{told.clips} clips, {told.hours:.2f} hours, {told.distinct_captions} captions")
    axes = figure.subplots(4, 3)
    for axis, (title, counts) in zip(
        axes.flat,
        {"style": told.styles, "mood": told.moods, "key": told.keys, "instrument family": told.families}.items(),
        strict=False,
    ):
        _bars(axis, title, counts)
    _histogram(axes.flat[4], "tempo (beats per minute)", told.tempos)
    _histogram(axes.flat[5], "loudness (LUFS)", told.loudness)
    for axis, clip in zip(list(axes.flat)[6:], _spread(clips), strict=False):
        _spectrogram(axis, Path(folder), clip)
    figure.savefig(path, dpi=80)
    return path


def _counted(values: Any) -> dict[Any, int]:
    return dict(Counter(values).most_common())


def _labelled(clips: Sequence[Clip], name: str) -> list[Any]:
    return [clip.labels[name] for clip in clips if clip.labels.get(name) is not None]


def _spread(clips: Sequence[Clip]) -> list[Clip]:
    """A few clips, of different styles where they are labelled."""
    by_style = {str(clip.labels.get("style", clip.id)): clip for clip in reversed(clips)}
    chosen = [by_style[style] for style in sorted(by_style)]
    return chosen[:: max(1, len(chosen) // _SPECTROGRAMS)][:_SPECTROGRAMS]


def _bars(axis: Any, title: str, counts: Mapping[str, int]) -> None:
    names = list(counts)[:30]
    axis.bar(range(len(names)), [counts[name] for name in names])
    axis.set_xticks(range(len(names)), names, rotation=90, fontsize=7)
    axis.set_title(title)


def _histogram(axis: Any, title: str, values: Sequence[float]) -> None:
    axis.hist(values, bins=30)
    axis.set_title(title)


def _spectrogram(axis: Any, folder: Path, clip: Clip) -> None:
    from songloom.audio.files import read
    from songloom.audio.spectrogram import Stft, mel_decibels, mel_filters

    wave, rate = read(folder / clip.audio, channels=1, seconds=10.0)
    magnitude = Stft(2048, 512).magnitude(wave)[0]
    mel = mel_decibels(magnitude, mel_filters(rate, 2048, 96))
    axis.imshow(mel.numpy(), origin="lower", aspect="auto", cmap="magma", extent=(0, 512 * mel.shape[-1] / rate, 0, 96))
    axis.set_title(clip.captions[0].text[:70] if clip.captions else clip.id, fontsize=8)
