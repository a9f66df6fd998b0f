"""The embedded embedder: a small residual network hears, a frozen sentence encoder reads.

Idea: CLAP (Elizalde et al. 2022, arXiv 2206.04769) made small enough to learn on a CPU in half an hour. MiniLM already
knows which words mean much the same; a small network turns its vector towards the music. Beside captions it learns
the glossary's words for styles and moods, which hold for every clip of a batch that has them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from songloom.config import Settings
from songloom.layers.mel import MelScale
from songloom.recipe import Recipe
from songloom.systems.embedders.audio_towers import ResidualTower
from songloom.systems.embedders.text_towers import SentenceTower
from songloom.systems.embedders.two_tower import TwoTower, TwoTowerSettings

MEL = MelScale(sample_rate=16_000, n_fft=1024, hop_length=512, bands=64, low=0.0, high=8000.0)


class Shuttle(TwoTower, kind="shuttle"):
    """Ten seconds at 16 kHz and texts -> points of one space."""

    summary = "small residual network beside MiniLM, learned on the built-in corpus; the embedded embedder"

    @dataclass(frozen=True, kw_only=True)
    class Config(TwoTowerSettings):
        """The embedded model."""

        audio: Settings = field(
            default_factory=lambda: ResidualTower.Config(
                mel=MEL,
                stripes=(8, 60),
                gain=6.0,
                enter=24,
                widths=(32, 64, 96, 128),
                depths=(1, 1, 1, 1),
                expansion=2,
                groups=8,
                moments=True,
            )
        )
        text: Settings = field(default_factory=SentenceTower.Config)
        width: int = 256
        hidden: tuple[int, int] = (512, 512)
        dropout: float = 0.2
        worded: float = 0.25

    config: Config

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        tiny = ResidualTower.Config(
            mel=MelScale(sample_rate=16_000, n_fft=512, hop_length=256, bands=32),
            seconds=1.0,
            enter=8,
            widths=(8, 16),
            depths=(1, 1),
            expansion=2,
            groups=4,
            moments=True,
        )
        return {
            "shuttle": cls.Config(),
            "shuttle-tiny": cls.Config(audio=tiny, width=16, hidden=(32, 32), dropout=0.0),
        }

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset == "shuttle-tiny":
            return Recipe(seconds=1.0, steps=100, batch_size=16, learning_rate=3e-3, warmup=10)
        return Recipe(
            inputs="mel", seconds=5.0, steps=900, batch_size=64, learning_rate=2e-3, weight_decay=0.05, warmup=60
        )
