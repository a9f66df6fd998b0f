"""Recurrent layers over frames, with the memory as an argument, so that a stream goes on where it stood."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

State = tuple[Tensor, Tensor]
"""Hidden values and cells, each [layers, B, D]."""


class Remembered(NamedTuple):
    """`frames` [B, D, F] and the memory after the last of them."""

    frames: Tensor
    state: State


class ResidualLstm(nn.Module):
    """x + LSTM(x) over frames [B, D, F] (EnCodec, arXiv 2210.13438, section 3.1)."""

    def __init__(self, width: int, layers: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(width, width, layers)

    def forward(self, frames: Tensor, state: State | None = None) -> Remembered:
        rows = frames.permute(2, 0, 1)
        made, after = self.lstm(rows, state)
        return Remembered((made + rows).permute(1, 2, 0), after)
