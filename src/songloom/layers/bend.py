"""A snake's shape for each channel, and the polynomial by which processors compute it."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

SQUARED_SINE = (10.8608077, -29.5957426, 42.6786582, -32.4679928, 9.8695945)
"""sin(pi t)^2 / t^2 as a polynomial of t^2, highest power first, of the least relative error (1e-6) for |t| to 1/2."""


class Bend(NamedTuple):
    """x + height * sin(rate * x)^2, rate and height [C]."""

    rate: Tensor
    height: Tensor
