"""Loudness against the EBU's cases; limiting against its promise."""

import math

import pytest
import torch

from songloom.audio.loudness import _highest, limit, loudness, normalise, true_peak

RATE = 48000


def tone(level: float, seconds: float, frequency: float = 1000.0, channels: int = 2) -> torch.Tensor:
    """A sine [C, T] of peak `level` dBFS."""
    time = torch.arange(round(RATE * seconds), dtype=torch.float64) / RATE
    return (10 ** (level / 20) * torch.sin(2 * math.pi * frequency * time)).repeat(channels, 1)


def test_a_full_scale_997_hz_tone_in_one_channel_is_minus_3_01() -> None:
    assert loudness(tone(0, 5, 997, 1), RATE) == pytest.approx(-3.01, abs=0.05)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(-23, 20)], -23),  # EBU Tech 3341, case 1
        ([(-33, 20)], -33),  # case 2
        ([(-36, 10), (-23, 60), (-36, 10)], -23),  # case 3: the relative gate
        ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23),  # case 4: the absolute gate
    ],
)
def test_the_cases_of_the_ebu_hold(parts: list[tuple[int, int]], expected: float) -> None:
    wave = torch.cat([tone(level, seconds) for level, seconds in parts], 1)
    assert loudness(wave, RATE) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("seconds", [0.399, 0.1, 0.02])
def test_a_short_tone_is_about_as_loud_as_a_long_one(seconds: float) -> None:
    assert loudness(tone(-20, seconds), RATE) == pytest.approx(-20, abs=0.7)


def test_silence_has_no_loudness_and_stays_silence() -> None:
    silence = torch.zeros(2, RATE)
    assert loudness(silence, RATE) == -math.inf
    assert true_peak(silence, RATE) == -math.inf
    assert torch.equal(normalise(silence, RATE), silence)


def test_the_true_peak_lies_between_the_samples() -> None:
    """A sine at a quarter of the rate, sampled 45 degrees off its crests, reads 3 dB too low."""
    phase = math.pi / 4 + math.pi / 2 * torch.arange(RATE)
    wave = torch.sin(phase)[None] * torch.hann_window(RATE)
    assert 20 * math.log10(float(wave.abs().max())) == pytest.approx(-3.01, abs=0.05)
    assert true_peak(wave, RATE) == pytest.approx(0, abs=0.1)


def drums() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    time = torch.arange(4 * RATE) / RATE
    return 0.3 * torch.randn(2, 4 * RATE, generator=generator) * torch.exp(-12 * (time % 0.5))


@pytest.mark.parametrize("target", [-30.0, -18.0, -14.0])
def test_the_target_is_met_without_peaks_over_the_ceiling(target: float) -> None:
    result = normalise(tone(-30, 3), RATE, target)
    assert loudness(result, RATE) == pytest.approx(target, abs=0.1)
    assert true_peak(result, RATE) <= -1 + 1e-3
    assert true_peak(normalise(drums(), RATE, target), RATE) <= -1 + 1e-3


def test_limiting_costs_little_loudness_and_leaves_quiet_parts_alone() -> None:
    wave = torch.cat([tone(-20, 1), tone(2, 0.05), tone(-20, 1)], 1)
    limited = limit(wave, RATE)
    assert true_peak(limited, RATE) <= -1 + 1e-3
    torch.testing.assert_close(limited[:, :40000], wave[:, :40000], atol=2e-3, rtol=0)
    torch.testing.assert_close(limited[:, -30000:], wave[:, -30000:], atol=2e-3, rtol=0)


def test_a_quiet_wave_passes_the_limiter_untouched() -> None:
    wave = tone(-6, 0.5)
    assert limit(wave, RATE) is wave


def test_wrong_input_is_refused() -> None:
    with pytest.raises(ValueError, match="wave"):
        loudness(torch.zeros(100), RATE)
    with pytest.raises(ValueError, match="ceiling"):
        normalise(tone(-20, 1), RATE, math.nan)


@pytest.mark.parametrize(("samples", "reach"), [(1, 3), (5, 1), (300, 7), (300, 160), (40, 400)])
def test_the_highest_neighbour_is_that_of_every_window(samples: int, reach: int) -> None:
    x = torch.rand(samples, generator=torch.Generator().manual_seed(reach))
    expected = [float(x[max(0, place - reach) : place + reach + 1].max()) for place in range(samples)]
    assert _highest(x, reach).tolist() == expected
