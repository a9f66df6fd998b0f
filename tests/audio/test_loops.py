"""Loops: as many samples as asked, and at the seam the sound goes on as it does anywhere else."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from songloom.audio.loops import looped, passage, roughness, seam

RATE = 8000


def music(seconds: float, seed: int = 0) -> Tensor:
    """Soft notes of changing pitch, five a second, [1, 1, T]."""
    generator = torch.Generator().manual_seed(seed)
    time = torch.arange(round(seconds * RATE)) / RATE
    note = (time * 5).long()
    pitches = 220 * 2 ** (torch.randint(0, 13, (int(note.max()) + 1,), generator=generator) / 12)
    phase = torch.cumsum(pitches[note] / RATE, 0)
    swell = torch.sin(math.pi * (time * 5 % 1)).square()
    noise = 0.001 * torch.randn(len(time), generator=generator)
    return (0.4 * torch.sin(2 * math.pi * phase) * swell + noise)[None, None]


@pytest.mark.parametrize("sizes", [[30], [1] * 30, [4, 0, 20, 6], [10, 20], [29, 1]])
def test_a_loop_is_the_same_for_any_pieces(sizes: list[int]) -> None:
    wave = torch.arange(30.0)[None, None]
    made = torch.cat(list(looped(torch.split(wave, sizes, -1), 10, 20, 4)), -1)
    assert made.shape == (1, 1, 20)
    assert torch.equal(made[..., :16], wave[..., 10:26])
    assert torch.equal(made[..., 16:], passage(wave[..., 26:30], wave[..., 6:10]))


@pytest.mark.parametrize(("lead", "size", "fade"), [(10, 20, 0), (3, 20, 4), (10, 3, 4)])
def test_a_fade_that_does_not_fit_is_refused(lead: int, size: int, fade: int) -> None:
    with pytest.raises(ValueError, match="needs a fade within both"):
        next(looped([torch.zeros(1, 1, lead + size)], lead, size, fade))


@pytest.mark.parametrize("samples", [9, 29, 31])
def test_another_number_of_samples_is_refused(samples: int) -> None:
    with pytest.raises(ValueError, match=f"{samples} samples came"):
        list(looped([torch.zeros(1, 1, samples)], 10, 20, 4))


def test_a_passage_keeps_the_level_of_sounds_alike_and_of_others() -> None:
    noise = torch.randn(2, 1, 40_000, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(passage(noise[0], noise[0]), noise[0], atol=1e-5)
    level = passage(noise[0], noise[1]).unflatten(-1, (20, -1)).square().mean(-1)
    assert float((10 * torch.log10(level)).abs().max()) < 0.5


def test_the_seam_of_a_loop_is_as_smooth_as_anywhere_and_that_of_a_cut_is_not() -> None:
    lead, size, shift = RATE, 4 * RATE, RATE // 10  # in the middle of notes of other pitches: the worst place to cut
    places = torch.randint(size, (400,), generator=torch.Generator().manual_seed(1))
    seam = torch.tensor([0])
    for seed in range(6):
        wave = music(6.0, seed)[..., shift : shift + lead + size]
        made = torch.cat(list(looped([wave], lead, size, RATE // 4)), -1)[0]
        cut = wave[0, :, lead:]
        assert float(roughness(made, RATE, seam)) < float(roughness(made, RATE, places).quantile(0.9)), seed
        assert float(roughness(cut, RATE, seam)) > float(roughness(cut, RATE, places).quantile(0.97)), seed


def test_a_seam_is_placed_among_the_beats_by_how_far_the_spectrum_goes_there() -> None:
    """Notes of one pitch but for the last beat, which is an octave higher: the seam and the beat before it change."""
    time = torch.arange(4 * RATE) / RATE
    pitch = torch.where(time < 3.5, 220.0, 440.0)
    wave = 0.4 * torch.sin(2 * math.pi * torch.cumsum(pitch / RATE, 0))[None]
    assert seam(wave, RATE, 0.5) >= 6 / 7
    assert seam(wave.roll(2 * RATE, -1), RATE, 0.5) <= 5 / 7, "a middle of one note: two beats change more"


def test_roughness_sees_a_click() -> None:
    time = torch.arange(RATE) / RATE
    wave = 0.5 * torch.sin(2 * math.pi * 200 * time)[None]
    smooth = roughness(wave, RATE, torch.tensor([0, 4000]))
    wave[:, 4000:] *= -1
    wave[:, 4000 - 20 : 4000] *= 1
    clicked = roughness(wave, RATE, torch.tensor([2000, 4010]))
    assert float(smooth.max()) < 1.0
    assert float(clicked[1]) > 10 * float(clicked[0])
