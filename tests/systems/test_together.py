"""Several requests as one batch: each sounds as it does alone, to the last bit; what has no common shape is refused."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from songloom.audio.clip import Audio
from songloom.layers.matrices import Precision
from songloom.systems.generators.loom import Loom
from songloom.systems.registry import preset
from songloom.systems.request import Request
from songloom.systems.together import handed_out, shape, together

WORDS: list[dict[str, Any]] = [
    {"prompt": "calm harp", "seed": 3},
    {"prompt": "furious techno with drums, 140 bpm", "seed": 4, "key": "F minor"},
    {"prompt": "", "seed": 3, "tempo": 75.0},
    {"prompt": "calm harp", "seed": 9, "drums": True, "negative_prompt": "noise"},
    {"prompt": "a long slow choir in a large church", "seed": 2**40},
]


def tiny(precision: Precision) -> Loom:
    torch.manual_seed(0)
    system = Loom.presets()["loom-tiny"].build()
    assert isinstance(system, Loom)
    with torch.no_grad():
        system.lm.heads.weight *= 20  # so that a code that differs is heard
    system.eval().hold(precision)
    return system


@pytest.mark.parametrize("precision", ["int8", "float32", "bfloat16"])
@pytest.mark.parametrize(
    "common",
    [
        {},
        {"guidance": 1.0},
        {"seconds": 4.5},
        {"story": ((0.0, "slow"), (1.0, "drums")), "seconds": 2.0},
        {"loop": True, "bars": 1},
    ],
    ids=["guided", "unguided", "beyond the context", "a story", "a loop"],
)
def test_each_of_a_batch_is_the_same_as_alone(precision: Precision, common: dict[str, Any]) -> None:
    system = tiny(precision)
    words = [{**one, "tempo": 140.0} for one in WORDS] if "bars" in common else WORDS
    requests = [Request(**({"seconds": 1.5} if "bars" not in common else {}) | common | one) for one in words]
    made: list[list[torch.Tensor]] = [[] for _ in requests]
    for which, piece in together(system, requests):
        made[which].append(piece)
    for request, pieces in zip(requests, made, strict=True):
        alone = list(system.stream(request))
        assert torch.equal(torch.cat(pieces, -1), torch.cat(alone, -1))
    waves = [torch.cat(pieces, -1) for pieces in made]
    assert not any(torch.equal(waves[0], other) for other in waves[1:])


def test_progress_is_that_of_the_batch_and_may_end_it() -> None:
    told: list[float] = []

    def stop(done: float) -> None:
        told.append(done)
        if done > 0.5:
            raise KeyError

    with pytest.raises(KeyError):
        list(together(tiny("int8"), [Request(seconds=4.0, **one) for one in WORDS[:2]], progress=stop))
    assert told == sorted(told) and len(told) > 2


def test_all_are_heard_while_they_are_made() -> None:
    order = [which for which, _ in together(tiny("int8"), [Request(seconds=4.0, **one) for one in WORDS[:3]])]
    assert order[:3] == [0, 1, 2] and order.count(0) == order.count(1) == order.count(2) > 1


def test_requests_of_one_shape_differ_in_words_and_seeds_alone() -> None:
    same = {shape(Request(seconds=3.0, **one)) for one in WORDS}
    assert len(same) == 1
    others = [
        Request(seconds=3.5),
        Request(seconds=3.0, guidance=2.0),
        Request(seconds=3.0, steps=9),
        Request(seconds=3.0, temperature=0.5),
        Request(seconds=3.0, top_k=7),
        Request(seconds=3.0, top_p=0.5),
        Request(seconds=3.0, loop=True),
        Request(seconds=3.0, story=((1.0, "drums"),), prompt="x"),
    ]
    assert len(same | {shape(one) for one in others}) == 1 + len(others)
    assert shape(Request(seconds=3.0, continuation=Audio(torch.zeros(1, 100), 8000))) is None


@pytest.mark.parametrize(
    "requests",
    [
        [Request(seconds=1.0), Request(seconds=2.0)],
        [Request(seconds=1.0, candidates=2)] * 2,
        [],
    ],
)
def test_what_is_no_batch_is_refused(requests: list[Request]) -> None:
    with pytest.raises(ValueError, match="are no batch"):
        list(together(tiny("int8"), requests))


def test_a_system_that_makes_one_at_a_time_says_so() -> None:
    system = preset("tango-tiny")[1].build()
    with pytest.raises(ValueError, match="tango makes one piece at a time"):
        list(together(system, [Request(seconds=1.0)] * 2))  # type: ignore[arg-type]


def test_streams_of_rounds_may_be_read_at_any_pace() -> None:
    rounds = [[torch.tensor(10 * number + place) for place in range(2)] for number in range(3)]
    first, second = handed_out(rounds, 2)
    assert [int(next(first)), int(next(first)), int(next(second))] == [0, 10, 1]
    assert [int(one) for one in second] == [11, 21] and [int(one) for one in first] == [20]
