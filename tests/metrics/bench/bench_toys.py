"""What tests of the bench share: sounds whose figures are known, and networks that hear next to nothing."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from songloom.audio.clip import Audio
from songloom.metrics.bench.listening import Progress
from songloom.metrics.embeddings import EmbedderNetwork, Facts
from songloom.systems.roles import Embedder

RATE = 8000


@contextmanager
def quiet(_: str) -> Iterator[Progress]:
    """A stage that shows nothing."""
    yield lambda done: None


def tone(pitch: int, seconds: float = 1.0, level: float = 0.3) -> Tensor:
    """A steady tone of a MIDI pitch, [1, T]."""
    time = torch.arange(round(seconds * RATE)) / RATE
    return (level * torch.sin(2 * math.pi * 440 * 2 ** ((pitch - 69) / 12) * time))[None]


def write(folder: Path, sounds: Mapping[str, Tensor], recipe: Mapping[str, Any] | None = None) -> Path:
    """The sounds as files of a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, wave in sounds.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Audio(wave, RATE, recipe or {}).save(folder / name)
    return folder


class Loudness:
    """Hears each second as level and brightness, and calls it loud or quiet."""

    facts = Facts(
        name="loudness", checkpoint="none", sample_rate=RATE, channels=1, resampler="none", window_seconds=1.0,
        hop_seconds=1.0, width=2, classes=2,
    )  # fmt: skip
    name, sample_rate = "loudness", RATE
    heard = 0

    def prepare(self, wave: Tensor, sample_rate: int) -> Tensor:
        if wave.shape[-1] < sample_rate / 2:
            raise ValueError("too short")
        return wave.mean(0, keepdim=True)

    def embed(self, wave: Tensor) -> Tensor:
        type(self).heard += 1
        parts = list(wave[0].split(RATE))
        return torch.tensor([[float(p.square().mean()), float(p.diff().square().mean())] for p in parts])

    def probabilities(self, wave: Tensor) -> Tensor:
        loud = torch.sigmoid(50 * (wave.abs().amax() - 0.2))
        return torch.stack([loud, 1 - loud])[None]


class Pitches(Embedder):
    """Hears a pitch as an angle, and reads it from the last word of a text."""

    sample_rate = RATE  # type: ignore[assignment]
    channels = 1  # type: ignore[assignment]
    width = 2  # type: ignore[assignment]
    window_seconds = 1.0  # type: ignore[assignment]

    def embed_window(self, wave: Tensor) -> Tensor:
        spectrum = torch.fft.rfft(wave.mean(1), RATE).abs()
        return self._angle(69 + 12 * torch.log2(spectrum.argmax(-1).clamp_min(1) / 440))

    def embed_text(self, texts: Sequence[str]) -> Tensor:
        return self._angle(torch.tensor([float(text.split()[-1]) for text in texts]))

    def _angle(self, pitch: Tensor) -> Tensor:
        return torch.stack([(pitch / 8).cos(), (pitch / 8).sin()], dim=-1)


Pitches.__abstractmethods__ = frozenset()


def pitches() -> EmbedderNetwork:
    """The embedder as a network."""
    return EmbedderNetwork(Pitches(), name="pitches", checkpoint="none")
