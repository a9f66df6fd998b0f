"""The role of embedders: what is longer than a window is heard in evenly spaced windows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor

from songloom.systems.roles import Embedder, covering


class Levels(Embedder):
    """Hears the mean of a window of 10 samples as an angle."""

    sample_rate = 10  # type: ignore[assignment]
    channels = 1  # type: ignore[assignment]
    width = 2  # type: ignore[assignment]
    window_seconds = 1.0  # type: ignore[assignment]

    def embed_window(self, wave: Tensor) -> Tensor:
        assert wave.shape[-1] <= 10
        angle = wave.mean((1, 2))
        return torch.stack([angle.cos(), angle.sin()], dim=-1)

    def embed_text(self, texts: Sequence[str]) -> Tensor:
        return torch.zeros(len(texts), 2)


Levels.__abstractmethods__ = frozenset()


@pytest.mark.parametrize("samples", [1, 9, 10, 11, 20, 25, 99])
def test_windows_cover_everything_from_the_beginning_to_the_end(samples: int) -> None:
    starts = covering(samples, 10)
    heard = {place for start in starts for place in range(start, min(start + 10, samples))}
    assert heard == set(range(samples)) and min(starts) == 0
    assert len(starts) == -(-samples // 10)


def test_a_long_wave_is_the_mean_of_its_windows_at_length_1() -> None:
    wave = torch.cat([torch.zeros(10), torch.full((10,), torch.pi / 2)])[None, None]
    assert torch.allclose(Levels().embed_audio(wave), torch.full((1, 2), 0.5**0.5))


def test_a_wave_of_other_channels_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(1, 2, 5\); needs \[B, 1, T\]"):
        Levels().embed_audio(torch.zeros(1, 2, 5))
