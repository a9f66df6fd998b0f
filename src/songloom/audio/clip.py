"""What generation gives back: a wave that knows its rate and its recipe, saves, plots and plays in a notebook."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from songloom.audio.files import encoded, read, read_metadata, with_channels, write
from songloom.audio.resample import resample
from songloom.audio.spectrogram import Stft, mel_decibels, mel_filters
from songloom.config import parsed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PLOT_BANDS = 96
PLOT_COLUMNS = 1200


@dataclass(frozen=True, eq=False)
class Audio:
    """`wave` float [C, T] in [-1, 1] at `sample_rate` Hz; `recipe` says how it was made and goes into files."""

    wave: Tensor
    sample_rate: int
    recipe: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.wave.ndim != 2 or not self.wave.is_floating_point():
            raise ValueError(f"the wave is {tuple(self.wave.shape)} of {self.wave.dtype}; needs [C, T] of floats")
        if self.sample_rate <= 0:
            raise ValueError(f"sample_rate is {self.sample_rate}; needs a number above 0")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Audio:
        """The audio of a file, with the recipe where the file holds one."""
        wave, sample_rate = read(path)
        try:
            recipe = parsed(read_metadata(path) or "{}")
        except ValueError:  # another program's comment
            recipe = {}
        return cls(wave, sample_rate, recipe if isinstance(recipe, dict) else {})

    @property
    def seconds(self) -> float:
        return self.wave.shape[1] / self.sample_rate

    @property
    def channels(self) -> int:
        return self.wave.shape[0]

    def fitted(self, sample_rate: int, channels: int) -> Tensor:
        """The wave [C, T] at another rate and with other channels: resampled, averaged to one, or repeated."""
        return resample(with_channels(self.wave, channels), self.sample_rate, sample_rate)

    def summary(self) -> dict[str, Any]:
        """What tells this audio from others in a recipe: hash of its samples, rate, channels, seconds."""
        samples = self.wave.detach().to("cpu", torch.float32).contiguous().view(torch.uint8).numpy()
        digest = hashlib.sha256(samples.data).hexdigest()
        return {"sha256": digest, "sample_rate": self.sample_rate, "channels": self.channels, "seconds": self.seconds}

    def save(self, path: str | os.PathLike[str], *, bits: int = 16, quality: float = 0.6) -> Path:
        """Write a wav, flac, ogg, opus, mp3 or aiff by the path's suffix, the recipe inside; gives the path."""
        recipe = json.dumps(dict(self.recipe)) if self.recipe else None
        write(path, self.wave, self.sample_rate, bits=bits, quality=quality, metadata=recipe)
        return Path(path)

    def plot(self, path: str | os.PathLike[str] | None = None) -> Figure:
        """A figure of the wave and its mel spectrogram; written to `path` (png, pdf, svg) where one is given."""
        from matplotlib.figure import Figure

        figure = Figure(figsize=(10, 5), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[1, 2])
        mono = self.wave.detach().to("cpu", torch.float32).mean(0)
        low, high = _outline(mono)
        times = torch.linspace(0, self.seconds, len(low))
        above.fill_between(times.numpy(), low.numpy(), high.numpy(), linewidth=0.4)
        above.set(ylim=(-1, 1), ylabel="amplitude", title=str(self.recipe.get("prompt", ""))[:100])
        hop = max(256, len(mono) // PLOT_COLUMNS)
        magnitude = Stft(max(2048, 2 * hop), hop).magnitude(mono)
        filters = mel_filters(self.sample_rate, max(2048, 2 * hop), PLOT_BANDS)
        image = mel_decibels(magnitude, filters).numpy()
        below.imshow(image, origin="lower", aspect="auto", extent=(0, self.seconds, 0, PLOT_BANDS), cmap="magma")
        below.set(xlabel="seconds", ylabel="mel band")
        if path is not None:
            figure.savefig(os.fspath(path))
        return figure

    def _repr_html_(self) -> str:
        """A player for notebooks, the samples inside it."""
        data = base64.b64encode(encoded(self.wave, self.sample_rate, ".wav")).decode()
        return f'<audio controls src="data:audio/wav;base64,{data}"></audio>'

    def __repr__(self) -> str:
        return f"Audio({self.channels} channels, {self.seconds:.2f} s at {self.sample_rate} Hz)"


def _outline(mono: Tensor) -> tuple[Tensor, Tensor]:
    """Lowest and highest sample of each column of a plot."""
    step = max(1, len(mono) // PLOT_COLUMNS)
    columns = mono[: len(mono) // step * step].reshape(-1, step)
    return columns.amin(1), columns.amax(1)
