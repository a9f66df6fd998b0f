"""Statistics of pictures against counting by hand, and against pictures of which they are known."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from songloom.layers.picture_statistics import LAGS, MODULATIONS, levels, modulation, onsets, size, statistics, together


def picture(bands: int = 32, frames: int = 120) -> Tensor:
    return torch.randn(2, bands, frames, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("bands", "frames"), [(16, 65), (32, 120), (64, 313)])
def test_there_are_as_many_finite_numbers_as_promised(bands: int, frames: int) -> None:
    found = statistics(picture(bands, frames))
    assert found.shape == (2, size(bands)) and bool(found.isfinite().all())
    assert bool(statistics(torch.zeros(1, bands, frames)).isfinite().all())


def test_levels_are_numpy_s() -> None:
    data = picture()
    found = levels(data)[0].view(6, 32).numpy()
    rows = data[0].numpy()
    change = np.diff(rows)
    expected = [
        rows.mean(1),
        rows.std(1, ddof=1),
        np.sort(rows)[:, 12],
        np.sort(rows)[:, -13],
        np.maximum(change, 0).mean(1),
        np.sqrt((np.minimum(change, 0) ** 2).mean(1)),
    ]
    assert np.allclose(found, np.stack(expected), atol=1e-5)


def test_covariances_are_numpy_s() -> None:
    data = picture()
    groups = data[0].view(16, 2, 120).mean(1).numpy()
    expected = np.cov(groups, bias=True)[np.triu_indices(16)]
    assert np.allclose(together(data)[0].numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("cycles", [1, 4, 20, 55])
def test_a_register_that_moves_at_one_rate_is_loudest_there(cycles: int) -> None:
    data = 1e-3 * picture()
    data[:, 8:12] += torch.sin(2 * math.pi * cycles * torch.arange(120) / 120)
    rates = modulation(data)[0].view(8, MODULATIONS)
    edges = np.geomspace(1, 61, MODULATIONS + 1).round()
    low, high = edges[int(rates[2].argmax())], edges[int(rates[2].argmax()) + 1]
    assert low <= cycles < max(high, low + 1)
    others = torch.cat([rates[:2], rates[3:]])
    assert float(rates[2].max()) > float(others.max()) + 3


@pytest.mark.parametrize("period", [5, 17, 40])
def test_onsets_that_come_again_are_like_themselves_after_their_period(period: int) -> None:
    data = torch.zeros(1, 32, 320)
    data[:, :, ::period] = 1.0
    for line in onsets(data)[0].view(2, LAGS):
        assert int(line.argmax()) + 1 == period
        assert float(line.max()) == pytest.approx(1 - period / 320, abs=0.05)


def test_louder_music_differs_only_in_the_level_of_its_bands() -> None:
    data = picture()
    first, louder = statistics(data), statistics(data + 1.0)
    changed = (first - louder).abs()[0] > 1e-3
    assert int(changed.sum()) == 3 * 32  # mean and both tenths


def test_other_pictures_are_refused() -> None:
    for bands, frames in ((20, 100), (32, 64)):
        with pytest.raises(ValueError, match="statistics need"):
            statistics(torch.zeros(1, bands, frames))
