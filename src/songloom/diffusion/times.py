"""Times of a process: how training draws them, which ones a sampler visits, and how both shift with the length.

A sampler's times are float64 [steps + 1] on the CPU, falling, the last one 0: levels near pure noise need the
digits.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from songloom.diffusion.processes import Ddpm, Process

Draw = Callable[[int], Tensor]
"""Gives so many random times [B], from torch's global generator."""


def uniform(count: int) -> Tensor:
    """Times [B] in random order, all equally likely; one lies in each B-th of the range, which makes the mean over a
    batch less noisy (Kingma et al. 2021, appendix I.1)."""
    return (torch.randperm(count) + torch.rand(())) / count


def logit_normal(count: int, mean: float = 0.0, deviation: float = 1.0) -> Tensor:
    """Times [B], more of them in the middle, where predicting is hardest (Esser et al. 2024, eq. 19)."""
    return torch.sigmoid(mean + deviation * _normal(count))


def log_normal(count: int, mean: float = -1.2, deviation: float = 1.2) -> Tensor:
    """Deviations [B] of EDM's noise (Karras et al. 2022, table 1)."""
    return torch.exp(mean + deviation * _normal(count))


def _normal(count: int) -> Tensor:
    """Standard normal numbers [B] from evenly spread places."""
    return torch.special.ndtri(uniform(count).clamp(1e-6, 1 - 1e-6))


DRAWS: dict[str, Draw] = {"uniform": uniform, "logit-normal": logit_normal, "log-normal": log_normal}


def linear(steps: int, first: float = 1.0) -> Tensor:
    """Even steps from `first` to 0."""
    return torch.linspace(first, 0.0, checked(steps) + 1, dtype=torch.float64)


def cosine(steps: int) -> Tensor:
    """From 1 to 0 along a quarter of a cosine: small steps near the data."""
    return 1 - torch.cos(linear(steps) * math.pi / 2)


def log_snr(steps: int, first: float = -6.0, last: float = 2.0) -> Tensor:
    """A flow's times whose 2 log(a / s) is evenly spaced from `first` to `last`; the ends are set to 1 and 0."""
    times = torch.sigmoid(-torch.linspace(first, last, checked(steps) + 1, dtype=torch.float64))
    times[0], times[-1] = 1.0, 0.0
    return times


def exponential(steps: int, least: float, most: float) -> Tensor:
    """Ratios s / a from `most` down to `least` in even steps of their logarithm, then 0."""
    logs = torch.linspace(math.log(most), math.log(least), checked(steps), dtype=torch.float64)
    return torch.cat([logs.exp(), logs.new_zeros(1)])


def karras(steps: int, least: float, most: float, rho: float = 7.0) -> Tensor:
    """Ratios s / a, small steps near the data (Karras et al. 2022, eq. 5), then 0."""
    roots = torch.linspace(most ** (1 / rho), least ** (1 / rho), checked(steps), dtype=torch.float64)
    return torch.cat([roots**rho, roots.new_zeros(1)])


TIMES: dict[str, Callable[[int], Tensor]] = {"linear": linear, "cosine": cosine, "log-snr": log_snr}
RATIOS: dict[str, Callable[[int, float, float], Tensor]] = {"exponential": exponential, "karras": karras}


def leading(steps: int, total: int, offset: int = 0) -> Tensor:
    """Times of every (total / steps)-th step of a process of `total` steps, then 0 (as DDIM's code chose them)."""
    if checked(steps) > total:
        raise ValueError(f"steps is {steps}; this process has {total}")
    visited = torch.arange(steps, dtype=torch.float64).flip(0) * (total // steps) + offset
    return torch.cat([(visited + 1) / total, visited.new_zeros(1)])


def ddim(steps: int, total: int) -> Tensor:
    """Those of latent diffusion's DDIM: one step later than `leading`, and the last one leaves the noise of step 0."""
    times = leading(steps, total, offset=1).clamp_max(1.0)
    times[-1] = 1 / total
    return times


COUNTED: dict[str, Callable[[int, int], Tensor]] = {"leading": leading, "ddim": ddim}
"""Schedules that choose among the steps of a process which has such."""


def schedule(name: str, process: Process, steps: int, *, least: float, most: float) -> Tensor:
    """The times of a schedule's name; those that space ratios of noise to signal go from `most` down to `least`.
    Raises ValueError that lists the names there are."""
    if name in RATIOS:
        return process.time_of(RATIOS[name](steps, least, most))
    if name in TIMES:
        return TIMES[name](steps)
    if name in COUNTED:
        if not isinstance(process, Ddpm):
            raise ValueError(f"schedule {name!r} chooses among steps; {process.config.kind} has none")
        return COUNTED[name](steps, process.config.steps)
    raise ValueError(f"no schedule {name!r}; there are: {', '.join((*TIMES, *RATIOS, *COUNTED))}")


def shifted(times: Tensor, factor: float) -> Tensor:
    """A flow's times at `factor` times the ratio s / a: m t / (1 + (m - 1) t) (Esser et al. 2024, eq. 23)."""
    return factor * times / (1 + (factor - 1) * times)


def factor_of_length(length: int, least: int = 256, most: int = 4096) -> float:
    """The factor for `length` frames: longer sequences repeat themselves more, so need more noise to be hidden.
    e^0.5 at `least` frames, e^1.15 at `most`, their logarithm linear between."""
    if not 0 < least < most:
        raise ValueError(f"lengths go from {least} to {most}; needs 0 < least < most")
    return math.exp(0.5 + 0.65 * (min(max(length, least), most) - least) / (most - least))


def checked(steps: int) -> int:
    """`steps`, when it is at least 1; else a ValueError."""
    if steps < 1:
        raise ValueError(f"steps is {steps}; a sampler needs at least 1")
    return steps
