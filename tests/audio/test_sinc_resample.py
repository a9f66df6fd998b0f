"""Resampling with published filters: tones, lengths, ends, and the sum written out."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import special
from torch import Tensor

from songloom.audio.sinc_resample import JULIUS, KAISER_BEST, TORCHAUDIO, SincFilter, sinc_resample

FILTERS = [JULIUS, TORCHAUDIO, KAISER_BEST]


def tone(hertz: float, rate: int, samples: int) -> Tensor:
    return torch.sin(2 * math.pi * hertz * torch.arange(samples, dtype=torch.float64) / rate).float()


def one_by_one(wave: np.ndarray, old: int, new: int, how: SincFilter) -> np.ndarray:
    """Each new sample as a sum over all old ones in reach, which are silent or held outside the wave."""
    cut = min(old, new) * how.rolloff
    reach = math.ceil(how.zeros * old / cut)
    made = []
    for place in range(math.ceil(len(wave) * new / old) if how.part_kept else len(wave) * new // old):
        indices = np.arange(place * old // new - reach - 1, place * old // new + reach + 2)
        crossings = (indices / old - place / new) * cut
        across = crossings / how.zeros
        if how.beta is None:
            window = 0.5 + 0.5 * np.cos(math.pi * across)
        else:
            window = special.i0(how.beta * np.sqrt(np.maximum(1 - across**2, 0))) / special.i0(how.beta)
        weights = np.where(abs(across) < 1, np.sinc(crossings) * window * cut / old, 0.0)
        inside = (indices >= 0) & (indices < len(wave))
        heard = np.where(inside | how.held_ends, wave[np.clip(indices, 0, len(wave) - 1)], 0.0)
        made.append((weights @ heard) / (weights.sum() if how.unit_sum else 1.0))
    return np.array(made)


@pytest.mark.parametrize("how", FILTERS, ids=lambda how: how.name)
@pytest.mark.parametrize(("old", "new"), [(441, 160), (147, 160), (3, 2)])
def test_every_sample_equals_the_sum_written_out(how: SincFilter, old: int, new: int) -> None:
    wave = torch.randn(2, 100, generator=torch.Generator().manual_seed(0))
    made = sinc_resample(wave, 100 * old, 100 * new, how)
    for ours, row in zip(made, wave.double().numpy(), strict=True):
        expected = one_by_one(row, old, new, how)
        assert ours.shape == expected.shape
        np.testing.assert_allclose(ours.numpy(), expected, atol=2e-6)


@pytest.mark.parametrize("how", FILTERS, ids=lambda how: how.name)
@pytest.mark.parametrize("to_rate", [16_000, 32_000, 48_000])
def test_a_tone_stays_itself_and_what_the_new_rate_cannot_hold_goes(how: SincFilter, to_rate: int) -> None:
    made = sinc_resample(tone(1000, 44_100, 44_100), 44_100, to_rate, how)
    middle = slice(to_rate // 4, 3 * to_rate // 4)
    assert made.shape == (to_rate,)
    assert (made - tone(1000, to_rate, to_rate))[middle].abs().max() < 2e-3
    if to_rate < 44_100:
        above = sinc_resample(tone(0.62 * to_rate, 44_100, 44_100), 44_100, to_rate, how)
        assert above[middle].abs().max() < 0.02


def test_lengths_are_rounded_as_each_tool_does() -> None:
    wave = torch.zeros(1, 1001)
    assert sinc_resample(wave, 3000, 2000, JULIUS).shape == (1, 667)  # 667.33
    assert sinc_resample(wave, 3000, 2000, TORCHAUDIO).shape == (1, 668)
    assert sinc_resample(wave[:, :1000], 3000, 2000, JULIUS).shape == (1, 666)


def test_a_constant_stays_exact_where_weights_sum_to_one_and_ends_are_held() -> None:
    assert torch.allclose(sinc_resample(torch.ones(300), 44_100, 16_000, JULIUS), torch.ones(108), atol=1e-6)
    faded = sinc_resample(torch.ones(300), 44_100, 16_000, TORCHAUDIO)
    assert faded[0] < 0.7  # silence before the beginning


def test_the_same_rate_is_left_alone_and_strange_ones_are_refused() -> None:
    wave = torch.randn(2, 10)
    assert sinc_resample(wave, 8000, 8000, JULIUS) is wave
    with pytest.raises(ValueError, match="48000:44101"):
        sinc_resample(wave, 44_101, 48_000, JULIUS)
    with pytest.raises(ValueError, match="above 0"):
        sinc_resample(wave, 0, 8000, JULIUS)
