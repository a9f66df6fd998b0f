"""TANGO: latent diffusion that reads its prompt by a language model which was taught to follow instructions.

Ghosal et al. 2023 (arXiv 2304.13731). Idea: Flan-T5 understands a prompt so well that, kept frozen, it replaces CLAP,
and a U-Net of Stable Diffusion's shape learns on a fraction of the data. The autoencoder is AudioLDM's; the network
predicts velocities and is sampled by all the small steps of the process.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from songloom.conditioning.t5 import flan_large
from songloom.conditioning.text_encoders import MiniLMEncoder, TextEncoder
from songloom.config import Settings
from songloom.diffusion.processes import Ddpm
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


def tango_shape() -> UnetShape:
    """The U-Net of Stable Diffusion 2.1, which attends to the words after every block but the coarsest."""
    return UnetShape(
        widths=(320, 640, 1280, 1280), attended=(True, True, True, False), attends=(1024,), heads=(5, 10, 20, 20)
    )


class Tango(MelDiffusion, kind="tango"):
    """Text -> words -> latents -> music."""

    summary = "TANGO: a U-Net of Stable Diffusion's shape denoises mel latents under Flan-T5's words; 16 kHz"

    @dataclass(frozen=True, kw_only=True)
    class Config(MelDiffusionSettings):
        """`words` gives one vector for every token. The defaults are those of declare-lab/tango, whose settings stand
        in its configs/, with the scheduler of Stable Diffusion 2.1."""

        process: Settings = field(
            default_factory=lambda: Ddpm.Config(prediction="velocity", first=0.00085, last=0.012, spacing="root")
        )
        words: Settings = field(default_factory=flan_large)
        shape: UnetShape = field(default_factory=tango_shape)
        sampling: Sampling = field(
            default_factory=lambda: Sampling(sampler="ddpm", schedule="leading", steps=200, guidance=3.0)
        )

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.words: TextEncoder = config.words.build()
        self.words.requires_grad_(False).eval()
        if self.words.stored:
            self.frozen = (*self.frozen, "words")

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        tiny = cls.Config(
            codec=tiny_codec(),
            process=tiny_process(),
            scaling="channels",
            words=MiniLMEncoder.Config(longest=16),
            shape=UnetShape(widths=(16, 32), depth=1, attended=(True, False), attends=(384,), heads=(2, 2), groups=4),
            sampling=tiny_sampling(),
        )
        return {"tango": cls.Config(), "tango-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return tiny_recipe()
        return Recipe(
            inputs="latents", seconds=10.24, steps=57_000, batch_size=32, learning_rate=3e-5, betas=(0.9, 0.999)
        )

    def given(self, texts: Sequence[str]) -> UnetGiven:
        vectors, mask = self.words.marked(texts)
        return self.unet.given([(vectors.to(self.scale.mean), mask.to(self.scale.mean.device))])
