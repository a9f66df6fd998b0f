"""Grouped (product, multi-head) quantisation: latents are cut into parts, and each part has its own quantizer.

Jegou et al. 2011, "Product quantization for nearest neighbor search": sub-vectors with a codebook each. HiFi-Codec,
Yang et al. 2023 (arXiv 2305.02765): residual quantizers in groups.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import torch
from einops import rearrange
from torch import Tensor, nn

from songloom.bottlenecks.bottleneck import Bottleneck, BottleneckSettings, Quantized
from songloom.bottlenecks.usage import reports
from songloom.bottlenecks.vector import VectorQuantizer


class GroupedQuantizer(Bottleneck, kind="grouped-quantizer"):
    """D-wide latents in G parts -> G streams for each stream of the parts' quantizers.

    Streams are in the order of stages: the first stage of every group, then the second, ... so that the first few
    streams are a coarse copy of all groups.
    """

    @dataclass(frozen=True, kw_only=True)
    class Config(BottleneckSettings):
        """`groups` G; `inner`, the quantizer of a part, of any kind with codes. Latents are projected and back where
        G parts of the inner width are not D wide. With `shared` all parts have one and the same quantizer (heads)."""

        groups: int = 2
        inner: BottleneckSettings = field(default_factory=lambda: VectorQuantizer.Config(width=16))
        shared: bool = False

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.groups = config, config.groups
        if config.groups < 1:
            raise ValueError(f"groups is {config.groups}; needs at least 1")
        self.parts = nn.ModuleList(config.inner.build() for _ in range(1 if config.shared else config.groups))
        self.streams, self.codebook_size = config.groups * self._part(0).streams, self._part(0).codebook_size
        if not self.streams:
            raise ValueError(f"{config.inner.kind} has no codes; a grouped quantizer needs parts that have")
        inner = config.groups * config.inner.width
        same = inner == config.width
        self.inside: nn.Module = nn.Identity() if same else nn.Linear(config.width, inner)
        self.outside: nn.Module = nn.Identity() if same else nn.Linear(inner, config.width)

    def _part(self, group: int) -> Bottleneck:
        return cast(Bottleneck, self.parts[0 if self.config.shared else group])

    def _cut(self, latents: Tensor) -> Tensor:
        """[B, D, F] -> what each quantizer gets, [Q, G/Q B, d, F]: all groups in one batch where they share one."""
        self.check_latents(latents)
        rows = self.inside(latents.transpose(1, 2))
        return rearrange(rows, "b f (q g d) -> q (g b) d f", q=len(self.parts), g=self.groups // len(self.parts))

    def _join(self, parts: Tensor) -> Tensor:
        """The inverse of `_cut`."""
        rows = rearrange(parts, "q (g b) d f -> b f (q g d)", g=self.groups // len(self.parts))
        return self.outside(rows).transpose(1, 2)

    def _interleave(self, codes: list[Tensor]) -> Tensor:
        """Codes [G/Q B, k, F] of each quantizer -> [B, K, F]."""
        return rearrange(codes, "q (g b) k f -> b (k q g) f", g=self.groups // len(self.parts))

    def forward(self, latents: Tensor, *, streams: Tensor | None = None) -> Quantized:
        """See `Bottleneck.forward`; groups that an item has no stream for are zeros. Losses: those of the parts,
        averaged. Reports: perplexity and usage of each stream."""
        limit = latents.new_full((len(latents),), self.streams) if streams is None else streams
        groups = torch.arange(self.groups, device=latents.device)[:, None]
        limits = torch.div(limit - groups + self.groups - 1, self.groups, rounding_mode="floor").clamp_min(0)
        limits = rearrange(limits, "(q g) b -> q (g b)", q=len(self.parts))
        passed = [
            cast(Quantized, part(rows, streams=count))
            for part, rows, count in zip(self.parts, self._cut(latents), limits, strict=True)
        ]
        shown = torch.stack([one.latents for one in passed]) * (limits > 0)[..., None, None]
        through = torch.where(limit[:, None, None] > 0, self._join(shown), latents)
        codes = self._interleave([one.codes for one in passed])
        losses = {name: torch.stack([one.losses[name] for one in passed]).mean() for name in passed[0].losses}
        return Quantized(through, codes, losses, reports(codes, self.codebook_size))

    @torch.no_grad()
    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        count = self.check_streams(streams)
        parts = zip(self.parts, self._cut(latents), strict=True)
        return self._interleave([cast(Bottleneck, part).quantize(rows) for part, rows in parts])[:, :count]

    def dequantize(self, codes: Tensor) -> Tensor:
        self.check_codes(codes)
        found: list[Tensor] = []
        for group in range(self.groups):
            mine = codes[:, group :: self.groups]
            found.append(self._part(group).dequantize(mine) if mine.shape[1] else torch.zeros_like(found[0]))
        return self._join(rearrange(found, "(q g) b d f -> q (g b) d f", q=len(self.parts)))
