"""VQ-VAE-2 on mel images: a coarse image of codes for the whole, a finer one for what it leaves open.

Idea (Razavi, van den Oord & Vinyals 2019, https://arxiv.org/abs/1906.00446): the encoder shrinks an image four times
(bottom) and then eight times (top). The top is quantised first; its decoded form helps to encode the bottom, so that
the bottom codes need to say only what the top does not; one decoder makes the image from both. Here the image is a
log-mel spectrogram. Codes of both images pack at the top's rate: of each top frame the R rows of the top, then the
rows of its two bottom frames, so K = R + 2 * 2R streams (with a single row in each it would be 1 + 2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.bottlenecks.vector import VectorQuantizer
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.layers.mel import MelScale
from songloom.recipe import Recipe
from songloom.systems.codecs.codes import check_codes, chosen_streams
from songloom.systems.codecs.mel_codec import MelCodec, MelSettings, laid_out, places
from songloom.systems.codecs.waves import wave_of

BOTTOM_HALVINGS = 2
RATIO = 2
"""Bottom frames in a top frame, and bottom rows in a top row."""


class PlainBlock(nn.Module):
    """x + conv1(relu(conv3(relu(x)))): [B, C, F, M] -> [B, C, F, M]."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.wide = nn.Conv2d(width, inner, 3, padding=1)
        self.narrow = nn.Conv2d(inner, width, 1)

    def forward(self, image: Tensor) -> Tensor:
        return image + self.narrow(functional.relu(self.wide(functional.relu(image))))


class VqVae2(MelCodec, kind="vq-vae-2"):
    """Wave [B, 1, T] -> log-mel image -> top and bottom codes [B, K, F] -> image -> wave."""

    summary = "two levels of vector-quantized mel images, the finer one conditioned on the coarser (VQ-VAE-2)"

    @dataclass(frozen=True, kw_only=True)
    class Config(MelSettings):
        """The networks are the paper's for 256 x 256 images (table 1): `hidden` channels, `depth` residual blocks of
        `inner` channels; `quantizer` is used twice."""

        mel: MelScale = field(
            default_factory=lambda: MelScale(sample_rate=22_050, hop_length=256, bands=80, level=-4.0, spread=3.0)
        )
        segment: int = 128
        context: int = 10
        hidden: int = 128
        inner: int = 64
        depth: int = 2
        quantizer: VectorQuantizer.Config = field(
            default_factory=lambda: VectorQuantizer.Config(codebook_size=512, width=64)
        )
        commitment: float = 0.25

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.fold = RATIO * 2**BOTTOM_HALVINGS
        if config.mel.bands % self.fold:
            raise ValueError(f"{config.mel.bands} mel bands; this codec needs a multiple of {self.fold}")
        self.top_rows, self.bottom_rows = config.mel.bands // self.fold, RATIO * config.mel.bands // self.fold
        hidden, width = config.hidden, config.quantizer.width
        halves = [nn.Conv2d(1, hidden // 2, 4, 2, 1), nn.ReLU(), nn.Conv2d(hidden // 2, hidden, 4, 2, 1), nn.ReLU()]
        self.bottom_encoder = self._stack(halves, hidden, hidden)
        self.top_encoder = self._stack([nn.Conv2d(hidden, hidden, 4, 2, 1), nn.ReLU()], hidden, hidden)
        self.top_leave = nn.Conv2d(hidden, width, 1)
        self.top_quantizer = VectorQuantizer(config.quantizer)
        self.top_decoder = nn.Sequential(*self._stack([], width, hidden), nn.ConvTranspose2d(hidden, hidden, 4, 2, 1))
        self.bottom_leave = nn.Conv2d(2 * hidden, width, 1)
        self.bottom_quantizer = VectorQuantizer(config.quantizer)
        self.top_twice = nn.ConvTranspose2d(width, width, 4, 2, 1)
        self.decoder = nn.Sequential(
            *self._stack([], 2 * width, hidden),
            nn.ConvTranspose2d(hidden, hidden // 2, 4, 2, 1),
            nn.ReLU(),
            nn.ConvTranspose2d(hidden // 2, 1, 4, 2, 1),
        )

    def _stack(self, first: Sequence[nn.Module], inputs: int, outputs: int) -> nn.Sequential:
        """`first`, a convolution, the residual blocks, a rectifier."""
        blocks = [PlainBlock(outputs, self.config.inner) for _ in range(self.config.depth)]
        return nn.Sequential(*first, nn.Conv2d(inputs, outputs, 3, padding=1), *blocks, nn.ReLU())

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
            segment=16,
            hidden=16,
            inner=8,
            depth=1,
            quantizer=VectorQuantizer.Config(codebook_size=32, decay=0.9, width=8),
        )
        return {"vq-vae-2": cls.Config(), "vq-vae-2-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(seconds=0.512, steps=200, batch_size=4, learning_rate=1e-3, warmup=10)
        return Recipe(seconds=11.9, steps=250_000, batch_size=16, learning_rate=3e-4)

    @property
    def streams(self) -> int:
        return self.top_rows + RATIO * self.bottom_rows

    @property
    def codebook_size(self) -> int:
        return self.config.quantizer.codebook_size

    @property
    def latent_width(self) -> int:
        return self.streams * self.config.quantizer.width

    def conditioned(self, bottom: Tensor, top: Tensor) -> Tensor:
        """What is quantised of the bottom, [B, W, 2 F, 2 R], from the bottom encoder's output and the quantised top
        [B, W, F, R]."""
        return self.bottom_leave(torch.cat([bottom, self.top_decoder(top)], 1))

    def drawn(self, top: Tensor, bottom: Tensor) -> Tensor:
        """The image [B, 1, F * fold, M] of quantised top [B, W, F, R] and bottom [B, W, 2 F, 2 R]."""
        return self.decoder(torch.cat([bottom, self.top_twice(top)], 1))

    def encode_image(self, image: Tensor) -> Tensor:
        inner = self.bottom_encoder(image)
        top = self.top_leave(self.top_encoder(inner))
        codes = self.top_quantizer.quantize(places(top))
        known = laid_out(self.top_quantizer.dequantize(codes), self.top_rows)
        return self._pack(top, self.conditioned(inner, known))

    def decode_image(self, latents: Tensor) -> Tensor:
        return self.drawn(*self._unpack(latents))

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        true = self.image(wave_of(batch))
        inner = self.bottom_encoder(true)
        top = self.top_quantizer(places(self.top_leave(self.top_encoder(inner))))
        top_image = laid_out(top.latents, self.top_rows)
        bottom = self.bottom_quantizer(places(self.conditioned(inner, top_image)))
        made = self.drawn(top_image, laid_out(bottom.latents, self.bottom_rows))
        reports = {f"~top_{name}": value for name, value in top.reports.items()}
        reports |= {f"~bottom_{name}": value for name, value in bottom.reports.items()}
        return {
            "mel": functional.mse_loss(made, true),
            "top_commitment": self.config.commitment * top.losses["commitment"],
            "bottom_commitment": self.config.commitment * bottom.losses["commitment"],
        } | reports

    def _pack(self, top: Tensor, bottom: Tensor) -> Tensor:
        """Images of both levels -> [B, (streams width), F]: top rows, then the bottom rows of each moment."""
        return torch.cat(
            [rearrange(top, "b w f m -> b (m w) f"), rearrange(bottom, "b w (f r) m -> b (r m w) f", r=RATIO)], 1
        )

    def _unpack(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """The inverse of `_pack`."""
        split = self.top_rows * self.config.quantizer.width
        top = rearrange(latents[:, :split], "b (m w) f -> b w f m", m=self.top_rows)
        return top, rearrange(latents[:, split:], "b (r m w) f -> b w (f r) m", r=RATIO, m=self.bottom_rows)

    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        count = chosen_streams(streams, self.streams)
        top, bottom = self._unpack(latents)
        codes = [
            rearrange(self.top_quantizer.quantize(places(top)), "b 1 (m f) -> b m f", m=self.top_rows),
            rearrange(
                self.bottom_quantizer.quantize(places(bottom)),
                "b 1 (m f r) -> b (r m) f",
                m=self.bottom_rows,
                r=RATIO,
            ),
        ]
        return torch.cat(codes, 1)[:, :count]

    def dequantize(self, codes: Tensor) -> Tensor:
        """[B, k, F] -> latents [B, D, F]; streams that are not there are zero."""
        check_codes(codes, self.streams)
        found = [
            rearrange(quantizer.dequantize(rearrange(part, "b k f -> b 1 (k f)")), "b w (k f) -> b (k w) f", k=size)
            for quantizer, part, size in (
                (self.top_quantizer, codes[:, : self.top_rows], min(codes.shape[1], self.top_rows)),
                (self.bottom_quantizer, codes[:, self.top_rows :], codes.shape[1] - self.top_rows),
            )
            if size > 0
        ]
        latents = torch.cat(found, 1)
        return functional.pad(latents, (0, 0, 0, self.latent_width - latents.shape[1]))
