"""Finite scalar quantisation: each of a few numbers is rounded to its own few levels; nothing is learned or looked up.

Mentzer et al. 2023, "Finite Scalar Quantization: VQ-VAE Made Simple" (arXiv 2309.15505).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor, nn

from songloom.bottlenecks.bottleneck import Bottleneck, BottleneckSettings, Quantized
from songloom.bottlenecks.usage import reports

MARGIN = 1e-3
"""By which the bounds lie outside of the outermost levels, so that rounding reaches these."""


class FiniteScalarQuantizer(Bottleneck, kind="finite-scalar"):
    """D-wide latents -> one number for each of `levels` -> one code of their product."""

    @dataclass(frozen=True, kw_only=True)
    class Config(BottleneckSettings):
        """`levels` of each number, at least 2; 8, 5, 5, 5 make 1000 codes (section 4.1). Latents of another width
        than there are numbers are projected to these and back."""

        levels: tuple[int, ...] = (8, 5, 5, 5)

    config: Config
    levels: Tensor
    places: Tensor
    steps: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        if not config.levels or min(config.levels) < 2:
            raise ValueError(f"levels are {list(config.levels)}; needs at least one number of at least 2 levels")
        self.config = config
        self.streams, self.codebook_size = 1, math.prod(config.levels)
        levels = torch.tensor(config.levels)
        self.register_buffer("levels", levels, persistent=False)
        self.register_buffer("places", levels.cumprod(0) // levels, persistent=False)
        self.register_buffer("steps", (levels // 2).float(), persistent=False)
        numbers = len(config.levels)
        same = numbers == config.width
        self.inside: nn.Module = nn.Identity() if same else nn.Linear(config.width, numbers)
        self.outside: nn.Module = nn.Identity() if same else nn.Linear(numbers, config.width)

    def bounded(self, rows: Tensor) -> Tensor:
        """Rows [N, D] -> numbers [N, S], each within what rounds to its own levels (appendix A.1)."""
        half = (self.levels - 1) * (1 + MARGIN) / 2
        offset = (self.levels % 2 == 0) / 2
        return (self.inside(rows).float() + (offset / half).atanh()).tanh() * half - offset

    def forward(self, latents: Tensor, *, streams: Tensor | None = None) -> Quantized:
        """See `Bottleneck.forward`. No losses. Reports: perplexity and usage."""
        self.check_latents(latents)
        rows = rearrange(latents, "b d f -> (b f) d")
        bounded = self.bounded(rows)
        rounded = bounded.detach().round()
        through = rounded + (bounded - bounded.detach())
        shown = self.outside((through / self.steps).to(self.steps.dtype))
        shown = torch.where(self.limits(latents, streams) > 0, shown, rows)
        codes = rearrange(self._codes(rounded), "(b f) -> b 1 f", b=len(latents))
        return Quantized(
            rearrange(shown, "(b f) d -> b d f", b=len(latents)), codes, {}, reports(codes, self.codebook_size)
        )

    def _codes(self, rounded: Tensor) -> Tensor:
        """Rounded numbers [N, S] -> codes [N]; the first number is the lowest digit."""
        return ((rounded.long() + self.levels // 2) * self.places).sum(-1)

    @torch.no_grad()
    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        self.check_latents(latents)
        self.check_streams(streams)
        codes = self._codes(self.bounded(rearrange(latents, "b d f -> (b f) d")).round())
        return rearrange(codes, "(b f) -> b 1 f", b=len(latents))

    def dequantize(self, codes: Tensor) -> Tensor:
        self.check_codes(codes)
        digits = codes[:, 0, :, None] // self.places % self.levels
        return rearrange(self.outside((digits - self.levels // 2) / self.steps), "b f d -> b d f")
