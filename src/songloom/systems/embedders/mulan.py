"""MuLan: music and whatever people write about it, as points of one space.

Huang et al. 2022, "MuLan: A Joint Embedding of Music Audio and Natural Language" (https://arxiv.org/abs/2208.12415). An
audio spectrogram transformer or a ResNet-50 hears ten seconds, a BERT reads; both learn. Texts are of many kinds, from
tags to sentences, and only loosely about the music; large batches make up for that, here by gradient caching.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from songloom.config import Settings
from songloom.layers.mel import MelScale
from songloom.recipe import Recipe
from songloom.systems.embedders.audio_towers import PatchTower, ResidualTower
from songloom.systems.embedders.text_towers import BertTower
from songloom.systems.embedders.two_tower import TwoTower, TwoTowerSettings


class MuLan(TwoTower, kind="mulan"):
    """Linear projections to 128 numbers."""

    summary = "two towers, spectrogram transformer or ResNet-50 and BERT, for noisy captions (MuLan)"

    @dataclass(frozen=True, kw_only=True)
    class Config(TwoTowerSettings):
        """The transformer of AST's size over patches that overlap, and BERT-base; a part `worded` of the texts are
        short forms, as tags."""

        audio: Settings = field(
            default_factory=lambda: PatchTower.Config(
                mel=MelScale(n_fft=512, hop_length=160, bands=128), stride=(10, 10), stripes=(48, 192)
            )
        )
        text: Settings = field(default_factory=BertTower.Config)
        width: int = 128
        chunk: int = 64
        worded: float = 0.4

    config: Config

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        residual = ResidualTower.Config(mel=MelScale(n_fft=400, hop_length=160, bands=64), stripes=(16, 192))
        mel = MelScale(n_fft=512, hop_length=256, bands=32)
        audio = PatchTower.Config(
            mel=mel, seconds=1.0, patch=(16, 8), stride=(8, 8), size=32, depth=1, heads=2, hidden=64
        )
        small = ResidualTower.Config(
            mel=mel, seconds=1.0, enter=8, widths=(8, 16), depths=(1, 1), expansion=2, groups=4, moments=True
        )
        text = BertTower.Config(size=16, depth=1, heads=2, hidden=32, longest=32)
        return {
            "mulan": cls.Config(),
            "mulan-resnet": replace(cls.Config(), audio=residual),
            "mulan-resnet-tiny": cls.Config(audio=small, text=text, width=16, chunk=8),
            "mulan-tiny": cls.Config(audio=audio, text=text, width=16, chunk=8),
        }

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(seconds=1.0, steps=100, batch_size=16, learning_rate=4e-3, warmup=10)
        return Recipe(
            inputs="mel",
            seconds=10.0,
            steps=100_000,
            batch_size=6144,
            learning_rate=5e-5,
            warmup=1000,
            weight_decay=0.01,
        )
