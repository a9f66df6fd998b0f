"""Codecs in 8-bit whole numbers on a CPU: as many convolutions as leave the error inaudibly small.

A convolution of bytes is off by 1/70 of its output, and what follows may make more or less of that. So each one is
tried alone on a short sound; those that give the most for the least error are taken, as long as all together stay
so many decibels below the output in float32. The rest, and everything that is no wide convolution, stays as it was.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from songloom.layers import int8
from songloom.layers.int8 import Int8Conv
from songloom.layers.time_major import WIDE, Conv
from songloom.systems.roles import Codec

Precision = Literal["float32", "int8"]
Side = Literal["encode", "decode"]
LEAST = 46.0
"""Decibels of signal to error that the trial must have: music was up to 4 dB below it, and has to stay above 40."""
TRIAL_SECONDS = 0.2


@dataclass(frozen=True)
class Lowered:
    """What became of one side of a codec: names of the convolutions in bytes, their part of all multiplications of
    such convolutions, and the ratio of signal to error in decibels that the trial had."""

    names: tuple[str, ...]
    share: float
    decibels: float


@torch.no_grad()
def to_int8(codec: Codec, side: Side, *, trial: Tensor | None = None, least: float = LEAST) -> Lowered:
    """Puts convolutions of bytes in the place of wide ones of `codec`, on the side that encodes or decodes.

    `trial` is a wave [1, C, T] at its rate, by default `trial_wave`. The same codec and trial always give the same
    choice. Raises ValueError where there is nothing to lower, or torch was built without such convolutions."""
    if not int8.available():
        raise ValueError("this build of torch has no convolutions of bytes (oneDNN's); use precision float32")
    wave = trial_wave(codec) if trial is None else trial
    run = _encoded(codec, wave) if side == "encode" else _decoded(codec, wave)
    work = _work(codec, run)
    if not work:
        raise ValueError(f"{type(codec).__name__} has no wide convolutions to {side} by; use precision float32")
    wanted = run()
    errors = {}
    for name in work:
        with _Swapped(codec, [name]):
            errors[name] = _energy(run() - wanted)
    ranked = sorted(work, key=lambda name: errors[name] / work[name])
    allowed = _energy(wanted) * 10 ** (-least / 10)
    chosen: list[str] = []
    for name in ranked:
        if sum(errors[one] for one in [*chosen, name]) <= allowed:
            chosen.append(name)
    while chosen:
        swap = _Swapped(codec, chosen)
        with swap:
            error = _energy(run() - wanted)
        if error <= allowed:
            swap.put(swap.bytes)
            return Lowered(tuple(chosen), sum(work[n] for n in chosen) / sum(work.values()), _decibels(wanted, error))
        chosen.pop()
    return Lowered((), 0.0, math.inf)


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


def _work(codec: Codec, run: Callable[[], Tensor]) -> dict[str, float]:
    """Multiplications of each wide convolution of several taps that `run` uses, by its name."""
    counted: dict[str, float] = {}

    def count(name: str) -> Callable[[nn.Module, tuple[Tensor], Tensor], None]:
        def note(conv: nn.Module, _entered: tuple[Tensor], left: Tensor) -> None:
            weight = conv.get_parameter("weight")
            counted[name] = counted.get(name, 0.0) + float(weight.numel() * left.shape[-1])

        return note

    hooks = [
        conv.register_forward_hook(count(name))
        for name, conv in codec.named_modules()
        if isinstance(conv, Conv) and conv.stride[0] == 1 and conv.kernel_size[0] > 1
        if min(conv.weight.shape[:2]) >= WIDE
    ]
    run()
    for hook in hooks:
        hook.remove()
    return counted


class _Swapped:
    """Inside, the named convolutions are worked in bytes."""

    def __init__(self, codec: Codec, names: list[str]) -> None:
        self.codec = codec
        self.plain: dict[str, nn.Module] = {name: codec.get_submodule(name) for name in names}
        self.bytes: dict[str, nn.Module] = {
            name: Int8Conv(conv) for name, conv in self.plain.items() if isinstance(conv, Conv)
        }

    def put(self, modules: dict[str, nn.Module]) -> None:
        for name, module in modules.items():
            self.codec.set_submodule(name, module)

    def __enter__(self) -> None:
        self.put(self.bytes)

    def __exit__(self, *_: object) -> None:
        self.put(self.plain)


def _energy(tensor: Tensor) -> float:
    return float(tensor.double().square().sum())


def _decibels(wanted: Tensor, error: float) -> float:
    return 10 * math.log10(_energy(wanted) / max(error, 1e-30))
