"""Convolutions keep frames in their places, whatever the kernel, the stride and the padding."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from songloom.layers.conv import WIDE, Conv1d, TransposedConv1d, WholeNorm, padded


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(sum(shape)))


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 40),
    st.sampled_from([(1, 1), (3, 1), (7, 1), (4, 2), (10, 5), (3, 2), (5, 5)]),
    st.integers(1, 3),
    st.booleans(),
    st.sampled_from(["zeros", "reflect", "replicate"]),
)
def test_a_strided_convolution_has_one_frame_for_each_begun_stride(
    samples: int, shape: tuple[int, int], dilation: int, causal: bool, mode: str
) -> None:
    kernel, stride = shape
    layer = Conv1d(2, 3, kernel, stride=stride, dilation=dilation, causal=causal, padding=mode).double()
    assert layer(noise(2, samples, 2)).shape == (2, -(-samples // stride), 3)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.integers(1, 6), st.booleans())
def test_a_transposed_convolution_is_torchs_without_its_ends(frames: int, stride: int, causal: bool) -> None:
    layer = TransposedConv1d(2, 3, stride=stride, causal=causal).double()
    rows = noise(2, frames, 2)
    whole = nn.functional.conv_transpose1d(rows.mT, layer.weight, layer.bias, stride).mT
    front = 0 if causal else -(-stride // 2)
    torch.testing.assert_close(layer(rows), whole[:, front : front + frames * stride])


@settings(max_examples=20, deadline=None)
@given(st.integers(20, 40), st.sampled_from([(3, 1, 4), (7, 1, 1), (4, 2, 1), (9, 4, 1)]), st.booleans())
def test_a_convolution_is_torchs_of_the_padded_wave(samples: int, shape: tuple[int, int, int], causal: bool) -> None:
    kernel, stride, dilation = shape
    layer = Conv1d(2, 3, kernel, stride=stride, dilation=dilation, causal=causal).double()
    rows = noise(2, samples, 2)
    wide = nn.functional.pad(rows.mT, (layer.front, layer.behind + -samples % stride), "reflect")
    whole = nn.functional.conv1d(wide, layer.weight, layer.bias, stride, dilation=dilation).mT
    torch.testing.assert_close(layer(rows), whole)


@pytest.mark.parametrize("causal", [True, False])
def test_a_wide_strided_convolution_is_torchs(causal: bool) -> None:
    layer = Conv1d(WIDE // 4, 3, 8, stride=4, causal=causal, padding="zeros").double()
    rows = noise(2, 21, WIDE // 4).requires_grad_()
    wide = nn.functional.pad(rows.mT, (layer.front, layer.behind + 3))
    whole = nn.functional.conv1d(wide, layer.weight, layer.bias, 4).mT
    torch.testing.assert_close(layer(rows), whole)
    ours, theirs = (torch.autograd.grad(made.sin().sum(), layer.weight)[0] for made in (layer(rows), whole))
    torch.testing.assert_close(ours, theirs)


def touched(layer: nn.Module, inputs: int, output: int) -> list[int]:
    """Input positions that change the result at one output position."""
    rows = noise(1, inputs, 1).requires_grad_()
    layer(rows)[0, output].sum().backward()
    assert rows.grad is not None
    return rows.grad.flatten().nonzero().flatten().tolist()


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(7, 1, 1), (3, 1, 9), (4, 2, 1), (10, 5, 1), (9, 4, 1)])
def test_a_convolution_sees_what_it_says(kernel: int, stride: int, dilation: int, causal: bool) -> None:
    layer = Conv1d(1, 1, kernel, stride=stride, dilation=dilation, causal=causal, padding="zeros").double()
    for output in (20, 21):
        found = touched(layer, 200, output)
        assert (found[0], found[-1]) == layer.sees((output, output))
        assert not causal or found[-1] < (output + 1) * stride


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("stride", [1, 2, 5, 8])
def test_a_transposed_convolution_sees_what_it_says(stride: int, causal: bool) -> None:
    layer = TransposedConv1d(1, 1, stride=stride, causal=causal).double()
    for output in range(5 * stride, 6 * stride):
        found = touched(layer, 12, output)
        assert (found[0], found[-1]) == layer.sees((output, output))
        assert not causal or found[-1] <= output // stride


@pytest.mark.parametrize(("front", "behind"), [(0, 0), (3, 0), (2, 5)])
def test_a_long_wave_is_mirrored_without_its_edge(front: int, behind: int) -> None:
    mirrored = padded(torch.arange(8.0)[None, :, None], front, behind, "reflect").flatten()
    assert mirrored.tolist() == [abs(place) if place < 8 else 14 - place for place in range(-front, 8 + behind)]


def test_a_wave_too_short_to_be_mirrored_is_first_lengthened_by_silence() -> None:
    rows = torch.tensor([[[1.0], [2.0]]])
    assert padded(rows, 4, 0, "reflect").flatten().tolist() == [0, 0, 0, 2, 1, 2]
    assert padded(rows, 0, 2, "reflect").flatten().tolist() == [1, 2, 0, 2]


def test_a_wave_is_lengthened_by_silence_or_by_its_ends() -> None:
    rows = torch.tensor([[[1.0], [2.0]]])
    assert padded(rows, 1, 2, "zeros").flatten().tolist() == [0, 1, 2, 0, 0]
    assert padded(rows, 1, 2, "replicate").flatten().tolist() == [1, 1, 2, 2, 2]


def test_a_kernel_shorter_than_its_stride_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter than its stride 5"):
        Conv1d(1, 1, 4, stride=5)


def test_the_whole_norm_is_a_group_norm_of_one_group() -> None:
    norm, theirs = WholeNorm(3).double(), nn.GroupNorm(1, 3).double()
    for parameter, other in zip(norm.parameters(), theirs.parameters(), strict=True):
        nn.init.normal_(parameter)
        other.data.copy_(parameter.data)
    rows = 1 + noise(2, 9, 3)
    torch.testing.assert_close(norm(rows), theirs(rows.mT).mT)


def test_a_norm_sees_the_samples_that_are_dropped() -> None:
    norm = WholeNorm(3).double()
    layer = TransposedConv1d(2, 3, stride=2, norm=norm).double()
    plain = nn.functional.conv_transpose1d(noise(1, 6, 2).mT, layer.weight, layer.bias, stride=2).mT
    torch.testing.assert_close(layer(noise(1, 6, 2)), norm(plain)[:, 1:-1])


def test_gradients_go_through_the_transposed_convolution() -> None:
    layer = TransposedConv1d(2, 3, stride=2).double()
    assert torch.autograd.gradcheck(layer, noise(2, 3, 2).requires_grad_())
