"""k-means as a tokenizer of its own: the code of a frame of features is the cluster it lies in.

Hsu et al. 2021, "HuBERT" (arXiv 2106.07447), section II-B, makes units of speech features so; AudioLM, Borsos et al.
2022 (arXiv 2209.03143), section III-B, brings each feature to mean 0 and variance 1 before.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor
from torch.nn import functional

from songloom.bottlenecks.bottleneck import Bottleneck, BottleneckSettings, Quantized
from songloom.bottlenecks.k_means import k_means, spread
from songloom.bottlenecks.nearest import nearest
from songloom.bottlenecks.processes import agreed, gathered
from songloom.bottlenecks.usage import reports


class KMeansTokenizer(Bottleneck, kind="k-means"):
    """Features [B, D, F] <-> codes [B, 1, F]; learned once, by `start`, from features and not by gradient."""

    @dataclass(frozen=True, kw_only=True)
    class Config(BottleneckSettings):
        """`codebook_size` clusters of D-wide features, each brought to mean 0 and variance 1 where `normalise`."""

        codebook_size: int = 1024
        normalise: bool = True
        rounds: int = 50

    config: Config
    centres: Tensor
    mean: Tensor
    deviation: Tensor
    started: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.streams, self.codebook_size = 1, config.codebook_size
        self.register_buffer("centres", torch.zeros(config.codebook_size, config.width))
        self.register_buffer("mean", torch.zeros(config.width))
        self.register_buffer("deviation", torch.ones(config.width))
        self.register_buffer("started", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def start(self, rows: Tensor) -> Tensor:
        """Learns the clusters of features [N, D]; returns the mean squared distance of a frame from its centre, after
        normalising. Raises ValueError with fewer rows than clusters."""
        rows = gathered(rows.float())
        if len(rows) < self.codebook_size:
            raise ValueError(f"{len(rows)} frames of features; {self.codebook_size} clusters need at least as many")
        if self.config.normalise:
            self.mean.copy_(rows.mean(0))
            self.deviation.copy_(rows.std(0).clamp_min(1e-6))
        rows = (rows - self.mean) / self.deviation
        first = spread(rows, self.codebook_size)
        self.centres.copy_(agreed(k_means(rows, self.codebook_size, rounds=self.config.rounds, first=first)))
        self.started.fill_(1)
        return (rows - functional.embedding(nearest(rows, self.centres), self.centres)).square().sum(1).mean()

    def forward(self, latents: Tensor, *, streams: Tensor | None = None) -> Quantized:
        """Features -> their centres, with the gradient of the features; no losses. Reports: perplexity and usage."""
        codes = self.quantize(latents)
        found = self.dequantize(codes) + (latents - latents.detach())
        quantised = self.limits(latents, streams).reshape(len(latents), 1, -1) > 0
        return Quantized(torch.where(quantised, found, latents), codes, {}, reports(codes, self.codebook_size))

    @torch.no_grad()
    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        self.check_latents(latents)
        self.check_streams(streams)
        if not self.started:
            raise ValueError("k-means has no clusters yet; call start with features first")
        rows = (rearrange(latents, "b d f -> (b f) d").float() - self.mean) / self.deviation
        return rearrange(nearest(rows, self.centres), "(b f) -> b 1 f", b=len(latents))

    def dequantize(self, codes: Tensor) -> Tensor:
        self.check_codes(codes)
        centres = functional.embedding(codes[:, 0], self.centres) * self.deviation + self.mean
        return rearrange(centres, "b f d -> b d f")
