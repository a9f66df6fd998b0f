"""Short waves made as long as a window: repeated, followed by silence, or both."""

from __future__ import annotations

from typing import Literal

from torch import Tensor
from torch.nn import functional

Filling = Literal["repeatpad", "repeat", "pad"]
"""As often as it fits whole, then silence; again and again to the end; once, then silence."""


def filled(wave: Tensor, samples: int, filling: Filling) -> Tensor:
    """A wave [..., T] of at most `samples` samples -> [..., samples]. Raises ValueError for a longer or empty one."""
    length = wave.shape[-1]
    if not 0 < length <= samples:
        raise ValueError(f"the wave has {length} samples; a window holds 1 to {samples}")
    times = {"pad": 1, "repeatpad": samples // length, "repeat": -(-samples // length)}[filling]
    played = wave.repeat(*[1] * (wave.ndim - 1), times)[..., :samples]
    return functional.pad(played, (0, samples - played.shape[-1]))
