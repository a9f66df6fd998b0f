"""Passes as machine code against formulas in float64, against torch's rounding, and against the same without numba."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn import functional

from songloom.layers import passes
from songloom.layers.minimal_filtering import scheme
from songloom.layers.snake import SQUARED_SINE, Snake
from songloom.layers.time_major import Conv

compiled = pytest.importorskip("songloom.layers.compiled", reason="numba is not installed")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 3), st.integers(1, 400), st.sampled_from([1, 2, 3, 9]), st.sampled_from([3, 64, 70]), st.booleans()
)
def test_seven_taps_are_the_convolution(items: int, frames: int, dilation: int, width: int, low: bool) -> None:
    dtype = torch.bfloat16 if low else torch.float32
    generator = torch.Generator().manual_seed(frames)
    rows, taps = (torch.randn(*shape, generator=generator) for shape in ((items, frames, width), (7, width, 5)))
    bias = torch.randn(5, generator=generator)
    weight = taps.double().permute(2, 1, 0)
    wanted = functional.conv1d(
        rows.double().transpose(1, 2), weight, bias.double(), padding=3 * dilation, dilation=dilation
    ).transpose(1, 2)
    values = scheme(7).transformed(taps, dtype)
    made = compiled.seven_taps(rows, values, bias, front=3 * dilation, frames=frames, dilation=dilation)
    assert made.dtype == torch.float32
    noise = float((made - wanted).norm() / (wanted - bias).norm())
    assert noise < (1e-2 if low else 2e-6)


def test_products_of_bfloat16_round_three_times_only() -> None:
    torch.manual_seed(0)
    rows, taps = torch.randn(1, 2000, 64), torch.randn(7, 64, 64)
    wanted = functional.conv1d(rows.double().transpose(1, 2), taps.double().permute(2, 1, 0), padding=3)
    values = scheme(7).transformed(taps, torch.bfloat16)
    made = compiled.seven_taps(rows, values, None, front=3, frames=2000, dilation=1)
    # Inputs, taps and products at 56 dB each are 51 together; the transforms let rounding grow 1.4 times.
    decibels = 20 * math.log10(wanted.norm() / (made - wanted.transpose(1, 2)).norm())
    assert 47 < decibels < 49.5


def test_numbers_become_bfloat16_as_torch_rounds_them() -> None:
    rows, made = torch.zeros(1, 16, 4096), torch.empty(22, 1, 4096, dtype=torch.bfloat16)
    rows[:, 15] = torch.randn(4096) * 10.0 ** torch.randint(-20, 20, (4096,))
    rows[:, 15, 0] = 1 + 2.0**-8  # in the middle between two: to the even one
    compiled._evaluate(rows.numpy(), 0, 1, made.view(torch.uint16).numpy())
    assert torch.equal(made[21, 0], rows[0, 15].bfloat16())  # the value at infinity: the last input less the second


@pytest.mark.parametrize("items", [1, 3])
def test_a_compiled_snake_is_its_formula(items: int) -> None:
    frames = torch.randn(items, 20, 500) * 5
    turns, height = torch.randn(20), torch.randn(20)
    made = compiled.snake(frames, turns, height, SQUARED_SINE)
    wanted = frames + height[:, None] * torch.sin(torch.pi * turns[:, None] * frames.double()).square()
    torch.testing.assert_close(made.double(), wanted, atol=1e-4, rtol=1e-5)
    assert made.stride()[1] == 1


def test_layers_are_the_same_without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    frames, conv, snake = torch.randn(2, 64, 1500), Conv(64, 64, 7, dilation=3), Snake(64)
    with torch.no_grad():
        fast = snake(conv(frames))
        monkeypatch.setattr(passes, "_compiled", lambda: None)
        slow = snake(conv(frames))
    torch.testing.assert_close(fast, slow, atol=1e-5, rtol=1e-5)
    assert not torch.equal(fast, slow)


def test_few_numbers_gradients_other_types_and_many_threads_go_without() -> None:
    enough = torch.empty(1, 1, passes.LEAST)
    with torch.no_grad():
        assert passes.machine_code(enough) is compiled
        assert passes.machine_code(enough[..., 1:]) is None
        assert passes.machine_code(enough.double()) is None
        assert passes.machine_code(torch.empty(1), least=0) is compiled
        torch.set_num_threads(passes.FEW + 1)
        assert passes.machine_code(enough) is None
    torch.set_num_threads(1)
    assert passes.machine_code(enough) is None  # gradients
