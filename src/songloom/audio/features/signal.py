"""What every feature listens to: one channel at one sample rate."""

from __future__ import annotations

import torch
from torch import Tensor

from songloom.audio.resample import resample

ANALYSIS_RATE = 22050


def analysis_signal(wave: Tensor, sample_rate: int) -> Tensor:
    """The mean of the channels of a wave [C, T] or [T], float32 [T] at 22,050 Hz.

    Raises ValueError where the wave is empty or holds a NaN or an infinity.
    """
    if wave.ndim not in (1, 2) or not wave.numel():
        raise ValueError(f"the wave is {tuple(wave.shape)}; needs [C, T] or [T] with at least one sample")
    mono = wave.detach().to("cpu", torch.float32)
    mono = mono.mean(0) if mono.ndim == 2 else mono
    if not torch.isfinite(mono).all():
        raise ValueError("the wave has samples that are not numbers (NaN or infinite)")
    return resample(mono, sample_rate, ANALYSIS_RATE)
