"""Sounds that only a listening test needs: the low anchor, and music that gives way to beeps."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor

PASS, STOP = 3500.0, 4000.0
SIGNAL_TO_NOISE = 20.0
BEEP_PITCH = 880.0
BEEP_ON, BEEP_OFF, BEEP_LEVEL = 0.12, 0.38, 0.2
LEAD = 3.0
"""Seconds of music before the beeps, at most."""


def low_passed(wave: Tensor, sample_rate: int) -> Tensor:
    """A wave [C, T] without what lies above 4 kHz, untouched below 3.5 kHz: the low anchor of ITU-R BS.1534-3,
    which asks for 25 dB less at 4 kHz and 50 dB less at 4.5 kHz."""
    spectrum = torch.fft.rfft(wave.double())
    pitches = torch.fft.rfftfreq(wave.shape[-1], 1 / sample_rate, dtype=torch.float64)
    slope = ((pitches - PASS) / (STOP - PASS)).clamp(0, 1)
    return torch.fft.irfft(spectrum * torch.cos(slope * torch.pi / 2) ** 2, wave.shape[-1]).to(wave)


def low_anchor(wave: Tensor, sample_rate: int, *, seed: int = 0) -> Tensor:
    """A wave [C, T] that anybody hears to be spoilt: low-passed, with noise 20 dB below it."""
    noise = torch.randn(wave.shape, generator=torch.Generator().manual_seed(seed)).to(wave)
    level = wave.square().mean().sqrt() * 10 ** (-SIGNAL_TO_NOISE / 20)
    return low_passed(wave + level * noise, sample_rate)


def with_beeps(wave: Tensor, sample_rate: int, count: int) -> Tensor:
    """The beginning of a wave [C, T], at most three seconds and half of it, then `count` beeps, two a second."""
    if count < 1:
        raise ValueError(f"{count} beeps; at least one is needed")
    lead = wave[:, : min(round(LEAD * sample_rate), max(1, wave.shape[-1] // 2))]
    lead = lead * (BEEP_LEVEL / lead.square().mean().sqrt().clamp_min(1e-6)).clamp_max(1)
    times = torch.arange(round(BEEP_ON * sample_rate)) / sample_rate
    ramp = (torch.minimum(times, BEEP_ON - times) / 0.01).clamp(0, 1)
    beep = BEEP_LEVEL * ramp * torch.sin(2 * torch.pi * BEEP_PITCH * times)
    pause = torch.zeros(round(BEEP_OFF * sample_rate))
    beeps = torch.cat([pause, beep]).repeat(count)
    return torch.cat([lead, rearrange(beeps, "t -> 1 t").expand(len(wave), -1).to(wave)], -1)
