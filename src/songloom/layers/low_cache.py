"""Keys and values in the numbers that weights are held in: bfloat16, or bytes with a scale for each position and head.

A position attends to all before it, so that late in a window attention reads as much as the weights are: 590 MB of
float32 after 30 s of MusicGen-small, beside 400 MB of weights in bytes. The numbers become float32 again head by head
as they are used; sums and softmax are float32 throughout.
"""

from __future__ import annotations

import torch
from torch import Tensor

from songloom.layers.attention import KeyValueCache
from songloom.layers.matrices import LEVELS, Precision
from songloom.layers.passes import machine_code

NUMBERS = {"bfloat16": torch.bfloat16, "int8": torch.int8}
"""What a precision's are."""
LONG = 512
"""Positions that a cache can hold from which machine code is worth the 60 MB that come with numba."""


class LowCache(KeyValueCache):
    """A `KeyValueCache` whose `both` [2, B, H, S, width] are numbers of a lower precision: times `scales`
    [2, B, H, S], where these are bytes."""

    scales: Tensor | None = None

    def __init__(self, both: Tensor, length: int = 0) -> None:
        super().__init__(both, length)
        if both.dtype == torch.int8:
            self.scales = both.new_zeros(both.shape[:-1], dtype=torch.float32)

    def append(self, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """As of `KeyValueCache`; what opens the cache is given back as it came."""
        begin = self.length
        self.lengthen(begin + keys.shape[2])
        self.write(slice(begin, self.length), torch.stack([keys, values]))
        return (keys, values) if begin == 0 else self.seen(self.length)

    def write(self, places: slice, made: Tensor) -> None:
        """Puts keys and values [2, B, H, n, width] at these places."""
        if self.scales is not None:
            scale = torch.linalg.vector_norm(made, torch.inf, dim=-1).div_(LEVELS).clamp_min_(1e-12)
            self.scales[..., places] = scale
            made = (made / scale[..., None]).round_()
        self.both[..., places, :] = made

    def seen(self, end: int) -> tuple[Tensor, Tensor]:
        """Keys and values [B, H, end, width] as float32."""
        found = self.both[..., :end, :].float()
        if self.scales is not None:
            found.mul_(self.scales[..., :end, None])
        keys, values = found
        return keys, values

    def attend(self, queries: Tensor, end: int) -> Tensor:
        """What queries [B, H, width] of one position find in the first `end` positions: [B, H, width]."""
        if self.positions >= LONG and machine_code(queries, least=0) is not None:
            from songloom.layers.compiled_attention import attend

            return attend(queries, self.both, self.scales, end)
        keys, values = self.both[..., :end, :]
        scores = torch.matmul(queries[:, :, None], keys.float().transpose(-1, -2))[:, :, 0]
        scores.mul_(queries.shape[-1] ** -0.5)
        if self.scales is not None:
            scores.mul_(self.scales[0, :, :, :end])
        weights = scores.softmax(-1)
        if self.scales is not None:
            weights.mul_(self.scales[1, :, :, :end])
        return torch.matmul(weights[:, :, None], values.float())[:, :, 0]


def empty_cache(shape: tuple[int, ...], precision: Precision, like: Tensor) -> KeyValueCache:
    """A cache `shape` [2, B, H, S, width] of a precision, on the device of a tensor and, in float32, of its type."""
    if precision == "float32" or like.device.type != "cpu":
        return KeyValueCache(like.new_zeros(shape))
    return LowCache(like.new_zeros(shape, dtype=NUMBERS[precision]))
