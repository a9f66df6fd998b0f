"""Codecs in bfloat16 on a CPU: as many convolutions as leave the error inaudibly small.

A processor with products of bfloat16 (AMD from Zen 4, Intel's servers from Cooper Lake) makes twice as many of them as
of float32, and sums them in float32. The error of a convolution of fewer products is then 45 dB below its output, or
48 dB where the transforms before and after them are sums of float32 (`layers/compiled`), that of a plain product 51 dB;
strided convolutions, which the whole signal passes through, are plain products therefore. Bytes (int8) give four times
the products, but at 37 dB, and fewer products need values of more than 8 bits: for seven taps, 7 products of bytes take
longer than 2.2 of bfloat16.

What the errors become in the output depends on what follows, so each convolution is tried alone on a short sound; those
that save the most time for the least error are lowered, as long as all together stay so many decibels below the output
in float32: transposed convolutions, whose few products in float32 take a third longer than plain ones in bfloat16, are
the first that stay. Snakes, sums and everything that is no wide convolution stay as they were. What a stream gives then
differs from the whole by such errors, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from songloom.layers.minimal_filtering import OUTPUTS, scheme
from songloom.layers.time_major import Conv, ConvUp, worth
from songloom.systems.roles import Codec

Precision = Literal["float32", "bfloat16"]
Side = Literal["encode", "decode"]
LEAST = 42.0
"""Decibels of signal to error that the trial must have, so that music stays above 40: 3 s of it had 1.4 less."""
TRIAL_SECONDS = 0.3


@dataclass(frozen=True)
class Lowered:
    """What became of one side of a codec: names of the convolutions in bfloat16, their part of all products of wide
    convolutions, and the ratio of signal to error in decibels that the trial had."""

    names: tuple[str, ...]
    share: float
    decibels: float


class Work(NamedTuple):
    """What a convolution multiplies, and how many of these products, made in float32, take the time that it saves
    where it is lowered."""

    products: float
    saved: float


@torch.no_grad()
def to_bfloat16(codec: Codec, side: Side, *, trial: Tensor | None = None, least: float = LEAST) -> Lowered:
    """Lowers wide convolutions of `codec` on the side that encodes or decodes; the weights stay as they are.

    `trial` is a wave [1, C, T] at its rate, by default `trial_wave`. The same codec and trial always give the same
    choice. Raises ValueError where there is nothing to lower."""
    wave = trial_wave(codec) if trial is None else trial
    run = _encoded(codec, wave) if side == "encode" else _decoded(codec, wave)
    work = _work(codec, run)
    if not work:
        raise ValueError(f"{type(codec).__name__} has no wide convolutions to {side} by; use precision float32")
    convs = {name: conv for name, conv in codec.named_modules() if isinstance(conv, Conv | ConvUp) and name in work}
    wanted = run()
    allowed = _energy(wanted) * 10 ** (-least / 10)

    def error(names: Collection[str]) -> float:
        for name, conv in convs.items():  # what the other kind of products needs is forgotten, to spare memory
            conv.kept.only(torch.bfloat16 if name in names else None)
        made = run()
        return _energy(made - wanted)

    chosen, left = list(work), error(work)
    if left > allowed:
        errors = {name: error([name]) for name in work}
        chosen = _fitting(work, errors, allowed)
        left = error(chosen)
        while chosen and left > allowed:
            # Errors add up but for chance, so this many more of the worst go before all is tried again.
            left -= errors[chosen.pop()]
            if left <= allowed:
                left = error(chosen)
        # Errors of several convolutions may also be in each other's way: what then has room is taken after all.
        for name in _order(work, errors):
            if name not in chosen and left + errors[name] <= allowed and (more := error([*chosen, name])) <= allowed:
                chosen, left = [*chosen, name], more
    for name, conv in convs.items():
        conv.kept.only(torch.bfloat16 if name in chosen else None)
    share = sum(work[name].products for name in chosen) / sum(each.products for each in work.values())
    return Lowered(tuple(chosen), share, 10 * math.log10(_energy(wanted) / left) if chosen else math.inf)


def to_float32(codec: Codec) -> None:
    """Undoes `to_bfloat16`."""
    for conv in codec.modules():
        if isinstance(conv, Conv | ConvUp):
            conv.kept.only(None)


def trial_wave(codec: Codec) -> Tensor:
    """A chord whose tones begin one after the other and fade, with a little noise: [1, C, T]."""
    samples = round(TRIAL_SECONDS * codec.sample_rate)
    time = torch.arange(samples) / codec.sample_rate
    starts = torch.linspace(0, 0.6 * TRIAL_SECONDS, 6)[:, None]
    pitches = 110.0 * 2 ** (torch.tensor([0, 7, 12, 16, 19, 34]) / 12)[:, None]
    partials = sum(torch.sin(2 * math.pi * k * pitches * (time - starts)) / k for k in (1, 2, 3, 5, 8))
    tones = (partials * torch.exp(-12 * (time - starts).clamp_min(0)) * (time >= starts)).sum(0)
    noise = torch.randn(codec.channels, samples, generator=torch.Generator().manual_seed(0))
    return (0.1 * tones + 0.01 * noise)[None]


def _encoded(codec: Codec, wave: Tensor) -> Callable[[], Tensor]:
    return lambda: codec.encode(wave)


def _decoded(codec: Codec, wave: Tensor) -> Callable[[], Tensor]:
    latents = codec.encode(wave)
    latents = codec.dequantize(codec.quantize(latents)) if codec.streams else latents
    return lambda: codec.decode(latents)


def _fitting(work: dict[str, Work], errors: dict[str, float], allowed: float) -> list[str]:
    """Names by their error for what they save, least first, without those too bad beside the ones before."""
    chosen, room = [], allowed
    for name in _order(work, errors):
        if errors[name] <= room:
            chosen.append(name)
            room -= errors[name]
    return chosen


def _order(work: dict[str, Work], errors: dict[str, float]) -> list[str]:
    """Names by their error for what they save, least first."""
    return sorted(work, key=lambda name: errors[name] / work[name].saved)


def _work(codec: Codec, run: Callable[[], Tensor]) -> dict[str, Work]:
    """What each wide convolution does in `run`, by its name."""
    counted: dict[str, Work] = {}

    def count(name: str) -> Callable[[nn.Module, tuple[Tensor], Tensor], None]:
        def note(conv: nn.Module, entered: tuple[Tensor], left: Tensor) -> None:
            assert isinstance(conv, Conv | ConvUp)
            frames = left.shape[-1] if isinstance(conv, Conv) else entered[0].shape[-1]
            taps = conv.kernel_size[0] // conv.stride[0]
            left_over = scheme(taps).products / (OUTPUTS[taps] * taps) if taps in OUTPUTS else 1.0
            # A lowered product takes half the time, but two taps are plain products then.
            spared = left_over - (1.0 if taps == 2 else left_over) / 2
            plain, before = conv.weight.numel() * frames, counted.get(name, Work(0, 0))
            counted[name] = Work(before.products + plain * left_over, before.saved + plain * spared)

        return note

    hooks = [
        conv.register_forward_hook(count(name))
        for name, conv in codec.named_modules()
        if isinstance(conv, Conv | ConvUp) and worth(conv.weight)
    ]
    run()
    for hook in hooks:
        hook.remove()
    return counted


def _energy(tensor: Tensor) -> float:
    return float(tensor.double().square().sum())
