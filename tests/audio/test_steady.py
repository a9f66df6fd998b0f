"""Drift is undone, what does not drift stays, and pieces of any length give the same."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from torch import Tensor

from songloom.audio.steady import SLOPE, steady

RATE = 8000
WINDOW = 8 * RATE


def drifting(seconds: float, slopes: tuple[float, float, float], channels: int = 1) -> Tensor:
    """Three bands of noise, [1, C, T], each louder by so many dB a minute."""
    size = round(seconds * RATE)
    spectrum = torch.fft.rfft(torch.randn(channels, size, generator=torch.Generator().manual_seed(0)))
    hertz = torch.fft.rfftfreq(size, 1 / RATE)
    time = torch.arange(size) / RATE / 60
    edges = (60.0, 350.0, 1400.0, 3900.0)
    bands = [torch.fft.irfft(spectrum * ((hertz >= a) & (hertz < b)), n=size) for a, b in itertools.pairwise(edges)]
    return 0.1 * torch.stack([band * 10 ** (s * time / 20) for band, s in zip(bands, slopes, strict=True)]).sum(0)[None]


def octaves(wave: Tensor) -> Tensor:
    """Levels in dB of the octaves from 62.5 Hz up, and of the whole."""
    power = torch.fft.rfft(wave.mean(1)).abs().square().mean(0)
    hertz = torch.fft.rfftfreq(wave.shape[-1], 1 / RATE)
    found = [power[(hertz >= low) & (hertz < 2 * low)].sum() for low in (62.5 * 2**k for k in range(6))]
    return 10 * torch.log10(torch.stack([*found, power.sum()]) / wave.shape[-1] ** 2)


def held(wave: Tensor, piece: int = 3000, starts: tuple[int, ...] = (0,), window: int = WINDOW) -> Tensor:
    return torch.cat(list(steady(torch.split(wave, piece, -1), RATE, window=window, starts=starts)), -1)


@pytest.mark.parametrize("slopes", [(8.0, 8.0, 8.0), (-5.0, 0.0, 7.0), (10.0, -5.0, -5.0)])
def test_level_and_spectrum_stay_within_3_db_of_the_first_window(slopes: tuple[float, float, float]) -> None:
    wave = drifting(64.0, slopes)
    first = octaves(wave[..., :WINDOW])
    made = held(wave)
    assert made.shape == wave.shape
    apart = torch.stack([octaves(part) - first for part in torch.split(made, WINDOW, -1)])
    before = torch.stack([octaves(part) - first for part in torch.split(wave, WINDOW, -1)])
    assert float(before.abs().max()) > 4.0
    assert float(apart.abs().max()) < 3.0


@pytest.mark.parametrize("change", [-9.0, -6.0, 6.0, 9.0])
def test_a_whole_window_that_is_suddenly_another_is_within_3_db_too(change: float) -> None:
    window = 36 * RATE
    wave = drifting(108.0, (0.0, 0.0, 0.0))
    wave[..., window : 2 * window] *= 10 ** (change / 20)
    first, *later = (octaves(part) for part in torch.split(held(wave, 30_000, window=window), window, -1))
    assert float((torch.stack(later) - first).abs().max()) < 3.0


def test_a_break_of_a_few_seconds_stays_one() -> None:
    window = 36 * RATE
    wave = drifting(60.0, (0.0, 0.0, 0.0))
    begin, end = 44 * RATE, 49 * RATE
    wave[..., begin:end] *= 10 ** (-12 / 20)
    made = held(wave, 30_000, window=window)
    assert float((made - wave)[..., begin:end].abs().max()) < 1e-3


def test_gains_change_slowly() -> None:
    window = 16 * RATE
    wave = drifting(60.0, (0.0, 0.0, 0.0))
    wave[..., 20 * RATE :] *= 10 ** (12 / 20)
    gains = 20 * torch.log10(
        held(wave, 30_000, window=window).unfold(-1, RATE, RATE).square().mean(-1).sqrt()
        / wave.unfold(-1, RATE, RATE).square().mean(-1).sqrt()
    )
    assert float(gains.diff().abs().max()) < SLOPE + 0.1 and float(gains.min()) < -9.0


def test_what_does_not_drift_leaves_as_it_came() -> None:
    wave = drifting(20.0, (0.0, 0.0, 0.0), channels=2)
    assert float((held(wave) - wave).abs().max()) < 1e-5


def test_the_first_window_is_never_changed() -> None:
    wave = drifting(20.0, (40.0, 40.0, 40.0))
    size = WINDOW - RATE // 2
    assert float((held(wave) - wave)[..., :size].abs().max()) < 1e-5
    assert float((held(wave) - wave)[..., -RATE:].abs().max()) > 0.05


@pytest.mark.parametrize("piece", [1, 100, 512, 100_000])
def test_pieces_of_any_length_give_the_same(piece: int) -> None:
    wave = drifting(0.5 if piece == 1 else 12.0, (40.0, 0.0, -20.0))
    assert torch.allclose(held(wave, piece), held(wave, 3000), atol=1e-6)


def test_where_the_wish_changes_a_new_window_begins() -> None:
    wave = drifting(40.0, (0.0, 0.0, 0.0))
    turn = 20 * RATE
    wave[..., turn:] *= 10 ** (12 / 20)
    assert float((held(wave, starts=(0, turn)) - wave)[..., turn + RATE :].abs().max()) < 1e-4
    assert float(octaves(held(wave)[..., turn + WINDOW :])[-1] - octaves(wave[..., :turn])[-1]) < 3.0


def test_silence_is_not_made_loud() -> None:
    wave = drifting(24.0, (0.0, 0.0, 0.0))
    wave[..., 12 * RATE :] *= 1e-3
    quiet = held(wave)[..., 23 * RATE :]
    assert float(quiet.square().mean() / wave[..., 23 * RATE :].square().mean()) < 2
    assert float(held(torch.zeros(1, 1, 20 * RATE)).abs().max()) == 0.0
    assert math.isfinite(float(quiet.sum()))
