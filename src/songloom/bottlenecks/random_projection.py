"""Random-projection quantisation: targets for self-supervised learning from a projection and entries that never learn.

Chiu et al. 2022, "Self-supervised learning with random-projection quantizer for speech recognition" (BEST-RQ,
arXiv 2202.01855), section 3; several codebooks side by side as in USM (arXiv 2303.01037).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from einops import einsum, rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.bottlenecks.bottleneck import Bottleneck, BottleneckSettings, Quantized
from songloom.bottlenecks.nearest import nearest_by_angle
from songloom.bottlenecks.usage import reports


class RandomProjectionQuantizer(Bottleneck, kind="random-projection"):
    """Latents [B, D, F] -> codes [B, K, F] by K random codebooks; there is no way back."""

    @dataclass(frozen=True, kw_only=True)
    class Config(BottleneckSettings):
        """`streams` K codebooks of `codebook_size` random entries, each looked up by angle after its own random
        `projection` to so many numbers. Frames are brought to mean 0 and variance 1 first where `normalise`."""

        streams: int = 1
        codebook_size: int = 8192
        projection: int = 16
        normalise: bool = True

    config: Config
    projections: Tensor
    entries: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.streams, self.codebook_size = config.streams, config.codebook_size
        projections = torch.empty(config.streams, config.width, config.projection)
        for one in projections:
            nn.init.xavier_uniform_(one)
        self.register_buffer("projections", projections)
        entries = torch.randn(config.streams, config.codebook_size, config.projection)
        self.register_buffer("entries", functional.normalize(entries, dim=-1))

    def forward(self, latents: Tensor, *, streams: Tensor | None = None) -> Quantized:
        """Latents as they are, with their codes; no losses. Reports: perplexity and usage of each codebook."""
        codes = self.quantize(latents)
        return Quantized(latents, codes, {}, reports(codes, self.codebook_size))

    @torch.no_grad()
    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        self.check_latents(latents)
        count = self.check_streams(streams)
        rows = rearrange(latents, "b d f -> (b f) d").float()
        if self.config.normalise:
            rows = functional.layer_norm(rows, (self.config.width,))
        with torch.autocast(rows.device.type, enabled=False):
            inner = einsum(rows, self.projections[:count].float(), "n d, k d p -> k n p")
        return rearrange(nearest_by_angle(inner, self.entries[:count]), "k (b f) -> b k f", b=len(latents))

    def dequantize(self, codes: Tensor) -> Tensor:
        raise ValueError("codes of a random projection are targets; nothing decodes them")
