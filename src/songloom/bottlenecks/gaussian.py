"""The Gaussian bottleneck of a variational autoencoder: a mean and a scale for each number, no codes.

Kingma & Welling 2013, "Auto-Encoding Variational Bayes" (arXiv 1312.6114): sampled by reparameterisation, kept
near a standard normal by the Kullback-Leibler divergence (appendix B).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

from songloom.bottlenecks.bottleneck import Bottleneck, BottleneckSettings, Quantized

LEAST_DEVIATION = 1e-4
ACTIVE = 0.01
"""Nats from which a latent channel says something (Burda et al. 2015 count such channels)."""


class GaussianBottleneck(Bottleneck, kind="gaussian"):
    """Means and scales [B, 2 D, F] (first all means) -> latents [B, D, F]."""

    @dataclass(frozen=True, kw_only=True)
    class Config(BottleneckSettings):
        """`width` D. `scale`: what the second half holds, the standard deviation before a softplus (Stable Audio)
        or the logarithm of the variance (latent diffusion)."""

        width: int = 64
        scale: Literal["softplus", "log-variance"] = "softplus"

    config: Config
    streams = 0
    codebook_size = 0

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config

    def mean(self, pairs: Tensor) -> Tensor:
        """Means and scales [B, 2 D, F] -> means [B, D, F]: the latents without noise."""
        return self.split(pairs)[0]

    def split(self, pairs: Tensor) -> tuple[Tensor, Tensor]:
        """Means and scales [B, 2 D, F] -> means [B, D, F] and standard deviations [B, D, F]."""
        if pairs.ndim != 3 or pairs.shape[1] != 2 * self.config.width:
            raise ValueError(f"means and scales are {tuple(pairs.shape)}; needs [B, {2 * self.config.width}, F]")
        means, scales = pairs.chunk(2, 1)
        if self.config.scale == "softplus":
            return means, functional.softplus(scales) + LEAST_DEVIATION
        return means, (scales.clamp(-30, 20) / 2).exp()

    def forward(self, latents: Tensor, *, streams: Tensor | None = None) -> Quantized:
        """Means and scales [B, 2 D, F] -> latents [B, D, F]: a sample in training mode, else the mean; the mean
        also of items whose `streams` is 0. `codes` are [B, 0, F]. Losses: "kl", in nats of a whole frame, mean over
        frames. Reports: "active", the fraction of channels with more than 0.01 nats."""
        means, deviations = self.split(latents)
        sampled = means + deviations * torch.randn_like(means) if self.training else means
        if streams is not None:
            sampled = torch.where(streams[:, None, None] > 0, sampled, means)
        nats = (means.square() + deviations.square() - 1) / 2 - deviations.log()
        active = (nats.detach().mean((0, 2)) > ACTIVE).float().mean()
        codes = torch.empty(len(means), 0, means.shape[2], dtype=torch.int64, device=means.device)
        return Quantized(sampled, codes, {"kl": nats.sum(1).mean()}, {"active": active})

    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        raise ValueError("a Gaussian bottleneck has no codes; use its latents")

    def dequantize(self, codes: Tensor) -> Tensor:
        raise ValueError("a Gaussian bottleneck has no codes; use its latents")
