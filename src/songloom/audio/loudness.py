"""Loudness in LUFS, true peaks in dBTP, and waves made as loud as wanted without clipping."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from songloom.audio.resample import resample

BLOCK_SECONDS = 0.4
RELEASE = 60.0  # dB per second that the limiter lets go
LOOKAHEAD = 0.005  # seconds over which it closes
MOST_LIMITING = 6.0  # dB; a wave that would need more is left quieter instead


def decibels(amplitude: float) -> float:
    """20 log10 of an amplitude; -inf for 0."""
    return 20 * math.log10(amplitude) if amplitude > 0 else -math.inf


def loudness(wave: Tensor, sample_rate: int) -> float:
    """Integrated loudness in LUFS (ITU-R BS.1770-4) of a wave [C, T], C up to 5; -inf for silence.

    A clip under 400 ms, too short for one gating block, is measured as one block of its own length.
    """
    import pyloudnorm

    _check(wave)
    samples = wave.detach().to("cpu", torch.float64).T.numpy()
    block = min(BLOCK_SECONDS, (len(samples) - 0.5) / sample_rate)
    measured = float(pyloudnorm.Meter(sample_rate, block_size=block).integrated_loudness(samples))
    return measured if math.isfinite(measured) else -math.inf


def true_peak(wave: Tensor, sample_rate: int) -> float:
    """The highest peak of a wave [C, T] between the samples too (4 times oversampled), in dBTP."""
    _check(wave)
    return decibels(float(_peaks(wave, sample_rate).max()))


def limit(wave: Tensor, sample_rate: int, ceiling: float = -1.0) -> Tensor:
    """A wave [C, T] whose true peak is at most `ceiling` dBTP: gain closes within 5 ms ahead of a peak, the
    same for all channels, and opens by 60 dB per second."""
    return _limited(wave, _peaks(wave, sample_rate), sample_rate, ceiling)


def normalise(wave: Tensor, sample_rate: int, target: float = -14.0, ceiling: float = -1.0) -> Tensor:
    """A wave [C, T] at `target` LUFS with no true peak above `ceiling` dBTP.

    Peaks are limited by 6 dB at most; where more would be needed the wave stays below the target. Silence
    stays silence.
    """
    if not (math.isfinite(target) and math.isfinite(ceiling) and ceiling <= 0):
        raise ValueError(f"target {target} LUFS, ceiling {ceiling} dBTP; needs finite numbers, a ceiling of 0 or less")
    now = loudness(wave, sample_rate)
    if now == -math.inf:
        return wave
    peaks = _peaks(wave, sample_rate)
    gain = 10 ** (min(target - now, ceiling + MOST_LIMITING - decibels(float(peaks.max()))) / 20)
    return _limited(wave * gain, peaks * gain, sample_rate, ceiling)


def _limited(wave: Tensor, peaks: Tensor, sample_rate: int, ceiling: float) -> Tensor:
    """The same of a wave with these `peaks` [T]."""
    excess = (20 * torch.log10(peaks.clamp_min(1e-9)) - ceiling).clamp_min(0)
    if not excess.any():
        return wave
    slope = torch.arange(len(excess), device=wave.device, dtype=torch.float64) * (RELEASE / sample_rate)
    released = ((excess + slope).cummax(0).values - slope).to(wave)
    reach = max(1, round(LOOKAHEAD * sample_rate))
    held = _highest(released, reach)[None]
    limited = wave * torch.pow(10.0, -_smooth(held, reach) / 20)
    over = true_peak(limited, sample_rate) - ceiling
    return limited * 10 ** (-over / 20) if over > 0 else limited


def _highest(x: Tensor, reach: int) -> Tensor:
    """The highest of x [T], nowhere below 0, over `reach` samples on either side: of windows twice as long as those
    before, and of two of these at last."""
    highest, width, size = functional.pad(x, (reach, reach)), 1, 2 * reach + 1
    while 2 * width <= size:
        highest, width = torch.maximum(highest[:-width], highest[width:]), 2 * width
    return torch.maximum(highest[: len(x)], highest[size - width :])


def _smooth(x: Tensor, reach: int) -> Tensor:
    """Means of x [C, T] over `reach` samples on either side, in a time that does not grow with it; the ends go on."""
    padded = functional.pad(x[None], (reach + 1, reach), mode="replicate")[0]
    sums = padded.cumsum(-1, dtype=torch.float64)
    width = 2 * reach + 1
    return ((sums[..., width:] - sums[..., :-width]) / width).to(x)


def _peaks(wave: Tensor, sample_rate: int) -> Tensor:
    """The highest absolute value [T] around each sample, over the channels."""
    finer = _loudest(resample(wave, sample_rate, 4 * sample_rate))
    between = torch.maximum(torch.maximum(finer[0::4], finer[1::4]), torch.maximum(finer[2::4], finer[3::4]))
    return torch.maximum(between, _loudest(wave))


def _loudest(wave: Tensor) -> Tensor:
    """The highest absolute value [T] over the channels of a wave [C, T]."""
    sizes = wave.abs()
    return sizes[0] if len(sizes) == 1 else sizes.amax(0)


def _check(wave: Tensor) -> None:
    if wave.ndim != 2 or not wave.numel():
        raise ValueError(f"the wave is {tuple(wave.shape)}; needs [C, T] with at least one sample")
