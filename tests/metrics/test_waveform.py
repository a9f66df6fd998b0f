"""SI-SDR where its value is known."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from songloom.metrics.waveform import si_sdr


def two_sines(samples: int = 8000) -> tuple[Tensor, Tensor]:
    """A sine and a cosine of whole periods: orthogonal, of zero mean and equal power."""
    angle = 2 * torch.pi * 20 * torch.arange(samples, dtype=torch.float64) / samples
    return torch.sin(angle)[None], torch.cos(angle)[None]


@pytest.mark.parametrize("decibels", [-10.0, 0.0, 7.0, 30.0])
@pytest.mark.parametrize("loudness", [0.1, -1.0, 5.0])
def test_it_is_the_ratio_of_the_original_to_what_is_orthogonal_to_it(decibels: float, loudness: float) -> None:
    true, other = two_sines()
    made = loudness * (true + 10 ** (-decibels / 20) * other)
    assert si_sdr(made, true) == pytest.approx(decibels, abs=1e-6)
    assert si_sdr(made + 0.3, true - 0.2) == pytest.approx(decibels, abs=1e-6)


def test_independent_noise_at_ten_decibels_below_gives_about_ten_decibels() -> None:
    generator = torch.Generator().manual_seed(0)
    true, hiss = (torch.randn(2, 100_000, generator=generator) for _ in range(2))
    assert si_sdr(true + 10**-0.5 * hiss, true) == pytest.approx(10, abs=0.1)


def test_an_exact_copy_is_infinitely_good_and_silence_infinitely_bad() -> None:
    true, _ = two_sines()
    assert si_sdr(3 * true, true) > 200
    assert si_sdr(torch.ones_like(true), true) == -math.inf
    with pytest.raises(ValueError, match="silent"):
        si_sdr(true, torch.zeros_like(true))
    with pytest.raises(ValueError, match="alike"):
        si_sdr(true[:, 1:], true)
