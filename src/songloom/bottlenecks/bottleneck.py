"""What every bottleneck offers: latents to codes and back, and a training pass that gradients go through."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field

from torch import Tensor, nn

from songloom.config import Configurable, Settings


@dataclass(frozen=True)
class Quantized:
    """One training pass. `latents` [B, D, F], what the decoder gets; `codes` [B, K, F] int64; `losses`
    named unweighted scalars; `reports` named scalars that are only looked at."""

    latents: Tensor
    codes: Tensor
    losses: dict[str, Tensor] = field(default_factory=dict)
    reports: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class BottleneckSettings(Settings):
    """Settings that every bottleneck has: the `width` D of its latents."""

    width: int = 32


class Bottleneck(nn.Module, Configurable):
    """Latents [B, D, F] <-> codes [B, K, F]."""

    config: BottleneckSettings
    streams: int
    """Code streams K."""
    codebook_size: int
    """Entries V of each codebook."""

    def __init__(self) -> None:
        nn.Module.__init__(self)

    @abstractmethod
    def forward(self, latents: Tensor, *, streams: Tensor | None = None) -> Quantized:
        """Quantises [B, D, F]; item b with its first `streams[b]` books only (default: all; 0: not at all).
        In training mode codebooks learn from what they see."""

    @abstractmethod
    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        """[B, D, F] -> codes [B, K, F], int64; the first `streams` books only where given."""

    @abstractmethod
    def dequantize(self, codes: Tensor) -> Tensor:
        """[B, k, F], k from 1 to K -> [B, D, F]. Raises ValueError for codes outside 0..V-1."""

    def limits(self, latents: Tensor, streams: Tensor | None) -> Tensor:
        """How many books each frame of latents [B, D, F] may use, [B F, 1], from `streams` [B] (None: all)."""
        limit = latents.new_full((len(latents),), self.streams) if streams is None else streams
        return limit.repeat_interleave(latents.shape[2])[:, None]

    def check_latents(self, latents: Tensor) -> None:
        """Raises ValueError unless latents are [B, D, F] of this bottleneck's width D."""
        if latents.ndim != 3 or latents.shape[1] != self.config.width:
            raise ValueError(f"latents are {tuple(latents.shape)}; needs [B, {self.config.width}, F]")

    def check_streams(self, streams: int | None) -> int:
        """The number of streams asked for, None being all. Raises ValueError unless it is 1 to K."""
        count = self.streams if streams is None else streams
        if not 1 <= count <= self.streams:
            raise ValueError(f"streams is {count}; this quantizer has 1 to {self.streams}")
        return count

    def check_codes(self, codes: Tensor) -> None:
        """Raises ValueError unless codes are [B, k, F], k from 1 to K, each 0 to V-1."""
        if codes.ndim != 3 or not 1 <= codes.shape[1] <= self.streams:
            raise ValueError(f"codes are {tuple(codes.shape)}; needs [B, k, F] with k from 1 to {self.streams}")
        if not codes.numel():
            return
        low, high = (int(bound) for bound in codes.aminmax())
        if not 0 <= low <= high < self.codebook_size:
            raise ValueError(f"codes run from {low} to {high}; this quantizer has 0 to {self.codebook_size - 1}")
