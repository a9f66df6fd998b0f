"""Whether passes over frames are machine code (`layers/compiled`): where numba is installed, a processor holds the
frames, no gradients are recorded, and threads are few or may be shared with torch's (`layers/team`). Elsewhere the same
passes are tensor operations; results differ by rounding.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from types import ModuleType

import torch
from torch import Tensor

from songloom.layers.team import openmp

LEAST = 1 << 17
"""Numbers from which float32 is worth the second that machine code takes to be loaded."""
FEW = 4
"""Threads up to which one pass on one of them takes no longer than tensor operations on all, which are a fifth as
fast."""


def machine_code(frames: Tensor, *, least: int = LEAST) -> ModuleType | None:
    """The module of compiled passes, or None where these frames, or so few numbers, have to do without."""
    known = frames.dtype in (torch.float32, torch.bfloat16)
    plain = known and frames.device.type == "cpu" and not torch.is_grad_enabled()
    worth = frames.numel() >= least and (torch.get_num_threads() <= FEW or openmp() is not None)
    return _compiled() if plain and worth else None


@cache
def _compiled() -> ModuleType | None:
    if find_spec("numba") is None:
        return None
    from songloom.layers import compiled

    return compiled
