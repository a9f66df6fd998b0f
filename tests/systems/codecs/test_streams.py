"""Every codec over a stream of any pieces gives what it gives for the whole.

In float64, where rounding decides no code: a frame of context too few shows itself at once.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from songloom.systems import registry, roles
from songloom.systems.roles import Codec

registry.discover()
TINY = [
    name
    for cls in registry.system_classes().values()
    if issubclass(cls, Codec) and cls.__module__.startswith("songloom.")
    for name in cls.presets()
    if name.endswith("-tiny")
]
CHUNK_SECONDS = 0.02


@pytest.fixture(scope="module", params=TINY)
def codec(request: pytest.FixtureRequest) -> Codec:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    system: Codec = registry.presets()[request.param].build()
    return system.double().eval()


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "CHUNK_SECONDS", CHUNK_SECONDS)


def noise(codec: Codec, samples: int) -> Tensor:
    generator = torch.Generator().manual_seed(samples)
    return 0.3 * torch.randn(1, codec.channels, samples, dtype=torch.float64, generator=generator)


def cut(whole: Tensor, lengths: list[int]) -> Iterator[Tensor]:
    """The whole in pieces of these lengths, again and again."""
    position = turn = 0
    while position < whole.shape[-1]:
        yield whole[..., position : position + lengths[turn % len(lengths)]]
        position += lengths[turn % len(lengths)]
        turn += 1


# Seconds of audio, and lengths of pieces as parts of a second.
draws = st.tuples(
    st.floats(0.00001, 0.6), st.lists(st.floats(0.0001, 0.3), min_size=1, max_size=4), st.integers(0, 10_000)
)
some = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def sizes(rate: float, seconds: list[float]) -> list[int]:
    return [max(1, round(second * rate)) for second in seconds]


@some
@given(draws)
def test_latents_and_codes_of_a_stream_are_those_of_the_whole(codec: Codec, draw: tuple) -> None:
    seconds, lengths, odd = draw
    wave = noise(codec, 1 + odd % 7 + int(seconds * codec.sample_rate))
    pieces = sizes(codec.sample_rate, lengths)
    with torch.no_grad():
        latents = codec.encode(wave)
        assert latents.shape[-1] == codec.frames(wave.shape[-1])
        streamed = torch.cat(list(codec.encode_stream(cut(wave, pieces))), -1)
        torch.testing.assert_close(streamed, latents, atol=1e-8, rtol=1e-8)
        if not codec.streams:
            return
        codes = codec.tokenize(wave)
        assert codes.shape[-1] == latents.shape[-1]
        assert torch.equal(torch.cat(list(codec.tokenize_stream(cut(wave, pieces))), -1), codes)
        fewer = torch.cat(list(codec.tokenize_stream(cut(wave, pieces), streams=1)), -1)
        assert torch.equal(fewer, codes[:, :1])


@some
@given(draws)
def test_the_wave_of_streamed_codes_is_that_of_the_whole(codec: Codec, draw: tuple) -> None:
    if codec.phase_free:
        pytest.skip("phases are guessed from the pieces that come")
    seconds, lengths, odd = draw
    wave = noise(codec, 1 + odd % 7 + int(seconds * codec.sample_rate))
    pieces = sizes(codec.frame_rate, lengths)
    with torch.no_grad():
        latents = codec.dequantize(codec.tokenize(wave)) if codec.streams else codec.encode(wave)
        whole = codec.decode(latents)
        assert whole.shape[-1] >= wave.shape[-1]
        torch.testing.assert_close(codec.decode(latents, length=wave.shape[-1]), whole[..., : wave.shape[-1]])
        if codec.streams:
            codes = codec.tokenize(wave)
            streamed = torch.cat(list(codec.detokenize_stream(cut(codes, pieces))), -1)
        else:
            streamed = torch.cat(list(codec.decode_stream(cut(latents, pieces))), -1)
        torch.testing.assert_close(streamed, whole, atol=1e-8, rtol=1e-8)


def test_a_long_stream_needs_no_more_frames_at_a_time_than_a_short_one(
    codec: Codec, monkeypatch: pytest.MonkeyPatch
) -> None:
    most = []
    for seconds in (1.0, 2.0):
        frames: list[int] = []
        with monkeypatch.context() as patched, torch.no_grad():
            plain = codec.encode
            patched.setattr(
                codec, "encode", lambda wave, plain=plain, frames=frames: frames.append(wave.shape[-1]) or plain(wave)
            )
            wave = noise(codec, int(seconds * codec.sample_rate))
            list(codec.encode_stream(torch.split(wave, codec.sample_rate // 10, -1)))
        most.append(max(frames, default=0))
    assert most[0] == most[1]


def test_bitrates_and_streams_belong_together(codec: Codec) -> None:
    for streams in range(1, codec.streams + 1):
        assert codec.streams_for(codec.bitrate(streams)) == streams
        assert codec.streams_for(codec.bitrate(streams) + 0.5 * codec.bitrate(1)) == streams
    for wrong in (codec.bitrate() + 1.01 * codec.bitrate(1), 0.0, -1.0, float("nan")):
        with pytest.raises(ValueError, match="kbps"):
            codec.streams_for(wrong)


def test_an_empty_stream_is_refused(codec: Codec) -> None:
    with pytest.raises(ValueError):
        list(codec.encode_stream([]))
