"""What the AudioLDM family shares: a U-Net that denoises the latents of a mel autoencoder as an image.

Latents lie in time and in frequency, four times coarser than the mel spectrogram (AudioLDM, arXiv 2301.12503, section
3.3). A system of this kind only says how texts become conditions of the U-Net. A prompt that is hidden in training, for
guidance, is the empty text.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import torch

from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.diffusion.latent_diffusion import Predict, Scaling, guided
from songloom.diffusion.processes import Ddpm
from songloom.layers.matrices import Precision
from songloom.layers.mel import MelScale
from songloom.layers.unet import Unet, UnetGiven, UnetShape
from songloom.recipe import Recipe
from songloom.systems.codecs.mel_codec import packed, rows_of
from songloom.systems.codecs.mel_vae import MelVae
from songloom.systems.latent_generator import LatentGenerator, LatentSettings, Sampling, Stretch
from songloom.systems.request import Request


@dataclass(frozen=True, kw_only=True)
class MelDiffusionSettings(LatentSettings):
    """`codec` scales its latents itself once it is trained. `window` frames can be made at once: more than the 256
    (10.24 s) of training, since a U-Net is of any size. Prompts are hidden at the rate `condition_dropout` in
    training."""

    codec: Settings = field(default_factory=MelVae.Config)
    process: Settings = field(default_factory=lambda: Ddpm.Config(first=0.0015, last=0.0195, spacing="root"))
    scaling: Scaling = "none"
    shape: UnetShape = field(default_factory=UnetShape)
    window: int = 1024
    condition_dropout: float = 0.1
    sampling: Sampling = field(
        default_factory=lambda: Sampling(sampler="ddim", schedule="ddim", steps=200, guidance=3.5)
    )


class MelDiffusion(LatentGenerator):
    """Text -> conditions -> latents of mel spectrograms -> music."""

    precisions: ClassVar[tuple[Precision, ...]] = ("float32", "bfloat16")
    config: MelDiffusionSettings

    def __init__(self, config: MelDiffusionSettings) -> None:
        super().__init__(config)
        if not isinstance(self.codec, MelVae):
            raise ValueError(f"{config.kind} works on the latents of a mel-vae, not of {config.codec.kind}")
        self.rows = self.codec.rows
        self.unet = Unet(config.shape, self.codec.config.latent_channels)

    @property
    def longest(self) -> int:
        return self.config.window

    def frames(self, samples: int) -> int:
        return self.codec.frames(samples)

    def hold(self, precision: Precision | None = None) -> None:
        super().hold(precision)
        self.unet.pack(precision or self.precisions[0])

    @abstractmethod
    def given(self, texts: Sequence[str]) -> UnetGiven:
        """What the U-Net is given of B texts, those without words too."""

    def network(self, requests: Sequence[Request], stretch: Stretch, guidance: float) -> Predict:
        texts = [[one.sections[stretch.section].prompt, one.negative_prompt or ""] for one in requests]
        if guidance == 1:  # a single image has convolutions of its own, which add up in another order
            return one_by_one([self.under(self.given([prompt])) for prompt, _ in texts])
        both = self.unet.together([self.given(pair) for pair in texts])
        return guided(self.under(both), guidance, self.sampling.rescale)

    def training_network(self, batch: Batch, frames: int) -> Predict:
        texts = list(batch.texts)
        if self.training:
            hidden = torch.rand(len(texts)) < self.config.condition_dropout
            texts = ["" if gone else text for text, gone in zip(texts, hidden.tolist(), strict=True)]
        return self.under(self.given(texts))

    def under(self, given: UnetGiven) -> Predict:
        """The network under conditions."""
        return lambda x, time: packed(self.unet(rows_of(x, self.rows), time, given))


def one_by_one(networks: Sequence[Predict]) -> Predict:
    """Networks of one item each as one of a batch."""
    return lambda x, time: torch.cat(
        [network(item, time) for network, item in zip(networks, torch.split(x, 1), strict=True)]
    )


def tiny_codec() -> MelVae.Config:
    """A mel autoencoder that is coarse enough for a tiny model to learn over in seconds."""
    mel = MelScale(
        sample_rate=8000, n_fft=256, hop_length=64, bands=32, high=4000.0, padding="same", level=-4.0, spread=3.0
    )
    return MelVae.Config(
        mel=mel, vocoder=None, segment=32, context=4, widths=(8, 16, 16), depth=1, groups=4, latent_channels=4
    )


def tiny_process() -> Ddpm.Config:
    """Velocities are learned well enough to sample by in far fewer steps than noise."""
    return Ddpm.Config(prediction="velocity", first=0.0015, last=0.0195, spacing="root")


def tiny_sampling() -> Sampling:
    """Few steps."""
    return Sampling(sampler="ddim", schedule="ddim", steps=10, guidance=2.0)


def tiny_recipe() -> Recipe:
    """Seconds on a CPU."""
    return Recipe(inputs="latents", seconds=0.5, steps=300, batch_size=8, learning_rate=3e-3, warmup=10)
