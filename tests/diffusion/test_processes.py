from __future__ import annotations

import itertools

import pytest
import torch
from diffusers import DDPMScheduler

from songloom.diffusion.processes import Cosine, Ddpm, Edm, Flow, Process

BOUNDED = [
    cls.Config(prediction=prediction).build()
    for cls, prediction in itertools.product((Cosine, Flow, Ddpm), ("noise", "data", "velocity"))
]
ALL: list[Process] = [*BOUNDED, Edm.Config().build()]
TIMES = torch.linspace(0.05, 0.95, 10, dtype=torch.float64)[:, None, None]


def names(process: Process) -> str:
    return f"{process.config.kind} {process.config.prediction}"


def drawn() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    data, noise = torch.randn(2, 10, 3, 5, dtype=torch.float64, generator=generator)
    return data, noise


@pytest.mark.parametrize("process", ALL, ids=names)
def test_the_target_means_the_data_that_it_was_made_of(process: Process) -> None:
    data, noise = drawn()
    found = process.data(process.target(data, noise, TIMES), process.noised(data, noise, TIMES), TIMES)
    torch.testing.assert_close(found, data)


@pytest.mark.parametrize("process", ALL, ids=names)
def test_slopes_are_the_derivatives_of_the_levels(process: Process) -> None:
    times, step = TIMES + 1.23e-4, 1e-7
    for level, slope in zip((process.signal, process.noise), process.slopes(times), strict=True):
        torch.testing.assert_close(
            slope, (level(times + step) - level(times - step)) / (2 * step), rtol=1e-5, atol=1e-6
        )


@pytest.mark.parametrize("process", ALL, ids=names)
def test_the_time_of_a_ratio_is_where_noise_and_signal_have_it(process: Process) -> None:
    torch.testing.assert_close(process.time_of(process.noise(TIMES) / process.signal(TIMES)), TIMES)


@pytest.mark.parametrize("process", BOUNDED, ids=names)
def test_time_0_is_the_data_alone(process: Process) -> None:
    data, noise = drawn()
    torch.testing.assert_close(process.noised(data, noise, torch.zeros(())), data)


@pytest.mark.parametrize("cls", [Cosine, Ddpm])
def test_variance_preserving_processes_keep_the_variance_one(cls: type[Process]) -> None:
    process: Process = cls.Config().build()
    torch.testing.assert_close(process.signal(TIMES) ** 2 + process.noise(TIMES) ** 2, torch.ones_like(TIMES))


def test_the_velocity_of_a_flow_is_the_straight_line_and_that_of_the_cosine_turns() -> None:
    data, noise = drawn()
    flow, cosine = Flow.Config().build(), Cosine.Config().build()
    torch.testing.assert_close(flow.target(data, noise, TIMES), noise - data)
    expected = torch.cos(TIMES * torch.pi / 2) * noise - torch.sin(TIMES * torch.pi / 2) * data
    torch.testing.assert_close(cosine.target(data, noise, TIMES), expected)


def test_the_networks_of_edm_see_and_give_unit_variance_at_every_level() -> None:
    process = Edm.Config(deviation=0.7).build()
    generator = torch.Generator().manual_seed(1)
    data, noise = torch.randn(2, 200_000, dtype=torch.float64, generator=generator)
    data = 0.7 * data
    for sigma in (0.01, 0.5, 3.0, 80.0):
        time = torch.tensor(sigma, dtype=torch.float64)
        shown, label = process.inputs(process.noised(data, noise, time), time)
        assert shown.std().item() == pytest.approx(1.0, abs=0.01)
        assert process.target(data, noise, time).std().item() == pytest.approx(1.0, abs=0.01)
        assert label.item() == pytest.approx(torch.tensor(sigma).log().item() / 4)


@pytest.mark.parametrize(
    ("spacing", "theirs"), [("linear", "linear"), ("root", "scaled_linear"), ("cosine", "squaredcos_cap_v2")]
)
def test_the_levels_of_ddpm_are_those_of_diffusers(spacing: str, theirs: str) -> None:
    process: Ddpm = Ddpm.Config(spacing=spacing, steps=200, first=1e-3, last=0.05).build()  # type: ignore[arg-type]
    reference = DDPMScheduler(num_train_timesteps=200, beta_start=1e-3, beta_end=0.05, beta_schedule=theirs)
    times = (torch.arange(200, dtype=torch.float64) + 1) / 200
    torch.testing.assert_close(process.signal(times) ** 2, reference.alphas_cumprod.double(), rtol=1e-4, atol=1e-7)
    torch.testing.assert_close(process.inputs(times, times)[1], torch.arange(200, dtype=torch.float64))
