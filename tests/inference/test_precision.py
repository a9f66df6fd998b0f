"""Convolutions of bytes: near the exact ones, chosen so that the error stays small, put in place for good."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import Tensor

from songloom.inference import precision
from songloom.inference.precision import to_int8, trial_wave
from songloom.layers import int8
from songloom.layers.int8 import Int8Conv
from songloom.layers.time_major import Conv
from songloom.systems.codecs.dac import Dac, quantizer
from songloom.systems.codecs.oobleck import Oobleck

pytestmark = pytest.mark.skipif(not int8.available(), reason="this torch has no convolutions of bytes")


def decibels(true: Tensor, made: Tensor) -> float:
    return float(10 * torch.log10(true.square().sum() / (true - made).square().sum()))


def codec() -> Dac:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    books = quantizer(4, width=16, codebook_size=64)
    settings = Dac.Config(sample_rate=16_000, strides=(2, 4), encoder_width=64, decoder_width=256, quantizer=books)
    return Dac(settings).eval()


@pytest.mark.parametrize(("kernel", "dilation"), [(7, 1), (7, 9), (1, 1)])
def test_a_convolution_of_bytes_is_near_the_exact_one(kernel: int, dilation: int) -> None:
    torch.manual_seed(0)
    conv = Conv(24, 40, kernel, dilation=dilation)
    frames = torch.randn(2, 24, 333)
    with torch.no_grad():
        exact, made = conv(frames), Int8Conv(conv)(frames)
    assert made.shape == exact.shape
    assert decibels(exact, made) > 35


def test_its_error_is_that_of_rounding_to_whole_steps() -> None:
    torch.manual_seed(0)
    conv = Conv(8, 4, 7)
    frames = torch.randn(1, 8, 50)
    step = frames.abs().max() / 127
    scale = conv.weight.detach().abs().amax((1, 2), keepdim=True) / 127
    twin = Conv(8, 4, 7)
    with torch.no_grad():
        twin.weight.copy_((conv.weight / scale).round() * scale)
        twin.bias.copy_(conv.bias)
        torch.testing.assert_close(Int8Conv(conv)(frames), twin((frames / step).round() * step), atol=1e-5, rtol=1e-4)


def test_silence_stays_what_the_bias_makes_of_it() -> None:
    conv = Conv(8, 4, 7)
    with torch.no_grad():
        torch.testing.assert_close(Int8Conv(conv)(torch.zeros(1, 8, 20)), conv(torch.zeros(1, 8, 20)))


def test_strides_are_refused() -> None:
    with pytest.raises(ValueError, match="stride"):
        Int8Conv(Conv(8, 4, 4, stride=2))


@pytest.mark.parametrize("side", ["encode", "decode"])
@pytest.mark.parametrize("least", [30.0, 45.0])
def test_the_error_of_a_lowered_codec_is_as_small_as_asked(side: precision.Side, least: float) -> None:
    exact = codec()
    lowered = copy.deepcopy(exact)
    wave = trial_wave(exact)
    report = to_int8(lowered, side, trial=wave, least=least)
    inside = {name for name, module in lowered.named_modules() if isinstance(module, Int8Conv)}
    assert inside == set(report.names) and inside
    with torch.no_grad():
        latents = exact.encode(wave)
        if side == "encode":
            made, true = lowered.encode(wave), latents
        else:
            seen = exact.dequantize(exact.quantize(latents))
            made, true = lowered.decode(seen), exact.decode(seen)
    assert decibels(true, made) == pytest.approx(report.decibels, abs=0.1)
    assert report.decibels >= least
    assert 0 < report.share <= 1


def test_a_wish_that_no_byte_fulfils_leaves_the_codec_as_it_was() -> None:
    exact = codec()
    before = exact.decode(torch.ones(1, 16, 40)).detach()
    report = to_int8(exact, "decode", least=200.0)
    assert report.names == () and report.share == 0
    assert torch.equal(exact.decode(torch.ones(1, 16, 40)).detach(), before)


def test_a_codec_without_codes_is_lowered_by_its_latents() -> None:
    torch.manual_seed(0)
    settings = Oobleck.Config(sample_rate=16_000, strides=(2, 4), width=64, multiples=(1, 1))
    assert to_int8(Oobleck(settings).eval(), "decode", least=30.0).names


def test_narrow_codecs_have_nothing_to_lower() -> None:
    with pytest.raises(ValueError, match="no wide convolutions"):
        to_int8(Dac.presets()["dac-tiny"].build().eval(), "decode")
