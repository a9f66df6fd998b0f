"""The codec bench as tables on the screen and in Markdown, and as a picture: distortion over bits per second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from coders import Coder
from hearing import Heard
from torch import Tensor

from songloom.metrics.codes import bitrate_efficiency, coded_bits_per_second, usage_of
from songloom.metrics.confidence import mean, share

COLUMNS = {
    "kbps": ("kbps", "{:.2f}"),
    "coded_kbps": ("coded", "{:.2f}"),
    "efficiency": ("effic.", "{:.0%}"),
    "used": ("used", "{:.0%}"),
    "mel": ("mel", "{:.2f}"),
    "stft": ("STFT", "{:.2f}"),
    "si_sdr": ("SI-SDR", "{:.1f}"),
    "visqol": ("ViSQOL", "{:.2f}"),
    "mel_decibels": ("mel dB", "{:.2f}"),
    "audible_mel_decibels": ("to -60 dB", "{:.2f}"),
    "convergence": ("conv.", "{:.2f}"),
    "tempo": ("tempo", "{:.0%}"),
    "key": ("key", "{:.0%}"),
    "loudness": ("LU", "{:.2f}"),
    "encode": ("encode", "{:.3f}"),
    "decode": ("decode", "{:.3f}"),
}
SHARES = ("tempo", "key")
PANELS = {
    "mel": "mel distance",
    "stft": "STFT distance",
    "si_sdr": "SI-SDR, dB",
    "visqol": "ViSQOL",
    "convergence": "convergence",
}
NOTE = (
    "Means over the clips. *kbps*: plain codes for codecs, whole files with their headers for Opus and MP3. *coded*: "
    "the same codes in the entropy coding of `.loom` files, all clips one after the other. *effic.*: the entropy of "
    "the codes over the bits that they could carry; *used*: the part of all codebook entries that occur (both need "
    "many clips). *mel* and *STFT*: the distances of DAC's paper (`multi_scale_mel_distance` and "
    "`multi_scale_stft_distance` in `metrics/spectral.py`). *SI-SDR*: dB, of samples, so phases count. *mel dB*: mean "
    "absolute difference of 20 log10(max(mel, floor)), 128 Slaney mel bands of the amplitude STFT 2048/512, floor "
    "1e-4; *to -60 dB*: the same with the floor 60 dB below the clip's loudest mel value, so that gaps too quiet to "
    "hear do not count. *conv.*: the error of linear magnitudes relative to their norm. *tempo*: the copy's "
    "estimate is within 4 % of the original's; *key*: both estimates are the same (Griffin-Lim alone shows how much "
    "of a loss is the estimators'). *LU*: mean absolute difference of loudness. *encode*, *decode*: CPU seconds of one "
    "thread per second of audio, starting a program included."
)


@dataclass
class Row:
    """All clips through one coder: what was heard, and the codes [K, F] of each clip where it has codes."""

    coder: Coder
    heard: list[Heard] = field(default_factory=list)
    codes: list[Tensor] = field(default_factory=list)

    @cached_property
    def values(self) -> dict[str, float]:
        """Means and shares over the clips and what the codes say, by column; without those that are not known."""
        found = {}
        for name in COLUMNS:
            values = [value for one in self.heard if (value := getattr(one, name, None)) is not None]
            if values:
                found[name] = sum(values) / len(values)
        if self.codes:
            size, rate = self.coder.codebook_size, self.coder.frame_rate
            counted, together = usage_of((one[None] for one in self.codes), size), torch.cat(self.codes, -1)
            found |= {"efficiency": bitrate_efficiency(counted), "used": sum(counted.used) / len(counted.used)}
            found["coded_kbps"] = coded_bits_per_second(together.cpu().numpy(), size, rate) / 1000
        return found

    def intervals(self) -> dict[str, Any]:
        """95 % intervals of the figures that clips have, for the JSON file."""
        return {
            name: asdict(share(values) if name in SHARES else mean(values))
            for name in COLUMNS
            if (values := [value for one in self.heard if (value := getattr(one, name, None)) is not None])
        }


def table(rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Headers and cells; columns that no coder fills are left out."""
    values = [row.values for row in rows]
    columns = {name: titled for name, titled in COLUMNS.items() if any(name in found for found in values)}
    cells = [
        [row.coder.name, *(form.format(found[name]) if name in found else "-" for name, (_, form) in columns.items())]
        for row, found in zip(rows, values, strict=True)
    ]
    return ["", *(title for title, _ in columns.values())], cells


def plot(path: Path, sets: dict[str, list[Row]]) -> None:
    """A PNG: a row of panels for each set of clips, a line for each family of coders that has bits to count."""
    from matplotlib.figure import Figure

    names = [name for name in PANELS if any(name in row.values for rows in sets.values() for row in rows)]
    figure = Figure(figsize=(4.2 * len(names), 3.6 * len(sets)), layout="constrained")
    panels = figure.subplots(len(sets), len(names), squeeze=False)
    for line, (title, rows) in zip(panels, sets.items(), strict=True):
        for axes, name in zip(line, names, strict=True):
            for family, points in curves(rows, name).items():
                axes.plot(*zip(*points, strict=True), "o-", markersize=4, linewidth=1.2, label=family)
            axes.set_xscale("log", base=2)
            axes.xaxis.set_major_formatter("{x:g}")
            axes.set(xlabel="kbps", title=f"{PANELS[name]}, {title}")
            axes.title.set_fontsize(9)
            axes.grid(alpha=0.3, which="both")
        line[0].legend(fontsize=8)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)


def curves(rows: Sequence[Row], name: str) -> dict[str, list[tuple[float, float]]]:
    """Points (kbps, value) in the order of their rates, by family."""
    found: dict[str, list[tuple[float, float]]] = {}
    for row in rows:
        values = row.values
        if "kbps" in values and name in values:
            found.setdefault(row.coder.family, []).append((values["kbps"], values[name]))
    return {family: sorted(points) for family, points in found.items()}
