"""Convolutions in bfloat16: near the exact ones, chosen so that the error stays small, undone without a trace."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import Tensor

from songloom.inference import precision
from songloom.inference.precision import to_bfloat16, to_float32, trial_wave
from songloom.layers.time_major import Conv, ConvUp
from songloom.systems.codecs.dac import Dac, quantizer
from songloom.systems.codecs.oobleck import Oobleck


def decibels(true: Tensor, made: Tensor) -> float:
    return float(10 * torch.log10(true.square().sum() / (true - made).square().sum()))


def codec() -> Dac:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    books = quantizer(4, width=16, codebook_size=64)
    settings = Dac.Config(sample_rate=16_000, strides=(2, 4), encoder_width=64, decoder_width=256, quantizer=books)
    return Dac(settings).eval()


@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(7, 1, 1), (7, 1, 9), (1, 1, 1), (4, 2, 1), (3, 1, 1)])
@pytest.mark.parametrize("frames", [2, 333])
def test_a_lowered_convolution_is_near_the_exact_one(kernel: int, stride: int, dilation: int, frames: int) -> None:
    torch.manual_seed(0)
    conv = Conv(64, 80, kernel, stride=stride, dilation=dilation)
    entered = torch.randn(2, 64, frames)
    with torch.no_grad():
        exact = conv(entered)
        conv.kept.dtype = torch.bfloat16
        made = conv(entered)
    assert made.shape == exact.shape and made.dtype == torch.float32
    assert decibels(exact, made) > 43


def test_a_lowered_transposed_convolution_is_near_the_exact_one() -> None:
    torch.manual_seed(0)
    conv, entered = ConvUp(64, 64, 4), torch.randn(2, 64, 50)
    with torch.no_grad():
        exact = conv(entered)
        conv.kept.dtype = torch.bfloat16
        assert decibels(exact, conv(entered)) > 43


@pytest.mark.parametrize("stride", [2, 5])
def test_lowered_convolutions_that_the_whole_signal_passes_round_three_times_only(stride: int) -> None:
    torch.manual_seed(0)
    entered = torch.randn(2, 64, 40 * stride)
    # Numbers of 8 bits are wrong by up to half a step: 12 * 2^14 times E[m^2], m in 1..2, is 56 dB; three times is 51.
    for conv in (Conv(64, 80, 2 * stride, stride=stride), ConvUp(64, 80, stride)):
        with torch.no_grad():
            exact = conv(entered)
            conv.kept.dtype = torch.bfloat16
            assert 48.5 < decibels(exact, conv(entered)) < 53


def test_convolutions_are_lowered_by_their_error_for_what_they_save_as_far_as_there_is_room() -> None:
    saved, errors = {"a": 4.0, "b": 1.0, "c": 2.0, "d": 1.0}, {"a": 4.0, "b": 0.5, "c": 4.0, "d": 1.5}
    work = {name: precision.Work(1.0, each) for name, each in saved.items()}
    assert precision._fitting(work, errors, 10.0) == ["b", "a", "d", "c"]
    assert precision._fitting(work, errors, 4.7) == ["b", "a"]
    assert precision._fitting(work, errors, 2.1) == ["b", "d"]  # "a" has no room
    assert precision._fitting(work, errors, 0.1) == []


def test_numbers_that_bfloat16_has_give_the_exact_product() -> None:
    conv = Conv(64, 64, 1)
    with torch.no_grad():
        conv.weight.copy_(torch.eye(64)[..., None])
        conv.bias.zero_()
        conv.kept.dtype = torch.bfloat16
        entered = torch.randn(1, 64, 40).bfloat16().float()
        assert torch.equal(conv(entered), entered)


def test_gradients_are_those_of_the_exact_convolution() -> None:
    conv, entered = Conv(64, 64, 7), torch.randn(1, 64, 50)
    exact = torch.autograd.grad(conv(entered).square().sum(), conv.weight)[0]
    conv.kept.dtype = torch.bfloat16
    assert torch.equal(torch.autograd.grad(conv(entered).square().sum(), conv.weight)[0], exact)


@pytest.mark.parametrize("side", ["encode", "decode"])
@pytest.mark.parametrize("least", [30.0, 50.0])
def test_the_error_of_a_lowered_codec_is_as_small_as_asked(side: precision.Side, least: float) -> None:
    exact = codec()
    lowered = copy.deepcopy(exact)
    wave = trial_wave(exact)
    report = to_bfloat16(lowered, side, trial=wave, least=least)
    convs = {name: conv for name, conv in lowered.named_modules() if isinstance(conv, Conv | ConvUp)}
    inside = {name for name, conv in convs.items() if conv.kept.dtype == torch.bfloat16}
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
    assert (report.share == 1) == (least == 30.0)


@pytest.mark.parametrize("least", [30.0, 200.0])
def test_what_is_lowered_can_be_undone_and_what_cannot_be_stays(least: float) -> None:
    exact, latents = codec(), torch.ones(1, 16, 40)
    with torch.no_grad():
        before = exact.decode(latents)
        report = to_bfloat16(exact, "decode", least=least)
        assert torch.equal(exact.decode(latents), before) == (report.names == ()) == (least == 200.0)
        to_float32(exact)
        assert torch.equal(exact.decode(latents), before)


def test_a_stream_of_a_lowered_codec_differs_from_the_whole_by_rounding_only() -> None:
    lowered = codec()
    to_bfloat16(lowered, "decode", least=30.0)
    latents = torch.randn(1, 16, 90, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        whole = lowered.decode(latents)
        streamed = torch.cat(list(lowered.decode_stream(latents.split(13, -1))), -1)
    assert decibels(whole, streamed) > 38


def test_a_codec_without_codes_is_lowered_by_its_latents() -> None:
    torch.manual_seed(0)
    settings = Oobleck.Config(sample_rate=16_000, strides=(2, 4), width=64, multiples=(1, 1))
    assert to_bfloat16(Oobleck(settings).eval(), "decode", least=30.0).names


def test_narrow_codecs_have_nothing_to_lower() -> None:
    with pytest.raises(ValueError, match="no wide convolutions"):
        to_bfloat16(Dac.presets()["dac-tiny"].build().eval(), "decode")


def test_a_lowered_convolution_that_has_run_can_be_copied_and_sent() -> None:
    conv, entered = Conv(64, 64, 1), torch.randn(1, 64, 40)
    with torch.no_grad():
        conv.kept.dtype = torch.bfloat16
        made = conv(entered)
        for twin in (copy.deepcopy(conv), pickle.loads(pickle.dumps(conv))):
            assert torch.equal(twin(entered), made)
