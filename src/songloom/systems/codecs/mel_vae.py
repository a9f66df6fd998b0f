"""The mel-VAE of the AudioLDM family: a variational autoencoder on log-mel images, and a vocoder.

Idea (AudioLDM, Liu et al. 2023, https://arxiv.org/abs/2301.12503, section 3.3; AudioLDM 2, arXiv 2308.05734;
MusicLDM, arXiv 2308.01546): the image autoencoder of latent diffusion (arXiv 2112.10752) makes a mel spectrogram
four times shorter and lower, with eight channels whose distribution is held near a standard normal one, so that a
diffusion model has little to work on and its samples stay within what the decoder knows. It learns by the L1
distance of log-mels, a small Kullback-Leibler term and a patch discriminator. HiFi-GAN, trained on its own, turns
the mel into sound. There are latents and no codes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from torch import Tensor, nn
from torch.nn import functional

from songloom.bottlenecks.gaussian import GaussianBottleneck
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.layers.conv2d import ImageDecoder, ImageEncoder
from songloom.layers.mel import MelScale
from songloom.objectives.adversaries import Adversary
from songloom.objectives.discriminators.patch import Patch
from songloom.recipe import Recipe
from songloom.systems.codecs.hifigan import HifiGan, of_audioldm
from songloom.systems.codecs.mel_codec import MelCodec, MelSettings, adapted, laid_out, packed, places, rows_of
from songloom.systems.codecs.waves import wave_of


class MelVae(MelCodec, kind="mel-vae"):
    """Wave [B, 1, T] -> log-mel image -> latents [B, rows * channels, F] -> image -> wave.

    `encode` gives the mean of each latent times `scaling`, as diffusion models see it; `rows_of(latents, rows)` is
    the image [B, channels, F, rows] of the published layout.
    """

    summary = "VAE on mel images with a HiFi-GAN vocoder, as in AudioLDM 2 and MusicLDM; latents without codes"
    opponents = ("adversary",)

    @dataclass(frozen=True, kw_only=True)
    class Config(MelSettings):
        """The defaults are AudioLDM 2's. `widths` of the image network's levels, fine to coarse, each with `depth`
        blocks; `scaling` makes latents of deviation 1 (it is measured after training); `divergence` weighs the
        Kullback-Leibler term against the image's error, both summed over the image;
        `adaptive` weighs the adversarial loss by gradients, as VQGAN does."""

        vocoder: HifiGan.Config | None = field(default_factory=of_audioldm)
        widths: tuple[int, ...] = (128, 256, 512)
        depth: int = 2
        groups: int = 32
        latent_channels: int = 8
        scaling: float = 1.0
        divergence: float = 1e-6
        adaptive: bool = True
        adversary: Adversary.Config | None = field(
            default_factory=lambda: Adversary.Config(
                discriminators=(Patch.Config(),), game="hinge", adversarial=0.5, features=0.0, start=50_000
            )
        )

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.fold = 2 ** (len(config.widths) - 1)
        if config.mel.bands % self.fold:
            raise ValueError(
                f"{config.mel.bands} mel bands; {len(config.widths)} levels need a multiple of {self.fold}"
            )
        self.rows = config.mel.bands // self.fold
        shape = {"depth": config.depth, "groups": config.groups}
        self.encoder = ImageEncoder(1, config.widths, 2 * config.latent_channels, **shape)
        self.moments = nn.Conv2d(2 * config.latent_channels, 2 * config.latent_channels, 1)
        self.enter = nn.Conv2d(config.latent_channels, config.latent_channels, 1)
        self.bottleneck = GaussianBottleneck(
            GaussianBottleneck.Config(width=config.latent_channels, scale="log-variance")
        )
        self.decoder = ImageDecoder(config.latent_channels, config.widths, 1, **shape)
        self.adversary: Adversary | None = None

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        tiny = cls.Config(
            mel=MelScale(
                sample_rate=8000,
                n_fft=256,
                hop_length=64,
                bands=32,
                high=4000.0,
                padding="same",
                level=-4.0,
                spread=3.0,
            ),
            vocoder=None,
            segment=32,
            context=4,
            widths=(8, 16),
            depth=1,
            groups=4,
            latent_channels=4,
            adaptive=False,
            adversary=Adversary.Config(
                discriminators=(Patch.Config(widths=(4, 8)),), game="hinge", adversarial=0.05, features=0.05
            ),
        )
        return {"mel-vae": cls.Config(), "mel-vae-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(seconds=0.5, steps=200, batch_size=4, learning_rate=3e-3, warmup=10)
        return Recipe(seconds=10.24, steps=400_000, batch_size=4, learning_rate=4.5e-6 * 4, betas=(0.5, 0.9))

    @property
    def streams(self) -> int:
        return 0

    @property
    def codebook_size(self) -> int:
        return 0

    @property
    def latent_width(self) -> int:
        return self.rows * self.config.latent_channels

    def encode_image(self, image: Tensor) -> Tensor:
        means = self.bottleneck.mean(places(self.moments(self.encoder(image))))
        return packed(laid_out(means, self.rows)) * self.config.scaling

    def decode_image(self, latents: Tensor) -> Tensor:
        return self.decoder(self.enter(rows_of(latents / self.config.scaling, self.rows)))

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        true = self.image(wave_of(batch))
        passed = self.bottleneck(places(self.moments(self.encoder(true))))
        made = self.decoder(self.enter(laid_out(passed.latents, self.rows)))
        error = functional.l1_loss(made, true)
        game = self.adversary.losses(true, made, step=step) if self.adversary else {}
        if self.config.adaptive and self.adversary:
            game = adapted(game, error, self.decoder.leave.weight, weight=self.adversary.config.adversarial)
        reports = {f"~{name}": value for name, value in passed.reports.items()}
        reports["~deviation"] = passed.latents.detach().std()
        # Both are sums over the image in latent diffusion; here both are means, over values and over places.
        divergence = self.config.divergence / self.fold**2 * passed.losses["kl"]
        return {"mel": error, "kl": divergence} | reports | game

    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        raise ValueError("mel-vae has latents and no codes")

    def dequantize(self, codes: Tensor) -> Tensor:
        raise ValueError("mel-vae has latents and no codes")
