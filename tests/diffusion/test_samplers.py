"""Samplers on data whose denoiser is known: Gaussians, whose flow has a closed form, and mixtures of them."""

from __future__ import annotations

import math
from functools import partial

import pytest
import torch
from torch import Tensor

from songloom.diffusion import times
from songloom.diffusion.processes import Cosine, Ddpm, Edm, Flow, Process
from songloom.diffusion.samplers import SAMPLERS, Denoiser, Sampler, ddim, ddpm, dpm_3m, ping_pong, sampler, seeded

PROCESSES: dict[str, Process] = {
    "cosine": Cosine.Config().build(),
    "flow": Flow.Config().build(),
    "ddpm": Ddpm.Config().build(),
    "edm": Edm.Config().build(),
}
MEAN, DEVIATION = 0.7, 0.4
WEIGHTS, MEANS, WIDTHS = (0.3, 0.7), (-1.5, 1.0), (0.2, 0.4)


def gaussian(process: Process) -> Denoiser:
    """The expected data of x_t when data are normal with MEAN and DEVIATION."""

    def denoise(x: Tensor, time: Tensor) -> Tensor:
        signal, noise = process.signal(time), process.noise(time)
        gain = signal * DEVIATION**2 / (signal**2 * DEVIATION**2 + noise**2)
        return MEAN + gain * (x - signal * MEAN)

    return denoise


def mixture(process: Process) -> Denoiser:
    """The expected data of x_t when data are from a mixture of two normal distributions."""

    def denoise(x: Tensor, time: Tensor) -> Tensor:
        signal, noise = process.signal(time), process.noise(time)
        parts, logs = [], []
        for weight, mean, width in zip(WEIGHTS, MEANS, WIDTHS, strict=True):
            variance = signal**2 * width**2 + noise**2
            logs.append(math.log(weight) - variance.log() / 2 - (x - signal * mean) ** 2 / (2 * variance))
            parts.append(mean + signal * width**2 / variance * (x - signal * mean))
        return (torch.stack(logs).softmax(0) * torch.stack(parts)).sum(0)

    return denoise


def exact(process: Process, x: Tensor, first: Tensor) -> Tensor:
    """Where the probability flow of the Gaussian takes x from time `first` to time 0."""
    signal, noise = process.signal(first), process.noise(first)
    return MEAN + DEVIATION * (x - signal * MEAN) / (signal**2 * DEVIATION**2 + noise**2).sqrt()


def stretch(process: Process, steps: int) -> Tensor:
    """Even steps of log(s / a) between two levels where nothing is singular, after two steps that are so short that
    a solver of several steps starts without an error to speak of."""
    first, last = math.log(20.0), math.log(0.2)
    width = (first - last) / steps
    places = [first, first - width**2, first - 2 * width**2]
    even = torch.linspace(places[-1], last, steps + 1, dtype=torch.float64)[1:]
    return process.time_of(torch.cat([torch.tensor(places, dtype=torch.float64), even]).exp())


def error(solve: Sampler, process: Process, steps: int) -> float:
    """How far a solver ends from the exact flow."""
    visited = stretch(process, steps)
    x = torch.linspace(-2, 2, 11, dtype=torch.float64)[None, None]
    made = solve(gaussian(process), x, visited, process, noise=torch.randn_like)
    return (exact(process, made, visited[-1]) - exact(process, x, visited[0])).abs().max().item()


ORDERS: list[tuple[str, Sampler, float]] = [
    ("ddim", sampler("ddim"), 1),
    ("euler", sampler("euler"), 1),
    ("heun", sampler("heun"), 2),
    ("dpm-2m", sampler("dpm-2m"), 2),
    ("dpm-3m as published", partial(dpm_3m, eta=0.0), 2),
    ("dpm-3m", sampler("dpm-3m"), 3),
]


@pytest.mark.parametrize("kind", ["cosine", "flow", "edm"])
@pytest.mark.parametrize(("solve", "order"), [row[1:] for row in ORDERS], ids=[row[0] for row in ORDERS])
def test_a_solver_has_its_order_of_convergence(solve: Sampler, order: float, kind: str) -> None:
    process = PROCESSES[kind]
    coarse, fine = error(solve, process, 80), error(solve, process, 160)
    assert math.log2(coarse / fine) > order - 0.2, (coarse, fine)


def test_higher_orders_come_nearer_in_as_many_calls() -> None:
    found = [error(sampler(name), PROCESSES["cosine"], 40) for name in ("dpm-3m", "dpm-2m", "ddim")]
    assert max(found[:2]) < found[2] / 10


@pytest.mark.parametrize("kind", PROCESSES)
@pytest.mark.parametrize("name", [name for name in SAMPLERS if name != "ping-pong"])  # that one has its own test
def test_samples_of_a_gaussian_have_its_mean_and_deviation(name: str, kind: str) -> None:
    process = PROCESSES[kind]
    visited = process.time_of(times.exponential(100, 0.01, 80.0))
    noise = seeded(torch.Generator().manual_seed(3))
    x = float(process.noise(visited[0])) * noise(torch.empty(1, 1, 20_000, dtype=torch.float64))
    made = sampler(name)(gaussian(process), x, visited, process, noise=noise)
    assert made.mean().item() == pytest.approx(MEAN, abs=0.02)
    # Ancestral sampling is of first order: a step of log(s / a) by 0.1 contracts by some hundredths too much.
    assert made.std().item() == pytest.approx(DEVIATION, rel=0.06 if name == "ddpm" else 0.03)


@pytest.mark.parametrize("kind", PROCESSES)
@pytest.mark.parametrize("name", [name for name in SAMPLERS if name != "ping-pong"])
def test_samples_of_a_mixture_have_its_weights_means_and_widths(name: str, kind: str) -> None:
    process = PROCESSES[kind]
    visited = process.time_of(times.exponential(60, 0.01, 80.0))
    noise = seeded(torch.Generator().manual_seed(4))
    x = float(process.noise(visited[0])) * noise(torch.empty(1, 1, 16_000, dtype=torch.float64))
    made = sampler(name)(mixture(process), x, visited, process, noise=noise)
    low, high = made[made < -0.5], made[made >= -0.5]
    assert len(low) / made.numel() == pytest.approx(WEIGHTS[0], abs=0.02)
    for part, mean, width in zip((low, high), MEANS, WIDTHS, strict=True):
        assert part.mean().item() == pytest.approx(mean, abs=0.03)
        assert part.std().item() == pytest.approx(width, abs=0.03)


def test_ping_pong_with_a_consistency_function_samples_exactly_in_any_number_of_steps() -> None:
    process = PROCESSES["flow"]
    noise = seeded(torch.Generator().manual_seed(5))
    for steps in (1, 2, 8):
        x = noise(torch.empty(1, 1, 20_000, dtype=torch.float64))
        made = ping_pong(lambda x, time: exact(process, x, time), x, times.log_snr(steps), process, noise=noise)
        assert made.mean().item() == pytest.approx(MEAN, abs=0.01)
        assert made.std().item() == pytest.approx(DEVIATION, rel=0.02)


def test_a_flow_is_straight_so_euler_is_ddim_and_one_point_takes_one_step() -> None:
    process = PROCESSES["flow"]
    x = torch.linspace(-2, 2, 9, dtype=torch.float64)[None, None]
    visited = times.linear(5)
    first = sampler("euler")(gaussian(process), x, visited, process, noise=torch.randn_like)
    torch.testing.assert_close(first, ddim(gaussian(process), x, visited, process))
    one = sampler("euler")(lambda x, time: torch.full_like(x, 0.3), x, times.linear(1), process, noise=torch.randn_like)
    torch.testing.assert_close(one, torch.full_like(x, 0.3))


def test_ddim_with_all_the_noise_is_ancestral_sampling() -> None:
    process = PROCESSES["cosine"]
    visited = times.linear(9)
    x = torch.linspace(-2, 2, 9, dtype=torch.float64)[None, None]
    draws = [seeded(torch.Generator().manual_seed(6)) for _ in range(2)]
    first = ddim(gaussian(process), x, visited, process, noise=draws[0], eta=1.0)
    torch.testing.assert_close(first, ddpm(gaussian(process), x, visited, process, noise=draws[1]))


@pytest.mark.parametrize("name", SAMPLERS)
def test_a_sampler_repeats_under_a_seed_and_calls_the_network_at_falling_times(name: str) -> None:
    process = PROCESSES["cosine"]
    asked: list[float] = []

    def denoise(x: Tensor, time: Tensor) -> Tensor:
        asked.append(float(time))
        return gaussian(process)(x, time)

    made = [
        sampler(name)(
            denoise, torch.ones(1, 2, 3), times.linear(6), process, noise=seeded(torch.Generator().manual_seed(1))
        )
        for _ in range(2)
    ]
    assert torch.equal(*made) and made[0].dtype == torch.float32
    half = asked[: len(asked) // 2]
    assert half == sorted(half, reverse=True) and min(half) > 0
    assert len(half) == (11 if name == "heun" else 6)


def test_what_a_sampler_lacks_is_said() -> None:
    process = PROCESSES["cosine"]
    with pytest.raises(ValueError, match="dpm-3m-sde"):
        sampler("magic")
    with pytest.raises(ValueError, match="draws noise"):
        ddim(gaussian(process), torch.ones(1, 1, 1), times.linear(2), process, eta=1.0)
