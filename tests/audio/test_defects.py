"""Clicks, direct current and silence are found where they were put, and nowhere else."""

from __future__ import annotations

import pytest
import torch

from songloom.audio.defects import clicks, clipped, direct_current, is_silent, longest_silence

RATE = 32_000


def music(seconds: float = 3.0) -> torch.Tensor:
    """A soft tone with decaying noise bursts, as drums would be, [1, T]."""
    time = torch.arange(round(seconds * RATE)) / RATE
    noise = torch.randn(len(time), generator=torch.Generator().manual_seed(0))
    return (0.2 * torch.sin(2 * torch.pi * 220 * time) + 0.2 * noise * torch.exp(-12 * (time % 0.5)))[None]


def test_drums_are_no_clicks() -> None:
    assert clicks(music(), RATE) == 0


@pytest.mark.parametrize("places", [(), (20_000,), (20_000, 50_000, 80_000)])
def test_jumps_are_counted(places: tuple[int, ...]) -> None:
    time = torch.arange(3 * RATE) / RATE
    wave = 0.3 * torch.sin(2 * torch.pi * 220 * time)[None]
    for place in places:
        wave[:, place] += 0.4
    assert clicks(wave, RATE) == len(places)


def test_a_step_between_two_joined_clips_is_one_click() -> None:
    time = torch.arange(RATE) / RATE
    wave = torch.cat([torch.sin(2 * torch.pi * 100 * time), -0.5 + 0.4 * torch.sin(2 * torch.pi * 130 * time)])
    assert clicks(0.3 * wave[None], RATE) == 1


def test_a_very_short_wave_has_none() -> None:
    assert clicks(torch.ones(1, 10), RATE) == 0


def test_direct_current_is_the_largest_mean() -> None:
    wave = torch.stack([music()[0], music()[0] - music()[0].mean() - 0.05])
    assert direct_current(wave) == pytest.approx(0.05, abs=1e-4)


def test_silence_counts_inside_but_not_at_the_end() -> None:
    wave = music(6.0)
    wave[:, 2 * RATE : round(3.5 * RATE)] = 0
    wave[:, 5 * RATE :] = 0
    assert longest_silence(wave, RATE) == pytest.approx(1.5, abs=0.06)
    assert longest_silence(music(), RATE) == 0.0
    assert longest_silence(torch.zeros(1, 4 * RATE), RATE) == pytest.approx(3.0)


def test_flat_tops_at_full_scale_are_clipped_and_single_peaks_are_not() -> None:
    time = torch.arange(RATE) / RATE
    tone = torch.sin(2 * torch.pi * 1000 * time + 0.3)
    assert clipped(tone[None]) == 0.0
    cut = (2 * tone).clamp(-1, 1)
    assert clipped(cut[None]) == pytest.approx(float((cut.abs() == 1).float().mean()), abs=1e-3)
    assert clipped(cut[None]) == pytest.approx(2 / 3, abs=0.05)  # beyond 30 degrees around each peak
    assert clipped(torch.ones(1, 2)) == 0.0
    assert clipped(torch.ones(1, 3)) == 1.0


def test_only_what_is_quiet_all_the_time_is_silent() -> None:
    wave = torch.zeros(1, RATE)
    assert is_silent(wave)
    assert is_silent(wave + 1e-4)
    wave[:, : RATE // 10] = 0.1
    assert not is_silent(wave)
