"""Drift is undone, what does not drift stays, and pieces of any length give the same."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from songloom.audio.steady import FALL, RISE, steady

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
    wave = drifting(90.0, (0.0, 0.0, 0.0))
    wave[..., 20 * RATE : 50 * RATE] *= 10 ** (12 / 20)
    gains = 20 * torch.log10(
        held(wave, 30_000, window=window).unfold(-1, RATE, RATE).square().mean(-1).sqrt()
        / wave.unfold(-1, RATE, RATE).square().mean(-1).sqrt()
    )
    assert float(gains.diff().min()) > -FALL - 0.1 and float(gains.diff().max()) < RISE + 0.1
    assert float(gains.min()) < -9.0


def music(seconds: float) -> Tensor:
    """Plucked notes, a thump on every beat and a bar in four without it, [1, 1, T]."""
    time, draws = torch.arange(round(seconds * RATE)) / RATE, torch.Generator().manual_seed(3)
    wave = 1e-4 * torch.randn(len(time), generator=draws)
    for beat in range(int(2 * seconds)):
        since = (time[beat * RATE // 2 :] - beat / 2)[: 2 * RATE]
        pitch = 110.0 * 2 ** (float(torch.randint(0, 25, (1,), generator=draws)) / 12)
        sound = sum(torch.sin(math.tau * pitch * k * since) / k for k in range(1, 12)) * torch.exp(-4 * since)
        if beat // 4 % 4 != 3:
            sound = sound + 2 * torch.sin(math.tau * 70 * since) * torch.exp(-12 * since)
        wave[beat * RATE // 2 :][: 2 * RATE] += 0.1 * sound
    return wave[None, None]


def tilted(wave: Tensor, decibels: float) -> Tensor:
    """A wave whose octaves from 1 kHz up grow louder by so many dB a minute, those below quieter, in equal steps."""
    frames = torch.stft(wave[0], 1024, 256, window=torch.hann_window(1024), return_complex=True)
    octaves_up = torch.log2(torch.fft.rfftfreq(1024, 1 / RATE).clamp_min(60) / 1000)[:, None]
    minutes = torch.arange(frames.shape[-1]) * 256 / RATE / 60
    frames = frames * 10 ** (decibels * octaves_up * minutes / 20)
    return torch.istft(frames, 1024, 256, window=torch.hann_window(1024), length=wave.shape[-1])[None]


def ramped(wave: Tensor, decibels: float) -> Tensor:
    """A wave that grows louder by so many dB a minute."""
    return wave * 10 ** (decibels * torch.arange(wave.shape[-1]) / RATE / 60 / 20)


@pytest.mark.parametrize(
    ("drift", "decibels", "seconds"), [(ramped, 6.0, 96), (ramped, -6.0, 88), (tilted, 3.0, 88), (tilted, -3.0, 96)]
)
def test_music_that_drifts_stays_within_3_db_in_every_window(
    drift: Callable[[Tensor, float], Tensor], decibels: float, seconds: float
) -> None:
    window = 24 * RATE
    wave = drift(music(seconds), decibels)
    made = held(wave, 30_000, window=window)
    first, *later = (octaves(part) for part in torch.split(wave, window, -1))
    assert max(float((one - first).abs().max()) for one in later) > 4.0
    assert max(float((octaves(part) - first).abs().max()) for part in torch.split(made, window, -1)) < 3.0


@pytest.mark.parametrize("louder", [14.0, 20.0])
def test_highs_that_come_and_stay_are_as_loud_as_the_first_windows_within_3_db(louder: float) -> None:
    window = 36 * RATE
    wave, other = drifting(110.0, (0.0, 0.0, 0.0)), drifting(110.0, (0.0, 0.0, 0.0))
    highs = torch.fft.rfft(other)
    highs[..., torch.fft.rfftfreq(other.shape[-1], 1 / RATE) < 1400] = 0
    highs = torch.fft.irfft(highs, n=other.shape[-1])
    wave = wave - 0.97 * highs  # they begin 30 dB below what they would be
    came = 40 * RATE
    wave[..., came:] += (0.03 * 10 ** (louder / 20) - 0.03) * highs[..., came:]
    first, *later = (octaves(part) for part in torch.split(held(wave, 30_000, window=window), window, -1)[:3])
    assert float((octaves(wave[..., 2 * window : 3 * window]) - first).max()) > louder - 1
    assert float((torch.stack(later) - first).abs().max()) < 3.0


def test_what_comes_back_after_a_long_rest_is_no_louder_for_it() -> None:
    window = 16 * RATE
    wave = drifting(70.0, (0.0, 0.0, 0.0))
    begin, end = 24 * RATE, 48 * RATE
    low = torch.fft.rfft(wave)
    low[..., torch.fft.rfftfreq(wave.shape[-1], 1 / RATE) > 350] = 0
    low = torch.fft.irfft(low, n=wave.shape[-1])
    wave[..., begin:end] -= 0.8 * low[..., begin:end]  # -14 dB
    made = held(wave, 30_000, window=window)
    lowest = [octaves(part[..., begin + 8 * RATE : end])[1] for part in (made, wave)]
    assert float(lowest[0] - lowest[1]) > 6.0
    loudest = max(float(octaves(part)[:2].max()) for part in torch.split(wave[..., :window], 1024, -1))
    back = [float(octaves(part)[:2].max()) for part in torch.split(made[..., end:], 1024, -1)[:32]]
    assert max(back) < loudest + 4.0


def test_what_does_not_drift_leaves_as_it_came() -> None:
    wave = drifting(20.0, (0.0, 0.0, 0.0), channels=2)
    apart = held(wave) - wave
    assert float(apart.square().mean()) < 1e-6 * float(wave.square().mean())  # the few bins below 62 Hz do differ


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
