"""Convolutions over time whose frames lie in memory channel by channel: shapes [B, C, T], memory [B, T, C].

The matrix kernels behind a convolution on a CPU work on such frames as they are; the usual order (all samples of
a channel together) costs a copy on either side, and a strided or transposed convolution up to half its speed. A
wave as an image of height one is what reaches these kernels; weights kept in the same order pull the frames along.
Snakes before and after a convolution are given to it, which may make them a part of its passes. Where no gradients are
recorded, wide convolutions on a CPU take fewer products than their taps (`minimal_filtering`); one of twice its stride
is a filter of two taps over rows of `stride` frames. With products of bfloat16 two taps are one plain product: the
signal passes there, beside no skip, so that rounding matters most, and little is spared.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any, TypeVar

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.layers.bend import Bend, state
from songloom.layers.many_rows import ROWS
from songloom.layers.matrices import laid_out
from songloom.layers.minimal_filtering import OUTPUTS, Scheme, scheme
from songloom.layers.narrow import narrow, narrowed
from songloom.layers.passes import LEAST, machine_code
from songloom.layers.snake import snake

Made = TypeVar("Made")
WIDE = 64
"""Channels from which fewer products are worth the additions."""
LONG = 32
"""Frames from which they are: a product of few rows is bound by reading the filter, which then is larger."""


def time_major(frames: Tensor) -> Tensor:
    """The same frames [B, C, T], in memory [B, T, C]."""
    return frames.transpose(1, 2).contiguous().transpose(1, 2)


def between_zeros(rows: Tensor, front: int, size: int, dtype: torch.dtype) -> Tensor:
    """Rows [B, T, C] as `dtype`, after `front` rows of zeros and before as many as make `size`."""
    made = rows.new_empty(len(rows), size, rows.shape[2], dtype=dtype)
    made[:, :front] = 0
    made[:, front : front + rows.shape[1]] = rows
    made[:, front + rows.shape[1] :] = 0
    return made


def beside_next(rows: Tensor) -> Tensor:
    """Each row [B, T, C] beside the one after it: [B, T - 1, 2 C]."""
    return torch.cat([rows[:, :-1], rows[:, 1:]], 2)


def bent(frames: Tensor, bend: Bend | None) -> Tensor:
    """The snake of frames [B, C, T], or they themselves."""
    return frames if bend is None else snake(frames, bend)


def in_windows(frames: Tensor, bend: Bend | None, *, front: int, hop: int, count: int, dtype: torch.dtype) -> Tensor:
    """The snake of frames [B, C, T] after `front` zeros as `count` windows of two hops, one hop apart: [B, count,
    2 * hop * C] of `dtype`."""
    rows = frames.transpose(1, 2)
    if (fast := machine_code(frames, least=0)) is not None:
        return fast.windows(rows, bend, front=front, hop=hop, count=count, dtype=dtype)
    wide = between_zeros(bent(frames, bend).transpose(1, 2), front, (count + 1) * hop, dtype)
    return beside_next(rearrange(wide, "b (t s) c -> b t (s c)", s=hop))


def spares(frames: Tensor, weight: Tensor, *, taps: int, least: int) -> bool:
    """Whether fewer products are worth it for frames [B, C, T], from `least` of them."""
    exact = frames.device.type == "cpu" and weight.dtype in (torch.float32, torch.float64)
    large = worth(weight) and frames.shape[-1] >= least
    return taps in OUTPUTS and exact and large and not torch.is_grad_enabled()


def worth(weight: Tensor) -> bool:
    """Whether products of these weights [C', C, K] take so long that making them fewer or rougher saves time."""
    return min(weight.shape[:2]) >= WIDE


class Kept:
    """What products need of a convolution's weights, made anew when these have changed.

    `dtype` is the type of numbers that products are made of where no gradients are recorded, None for the weights'."""

    def __init__(self) -> None:
        self.dtype: torch.dtype | None = None
        self.kind: torch.dtype | None = None
        self.mark: object = None
        self.made: dict[torch.dtype, Any] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Copies and other processes make anew what they need."""
        return self.__dict__ | {"mark": None, "made": {}}

    @property
    def least(self) -> int:
        """Frames from which fewer products are worth it; lowered convolutions round alike whatever the length."""
        return LONG if self.dtype is None else 1

    def of(self, weight: Tensor, make: Callable[[torch.dtype], Made]) -> Made:
        """What `make`, the same each time, makes of `weight` in the type of products."""
        self.kind = weight.dtype
        dtype = self.dtype or self.kind
        mark = state(weight)
        if self.mark != mark:
            self.mark, self.made = mark, {}
        if dtype not in self.made:
            with torch.no_grad():
                self.made[dtype] = make(dtype)
        made: Made = self.made[dtype]
        return made

    def product(self, weight: Tensor, taps: Callable[[], Tensor], rows: Tensor, bias: Tensor | None) -> Tensor:
        """Rows [B, T, r * C] times the `taps` [r, C, C'] of `weight`, plus a bias, in the type of products."""
        product = self.of(weight, lambda dtype: laid_out(taps().flatten(0, 1).t().to(dtype).contiguous(), ROWS))
        dtype = self.dtype or weight.dtype
        return product(rows.to(dtype), None if bias is None else bias.to(dtype))

    def only(self, dtype: torch.dtype | None) -> None:
        """From now on products are of `dtype`; what others need is forgotten."""
        self.dtype = dtype
        self.made = {kind: made for kind, made in self.made.items() if kind == (dtype or self.kind)}


class Conv(nn.Conv1d):
    """`nn.Conv1d`, time-major: [B, C, T] -> [B, C', T']. Its kernel is odd, or twice its stride."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, dilation: int = 1, bias: bool = True
    ) -> None:
        padding = -(-stride // 2) if stride > 1 else dilation * (kernel // 2)
        super().__init__(inputs, outputs, kernel, stride=stride, padding=padding, dilation=dilation, bias=bias)
        self.weight.data = time_major(self.weight.data)
        self.kept = Kept()

    def taps(self) -> Tensor:
        """The filter [r, C, C'] over rows of `stride` frames."""
        return rearrange(self.weight, "o i (k s) -> k (s i) o", s=self.stride[0])

    def forward(
        self,
        input: Tensor,
        *,
        before: Bend | None = None,
        after: Bend | None = None,
        low: torch.dtype | None = None,
    ) -> Tensor:
        """Between a snake `before` and one `after`, where there are; of the weights' type, or `low`."""
        stride, taps = self.stride[0], self.kernel_size[0] // self.stride[0]
        plain = self.kept.dtype is None or torch.is_grad_enabled()
        if taps == 2 and not plain:
            made = self._at_once(input, before)
        elif spares(input, self.weight, taps=taps, least=self.kept.least * stride):
            fast = machine_code(input, least=0 if self.kept.dtype is not None else LEAST)
            if fast is not None:
                return self._filtered(fast, input, before, after, low)
            made = self._sparing(bent(input, before), scheme(taps))
        elif plain:
            made = self._directly(bent(input, before), self.weight, self.bias)
        elif self.kernel_size[0] == 1:
            rows = bent(input, before).transpose(1, 2)
            made = self.kept.product(self.weight, self.taps, rows, self.bias).transpose(1, 2)
        else:
            weight = self.kept.of(self.weight, self.weight.to)
            bias = None if self.bias is None else self.bias.to(weight.dtype)
            made = self._directly(bent(input, before).to(weight.dtype), weight, bias)
        kind = made.dtype if plain else self.weight.dtype
        made = made if after is None else snake(made.to(kind), after)
        return made.to(low or kind)

    def _at_once(self, input: Tensor, before: Bend | None) -> Tensor:
        stride, padding = self.stride[0], int(self.padding[0])
        count = (input.shape[-1] + 2 * padding) // stride - 1
        rows = in_windows(
            input, before, front=padding, hop=stride, count=count, dtype=self.kept.dtype or self.weight.dtype
        )
        return self.kept.product(self.weight, self.taps, rows, self.bias).transpose(1, 2)

    def frames(self, samples: int) -> int:
        """How many it makes of so many."""
        reach = self.dilation[0] * (self.kernel_size[0] - 1)
        return (samples + 2 * int(self.padding[0]) - reach - 1) // self.stride[0] + 1

    def _filtered(
        self, fast: ModuleType, input: Tensor, before: Bend | None, after: Bend | None, low: torch.dtype | None
    ) -> Tensor:
        plan = scheme(self.kernel_size[0] // self.stride[0])
        values = self.kept.of(self.weight, lambda dtype: plan.transformed(self.taps(), dtype))
        made: Tensor = fast.filtered(
            input.transpose(1, 2),
            values,
            self.bias,
            front=int(self.padding[0]),
            frames=self.frames(input.shape[-1]),
            hop=self.stride[0],
            dilation=self.dilation[0],
            before=before,
            after=after,
            dtype=low or torch.float32,
        )
        return made.transpose(1, 2)

    def _sparing(self, input: Tensor, plan: Scheme) -> Tensor:
        stride, dilation, padding = self.stride[0], self.dilation[0], int(self.padding[0])
        values = self.kept.of(self.weight, lambda dtype: plan.transformed(self.taps(), dtype))
        frames = self.frames(input.shape[-1])
        rows = plan.rows(frames, dilation) * stride
        padded = between_zeros(input.transpose(1, 2), padding, rows, values.dtype)
        folded = rearrange(padded, "b (t s) c -> b t (s c)", s=stride)
        made = plan.filtered(folded, values, self.bias, dilation=dilation, dtype=self.weight.dtype)
        return made[:, :frames].transpose(1, 2)

    def _directly(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if self.kernel_size[0] == 1:
            return functional.linear(input.transpose(1, 2), weight[..., 0], bias).transpose(1, 2)
        if self.stride[0] == self.dilation[0] == 1 and narrow(input, weight):
            return narrowed(input.transpose(1, 2), weight, bias, padding=int(self.padding[0])).transpose(1, 2)
        image = functional.conv2d(
            input.unsqueeze(2),
            weight.unsqueeze(2),
            bias,
            stride=(1, self.stride[0]),
            padding=(0, int(self.padding[0])),
            dilation=(1, self.dilation[0]),
        )
        return image.squeeze(2)


class ConvUp(nn.ConvTranspose1d):
    """`nn.ConvTranspose1d` with a kernel of two strides, time-major: [B, C, T] -> [B, C', T * stride], one sample
    fewer for an odd stride."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__(inputs, outputs, 2 * stride, stride=stride, padding=-(-stride // 2))
        self.weight.data = time_major(self.weight.data)
        self.kept = Kept()

    def taps(self) -> Tensor:
        """The filter [2, C, C'] over frames: a row of `stride` outputs comes from the frame before it and its own."""
        return rearrange(self.weight, "i o (k s) -> k i (s o)", k=2).flip(0)

    def forward(
        self,
        input: Tensor,
        output_size: list[int] | None = None,
        *,
        before: Bend | None = None,
        low: torch.dtype | None = None,
    ) -> Tensor:
        """After a snake `before`, where there is one; of the weights' type, or `low`."""
        stride, padding, frames = self.stride[0], int(self.padding[0]), input.shape[-1]
        bias = None if self.bias is None else self.bias.repeat(stride)
        if self.kept.dtype is not None and not torch.is_grad_enabled():
            rows = in_windows(
                input, before, front=1, hop=1, count=frames + 1, dtype=self.kept.dtype or self.weight.dtype
            )
            made = self.kept.product(self.weight, self.taps, rows, bias)
            made = made.to(low or self.weight.dtype)
        elif spares(input, self.weight, taps=2, least=self.kept.least):
            plan = scheme(2)
            values = self.kept.of(self.weight, lambda dtype: plan.transformed(self.taps(), dtype))
            kind = low or self.weight.dtype
            if (fast := machine_code(input)) is not None:
                rows = input.transpose(1, 2)
                made = fast.filtered(rows, values, bias, front=1, frames=frames + 1, before=before, dtype=kind)
            else:
                rows = bent(input, before).transpose(1, 2)
                padded = between_zeros(rows, 1, plan.rows(frames + 1, 1), values.dtype)
                made = plan.filtered(padded, values, bias, dilation=1, dtype=kind)
        else:
            image = functional.conv_transpose2d(
                bent(input, before).unsqueeze(2),
                self.weight.unsqueeze(2),
                self.bias,
                stride=(1, stride),
                padding=(0, padding),
            ).squeeze(2)
            return image if low is None else image.to(low)
        made = rearrange(made, "b t (s c) -> b (t s) c", s=stride)
        return made[:, padding : (frames + 1) * stride - padding].transpose(1, 2)
