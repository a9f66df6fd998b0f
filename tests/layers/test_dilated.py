"""Time-major convolutions and snakes against torch's own, and tiles of time against the whole."""

from __future__ import annotations

import copy

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from songloom.layers import tiles, time_major
from songloom.layers.dilated import Decoder, Encoder
from songloom.layers.minimal_filtering import scheme
from songloom.layers.snake import Snake, SnakeBeta, squared_sine
from songloom.layers.tiles import tiled
from songloom.layers.time_major import Conv, ConvUp


@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(7, 1, 1), (7, 1, 9), (1, 1, 1), (4, 2, 1), (10, 5, 1)])
def test_a_time_major_convolution_is_torchs(kernel: int, stride: int, dilation: int) -> None:
    conv = Conv(6, 4, kernel, stride=stride, dilation=dilation).double()
    twin = nn.Conv1d(
        6,
        4,
        kernel,
        stride=stride,
        dilation=dilation,
        padding=(stride + 1) // 2 if stride > 1 else dilation * (kernel // 2),
    ).double()
    twin.load_state_dict(conv.state_dict())
    frames = torch.randn(3, 6, 40, dtype=torch.float64)
    torch.testing.assert_close(conv(frames), twin(frames))


@pytest.mark.parametrize("stride", [1, 2, 5, 8])
def test_a_time_major_transposed_convolution_is_torchs(stride: int) -> None:
    conv = ConvUp(6, 4, stride).double()
    frames = torch.randn(2, 6, 11, dtype=torch.float64)
    wanted = functional.conv_transpose1d(frames, conv.weight, conv.bias, stride=stride, padding=(stride + 1) // 2)
    torch.testing.assert_close(conv(frames), wanted)
    assert wanted.shape[-1] == 11 * stride - stride % 2


@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(7, 1, 1), (7, 1, 3), (7, 1, 9), (4, 2, 1), (10, 5, 1)])
@pytest.mark.parametrize("samples", [1, 300, 1001])
def test_fewer_products_give_the_same_convolution(
    kernel: int, stride: int, dilation: int, samples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_major, "WIDE", 1)
    monkeypatch.setattr(time_major, "LONG", 0)
    conv = Conv(3, 4, kernel, stride=stride, dilation=dilation).double()
    frames = torch.randn(2, 3, max(samples, kernel), dtype=torch.float64)
    directly = conv(frames)
    with torch.no_grad():
        made = conv(frames)
        torch.testing.assert_close(made, directly.detach(), atol=1e-11, rtol=1e-9)
        conv.weight.mul_(2)
        torch.testing.assert_close(conv(frames) - made, made - conv.bias[:, None], atol=1e-11, rtol=1e-9)


@pytest.mark.parametrize("stride", [2, 5, 8])
@pytest.mark.parametrize("samples", [1, 50])
def test_fewer_products_give_the_same_transposed_convolution(
    stride: int, samples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_major, "WIDE", 1)
    monkeypatch.setattr(time_major, "LONG", 0)
    conv = ConvUp(3, 4, stride).double()
    frames = torch.randn(2, 3, samples, dtype=torch.float64)
    directly = conv(frames).detach()
    with torch.no_grad():
        torch.testing.assert_close(conv(frames), directly, atol=1e-11, rtol=1e-9)


@pytest.mark.parametrize("taps", [2, 7])
def test_fewer_products_round_by_less_than_a_millionth(taps: int) -> None:
    torch.manual_seed(0)
    plan, filter = scheme(taps), torch.randn(taps, 64, 64)
    rows = torch.randn(1, plan.rows(400, 1), 64)
    wanted = sum(rows[:, k : k + 400].double() @ filter[k].double() for k in range(taps))
    made = plan.filtered(rows, plan.transformed(filter, torch.float32), None, dilation=1, dtype=torch.float32)
    assert float((made[:, :400] - wanted).norm() / wanted.norm()) < 1e-6


def test_frames_stay_time_major_in_memory() -> None:
    frames = Conv(6, 4, 7)(torch.randn(2, 6, 40))
    assert frames.stride()[1] == 1
    assert Snake(4)(frames).stride()[1] == 1


@pytest.mark.parametrize("grad", [True, False])
def test_snakes_are_their_formulas(grad: bool) -> None:
    frames = torch.randn(2, 5, 30)
    snake, other = Snake(5), SnakeBeta(5)
    with torch.no_grad():
        snake.alpha.uniform_(0.1, 3)
        other.alpha.normal_()
        other.beta.normal_()
    with torch.set_grad_enabled(grad):
        made, made_other = snake(frames), other(frames)
    alpha = snake.alpha[:, None]
    torch.testing.assert_close(made, frames + torch.sin(alpha * frames) ** 2 / alpha)
    rate, height = other.alpha.exp()[:, None], (-other.beta).exp()[:, None]
    torch.testing.assert_close(made_other, frames + height * torch.sin(rate * frames) ** 2)


@pytest.mark.parametrize("kind", [Snake, SnakeBeta])
def test_what_a_snake_keeps_ends_with_new_weights_and_with_training(kind: type[Snake]) -> None:
    snake, frames = kind(3), torch.randn(1, 3, 9)
    with torch.no_grad():
        assert snake.bend is snake.bend
        before, old = snake(frames), snake.bend
        snake.alpha.add_(1)
        twin = copy.deepcopy(snake)
        assert snake.bend is not old and not torch.equal(snake(frames), before)
        assert torch.equal(twin(frames), snake(frames)) and twin.bend is not snake.bend
        old = snake.bend
        assert snake.train().bend is old and snake.eval().bend is not old
    assert snake.bend.rate.requires_grad


def test_a_snake_with_rate_0_is_the_identity() -> None:
    snake, frames = Snake(3), torch.randn(1, 3, 9)
    nn.init.zeros_(snake.alpha)
    assert torch.equal(snake(frames), frames)


STRIDES = st.lists(st.sampled_from([2, 3, 4, 5]), min_size=1, max_size=2)


@settings(max_examples=25, deadline=None)
@given(STRIDES, st.integers(1, 400), st.integers(1, 3), st.sampled_from([1, 500, 3000]))
def test_tiles_give_what_the_whole_gives(strides: list[int], frames: int, items: int, numbers: int) -> None:
    widths = [2, 4, 6][: len(strides) + 1]
    encoder = Encoder(2, widths, strides, 3, SnakeBeta).double()
    decoder = Decoder(3, widths[::-1], strides[::-1], 2, Snake, bias=False).double()
    wave = torch.randn(items, 2, frames * encoder.down, dtype=torch.float64)
    whole = encoder(wave)
    made = decoder(whole)
    assert whole.shape == (items, 3, frames)
    with torch.no_grad(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiles.Stage, "weights", 0)
        patch.setattr(tiles.tiled, "__kwdefaults__", {"numbers": numbers})
        torch.testing.assert_close(tiled(encoder, wave, numbers=1000), whole.detach())
        torch.testing.assert_close(tiled(decoder, whole.detach(), numbers=1000), made.detach())


def test_a_chain_sees_as_far_as_its_reach_says() -> None:
    encoder = Encoder(1, [2, 4, 6], [3, 4], 2, Snake).double()
    wave = torch.randn(1, 1, 40 * encoder.down, dtype=torch.float64, requires_grad=True)
    encoder(wave)[..., 20].sum().backward()
    assert wave.grad is not None
    seen = wave.grad[0, 0].nonzero().flatten()
    assert int(seen.min()) // encoder.down >= 20 - encoder.reach
    assert int(seen.max()) // encoder.down <= 20 + encoder.reach


@settings(max_examples=30, deadline=None)
@given(st.floats(-100, 100, width=32))
def test_a_squared_sine_is_within_millionths_of_itself(turns: float) -> None:
    made = squared_sine(torch.tensor([turns, turns]))[0]
    wanted = torch.sin(torch.pi * torch.tensor(turns, dtype=torch.float64)).square()
    torch.testing.assert_close(made.double(), wanted, rtol=2e-6, atol=1e-12)
