"""What tests all over the tree share: an embedder that is right about tones and numbers without having learnt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom import checkpoint
from songloom.audio import files
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.recipe import Recipe
from songloom.systems.roles import Embedder

RATE, BANDS = 4000, 8


class TonesEmbedder(Embedder, kind="toy-tones"):
    """Eight bands of 250 Hz: a window is where its power lies, a text is the number of a band that stands in it, or
    all of them. `weight` turns the space, so that other weights are another space."""

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        seconds: float = 1.0

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.weight = nn.Parameter(torch.eye(BANDS))

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        return {"toy-tones-tiny": cls.Config()}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        return Recipe(steps=1, batch_size=1, seconds=1.0)

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        return {"weight": self.weight.square().sum()}

    sample_rate = RATE  # type: ignore[assignment]
    channels = 1  # type: ignore[assignment]
    width = BANDS  # type: ignore[assignment]

    @property
    def window_seconds(self) -> float:
        return float(self.config.seconds)  # type: ignore[attr-defined]

    def embed_window(self, wave: Tensor) -> Tensor:
        spectrum = torch.fft.rfft(wave[:, 0], n=RATE).abs().square()[:, : RATE // 2]
        return functional.normalize(spectrum.unflatten(-1, (BANDS, -1)).sum(-1) + 1e-6, dim=-1) @ self.weight

    def embed_text(self, texts: Sequence[str]) -> Tensor:
        made = torch.ones(len(texts), BANDS)
        for row, text in zip(made, texts, strict=True):
            if number := re.search(r"[0-7]", text):
                row[:] = functional.one_hot(torch.tensor(int(number[0])), BANDS)
        return functional.normalize(made, dim=-1) @ self.weight


def tone(band: int, seconds: float = 1.0) -> Tensor:
    """A sine in the middle of a band, [1, T]."""
    time = torch.arange(round(seconds * RATE)) / RATE
    return 0.5 * torch.sin(2 * torch.pi * (250 * band + 125) * time)[None]


@pytest.fixture(scope="session")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of the embedder of tones."""
    folder = tmp_path_factory.mktemp("embedder") / "tones"
    checkpoint.save(TonesEmbedder(TonesEmbedder.Config()), folder)
    return folder


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Bands 1 to 4 as files, band 6 from second 3 on in a longer one that else is band 1, and one that is no sound."""
    folder = tmp_path / "library"
    (folder / "deep").mkdir(parents=True)
    for band in range(1, 5):
        files.write(folder / "deep" / f"{band}.wav", tone(band), RATE)
    files.write(folder / "long.flac", torch.cat([tone(1, 3.0), tone(6)], -1), RATE)
    (folder / "broken.wav").write_text("no sound")
    return folder
