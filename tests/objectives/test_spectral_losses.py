"""Spectral losses in cases whose value is known."""

import pytest
import torch

from songloom.audio.spectrogram import mel_filters
from songloom.objectives.spectral import DECIBELS, log_l1, log_mel_l1, magnitude_l1, peak_error, peak_weights


def test_a_spectrum_is_at_no_distance_from_itself() -> None:
    true = torch.rand(2, 1, 65, 4)
    weights, filters = peak_weights(16_000, 65), mel_filters(16_000, 128, 20)
    assert float(magnitude_l1(true, true)) == 0
    assert float(log_mel_l1(true, true, filters)) == 0
    assert float(peak_error(true, true, weights)) == 0


def test_six_decibels_louder_is_a_log_mel_error_of_six_decibels() -> None:
    true = torch.rand(1, 1, 65, 4) + 0.5
    filters = mel_filters(16_000, 128, 10)
    error = DECIBELS * float(log_mel_l1(10 ** (6 / 20) * true, true, filters, floor=1e-8))
    assert error == pytest.approx(6.0, abs=1e-4)


def test_silence_for_a_spectrum_is_a_peak_error_of_one() -> None:
    true = torch.rand(3, 1, 65, 4) * 100
    assert float(peak_error(torch.zeros_like(true), true, peak_weights(16_000, 65))) == pytest.approx(1.0)


def test_the_peak_error_does_not_see_above_its_top() -> None:
    weights = peak_weights(32_000, 129, top=8000.0)
    true = torch.rand(1, 1, 129, 2) + 1
    made = true.clone()
    made[:, :, 65:] += 10
    assert float(peak_error(made, true, weights)) == 0
    assert float(weights[64]) == pytest.approx(8000.0**0.5)


def test_levels_below_the_floor_count_as_the_floor() -> None:
    assert float(log_l1(torch.tensor([1e-9]), torch.tensor([1e-7]), floor=1e-4)) == 0


def test_gradients_of_silence_are_finite() -> None:
    made = torch.zeros(1, 1, 65, 2, requires_grad=True)
    true = torch.zeros(1, 1, 65, 2)
    filters, weights = mel_filters(16_000, 128, 10), peak_weights(16_000, 65)
    (log_mel_l1(made, true, filters) + peak_error(made, true, weights)).backward()
    assert bool(made.grad.isfinite().all())
