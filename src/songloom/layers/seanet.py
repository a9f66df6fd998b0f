"""SEANet: strided convolutions with residual units between them, and their mirror image.

Tagliasacchi et al. 2020, "SEANet" (arXiv 2009.02095), as SoundStream (arXiv 2107.03312, section III-A) and
EnCodec (arXiv 2210.13438, section 3.1) use it. EnCodec has one unit of a short kernel and half the channels for
each stride and an LSTM over the frames; SoundStream three dilated units and no LSTM. An LSTM divides a network
in two, of which each sees only a few frames; a stream carries its memory from piece to piece.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypedDict, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.audio.chunks import Reach, windowed
from songloom.layers.conv import Conv1d, Interval, Padding, TransposedConv1d, WholeNorm, ends
from songloom.layers.elu import elu
from songloom.layers.recurrent import ResidualLstm, State


class Kind(TypedDict):
    """What all convolutions of a network share."""

    causal: bool
    padding: Padding
    norm: nn.Module | None


@dataclass(frozen=True, kw_only=True)
class Seanet:
    """`filters` channels beside the wave, twice as many after each stride (`ratios` in the decoder's order);
    `dilations` of the residual units, whose inner channels are 1 / `compress`; their skip is a 1 x 1 convolution
    where `shortcut`. `latent_kernel` is the encoder's last kernel, where it is not `last_kernel`. `norm` "group"
    normalises each convolution's result over channels and time."""

    filters: int = 32
    ratios: tuple[int, ...] = (8, 5, 4, 2)
    kernel: int = 7
    last_kernel: int = 7
    latent_kernel: int | None = None
    residual_kernel: int = 3
    dilations: tuple[int, ...] = (1,)
    compress: int = 2
    shortcut: bool = True
    lstm_layers: int = 2
    causal: bool = True
    padding: Padding = "reflect"
    norm: Literal["none", "group"] = "none"

    @property
    def hop_length(self) -> int:
        """Samples per frame."""
        return math.prod(self.ratios)

    @property
    def widest(self) -> int:
        """Channels at the frame rate."""
        return self.filters * 2 ** len(self.ratios)

    def plain(self, inputs: int, outputs: int, kernel: int) -> Conv1d:
        """A convolution without ELU."""
        return Conv1d(inputs, outputs, kernel, **self._kind(outputs))

    def conv(self, inputs: int, outputs: int, kernel: int, *, stride: int = 1, dilation: int = 1) -> EluConv1d:
        """A convolution of this network's kind."""
        return EluConv1d(inputs, outputs, kernel, stride=stride, dilation=dilation, **self._kind(outputs))

    def transposed(self, inputs: int, outputs: int, ratio: int) -> EluTransposedConv1d:
        """A transposed convolution of this network's kind."""
        return EluTransposedConv1d(inputs, outputs, stride=ratio, causal=self.causal, norm=self._norm(outputs))

    def _norm(self, channels: int) -> nn.Module | None:
        return WholeNorm(channels) if self.norm == "group" else None

    def _kind(self, channels: int) -> Kind:
        return {"causal": self.causal, "padding": self.padding, "norm": self._norm(channels)}

    def memory(self) -> ResidualLstm | None:
        """The LSTM over frames, where there is one."""
        return ResidualLstm(self.widest, self.lstm_layers) if self.lstm_layers else None


class EluConv1d(Conv1d):
    """A convolution of ELU(x)."""

    def forward(self, rows: Tensor) -> Tensor:
        front, frames, behind = self.front, rows.shape[1], self.behind + -rows.shape[1] % self.stride[0]
        if torch.is_grad_enabled() or frames <= max(front, behind):
            return self.convolved(elu(self.padded(rows)))
        wide = rows.new_empty(len(rows), front + frames + behind, rows.shape[2])
        inner = elu(rows, out=wide[:, front : front + frames])
        wide[:, :front], wide[:, front + frames :] = ends(inner, front, behind, self.mode)
        return self.convolved(wide)


class EluTransposedConv1d(TransposedConv1d):
    """A transposed convolution of ELU(x)."""

    def forward(self, rows: Tensor) -> Tensor:
        return super().forward(elu(rows))


class ResidualUnit(nn.Module):
    """skip(x) + 1 x 1 convolution of ELU of a dilated convolution of ELU(x): [B, T, C] -> [B, T, C]."""

    def __init__(self, settings: Seanet, channels: int, dilation: int) -> None:
        super().__init__()
        inner = channels // settings.compress
        self.spread = settings.conv(channels, inner, settings.residual_kernel, dilation=dilation)
        self.mix = settings.conv(inner, channels, 1)
        self.shortcut = settings.plain(channels, channels, 1) if settings.shortcut else None

    def forward(self, rows: Tensor) -> Tensor:
        inner = self.spread(rows)
        if self.mix.norm is not None:
            return self.mix(inner) + (rows if self.shortcut is None else self.shortcut(rows))
        inner = elu(inner, out=None if torch.is_grad_enabled() else inner)
        if self.shortcut is None:
            skip = rows + self.mix.bias
        else:
            skip = functional.linear(rows, self.shortcut.weight.squeeze(2), self.shortcut.bias + self.mix.bias)
        skip.flatten(0, 1).addmm_(inner.flatten(0, 1), self.mix.weight.squeeze(2).t().to(skip))  # without a copy
        return skip

    def sees(self, outputs: Interval) -> Interval:
        """The input positions that these output positions depend on."""
        first, last = self.spread.sees(outputs)
        return min(first, outputs[0]), max(last, outputs[1])


class Stack(nn.Sequential):
    """Layers one after the other, `taken` positions to `given`, that know how far they see: [B, C, T] -> [B, C', T'],
    inside as rows [B, T, C]."""

    def __init__(self, layers: Iterable[nn.Module], *, taken: int = 1, given: int = 1) -> None:
        super().__init__(*layers)
        self.taken, self.given = taken, given

    def forward(self, wave: Tensor) -> Tensor:
        rows = wave.transpose(1, 2)
        for layer in self:
            rows = layer(rows)
        return rows.transpose(1, 2)

    @property
    def reach(self) -> Reach:
        """Frames before and after that a frame depends on, and at the beginning, which mirrors."""
        seen: Interval = (0, self.given - 1)
        for layer in reversed(self):
            seen = cast(Conv1d, layer).sees(seen)
        before, after = -seen[0], seen[1] - (self.taken - 1)
        before, after = (max(0, -(-side // self.taken)) for side in (before, after))
        return Reach(before, after, lead=before + after)

    def stream(self, pieces: Iterable[Tensor], size: int) -> Iterator[Tensor]:
        """What it makes of a stream, `size` frames at a time."""
        return windowed(pieces, self, self.reach, taken=self.taken, given=self.given, size=size)


def together(one: Reach, other: Reach) -> int:
    """Frames on either side that two networks, one after the other, see."""
    return max(one.before + other.before, one.after + other.after, one.lead + other.lead)


def remembered(memory: ResidualLstm, pieces: Iterable[Tensor]) -> Iterator[Tensor]:
    """An LSTM over a stream of frames [B, D, f]."""
    state: State | None = None
    for piece in pieces:
        frames, state = memory(piece, state)
        yield frames


class SeanetEncoder(nn.Module):
    """Wave [B, C, T] -> latents [B, D, F], F = ceil(T / hop_length)."""

    def __init__(self, settings: Seanet, channels: int, width: int) -> None:
        super().__init__()
        size = settings.filters
        layers: list[nn.Module] = [settings.plain(channels, size, settings.kernel)]
        for ratio in reversed(settings.ratios):
            layers += [ResidualUnit(settings, size, dilation) for dilation in settings.dilations]
            layers.append(settings.conv(size, 2 * size, 2 * ratio, stride=ratio))
            size *= 2
        leave = [settings.conv(size, width, settings.latent_kernel or settings.last_kernel)]
        self.convolutions = Stack(layers, taken=settings.hop_length)
        self.memory = settings.memory()
        self.leave = Stack(leave)

    @property
    def context(self) -> int | None:
        """Frames on either side that a frame depends on; None for all, where there is an LSTM."""
        return None if self.memory else together(self.convolutions.reach, self.leave.reach)

    def forward(self, wave: Tensor) -> Tensor:
        frames = self.convolutions(wave)
        return self.leave(frames if self.memory is None else self.memory(frames).frames)

    def stream(self, pieces: Iterable[Tensor], size: int) -> Iterator[Tensor]:
        """Pieces of wave [B, C, t] -> latents [B, D, f] as soon as they are certain, `size` frames at a time."""
        frames = self.convolutions.stream(pieces, size)
        return self.leave.stream(frames if self.memory is None else remembered(self.memory, frames), size)


class SeanetDecoder(nn.Module):
    """Latents [B, D, F] -> wave [B, C, F * hop_length]; the encoder's mirror image."""

    def __init__(self, settings: Seanet, channels: int, width: int) -> None:
        super().__init__()
        size = settings.widest
        enter = [settings.plain(width, size, settings.kernel)]
        layers: list[nn.Module] = []
        for ratio in settings.ratios:
            layers.append(settings.transposed(size, size // 2, ratio))
            size //= 2
            layers += [ResidualUnit(settings, size, dilation) for dilation in settings.dilations]
        layers.append(settings.conv(size, channels, settings.last_kernel))
        self.enter = Stack(enter)
        self.memory = settings.memory()
        self.convolutions = Stack(layers, given=settings.hop_length)

    @property
    def context(self) -> int | None:
        """Frames on either side that a frame's samples depend on; None for all, where there is an LSTM."""
        return None if self.memory else together(self.enter.reach, self.convolutions.reach)

    def forward(self, latents: Tensor) -> Tensor:
        frames = self.enter(latents)
        return self.convolutions(frames if self.memory is None else self.memory(frames).frames)

    def stream(self, pieces: Iterable[Tensor], size: int) -> Iterator[Tensor]:
        """Latents [B, D, f] -> pieces of wave [B, C, t] as soon as they are certain, `size` frames at a time."""
        frames = self.enter.stream(pieces, size)
        return self.convolutions.stream(frames if self.memory is None else remembered(self.memory, frames), size)
