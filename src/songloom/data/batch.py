"""One batch of training: crops of audio, codes or latents with their texts, labels and places in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Batch:
    """B crops; what is not asked for is None.

    `wave` [B, C, T] float32 in [-1, 1] at `sample_rate` Hz; `codes` [B, K, F] int64; `latents` [B, D, F] float32;
    `curves` [B, N, F] float32, values of musical controls beside the frames;
    `mask` [B, F], True where a frame (or, when there are no frames, a sample) is inside the clip, the rest zero;
    `start` [B] is where each crop begins in its recording, `seconds` [B] how much of it is inside the clip, `total` [B]
    the whole recording's length, all in seconds. `labels` are the whole recording's, so label times minus `start` are
    crop times.
    """

    texts: tuple[str, ...]
    labels: tuple[Mapping[str, Any], ...]
    ids: tuple[str, ...]
    start: Tensor
    seconds: Tensor
    total: Tensor
    mask: Tensor
    sample_rate: int | None = None
    wave: Tensor | None = None
    codes: Tensor | None = None
    latents: Tensor | None = None
    curves: Tensor | None = None

    def __len__(self) -> int:
        return len(self.texts)

    def to(self, device: torch.device | str, dtype: torch.dtype | None = None) -> Batch:
        """The batch on `device`; wave and latents in `dtype` when given (times stay float32, codes int64)."""
        return replace(
            self,
            start=self.start.to(device, non_blocking=True),
            seconds=self.seconds.to(device, non_blocking=True),
            total=self.total.to(device, non_blocking=True),
            mask=self.mask.to(device, non_blocking=True),
            wave=_moved(self.wave, device, dtype),
            codes=_moved(self.codes, device, None),
            latents=_moved(self.latents, device, dtype),
            curves=_moved(self.curves, device, None),
        )


def _moved(tensor: Tensor | None, device: torch.device | str, dtype: torch.dtype | None) -> Tensor | None:
    return None if tensor is None else tensor.to(device, dtype or tensor.dtype, non_blocking=True)
