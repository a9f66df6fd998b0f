"""Codes at a codec's door: as many streams as there are, no more."""

from __future__ import annotations

from torch import Tensor


def check_codes(codes: Tensor, streams: int) -> None:
    """Raises ValueError unless codes are [B, k, F] with k from 1 to `streams`."""
    if codes.ndim != 3 or not 1 <= codes.shape[1] <= streams:
        raise ValueError(f"codes are {tuple(codes.shape)}; needs [B, k, F] with k from 1 to {streams}")


def chosen_streams(count: int | None, streams: int) -> int:
    """`count`, or all `streams` for None. Raises ValueError for a count that there is not."""
    if count is None:
        return streams
    if not 1 <= count <= streams:
        raise ValueError(f"streams is {count}; this codec has 1 to {streams}")
    return count
