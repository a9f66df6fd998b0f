"""Passes as machine code against formulas in float64, against torch's rounding, and against the same without numba."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from songloom.layers import passes
from songloom.layers.bend import Bend
from songloom.layers.dilated import ResidualUnit, Up
from songloom.layers.minimal_filtering import scheme
from songloom.layers.snake import Snake
from songloom.layers.time_major import Conv, ConvUp

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
    made = compiled.filtered(rows, values, bias, front=3 * dilation, frames=frames, dilation=dilation)
    assert made.dtype == torch.float32
    noise = float((made - wanted).norm() / (wanted - bias).norm())
    assert noise < (1e-2 if low else 2e-6)


def test_products_of_bfloat16_round_three_times_only() -> None:
    torch.manual_seed(0)
    rows, taps = torch.randn(1, 2000, 64), torch.randn(7, 64, 64)
    wanted = functional.conv1d(rows.double().transpose(1, 2), taps.double().permute(2, 1, 0), padding=3)
    values = scheme(7).transformed(taps, torch.bfloat16)
    made = compiled.filtered(rows, values, None, front=3, frames=2000, dilation=1)
    # Inputs, taps and products at 56 dB each are 51 together; the transforms let rounding grow 1.4 times.
    decibels = 20 * math.log10(wanted.norm() / (made - wanted.transpose(1, 2)).norm())
    assert 47 < decibels < 49.5


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 3), st.integers(1, 60), st.integers(1, 5), st.sampled_from([3, 64, 70]))
def test_two_taps_are_the_strided_convolution(items: int, count: int, hop: int, width: int) -> None:
    generator = torch.Generator().manual_seed(count)
    rows = torch.randn(items, count * hop, width, generator=generator)
    taps = torch.randn(2, hop * width, 5, generator=generator)
    bias, padding = torch.randn(5, generator=generator), -(-hop // 2)
    weight = taps.double().unflatten(1, (hop, width)).flatten(0, 1).permute(2, 1, 0)
    entered, frames = rows.double().transpose(1, 2), (count * hop + 2 * padding) // hop - 1
    wanted = functional.conv1d(entered, weight, bias.double(), stride=hop, padding=padding).transpose(1, 2)
    values = scheme(2).transformed(taps, torch.float32)
    made = compiled.filtered(rows, values, bias, front=padding, frames=frames, hop=hop)
    torch.testing.assert_close(made.double(), wanted, atol=1e-4, rtol=1e-4)


def test_numbers_become_bfloat16_as_torch_rounds_them() -> None:
    rows, made = torch.zeros(1, 16, 4096), torch.empty(22, 1, 4096, dtype=torch.bfloat16)
    rows[:, 15] = torch.randn(4096) * 10.0 ** torch.randint(-20, 20, (4096,))
    rows[:, 15, 0] = 1 + 2.0**-8  # in the middle between two: to the even one
    none = np.empty((2, 0), np.float32)
    compiled._evaluate(0, 1, rows.numpy(), 0, 1, 1, none, compiled.SERIES, made.view(torch.uint16).numpy())
    assert torch.equal(made[21, 0], rows[0, 15].bfloat16())  # the value at infinity: the last input less the second


def formula(frames: Tensor, bend: Bend) -> Tensor:
    """The snake of frames [B, C, T] in float64."""
    rate, height = bend.rate.double()[:, None], bend.height.double()[:, None]
    return frames.double() + height * torch.sin(rate * frames.double()).square()


def bend(channels: int) -> Bend:
    return Bend(4 * torch.rand(channels) - 2, torch.randn(channels))


@pytest.mark.parametrize("items", [1, 3])
def test_a_compiled_snake_is_its_formula(items: int) -> None:
    frames, shape = torch.randn(items, 20, 500) * 5, bend(20)
    made = compiled.snake(frames, shape)
    torch.testing.assert_close(made.double(), formula(frames, shape), atol=1e-4, rtol=1e-5)
    assert made.stride()[1] == 1


def test_the_snake_of_rows_in_bfloat16_is_that_of_the_same_numbers_rounded() -> None:
    frames, shape = torch.randn(2, 20, 50).bfloat16(), bend(20)
    exact = compiled.snake(frames.float(), shape)
    made = compiled.snake(frames, shape)
    assert torch.equal(made, exact.bfloat16())


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 2), st.integers(1, 40), st.integers(1, 5), st.integers(0, 5), st.integers(1, 20))
def test_windows_are_those_of_the_snake_between_zeros(
    items: int, frames: int, hop: int, front: int, count: int
) -> None:
    torch.manual_seed(frames)
    rows, shape = torch.randn(items, frames, 3), bend(3)
    made = compiled.windows(rows, shape, front=front, hop=hop, count=count, dtype=torch.float32)
    bent = formula(rows.transpose(1, 2), shape)
    wide = functional.pad(bent, (front, (count + 1) * hop))[..., : (count + 1) * hop]
    wanted = wide.unfold(2, 2 * hop, hop).permute(0, 2, 3, 1).flatten(2)
    torch.testing.assert_close(made.double(), wanted, atol=1e-4, rtol=1e-5)
    low = compiled.windows(rows, shape, front=front, hop=hop, count=count, dtype=torch.bfloat16)
    assert torch.equal(low, made.bfloat16())


@pytest.mark.parametrize("kind", [torch.float32, torch.bfloat16])
def test_rows_of_either_type_are_added_in_float32(kind: torch.dtype) -> None:
    rows, others = torch.randn(2, 30, 5).to(kind), torch.randn(2, 30, 5).bfloat16()
    made = compiled.added(rows, others)
    assert made.dtype == torch.float32 and torch.equal(made, rows.float() + others.float())


@pytest.mark.parametrize("over", [True, False])
def test_a_compiled_elu_is_torchs_but_for_rounding_next_to_one(over: bool) -> None:
    rows = torch.cat([4 * torch.randn(2, 3000, 5), torch.tensor([0.0, -1e-7, -100, -1e30, 1e30]).expand(2, 9, 5)], 1)
    rows[1, 7] = torch.nan
    wanted = functional.elu(rows)
    made = rows if over else torch.empty(2, 3020, 5)[:, 5:3014]
    compiled.elu(rows, made)
    torch.testing.assert_close(made, wanted, atol=1.3e-7, rtol=0, equal_nan=True)


@pytest.mark.parametrize("low", [None, torch.bfloat16])
def test_snakes_inside_a_convolution_are_those_around_it(low: torch.dtype | None) -> None:
    torch.manual_seed(0)
    frames, conv = torch.randn(2, 70, 1200), Conv(70, 70, 7, dilation=3).double()
    first, second = bend(70), bend(70)
    wanted = formula(conv(formula(frames, first)), second).detach()
    conv.float().kept.dtype = low
    with torch.no_grad():
        made = conv(frames, before=first, after=second, low=low)
    assert made.dtype == (low or torch.float32)
    assert float((made - wanted).norm() / wanted.norm()) < (1e-2 if low else 3e-6)


@pytest.mark.parametrize("threads", [2, 3])
@pytest.mark.parametrize("low", [False, True])
def test_passes_on_several_threads_give_every_bit_of_those_on_one(threads: int, low: bool) -> None:
    torch.manual_seed(0)
    unit = ResidualUnit(64, 3, Snake)
    for conv in (unit.dilated, unit.mix):
        conv.kept.dtype = torch.bfloat16 if low else None
    frames, shape = torch.randn(2, 64, 1777), bend(64)
    values = scheme(7).transformed(torch.randn(7, 64, 64), torch.bfloat16 if low else torch.float32)

    def made() -> list[Tensor]:
        rows = frames.transpose(1, 2)
        wide = compiled.windows(rows, shape, front=3, hop=4, count=440, dtype=values.dtype)
        taps = compiled.filtered(rows, values, None, front=3, frames=1777, dilation=1, before=shape, after=shape)
        curve = torch.empty(2, 1777, 64)
        compiled.elu(rows, curve)
        return [compiled.snake(frames, shape), wide, compiled.added(rows, rows), taps, unit(frames), curve]

    with torch.no_grad():
        alone = made()
        torch.set_num_threads(threads)
        assert all(torch.equal(one, other) for one, other in zip(alone, made(), strict=True))


@pytest.mark.parametrize("low", [None, torch.bfloat16])
def test_layers_are_the_same_without_numba(low: torch.dtype | None, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    frames, stage = torch.randn(2, 64, 1500), Up(64, 64, 2, Snake)
    for conv in stage.modules():
        if isinstance(conv, Conv | ConvUp):
            conv.kept.dtype = low
    with torch.no_grad():
        fast = stage(frames)
        monkeypatch.setattr(passes, "_compiled", lambda: None)
        slow = stage(frames)
    assert fast.dtype == slow.dtype == torch.float32
    assert float((fast - slow).norm() / slow.norm()) < (1e-2 if low else 1e-5)
    assert not torch.equal(fast, slow)


def test_few_numbers_gradients_other_types_and_many_threads_of_others_go_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(passes, "openmp", lambda: None)
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
