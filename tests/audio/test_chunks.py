"""Spans tile their frames and carry their context; networks over a stream give what the whole gives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from songloom.audio.chunks import Reach, exactly, regrouped, spans, windowed


@pytest.mark.parametrize(("frames", "size", "context"), [(1, 4, 2), (8, 4, 0), (9, 4, 3), (100, 7, 20)])
def test_spans_tile_the_frames_and_read_their_context(frames: int, size: int, context: int) -> None:
    seen: list[int] = []
    for span in spans(frames, size=size, context=context):
        read = list(range(span.first, span.last))
        assert read[span.wanted] == list(range(span.start, span.stop))
        assert span.first == max(0, span.start - context)
        assert span.last == min(frames, span.stop + context)
        seen += read[span.wanted]
    assert seen == list(range(frames))


def test_a_size_of_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="size 0"):
        list(spans(5, size=0, context=1))


def cut(whole: Tensor, lengths: list[int]) -> Iterator[Tensor]:
    """The whole in pieces of these lengths, again and again."""
    position = turn = 0
    while position < whole.shape[-1]:
        yield whole[..., position : position + lengths[turn % len(lengths)]]
        position += lengths[turn % len(lengths)]
        turn += 1


def noise(samples: int) -> Tensor:
    return torch.randn(1, 1, samples, dtype=torch.float64, generator=torch.Generator().manual_seed(samples))


lengths = st.lists(st.integers(0, 40), min_size=1, max_size=6).filter(any)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 120), lengths, st.integers(1, 9))
def test_a_convolution_over_a_stream_is_that_of_the_whole(samples: int, pieces: list[int], size: int) -> None:
    kernel = noise(7)

    def smooth(wave: Tensor) -> Tensor:
        return functional.conv1d(wave, kernel, padding=3)

    wave = noise(samples)
    made = torch.cat(list(windowed(cut(wave, pieces), smooth, Reach(3, 3), size=size)), -1)
    torch.testing.assert_close(made, smooth(wave))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 120), lengths, st.integers(1, 9))
def test_frames_of_a_stream_are_those_of_the_whole(samples: int, pieces: list[int], size: int) -> None:
    kernel = noise(10)

    def frames(wave: Tensor) -> Tensor:  # of five samples each, mirrored in front
        padded = functional.pad(wave, (0, max(0, 6 - wave.shape[-1])))
        padded = functional.pad(padded, (5, 0), mode="reflect")[..., : 5 + wave.shape[-1]]
        return functional.conv1d(functional.pad(padded, (0, -wave.shape[-1] % 5)), kernel, stride=5)

    wave = noise(samples)
    made = list(windowed(cut(wave, pieces), frames, Reach(1, 0, lead=1), taken=5, size=size))
    assert max(piece.shape[-1] for piece in made) <= size
    torch.testing.assert_close(torch.cat(made, -1), frames(wave))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 60), lengths, st.integers(1, 9))
def test_samples_of_streamed_frames_are_those_of_the_whole(frames: int, pieces: list[int], size: int) -> None:
    kernel = noise(8)

    def samples(latents: Tensor) -> Tensor:  # four of each frame; two of them touch the frames beside it
        return functional.conv_transpose1d(latents, kernel, stride=4, padding=2)

    latents = noise(frames)
    made = torch.cat(list(windowed(cut(latents, pieces), samples, Reach(1, 1), given=4, size=size)), -1)
    torch.testing.assert_close(made, samples(latents))


def test_a_frame_is_given_as_soon_as_what_it_depends_on_has_come() -> None:
    taken = 0

    def counted() -> Iterator[Tensor]:
        nonlocal taken
        for _ in range(8):
            taken += 1
            yield noise(10)

    given_at = [taken for _ in windowed(counted(), lambda wave: wave[..., ::10], Reach(2, 1, lead=3), taken=10)]
    assert given_at == [4, 5, 6, 7, 8, 8]


def test_an_empty_stream_is_refused() -> None:
    for pieces in ([], [noise(5)[..., :0]]):
        with pytest.raises(ValueError, match="before anything came"):
            list(windowed(pieces, torch.clone, Reach(1, 1)))


def test_a_network_cannot_see_less_than_nothing() -> None:
    with pytest.raises(ValueError, match="before -1"):
        Reach(-1, 0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 80), lengths, st.integers(1, 20))
def test_regrouped_pieces_have_one_size(samples: int, pieces: list[int], size: int) -> None:
    wave = noise(samples)
    made = list(regrouped(cut(wave, pieces), size))
    assert [piece.shape[-1] for piece in made[:-1]] == [size] * max(0, -(-samples // size) - 1)
    assert torch.equal(torch.cat([wave[..., :0], *made], -1), wave)


@pytest.mark.parametrize("sizes", [[3, 0, 4], [7], [5], [2, 2], [9, 1], [0, 0]])
def test_pieces_of_any_length_become_exactly_as_many_positions(sizes: list[int]) -> None:
    pieces = [torch.full((1, 2, size), float(index + 1)) for index, size in enumerate(sizes)]
    whole = torch.nn.functional.pad(torch.cat(pieces, -1), (0, 7))[..., :7]
    found = list(exactly(iter(pieces), 7))
    assert torch.equal(torch.cat(found, -1), whole)
    assert all(piece.shape[-1] for piece in found)


def test_nothing_more_is_taken_once_there_is_enough() -> None:
    def endless() -> Iterator[Tensor]:
        while True:
            yield torch.ones(1, 4)

    assert sum(piece.shape[-1] for piece in exactly(endless(), 10)) == 10
