"""Steps taken several times, so that what is new agrees with what is known.

A sampler that is told known frames at every step sees them as noisy as the rest, so the new frames follow from less
than is known. Lugmayr et al. 2022 ("RePaint", arXiv 2201.09865, section 4.2) go back to more noise and take the same
steps again: each time the new frames begin from ones that have seen the known. The first steps, in which little is
settled, are taken once.
"""

from __future__ import annotations

from torch import Tensor

from songloom.diffusion.processes import Process
from songloom.diffusion.samplers import Denoiser, Noise, Sampler

SEGMENTS = 8
"""In which a run's steps are repeated, one after the other."""
ONCE = 0.4
"""Part of the steps, from the noise on, that is taken once."""


def resampled(run: Sampler, passes: int) -> Sampler:
    """A sampler that goes through each of the later segments of its times `passes` times."""
    if passes < 1:
        raise ValueError(f"passes is {passes}; needs 1 or more")
    if passes == 1:
        return run

    def again(denoise: Denoiser, x: Tensor, times: Tensor, process: Process, *, noise: Noise) -> Tensor:
        steps = len(times) - 1
        size = max(1, round(steps / SEGMENTS))
        first = round(ONCE * steps / size) * size
        x = run(denoise, x, times[: first + 1], process, noise=noise) if first else x
        for begin in range(first, steps, size):
            segment = times[begin : begin + size + 1]
            for left in reversed(range(passes)):
                there = run(denoise, x, segment, process, noise=noise)
                x = noisier(there, process, segment[-1], segment[0], noise) if left else there
        return x

    return again


def noisier(x: Tensor, process: Process, time: Tensor, more: Tensor, noise: Noise) -> Tensor:
    """x at a time [] -> x at a time of more noise, drawn as the process would have it."""
    share = process.signal(more) / process.signal(time)
    variance = process.noise(more).square() - (share * process.noise(time)).square()
    return share * x + variance.clamp_min(0.0).sqrt() * noise(x)
