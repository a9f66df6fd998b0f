"""Clicks, direct current and silence are found where they were put, and nowhere else."""

from __future__ import annotations

import pytest
import torch

from songloom.metrics.defects import clicks, direct_current, longest_silence

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
