"""Spans tile their frames and carry their context."""

import pytest

from songloom.audio.chunks import spans


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
