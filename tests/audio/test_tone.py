"""A tilt makes a sound brighter or darker about 1 kHz, moves nothing in time, and is the same however it is cut."""

from __future__ import annotations

import math

import pytest
import torch

from songloom.audio.tone import BLOCK, PIVOT, tilt_filter, tilted

RATE = 32_000


def heard(wave: torch.Tensor, slope: float, sizes: list[int]) -> torch.Tensor:
    """The wave [C, T], tilted in pieces of these sizes."""
    return torch.cat(list(tilted(torch.split(wave, sizes, dim=-1), RATE, slope)), dim=-1)


@pytest.mark.parametrize("slope", [-3.0, 1.5])
@pytest.mark.parametrize("hertz", [125.0, 1000.0, 4000.0])
def test_a_tone_changes_by_its_octaves_from_the_pivot(slope: float, hertz: float) -> None:
    wave = torch.sin(2 * torch.pi * hertz * torch.arange(RATE) / RATE)[None]
    middle = slice(RATE // 4, 3 * RATE // 4)
    gain = heard(wave, slope, [RATE])[:, middle].norm() / wave[:, middle].norm()
    assert 20 * math.log10(float(gain)) == pytest.approx(slope * math.log2(hertz / PIVOT), abs=0.3)


def test_a_click_stays_where_it_is() -> None:
    wave = torch.zeros(2, 20_000)
    wave[:, 9_000] = 1.0
    made = heard(wave, 2.0, [20_000])
    assert made.shape == wave.shape
    assert made[0].abs().argmax() == 9_000
    torch.testing.assert_close(made[0, 8_000:9_000], made[0, 9_001:10_001].flip(0), atol=1e-6, rtol=0)


@pytest.mark.parametrize("sizes", [[1, 29_999], [5_000] * 6, [BLOCK, 30_000 - BLOCK], [100, 0, 29_900]])
def test_however_a_stream_is_cut_its_samples_are_the_same(sizes: list[int]) -> None:
    wave = torch.randn(1, 1, 30_000, generator=torch.Generator().manual_seed(0))
    assert torch.equal(heard(wave, -2.0, sizes), heard(wave, -2.0, [30_000]))


def test_blocks_add_up_to_one_convolution() -> None:
    wave = torch.randn(1, 9_000, generator=torch.Generator().manual_seed(1))
    taps = tilt_filter(RATE, 3.0)
    whole = torch.nn.functional.conv1d(wave[None], taps[None, None], padding=len(taps) // 2)[0]
    torch.testing.assert_close(heard(wave, 3.0, [9_000]), whole, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("length", [1, 50])
def test_the_shortest_sounds_keep_their_length(length: int) -> None:
    assert heard(torch.ones(1, length), 1.0, [length]).shape == (1, length)


def test_nothing_stays_nothing() -> None:
    assert not list(tilted([], RATE, 1.0))


@pytest.mark.parametrize("slope", [13.0, -1e9, math.nan])
def test_a_steeper_tilt_is_refused(slope: float) -> None:
    with pytest.raises(ValueError, match="dB an octave"):
        list(tilted([torch.ones(1, 9)], RATE, slope))
