from __future__ import annotations

import math

import pytest
import torch

from songloom.diffusion import times
from songloom.diffusion.processes import Flow


@pytest.mark.parametrize(
    "made",
    [
        times.linear(7),
        times.cosine(7),
        times.log_snr(7),
        times.exponential(7, 0.01, 100.0),
        times.karras(7, 0.01, 100.0),
        times.leading(7, 100, offset=1),
    ],
)
def test_times_fall_to_0_in_as_many_steps_as_asked(made: torch.Tensor) -> None:
    assert len(made) == 8 and made.dtype == torch.float64
    assert bool((made.diff() < 0).all()) and made[-1] == 0


def test_even_steps_are_even_in_what_they_say() -> None:
    ratios = times.exponential(9, 0.3, 500.0)[:-1]
    torch.testing.assert_close(ratios.log().diff(), torch.full((8,), math.log(0.3 / 500) / 8, dtype=torch.float64))
    inner = times.log_snr(9, -6.0, 2.0)[1:-1]
    torch.testing.assert_close(
        (2 * (1 - inner).log() - 2 * inner.log()).diff() / 2, torch.full((6 + 1,), 8 / 9).double()
    )
    roots = times.karras(9, 0.1, 10.0, rho=3.0)[:-1] ** (1 / 3)
    torch.testing.assert_close(roots.diff(), roots.diff()[:1].expand(8))


def test_a_shift_multiplies_the_ratio_of_noise_to_signal() -> None:
    drawn = torch.linspace(0.01, 0.99, 9, dtype=torch.float64)
    found = times.shifted(drawn, 3.0)
    torch.testing.assert_close(found / (1 - found), 3 * drawn / (1 - drawn))
    assert times.shifted(torch.tensor([0.0, 1.0]), 5.0).tolist() == [0.0, 1.0]
    torch.testing.assert_close(times.shifted(drawn, 1.0), drawn)


def test_longer_sequences_get_more_noise_between_two_limits() -> None:
    assert times.factor_of_length(256) == times.factor_of_length(1) == pytest.approx(math.exp(0.5))
    assert times.factor_of_length(4096) == times.factor_of_length(10**6) == pytest.approx(math.exp(1.15))
    assert times.factor_of_length(2176) == pytest.approx(math.exp(0.825))


def test_drawn_times_have_the_moments_of_their_distributions() -> None:
    torch.manual_seed(0)
    assert times.uniform(100_000).mean().item() == pytest.approx(0.5, abs=0.01)
    logits = torch.logit(times.logit_normal(100_000, 0.3, 0.8).double())
    assert (logits.mean().item(), logits.std().item()) == pytest.approx((0.3, 0.8), abs=0.01)
    logs = times.log_normal(100_000).log()
    assert (logs.mean().item(), logs.std().item()) == pytest.approx((-1.2, 1.2), abs=0.02)


def test_no_steps_are_refused() -> None:
    for make in (times.linear, times.cosine, times.log_snr):
        with pytest.raises(ValueError, match="steps is 0"):
            make(0)
    with pytest.raises(ValueError, match="this process has 10"):
        times.leading(11, 10)


def test_a_schedule_by_name_is_its_function_for_the_process() -> None:
    flow = Flow.Config().build()
    assert torch.equal(times.schedule("linear", flow, 5, least=0.1, most=10.0), times.linear(5))
    ratios = times.karras(5, 0.1, 10.0)
    torch.testing.assert_close(times.schedule("karras", flow, 5, least=0.1, most=10.0), ratios / (1 + ratios))
    with pytest.raises(ValueError, match="no schedule 'fast'; there are: linear"):
        times.schedule("fast", flow, 5, least=0.1, most=10.0)


def test_the_times_of_a_batch_are_spread_evenly() -> None:
    for _ in range(3):
        places = (times.uniform(8) * 8).floor().long()
        assert sorted(places.tolist()) == list(range(8))
