"""EnCodec's own parts: bitrates while training, segments and the loudness before them."""

from __future__ import annotations

import pytest
import torch

from songloom.systems import registry
from songloom.systems.codecs.encodec import Encodec
from songloom.systems.codecs.encodec_segments import EncodecSegments, from_fraction, to_fraction, triangle


def tiny(name: str) -> Encodec:
    torch.manual_seed(0)
    system: Encodec = registry.presets()[name].build()
    return system.eval()


def test_training_items_have_the_streams_of_the_bitrates() -> None:
    system = tiny("encodec-tiny").train()
    drawn = system.drawn_streams(400)
    assert sorted(drawn.unique().tolist()) == [1, 2, 4]
    assert 80 < int((drawn == 2).sum()) < 190
    assert system.eval().drawn_streams(3).tolist() == [4, 4, 4]


@pytest.mark.parametrize(
    ("preset", "streams"),
    [("encodec-24khz", [2, 4, 8, 16, 32]), ("encodec-48khz", [2, 4, 8, 16]), ("encodec-32khz", [4])],
)
def test_published_bandwidths_have_their_published_streams(preset: str, streams: list[int]) -> None:
    with torch.device("meta"):
        system: Encodec = registry.presets()[preset].build()
    assert [system.streams_for(bitrate) for bitrate in system.config.bitrates] == streams


@pytest.mark.parametrize("shape", [(1, 2, 100), (1, 1, 0), (1, 100)])
def test_waves_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="wave"):
        tiny("encodec-tiny").encode(torch.zeros(shape))


def test_the_loudness_of_a_wave_comes_back_from_its_codes() -> None:
    system = tiny("encodec-48khz-tiny")
    torch.manual_seed(1)
    wave = 0.3 * torch.randn(2, 2, 2345)
    with torch.no_grad():
        loud, quiet = (system.detokenize(system.tokenize(level * wave)) for level in (1.0, 1e-3))
    torch.testing.assert_close(1e3 * quiet, loud, rtol=2e-3, atol=2e-4)


def test_fewer_streams_know_the_loudness_less_exactly() -> None:
    system = tiny("encodec-48khz-tiny")
    assert isinstance(system, EncodecSegments)
    with torch.no_grad():
        latents = system.encode(0.01 * torch.ones(1, 2, 700))
        for streams in (1, 2, 3, 4):
            codes = system.quantize(latents, streams=streams)
            told = system.dequantize(codes)[0, :, 0]
            assert float((told - latents[0, :, 0]).abs().max()) <= 0.5 / 32**streams + 1e-6


def test_a_segment_of_codes_opens_into_loudness_and_codes() -> None:
    system = tiny("encodec-48khz-tiny")
    assert isinstance(system, EncodecSegments)
    loudness, codes = torch.tensor([1e-3, 0.7]), torch.randint(32, (2, 4, 20))
    closed = system.closed(loudness, codes)
    assert closed.shape == (2, 4, system.whole)
    told, inner = system.opened(closed)
    assert torch.equal(inner, codes)
    torch.testing.assert_close(told.float(), loudness, rtol=2e-5, atol=0)
    assert torch.equal(system.closed(told, inner), closed)


def test_fractions_and_loudness_belong_together() -> None:
    loudness = torch.tensor([1e-8, 1e-3, 0.5, 1.0, 50.0], dtype=torch.float64)
    torch.testing.assert_close(from_fraction(to_fraction(loudness)), loudness)


def test_a_silent_segment_stays_silent_and_finite() -> None:
    system = tiny("encodec-48khz-tiny")
    with torch.no_grad():
        made = system.detokenize(system.tokenize(torch.zeros(1, 2, 1600)))
    assert bool(made.isfinite().all()) and float(made.abs().max()) < 1e-6


def test_lengths_that_no_wave_has_are_refused() -> None:
    system = tiny("encodec-48khz-tiny")
    assert isinstance(system, EncodecSegments)
    known = {system.frames(samples) for samples in range(1, 2400)}
    for frames in range(1, 60):
        if frames in known or frames % system.whole == 0:
            assert sum(system.layout(frames)) == frames
        else:
            with pytest.raises(ValueError, match=f"no wave has {frames} frames"):
                system.layout(frames)


def test_segments_fade_into_each_other_without_a_step() -> None:
    window = triangle(torch.zeros(5))
    torch.testing.assert_close(window, torch.tensor([1.0, 2.0, 3.0, 2.0, 1.0]) / 6)
