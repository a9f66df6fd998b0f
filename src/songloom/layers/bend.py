"""A snake's shape for each channel, and the polynomial by which processors compute it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

SQUARED_SINE = (10.8608077, -29.5957426, 42.6786582, -32.4679928, 9.8695945)
"""sin(pi t)^2 / t^2 as a polynomial of t^2, highest power first, of the least relative error (1e-6) for |t| to 1/2."""


@dataclass(frozen=True)
class Bend:
    """x + height * sin(rate * x)^2, rate and height [C]."""

    rate: Tensor
    height: Tensor

    @cached_property
    def shape(self) -> Tensor:
        """Half turns for each unit of x, and the height: [2, C] in float32."""
        return torch.stack([self.rate / torch.pi, self.height]).float()


def state(*weights: Tensor) -> object:
    """What differs once weights have changed."""
    return [(weight.data_ptr(), weight.dtype, 0 if weight.is_inference() else weight._version) for weight in weights]
