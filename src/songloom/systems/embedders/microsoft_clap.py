"""Microsoft's CLAP: the first joint space of sounds and sentences, and its larger successor.

Elizalde et al. 2022 (arXiv 2206.04769): CNN14 hears five seconds, BERT reads; what they say meets in 1024 numbers, each
through two layers of its own. Elizalde et al. 2023 (arXiv 2309.05767): HTS-AT hears seven seconds, GPT-2 reads.

The published code takes a window at random of longer clips; here the role's even windows are heard. It plays a file of
two channels one after the other; music here has one channel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from torch import Tensor
from torch.nn import functional

from songloom.audio.filling import Filling
from songloom.conditioning.bert_text import BertText
from songloom.conditioning.gpt2_text import Gpt2Text
from songloom.conditioning.token_text import SPELLED, VectorText
from songloom.config import Settings
from songloom.layers.cnn14 import Cnn14Shape
from songloom.layers.decibel_mel import DecibelScale
from songloom.layers.gpt2 import Gpt2Shape
from songloom.layers.htsat import HtsatShape
from songloom.recipe import Recipe
from songloom.systems.embedders.clap import Clap, ClapSettings, ResidualProjection


class MicrosoftClap(Clap, kind="microsoft-clap"):
    """Seven seconds (2023) or five (2022) and texts -> points of one space."""

    summary = "Microsoft CLAP: HTS-AT and GPT-2 (2023), or CNN14 and BERT (2022); 44.1 kHz"

    @dataclass(frozen=True, kw_only=True)
    class Config(ClapSettings):
        """The defaults are those of CLAP_weights_2023.pth, whose mel bands are counted as if its waves had 32 kHz.
        `dropout` is that of the projections in training."""

        sample_rate: int = 44_100
        seconds: float = 7.0
        mel: DecibelScale = field(default_factory=DecibelScale)
        text: Settings = field(default_factory=lambda: Gpt2Text.Config(longest=77))
        width: int = 1024
        filling: Filling = "repeat"
        dropout: float = 0.5

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.text: VectorText = config.text.build()
        self.project_audio = ResidualProjection(self.audio.width, config.width, config.dropout)
        self.project_text = ResidualProjection(self.text.width, config.width, config.dropout)

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        return {"microsoft-clap": cls.Config(), "microsoft-clap-2022": first(), **tiny()}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(seconds=1.0, steps=100, batch_size=8, learning_rate=1e-3, warmup=10)
        return Recipe(
            seconds=7.0 if preset == "microsoft-clap" else 5.0,
            steps=40_000,
            batch_size=128,
            learning_rate=1e-3,
            warmup=1000,
        )

    def hear(self, wave: Tensor) -> Tensor:
        return functional.normalize(self.project_audio(self.audio.embedding(self.frames(wave))), dim=-1)

    def read(self, texts: Sequence[str]) -> Tensor:
        return functional.normalize(self.project_text(self.text.embed(texts)), dim=-1)


def first() -> MicrosoftClap.Config:
    """CLAP_weights_2022.pth."""
    return MicrosoftClap.Config(
        seconds=5.0,
        mel=DecibelScale(sample_rate=44_100),
        audio=Cnn14Shape(classes=0),
        text=BertText.Config(longest=100),
    )


def tiny() -> dict[str, Settings]:
    """Both generations with one second at 8 kHz and texts spelled letter by letter."""
    mel = DecibelScale(sample_rate=8000, n_fft=512, hop_length=80, bands=16, high=4000.0)
    later = MicrosoftClap.Config(
        sample_rate=8000,
        seconds=1.0,
        mel=mel,
        audio=HtsatShape(width=8, depths=(2, 2), heads=(1, 2), window=4, side=64, bands=16),
        text=Gpt2Text.Config(
            vocabulary=SPELLED,
            shape=Gpt2Shape(width=16, depth=1, heads=2, hidden=32, positions=64),
            closing="",
            longest=32,
            spelled=True,
        ),
        width=16,
        dropout=0.1,
    )
    earlier = replace(
        later,
        audio=Cnn14Shape(widths=(4, 8, 8, 16), embedding=16, classes=0, bands=16),
        text=BertText.Config(
            vocabulary=SPELLED, size=16, depth=1, heads=2, hidden=32, positions=32, longest=32, spelled=True
        ),
    )
    return {"microsoft-clap-tiny": later, "microsoft-clap-2022-tiny": earlier}
