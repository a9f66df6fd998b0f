"""Our samplers step by step beside diffusers' schedulers, on a network of fixed random weights and the same noise."""

from __future__ import annotations

import math
import sys
import types
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import diffusers
import pytest
import torch
from torch import Tensor

from songloom.diffusion import times
from songloom.diffusion.processes import Cosine, Ddpm, Edm, Flow, Process
from songloom.diffusion.samplers import Noise, Sampler, ddim, ddpm, dpm_2m, dpm_3m, euler, heun, ping_pong

SHAPE = (2, 3, 16)
MIX = torch.randn(3, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) / 2
DDPM = {"num_train_timesteps": 100, "beta_start": 1e-3, "beta_end": 0.05, "clip_sample": False}


def network(x: Tensor, time: Any) -> Tensor:
    """Something smooth of x and the time as the network counts it."""
    return torch.tanh(torch.einsum("oc,bcf->bof", MIX.to(x), x)) * (1 + 0.3 * math.sin(0.07 * float(time)))


def recorded(count: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(7)
    return [torch.randn(SHAPE, generator=generator, dtype=torch.float64) for _ in range(count)]


def replayed(draws: list[Tensor]) -> Noise:
    """The draws one after the other."""
    left = iter(draws)
    return lambda x: next(left).to(x)


def start() -> Tensor:
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def trail(solve: Callable[..., Tensor], process: Process, x: Tensor, visited: Tensor) -> list[Tensor]:
    """What the denoiser sees on the way, and the result."""
    seen: list[Tensor] = []

    def denoise(x: Tensor, time: Tensor) -> Tensor:
        seen.append(x)
        return process.data(network(*process.inputs(x, time)), x, time)

    made = solve(denoise, x, visited, process, noise=replayed(recorded(40)))
    return [*seen[1:], made]


def theirs(scheduler: Any, x: Tensor, monkeypatch: pytest.MonkeyPatch, *, eta: float | None = None) -> list[Tensor]:
    """diffusers' way, with noise from the same record in place of its own."""
    noise = replayed(recorded(40))
    for module in {type(scheduler).__module__, "diffusers.utils.torch_utils"}:
        if hasattr(sys.modules[module], "randn_tensor"):
            monkeypatch.setattr(sys.modules[module], "randn_tensor", lambda *_, **__: noise(x))
    if hasattr(scheduler, "noise_sampler"):
        scheduler.noise_sampler = lambda *_: noise(x)
    made = []
    for time in scheduler.timesteps:
        shown = scheduler.scale_model_input(x, time) if hasattr(scheduler, "scale_model_input") else x
        label = time / 1000 if type(scheduler).__name__.startswith("FlowMatch") else time
        others = {} if eta is None else {"eta": eta}
        x = scheduler.step(network(shown, label), time, x, **others).prev_sample
        made.append(x)
    return made


def assert_same(ours: list[Tensor], others: list[Tensor], scales: list[float] | None = None) -> None:
    assert len(ours) == len(others)
    for index, (mine, other) in enumerate(zip(ours, others, strict=True)):
        scale = scales[index] if scales else 1.0
        torch.testing.assert_close(mine, other.to(mine) * scale, rtol=1e-4, atol=1e-4)


@pytest.fixture
def torchsde(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The module that diffusers' SDE schedulers import for noise, which these tests give themselves."""
    monkeypatch.setitem(sys.modules, "torchsde", types.ModuleType("torchsde"))
    yield


@pytest.mark.parametrize(
    ("prediction", "name"), [("noise", "epsilon"), ("data", "sample"), ("velocity", "v_prediction")]
)
def test_ancestral_sampling_is_that_of_ddpm(prediction: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = diffusers.DDPMScheduler(**DDPM, prediction_type=name)
    scheduler.set_timesteps(10)
    process = Ddpm.Config(steps=100, first=1e-3, last=0.05, prediction=prediction).build()  # type: ignore[arg-type]
    assert_same(trail(ddpm, process, start(), times.leading(10, 100)), theirs(scheduler, start(), monkeypatch))


@pytest.mark.parametrize("eta", [0.0, 0.6, 1.0])
def test_ddim_is_that_of_diffusers(eta: float, monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = diffusers.DDIMScheduler(**DDPM, steps_offset=1)
    scheduler.set_timesteps(10)
    process = Ddpm.Config(steps=100, first=1e-3, last=0.05).build()
    ours = trail(partial(ddim, eta=eta), process, start(), times.leading(10, 100, offset=1))
    assert_same(ours, theirs(scheduler, start(), monkeypatch, eta=eta))


@pytest.mark.parametrize(("solver", "order", "eta"), [(dpm_2m, 2, 0.0), (dpm_2m, 2, 1.0), (dpm_3m, 3, 0.0)])
def test_dpm_solvers_are_those_of_diffusers(
    solver: Sampler, order: int, eta: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler = diffusers.DPMSolverMultistepScheduler(
        **{name: value for name, value in DDPM.items() if name != "clip_sample"},
        solver_order=order,
        solver_type="heun" if order == 3 else "midpoint",
        algorithm_type="sde-dpmsolver++" if eta else "dpmsolver++",
        final_sigmas_type="zero",
        timestep_spacing="leading",
        lower_order_final=False,
    )
    scheduler.set_timesteps(10)
    visited = torch.cat([(scheduler.timesteps.double() + 1) / 100, torch.zeros(1, dtype=torch.float64)])
    process = Ddpm.Config(steps=100, first=1e-3, last=0.05).build()
    ours = trail(partial(solver, eta=eta), process, start(), visited)
    assert_same(ours, theirs(scheduler, start(), monkeypatch))


@pytest.mark.parametrize("steps", [3, 10, 20])
def test_the_sampler_of_stable_audio_is_that_of_diffusers(
    steps: int, torchsde: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler = _stable_audio_scheduler()
    scheduler.set_timesteps(steps)
    process = Cosine.Config().build()
    visited = process.time_of(times.exponential(steps, 0.3, 500.0))
    ours = trail(dpm_2m, process, start(), visited)
    # Theirs keeps the signal at 1 and lets the noise grow; ours is the same at unit variance.
    scales = process.signal(visited[1:]).tolist()
    assert_same(ours, theirs(scheduler, start() * scheduler.init_noise_sigma, monkeypatch), scales)


def _stable_audio_scheduler() -> Any:
    from diffusers.schedulers.scheduling_cosine_dpmsolver_multistep import CosineDPMSolverMultistepScheduler

    class Scheduler(CosineDPMSolverMultistepScheduler):
        """Without the check for the noise's package."""

        _compatibles: list[Any] = []

    return Scheduler(sigma_min=0.3, sigma_max=500, solver_order=2, prediction_type="v_prediction")


def test_euler_along_a_flow_is_that_of_diffusers(monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0)
    scheduler.set_timesteps(8)
    visited = scheduler.sigmas.double()
    assert_same(trail(euler, Flow.Config().build(), start(), visited), theirs(scheduler, start(), monkeypatch))
    even = torch.linspace(scheduler.sigma_max, scheduler.sigma_min, 8, dtype=torch.float64)
    torch.testing.assert_close(visited[:-1], times.shifted(even, 3.0), rtol=1e-5, atol=1e-6)


def test_ping_pong_is_the_stochastic_flow_of_diffusers(monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(stochastic_sampling=True)
    scheduler.set_timesteps(8)
    noise = replayed(recorded(40))
    monkeypatch.setattr(torch, "randn_like", lambda x, **_: noise(x))
    ours = trail(ping_pong, Flow.Config().build(), start(), scheduler.sigmas.double())
    assert_same(ours, theirs(scheduler, start(), monkeypatch))


def test_euler_and_heun_of_edm_are_those_of_diffusers(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"sigma_min": 0.02, "sigma_max": 20.0, "sigma_data": 0.5}
    scheduler = diffusers.EDMEulerScheduler(**settings)
    scheduler.set_timesteps(12)
    process = Edm.Config(deviation=0.5).build()
    visited = times.karras(12, 0.02, 20.0)
    assert_same(trail(euler, process, 20 * start(), visited), theirs(scheduler, 20 * start(), monkeypatch))


def test_heun_along_a_flow_is_that_of_diffusers(monkeypatch: pytest.MonkeyPatch) -> None:
    scheduler = diffusers.FlowMatchHeunDiscreteScheduler()
    scheduler.set_timesteps(6)
    sigmas = scheduler.sigmas.double()
    visited = torch.cat([sigmas[:1], sigmas[1::2]])
    assert bool((visited.diff() < 0).all()) and visited[-1] == 0
    assert_same(trail(heun, Flow.Config().build(), start(), visited), theirs(scheduler, start(), monkeypatch))
