"""A tone makes a sound brighter or darker about 1 kHz and its bands louder or softer, moves nothing in time, and is the
same however it is cut."""

from __future__ import annotations

import math

import pytest
import torch

from songloom.audio.bands import BANDS, LOWEST, TO_AN_OCTAVE
from songloom.audio.tone import BLOCK, PIVOT, Tone, tone_filter, toned

RATE = 32_000


def heard(wave: torch.Tensor, tone: Tone, sizes: list[int]) -> torch.Tensor:
    """The wave [C, T] in this tone, in pieces of these sizes."""
    return torch.cat(list(toned(torch.split(wave, sizes, dim=-1), RATE, tone)), dim=-1)


def change(hertz: float, tone: Tone) -> float:
    """Decibels by which a sine grows."""
    wave = torch.sin(2 * torch.pi * hertz * torch.arange(RATE) / RATE)[None]
    middle = slice(RATE // 4, 3 * RATE // 4)
    return 20 * math.log10(float(heard(wave, tone, [RATE])[:, middle].norm() / wave[:, middle].norm()))


@pytest.mark.parametrize("slope", [-3.0, 1.5])
@pytest.mark.parametrize("hertz", [125.0, 1000.0, 4000.0])
def test_a_tone_changes_by_its_octaves_from_the_pivot(slope: float, hertz: float) -> None:
    assert change(hertz, Tone(slope)) == pytest.approx(slope * math.log2(hertz / PIVOT), abs=0.3)


@pytest.mark.parametrize("band", [6, 10, 14])
def test_a_band_is_as_much_louder_as_the_mix_says_and_far_ones_as_they_were(band: int) -> None:
    mix = [0.0] * BANDS
    mix[band] = 4.0
    middles = [LOWEST * 2 ** ((n + 0.5) / TO_AN_OCTAVE) for n in (band - 2, band, band + 2)]
    below, inside, above = (change(hertz, Tone(mix=tuple(mix))) for hertz in middles)
    assert inside == pytest.approx(4.0, abs=0.7)
    assert below == pytest.approx(0.0, abs=0.3) and above == pytest.approx(0.0, abs=0.3)


def test_tilt_and_mix_add_up() -> None:
    mix = tuple(0.25 * (n - 8) for n in range(BANDS))
    both = change(3000.0, Tone(1.0, mix))
    assert both == pytest.approx(change(3000.0, Tone(1.0)) + change(3000.0, Tone(mix=mix)), abs=0.05)


def test_a_tone_without_gains_changes_nothing() -> None:
    assert not Tone() and not Tone(mix=(0.0,) * BANDS)
    assert Tone(1.0) and Tone(mix=(0.0,) * (BANDS - 1) + (0.1,))


def test_a_click_stays_where_it_is() -> None:
    wave = torch.zeros(2, 20_000)
    wave[:, 9_000] = 1.0
    made = heard(wave, Tone(2.0), [20_000])
    assert made.shape == wave.shape
    assert made[0].abs().argmax() == 9_000
    torch.testing.assert_close(made[0, 8_000:9_000], made[0, 9_001:10_001].flip(0), atol=1e-6, rtol=0)


@pytest.mark.parametrize("sizes", [[1, 29_999], [5_000] * 6, [BLOCK, 30_000 - BLOCK], [100, 0, 29_900]])
def test_however_a_stream_is_cut_its_samples_are_the_same(sizes: list[int]) -> None:
    wave = torch.randn(1, 1, 30_000, generator=torch.Generator().manual_seed(0))
    assert torch.equal(heard(wave, Tone(-2.0), sizes), heard(wave, Tone(-2.0), [30_000]))


def test_blocks_add_up_to_one_convolution() -> None:
    wave = torch.randn(1, 9_000, generator=torch.Generator().manual_seed(1))
    taps = tone_filter(RATE, Tone(3.0))
    whole = torch.nn.functional.conv1d(wave[None], taps[None, None], padding=len(taps) // 2)[0]
    torch.testing.assert_close(heard(wave, Tone(3.0), [9_000]), whole, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("length", [1, 50])
def test_the_shortest_sounds_keep_their_length(length: int) -> None:
    assert heard(torch.ones(1, length), Tone(1.0), [length]).shape == (1, length)


def test_nothing_stays_nothing() -> None:
    assert not list(toned([], RATE, Tone(1.0)))


@pytest.mark.parametrize("slope", [13.0, -1e9, math.nan])
def test_a_steeper_tilt_is_refused(slope: float) -> None:
    with pytest.raises(ValueError, match="dB an octave"):
        Tone(slope)


@pytest.mark.parametrize(
    ("mix", "said"), [((1.0,) * 3, "3 gains"), ((13.0,) + (0.0,) * 16, "13 dB"), ((math.nan,) * BANDS, "nan dB")]
)
def test_a_mix_that_cannot_be_made_is_refused(mix: tuple[float, ...], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Tone(mix=mix)
