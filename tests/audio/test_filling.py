from __future__ import annotations

import pytest
import torch

from songloom.audio.filling import Filling, filled


@pytest.mark.parametrize(
    ("filling", "expected"),
    [
        ("repeatpad", [1, 2, 3, 1, 2, 3, 0, 0]),
        ("repeat", [1, 2, 3, 1, 2, 3, 1, 2]),
        ("pad", [1, 2, 3, 0, 0, 0, 0, 0]),
    ],
)
def test_a_short_wave_is_repeated_whole_repeated_to_the_end_or_followed_by_silence(
    filling: Filling, expected: list[float]
) -> None:
    wave = torch.tensor([1.0, 2.0, 3.0])
    assert filled(wave, 8, filling).tolist() == expected
    assert filled(wave.expand(2, 1, 3), 8, filling).tolist() == [[expected]] * 2


@pytest.mark.parametrize("filling", ["repeatpad", "repeat", "pad"])
def test_a_wave_as_long_as_a_window_stays_as_it_is(filling: Filling) -> None:
    wave = torch.randn(2, 7)
    assert torch.equal(filled(wave, 7, filling), wave)


@pytest.mark.parametrize("length", [0, 9])
def test_an_empty_or_longer_wave_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"the wave has {length} samples; a window holds 1 to 8"):
        filled(torch.zeros(1, length), 8, "pad")
