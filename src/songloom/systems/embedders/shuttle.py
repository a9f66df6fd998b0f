"""The embedded embedder: statistics of what is heard beside a frozen sentence encoder, two small networks to meet.

Idea: CLAP (Elizalde et al. 2022, arXiv 2206.04769) made small enough to learn on one CPU core in minutes. MiniLM
already knows which words mean much the same, and statistics of a log-mel picture already tell timbres, rhythms and
densities apart; what learns is how the two belong together. Beside captions it learns the glossary's words for styles
and moods, which hold for every clip of a batch that has them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from songloom.config import Settings
from songloom.layers.mel import MelScale
from songloom.recipe import Recipe
from songloom.systems.embedders.audio_towers import StatisticsTower
from songloom.systems.embedders.text_towers import SentenceTower
from songloom.systems.embedders.two_tower import TwoTower, TwoTowerSettings

MEL = MelScale(sample_rate=16_000, n_fft=1024, hop_length=512, bands=64)


class Shuttle(TwoTower, kind="shuttle"):
    """Ten seconds at 16 kHz and texts -> points of one space."""

    summary = "statistics of log-mel beside MiniLM, learned on the built-in corpus; the embedded embedder"

    @dataclass(frozen=True, kw_only=True)
    class Config(TwoTowerSettings):
        """The embedded model."""

        audio: Settings = field(default_factory=lambda: StatisticsTower.Config(mel=MEL, stripes=(4, 40), gain=6.0))
        text: Settings = field(default_factory=SentenceTower.Config)
        width: int = 256
        hidden: tuple[int, int] = (512, 512)
        dropout: float = 0.3
        worded: float = 0.5

    config: Config

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        small = StatisticsTower.Config(mel=MelScale(n_fft=512, hop_length=128, bands=32), seconds=1.0)
        return {
            "shuttle": cls.Config(),
            "shuttle-tiny": cls.Config(audio=small, width=16, hidden=(32, 32), dropout=0.0),
        }

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset == "shuttle-tiny":
            return Recipe(seconds=1.0, steps=100, batch_size=16, learning_rate=3e-3, warmup=10)
        return Recipe(
            inputs="mel", seconds=10.0, steps=600, batch_size=128, learning_rate=2e-3, weight_decay=0.1, warmup=40
        )
