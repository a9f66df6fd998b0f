"""FLAP: most of the music's frames are dropped in training, which is faster and makes the rest mean more.

Yeh et al. 2023, "FLAP: Fast Language-Audio Pre-training" (https://arxiv.org/abs/2311.01615). The audio transformer
sees the frames that are left; its vectors are matched with texts, and a decoder rebuilds the dropped patches from
them. All frames are heard in use.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor

from songloom.config import Settings
from songloom.layers.masked_patches import pixels
from songloom.layers.mel import MelScale
from songloom.layers.spectrogram_transformer import only
from songloom.recipe import Recipe
from songloom.systems.embedders.audio_towers import PatchTower
from songloom.systems.embedders.masked import MaskedSettings, MaskedTwoTower, View, tiny_patches
from songloom.systems.embedders.text_towers import BertTower, SentenceTower


class Flap(MaskedTwoTower, kind="flap"):
    """Guesses the dropped patches' numbers."""

    summary = "two towers; frames are dropped in training and rebuilt (FLAP)"

    @dataclass(frozen=True, kw_only=True)
    class Config(MaskedSettings):
        """ViT-base over ten seconds of 128 bands at 16 kHz, and BERT-base."""

        audio: Settings = field(
            default_factory=lambda: PatchTower.Config(
                mel=MelScale(n_fft=1024, hop_length=160, bands=128), seconds=10.24
            )
        )
        text: Settings = field(default_factory=lambda: BertTower.Config(longest=128))

    config: Config

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        tiny = cls.Config(
            audio=tiny_patches(),
            text=SentenceTower.Config(),
            width=16,
            hidden_part=0.5,
            guesser_width=16,
            guesser_depth=1,
            guesser_heads=2,
            guess_weight=0.2,
        )
        return {"flap": cls.Config(), "flap-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset == "flap-tiny":
            return Recipe(seconds=1.024, steps=150, batch_size=16, learning_rate=3e-3, warmup=10)
        return Recipe(
            inputs="mel",
            seconds=10.24,
            steps=100_000,
            batch_size=512,
            learning_rate=1e-4,
            warmup=2000,
            weight_decay=0.1,
        )

    def guessed_width(self, tower: PatchTower) -> int:
        return tower.config.patch[0] * tower.config.patch[1]

    def errors(self, view: View) -> Tensor:
        (tower,) = self.tower
        target = only(pixels(view.picture, tower.config.patch), view.hidden)
        return (self.guesser(view.seen, view.stay, view.hidden) - target).square().mean((1, 2))
