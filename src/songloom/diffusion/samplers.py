"""Samplers: from noise to data in a few calls of a denoiser, as plain functions over any process.

A denoiser gives the expected data of x_t: (x [B, D, F], time []) -> [B, D, F]. Data at times [steps + 1] come by
the time of the last, which is 0. Where one is used, `noise` gives standard normal numbers shaped like its argument.
All solvers but Euler and Heun work on the ratio of noise to signal alone, so the process's own scale is nothing to
them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Protocol

import torch
from torch import Tensor

from songloom.diffusion.processes import Process

Denoiser = Callable[[Tensor, Tensor], Tensor]
Noise = Callable[[Tensor], Tensor]
Level = tuple[float, float]
"""Signal a and noise s at one time."""


class Sampler(Protocol):
    """Every sampler by one signature."""

    def __call__(self, denoise: Denoiser, x: Tensor, times: Tensor, process: Process, *, noise: Noise) -> Tensor: ...


def levels(process: Process, times: Tensor) -> list[Level]:
    """Signal and noise at each of the times."""
    return list(zip(process.signal(times).tolist(), process.noise(times).tolist(), strict=True))


def seeded(*generators: torch.Generator) -> Noise:
    """Noise drawn by generators of the CPU, whatever the device: one for all items of a batch, or each item's own."""

    def noise(x: Tensor) -> Tensor:
        parts = torch.split(x, -(-len(x) // len(generators)))
        drawn = zip(generators, parts, strict=True)
        made = torch.cat([torch.randn(part.shape, generator=one, dtype=torch.float32) for one, part in drawn])
        # A GPU that has steps before it goes on with them while the numbers come.
        return (made.pin_memory() if x.is_cuda else made).to(x, non_blocking=True)

    return noise


def posterior(x: Tensor, data: Tensor, here: Level, there: Level) -> tuple[Tensor, float]:
    """Mean [B, D, F] and variance of the less noisy x given the data (Ho et al. 2020, eq. 7, for any two levels)."""
    (a, s), (a2, s2) = here, there
    step = a / a2
    variance = s**2 - (step * s2) ** 2
    return (step * s2**2 * x + a2 * variance * data) / s**2, variance * s2**2 / s**2


def ddpm(denoise: Denoiser, x: Tensor, times: Tensor, process: Process, *, noise: Noise) -> Tensor:
    """Ancestral sampling (Ho et al. 2020, algorithm 2)."""
    for time, (here, there) in zip(times, pairwise(levels(process, times)), strict=False):
        x, variance = posterior(x, denoise(x, time), here, there)
        if variance > 0:
            x = x + variance**0.5 * noise(x)
    return x


def ddim(
    denoise: Denoiser, x: Tensor, times: Tensor, process: Process, *, noise: Noise | None = None, eta: float = 0.0
) -> Tensor:
    """DDIM (Song, Meng & Ermon 2020, eq. 12): 0 is deterministic, eta 1 is ancestral."""
    for time, (here, there) in zip(times, pairwise(levels(process, times)), strict=False):
        data = denoise(x, time)
        direction = (x - here[0] * data) / here[1]
        variance = eta**2 * posterior(x, data, here, there)[1] if eta else 0.0
        x = there[0] * data + max(0.0, there[1] ** 2 - variance) ** 0.5 * direction
        if variance > 0:
            x = x + variance**0.5 * _needed(noise)(x)
    return x


def slope(x: Tensor, data: Tensor, time: Tensor, process: Process) -> Tensor:
    """dx/dt of the probability flow [B, D, F] (Song et al. 2021, eq. 13, by levels): da/dt x_0 + ds/dt e."""
    rise, fall = (float(value) for value in process.slopes(time))
    signal, noise = float(process.signal(time)), float(process.noise(time))
    return rise * data + fall * (x - signal * data) / noise


def euler(denoise: Denoiser, x: Tensor, times: Tensor, process: Process, *, noise: Noise | None = None) -> Tensor:
    """Euler's steps along the probability flow in the process's own time."""
    del noise  # no numbers are drawn; it is there for the common signature
    for here, there in pairwise(times):
        x = x + float(there - here) * slope(x, denoise(x, here), here, process)
    return x


def heun(denoise: Denoiser, x: Tensor, times: Tensor, process: Process, *, noise: Noise | None = None) -> Tensor:
    """Heun's steps: the mean of the slopes at both ends (Karras et al. 2022, algorithm 1); the last one is Euler's,
    because a slope at time 0 has no noise to be told from."""
    del noise
    for here, there in pairwise(times):
        first = slope(x, denoise(x, here), here, process)
        ahead = x + float(there - here) * first
        if float(process.noise(there)) == 0:
            return ahead
        second = slope(ahead, denoise(ahead, there), there, process)
        x = x + float(there - here) / 2 * (first + second)
    return x


def dpm_2m(
    denoise: Denoiser, x: Tensor, times: Tensor, process: Process, *, noise: Noise | None = None, eta: float = 1.0
) -> Tensor:
    """DPM-Solver++(2M) (Lu et al. 2022, algorithm 2), the midpoint kind; eta 1 is its SDE, 0 its ODE."""
    before: tuple[Tensor, float] | None = None
    for time, (here, there) in zip(times, pairwise(levels(process, times)), strict=False):
        data = denoise(x, time)
        if there[1] == 0:
            return there[0] * data
        kept, stride = _step(here, there)
        guess = data
        if before is not None:
            guess = data + (data - before[0]) * (stride / before[1] / 2)
        x = there[1] / here[1] * kept**eta * x + there[0] * (1 - kept ** (1 + eta)) * guess
        x = _stirred(x, there[1], kept, eta, noise)
        before = data, stride
    return x


def dpm_3m(
    denoise: Denoiser,
    x: Tensor,
    times: Tensor,
    process: Process,
    *,
    noise: Noise | None = None,
    eta: float = 1.0,
    bend: float = 1.0,
) -> Tensor:
    """DPM-Solver++(3M): differences of the last three predictions stand for two derivatives by log(a / s) (Lu et
    al. 2022, eq. 12 with k = 3); its SDE (eta 1) is the one that Stable Audio Open samples by. Published code, theirs
    too, counts the second derivative half, which leaves it of order two; `bend` 2 counts it whole."""
    past: list[tuple[Tensor, float]] = []
    for time, (here, there) in zip(times, pairwise(levels(process, times)), strict=False):
        data = denoise(x, time)
        if there[1] == 0:
            return there[0] * data
        kept, stride = _step(here, there)
        x = there[1] / here[1] * kept**eta * x + there[0] * (1 - kept ** (1 + eta)) * data
        if past:
            change, second = _derivatives(data, past, stride)
            total = (1 + eta) * stride
            once = math.expm1(-total) / total + 1
            x = x + there[0] * (once * change - bend * (once / total - 0.5) * second)
        x = _stirred(x, there[1], kept, eta, noise)
        past = [*past[-1:], (data, stride)]
    return x


def _derivatives(data: Tensor, past: list[tuple[Tensor, float]], stride: float) -> tuple[Tensor, Tensor]:
    """First derivative of the data over one stride, and half the second, from one or two earlier predictions."""
    last, r0 = past[-1][0], past[-1][1] / stride
    change = (data - last) / r0
    if len(past) == 1:
        return change, torch.zeros_like(change)
    r1 = past[0][1] / stride
    second = (change - (last - past[0][0]) / r1) / (r0 + r1)
    return change + r0 * second, second


def ping_pong(denoise: Denoiser, x: Tensor, times: Tensor, process: Process, *, noise: Noise) -> Tensor:
    """All the way to the data and back to a lower level with fresh noise (Song et al. 2023, algorithm 1): for
    networks distilled to few steps."""
    for time, (_, there) in zip(times, pairwise(levels(process, times)), strict=False):
        x = there[0] * denoise(x, time)
        if there[1] > 0:
            x = x + there[1] * noise(x)
    return x


SAMPLERS: dict[str, Sampler] = {
    "ddpm": ddpm,
    "ddim": ddim,
    "euler": euler,
    "heun": heun,
    "dpm-2m": partial(dpm_2m, eta=0.0),
    "dpm-2m-sde": dpm_2m,
    "dpm-3m": partial(dpm_3m, eta=0.0, bend=2.0),
    "dpm-3m-sde": dpm_3m,
    "ping-pong": ping_pong,
}


def sampler(name: str) -> Sampler:
    """The sampler of a name. Raises ValueError that lists the names there are."""
    if name not in SAMPLERS:
        raise ValueError(f"no sampler {name!r}; there are: {', '.join(SAMPLERS)}")
    return SAMPLERS[name]


def _step(here: Level, there: Level) -> tuple[float, float]:
    """e^-h and h, the rise of log(a / s); from pure noise they are 0 and infinite."""
    kept = here[0] * there[1] / (there[0] * here[1])
    return kept, -math.log(kept) if kept > 0 else math.inf


def _stirred(x: Tensor, level: float, kept: float, eta: float, noise: Noise | None) -> Tensor:
    """x with the noise that an SDE adds in one step."""
    return x + level * (1 - kept ** (2 * eta)) ** 0.5 * _needed(noise)(x) if eta else x


def _needed(noise: Noise | None) -> Noise:
    if noise is None:
        raise ValueError("this sampler draws noise as it goes; give it some")
    return noise
