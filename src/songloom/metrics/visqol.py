"""ViSQOL, a listener's likely opinion of a copy from 1 to 5, by the package visqol-python where it is installed.

Chinen et al. 2020 (arXiv 2004.09584). The package is a twin of Google's program; songloom does not depend on it, since
it needs a C++ compiler to install.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from torch import Tensor

from songloom.audio.resample import resample
from songloom.metrics.spectral import check_alike

RATE = 48_000


def installed() -> bool:
    """Whether `visqol` can be asked."""
    return find_spec("visqol") is not None


def visqol(made: Tensor, true: Tensor, sample_rate: int) -> float:
    """The opinion score (MOS-LQO, audio mode) of a copy [C, T] of an original [C, T], as one channel at 48 kHz.

    Raises ValueError when the package is missing."""
    check_alike(made, true)
    if not installed():
        raise ValueError("ViSQOL needs a package that is not installed: pip install visqol-python")
    copy, original = (resample(wave.mean(0, keepdim=True), sample_rate, RATE)[0] for wave in (made, true))
    heard = _listener().measure_from_arrays(_samples(original), _samples(copy), sample_rate=RATE)
    return float(heard.moslqo)


def _samples(wave: Tensor) -> np.ndarray:
    return wave.double().cpu().numpy()


@cache
def _listener() -> Any:
    listener = import_module("visqol").VisqolApi()
    listener.create(mode="audio")
    return listener
