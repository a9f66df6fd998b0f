"""Convolutions keep frames in their places, whatever the kernel, the stride and the padding."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from songloom.layers.conv import Conv1d, TransposedConv1d, padded


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
    assert layer(noise(2, 2, samples)).shape == (2, 3, -(-samples // stride))


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 12), st.sampled_from([(4, 2), (10, 5), (5, 5), (7, 3)]), st.booleans())
def test_a_transposed_convolution_has_a_stride_of_samples_for_each_frame(
    frames: int, shape: tuple[int, int], causal: bool
) -> None:
    kernel, stride = shape
    layer = TransposedConv1d(2, 3, kernel, stride=stride, causal=causal).double()
    assert layer(noise(2, 2, frames)).shape == (2, 3, frames * stride)


def touched(layer: nn.Module, inputs: int, output: int) -> list[int]:
    """Input positions that change the result at one output position."""
    wave = noise(1, 1, inputs).requires_grad_()
    layer(wave)[0, :, output].sum().backward()
    assert wave.grad is not None
    return wave.grad[0, 0].nonzero().flatten().tolist()


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(7, 1, 1), (3, 1, 9), (4, 2, 1), (10, 5, 1), (9, 4, 1)])
def test_a_convolution_sees_what_it_says(kernel: int, stride: int, dilation: int, causal: bool) -> None:
    layer = Conv1d(1, 1, kernel, stride=stride, dilation=dilation, causal=causal, padding="zeros").double()
    for output in (20, 21):
        found = touched(layer, 200, output)
        assert (found[0], found[-1]) == layer.sees((output, output))
        assert not causal or found[-1] < (output + 1) * stride


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize(("kernel", "stride"), [(4, 2), (10, 5), (9, 4), (5, 5)])
def test_a_transposed_convolution_sees_what_it_says(kernel: int, stride: int, causal: bool) -> None:
    layer = TransposedConv1d(1, 1, kernel, stride=stride, causal=causal).double()
    for output in range(5 * stride, 6 * stride):
        found = touched(layer, 12, output)
        assert (found[0], found[-1]) == layer.sees((output, output))
        assert not causal or found[-1] <= output // stride


@pytest.mark.parametrize(("left", "right"), [(0, 0), (3, 0), (2, 5)])
def test_a_long_wave_is_mirrored_without_its_edge(left: int, right: int) -> None:
    wave = torch.arange(8.0)
    mirrored = padded(wave[None, None], left, right, "reflect")[0, 0]
    assert mirrored.tolist() == [abs(place) if place < 8 else 14 - place for place in range(-left, 8 + right)]


def test_a_wave_too_short_to_be_mirrored_is_first_lengthened_by_silence() -> None:
    wave = torch.tensor([[[1.0, 2.0]]])
    assert padded(wave, 4, 0, "reflect").flatten().tolist() == [0, 0, 0, 2, 1, 2]
    assert padded(wave, 0, 2, "reflect").flatten().tolist() == [1, 2, 0, 2]


@pytest.mark.parametrize("make", [Conv1d, TransposedConv1d])
def test_a_kernel_shorter_than_its_stride_is_refused(make: type) -> None:
    with pytest.raises(ValueError, match="shorter than its stride 5"):
        make(1, 1, 4, stride=5)


def test_a_norm_sees_the_samples_that_are_dropped() -> None:
    norm = nn.GroupNorm(1, 3).double()
    layer = TransposedConv1d(2, 3, 4, stride=2, norm=norm).double()
    plain = nn.functional.conv_transpose1d(noise(1, 2, 6), layer.weight, layer.bias, stride=2)
    torch.testing.assert_close(layer(noise(1, 2, 6)), norm(plain)[..., 1:-1])
