"""Resampling with soxr: whole waves to an exact length, or piece by piece."""

from __future__ import annotations

import numpy as np
import soxr
import torch
from torch import Tensor

QUALITIES = ("QQ", "LQ", "MQ", "HQ", "VHQ")


def _check(from_rate: int, to_rate: int, quality: str) -> None:
    if from_rate <= 0 or to_rate <= 0:
        raise ValueError(f"from {from_rate} to {to_rate} Hz; sample rates are above 0")
    if quality not in QUALITIES:
        raise ValueError(f"quality {quality!r}; it is one of {', '.join(QUALITIES)}")


def resampled_length(samples: int, from_rate: int, to_rate: int) -> int:
    """ceil(samples * to / from), computed in whole numbers."""
    return -(-samples * to_rate // from_rate)


def resample(wave: Tensor, from_rate: int, to_rate: int, *, quality: str = "HQ") -> Tensor:
    """A wave [..., T] at another sample rate, [..., ceil(T * to / from)]; device and floating type stay."""
    _check(from_rate, to_rate, quality)
    if from_rate == to_rate:
        return wave
    length = resampled_length(wave.shape[-1], from_rate, to_rate)
    if not wave.numel():
        return wave.new_zeros(*wave.shape[:-1], length)
    rows = wave.detach().to("cpu", torch.float32).reshape(-1, wave.shape[-1]).numpy()
    made = [soxr.resample(np.ascontiguousarray(row), from_rate, to_rate, quality=quality)[:length] for row in rows]
    full = [np.pad(row, (0, length - len(row))) if len(row) < length else row for row in made]
    return torch.from_numpy(full[0] if len(full) == 1 else np.stack(full)).reshape(*wave.shape[:-1], length).to(wave)


class ResampleStream:
    """Pieces [C, T] of one wave at another sample rate; all pieces together have the exact length."""

    def __init__(self, from_rate: int, to_rate: int, channels: int, *, quality: str = "HQ") -> None:
        _check(from_rate, to_rate, quality)
        self.from_rate, self.to_rate, self.channels = from_rate, to_rate, channels
        self._stream = soxr.ResampleStream(from_rate, to_rate, channels, dtype="float32", quality=quality)
        self._taken = 0
        self._given = 0

    def push(self, wave: Tensor) -> Tensor:
        """What can be given after `wave` [C, T] has come; it may be empty at first."""
        if wave.ndim != 2 or wave.shape[0] != self.channels:
            raise ValueError(f"the piece is {tuple(wave.shape)}; this stream takes [{self.channels}, T]")
        return self._run(wave, last=False)

    def finish(self) -> Tensor:
        """The rest [C, T]."""
        rest = self._run(torch.zeros(self.channels, 0), last=True)
        missing = resampled_length(self._taken, self.from_rate, self.to_rate) - self._given
        self._given += missing
        return torch.nn.functional.pad(rest, (0, missing))

    def _run(self, wave: Tensor, *, last: bool) -> Tensor:
        self._taken += wave.shape[1]
        if self.from_rate == self.to_rate:
            made = wave
        else:
            block = np.ascontiguousarray(wave.detach().to("cpu", torch.float32).T.numpy())
            made = torch.from_numpy(np.ascontiguousarray(self._stream.resample_chunk(block, last=last).T))
        self._given += made.shape[1]
        return made.to(wave)
