from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from songloom.diffusion.windows import blended, circle, circular, fading, shares, windows


@given(st.integers(1, 400), st.integers(1, 60), st.data())
def test_windows_cover_a_piece_and_each_knows_the_end_of_the_one_before(
    frames: int, longest: int, data: st.DataObject
) -> None:
    overlap = data.draw(st.integers(0, longest - 1))
    found = windows(frames, longest, overlap)
    assert found[0][0] == 0 and found[-1][1] == frames
    assert all(end - begin == longest for begin, end in found[:-1])
    for (_, end), (begin, after) in itertools.pairwise(found):
        assert begin == end - overlap and after - begin > overlap


def test_known_frames_count_whole_and_fade_out_along_a_line() -> None:
    assert fading(6, 4).tolist() == [1.0, 1.0, 0.875, 0.625, 0.375, 0.125]
    assert fading(3, 0).tolist() == [1.0, 1.0, 1.0]


def test_windows_that_go_nowhere_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot overlap by 8"):
        windows(20, 8, 8)


def test_sections_share_every_moment_and_pass_into_one_another() -> None:
    moments = torch.arange(0, 10, 0.25)
    found = shares([0.0, 4.0, 6.0], moments, 1.0)
    torch.testing.assert_close(found.sum(0), torch.ones(40))
    assert found.min() >= 0
    torch.testing.assert_close(found[:, moments == 4.0][:, 0], torch.tensor([0.5, 0.5, 0.0]))
    assert found[0, moments < 3.5].eq(1).all() and found[1, (moments > 4.5) & (moments < 5.5)].eq(1).all()
    assert shares([0.0], moments, 1.0).eq(1).all()


def test_a_blend_is_the_weighted_sum_of_its_networks() -> None:
    weights = torch.tensor([[1.0, 0.25, 0.0], [0.0, 0.75, 1.0]])
    x = torch.randn(1, 2, 3)
    made = blended([lambda x, _: x, lambda x, _: -x], weights)(x, torch.tensor(0.5))
    torch.testing.assert_close(made, x * torch.tensor([1.0, -0.5, -1.0]))


def test_a_local_network_on_a_circle_is_a_circular_convolution() -> None:
    taps = torch.randn(3, 3, 7, generator=torch.Generator().manual_seed(0))

    def local(x: Tensor, _time: Tensor) -> Tensor:
        return functional.conv1d(x, taps, padding=3)

    x = torch.randn(1, 3, 20, generator=torch.Generator().manual_seed(1))
    around = circular(local, 3)
    spectra = torch.fft.fft(x), torch.fft.fft(functional.pad(taps.flip(-1), (0, 13)).roll(-3, -1))
    expected = torch.fft.ifft(torch.einsum("bif,oif->bof", *spectra)).real
    torch.testing.assert_close(around(x, torch.tensor(0.5)), expected, atol=1e-5, rtol=1e-5)
    moved = around(x.roll(5, -1), torch.tensor(0.5))
    torch.testing.assert_close(moved, around(x, torch.tensor(0.5)).roll(5, -1))


def test_a_margin_may_be_longer_than_its_circle() -> None:
    assert circle(2, 3).tolist() == [1, 0, 1, 0, 1, 0, 1, 0]
