"""MusicLDM: latent diffusion for music under one vector that CLAP gives of the text.

Chen et al. 2023 (arXiv 2308.01546), with the network of AudioLDM (Liu et al. 2023, arXiv 2301.12503), whose sizes are
presets here. Idea: in CLAP's space a text lies near the sounds that it describes, so a single vector can stand for
either; joined to the time, it tells every block of the U-Net what to make.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from songloom.conditioning.clap_text import ClapText
from songloom.conditioning.text_encoders import MiniLMSentence, TextEncoder
from songloom.config import Settings
from songloom.layers.unet import UnetGiven, UnetShape
from songloom.recipe import Recipe
from songloom.systems.generators.mel_diffusion import (
    MelDiffusion,
    MelDiffusionSettings,
    tiny_codec,
    tiny_process,
    tiny_recipe,
    tiny_sampling,
)
from songloom.systems.latent_generator import Sampling


def shape_of(width: int = 128) -> UnetShape:
    """The image attends to itself alone; CLAP's vector comes with the time."""
    return UnetShape(widths=(width, 2 * width, 3 * width, 5 * width), attends=(0,), vector=512)


class MusicLdm(MelDiffusion, kind="musicldm"):
    """Text -> one vector -> latents -> music."""

    summary = "MusicLDM: a U-Net denoises mel latents under CLAP's vector of the text; 16 kHz"

    @dataclass(frozen=True, kw_only=True)
    class Config(MelDiffusionSettings):
        """`sentence` gives one vector of a text. The defaults are those of ucsd-reach/musicldm."""

        sentence: Settings = field(default_factory=ClapText.Config)
        shape: UnetShape = field(default_factory=shape_of)
        sampling: Sampling = field(
            default_factory=lambda: Sampling(sampler="ddim", schedule="ddim", steps=200, guidance=2.0)
        )

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.sentence: TextEncoder = config.sentence.build()
        self.sentence.requires_grad_(False).eval()
        if self.sentence.stored:
            self.frozen = (*self.frozen, "sentence")

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        tiny = cls.Config(
            codec=tiny_codec(),
            process=tiny_process(),
            scaling="channels",
            sentence=MiniLMSentence.Config(longest=16),
            shape=UnetShape(
                widths=(16, 32), depth=1, attended=(False, True), attends=(0,), heads=(2, 2), groups=4, vector=384
            ),
            sampling=tiny_sampling(),
        )
        guided = replace(cls.Config().sampling, guidance=2.5)
        audioldm = {
            name: cls.Config(shape=shape_of(width), sampling=guided)
            for name, width in (("audioldm-s", 128), ("audioldm-m", 192), ("audioldm-l", 256))
        }
        return {"musicldm": cls.Config(), **audioldm, "musicldm-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return tiny_recipe()
        return Recipe(
            inputs="latents",  # mixed beat by beat (BLM); with waves it is BAM
            mixed=0.5 if preset == "musicldm" else 0.0,
            seconds=10.24,
            steps=400_000,
            batch_size=24,
            learning_rate=3e-5,
            warmup=1000,
            ema=0.9999,
        )

    def given(self, texts: Sequence[str]) -> UnetGiven:
        vectors = self.sentence.marked(texts).vectors[:, 0]
        return self.unet.given(vector=vectors.to(self.scale.mean))
