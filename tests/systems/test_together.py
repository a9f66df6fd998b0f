"""Several requests as one batch: each sounds as it does alone, to the last bit; what has no common shape is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

from songloom.audio.clip import Audio
from songloom.layers.matrices import Precision
from songloom.systems.generators.loom import Loom
from songloom.systems.generators.musicgen import Musicgen
from songloom.systems.registry import preset, presets
from songloom.systems.request import Request
from songloom.systems.roles import Generator
from songloom.systems.together import handed_out, shape, together

WORDS: list[dict[str, Any]] = [
    {"prompt": "calm harp", "seed": 3},
    {"prompt": "furious techno with drums, 140 bpm", "seed": 4, "key": "F minor"},
    {"prompt": "", "seed": 3, "tempo": 75.0},
    {"prompt": "calm harp", "seed": 9, "drums": True, "negative_prompt": "noise"},
    {"prompt": "a long slow choir in a large church", "seed": 2**40},
]


def tiny(precision: Precision | None, name: str = "loom-tiny") -> Loom | Musicgen:
    """Held in a precision, or (None) as it is built."""
    torch.manual_seed(0)
    system = presets()[name].build()
    assert isinstance(system, Loom | Musicgen)
    with torch.no_grad():
        system.lm.heads.weight *= 20  # so that a code that differs is heard
    system.eval()
    if precision is not None:
        system.hold(precision)
    return system


def check_alone(system: Loom | Musicgen, requests: list[Request]) -> None:
    """Each of a batch has the samples that it has alone; the first has others than the rest."""
    made: list[list[torch.Tensor]] = [[] for _ in requests]
    for which, piece in together(system, requests):
        made[which].append(piece)
    for request, pieces in zip(requests, made, strict=True):
        alone = list(system.stream(request))
        assert torch.equal(torch.cat(pieces, -1), torch.cat(alone, -1))
    waves = [torch.cat(pieces, -1) for pieces in made]
    assert not any(torch.equal(waves[0], other) for other in waves[1:])


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
    if "guidance" in common:  # without it a negative prompt is refused
        words = [{**one, "negative_prompt": None} for one in words]
    requests = [Request(**({"seconds": 1.5} if "bars" not in common else {}) | common | one) for one in words]
    check_alone(system, requests)


@pytest.mark.parametrize("precision", [None, "float32", "bfloat16", "int8"])
@pytest.mark.parametrize("name", ["musicgen-tiny", "musicgen-melody-tiny"])
@pytest.mark.parametrize(
    "common",
    [
        {"seconds": 0.5},
        {"seconds": 0.5, "guidance": 1.0},
        {"seconds": 2.4},
        {"story": ((0.0, "slow"), (0.5, "a drum")), "seconds": 1.0},
    ],
    ids=["guided", "unguided", "beyond the context", "a story"],
)
def test_each_of_a_batch_of_musicgen_is_the_same_as_alone_whatever_its_words(
    precision: Precision | None, name: str, common: dict[str, Any]
) -> None:
    words = [
        {"prompt": "calm harp", "seed": 3},
        {"prompt": "a long slow choir in a large church", "seed": 2**40},
        {"prompt": "", "seed": 4},
        {"prompt": "calm harp", "seed": 9, "negative_prompt": "noise"},
    ]
    if common.get("guidance") == 1:
        words = [{**one, "negative_prompt": None} for one in words]
    check_alone(tiny(precision, name), [Request(**common, **one) for one in words])


@pytest.mark.parametrize("precision", ["float32", "int8"])
def test_candidates_that_go_on_from_audio_or_follow_a_melody_are_those_alone(precision: Precision) -> None:
    system = tiny(precision, "musicgen-melody-tiny")
    wave = Audio(0.5 * torch.sin(torch.arange(2000) / 8)[None], 8000)
    request = Request(prompt="harp", seconds=0.6, seed=3, continuation=wave, melody=wave)
    made = system.generate(replace(request, candidates=3))
    for seed, candidate in enumerate(made, 3):
        assert torch.equal(candidate[None], system.generate(replace(request, seed=seed)))


@pytest.mark.parametrize(("free", "sizes"), [(None, [4, 1]), (0, [1] * 5), (2 * 2.5, [3, 2]), (10**6, [4, 1])])
def test_candidates_are_as_many_at_once_as_there_is_memory(
    free: float | None, sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    system, request, seen = tiny(None, "musicgen-tiny"), Request(seconds=0.1, candidates=5), []
    each = system.piece_bytes(request)
    monkeypatch.setattr("songloom.systems.roles.free_memory", lambda: None if free is None else int(free * each))
    draw = system.draw
    system.draw = lambda *given: seen.append(len(given[1])) or draw(*given)  # type: ignore[method-assign]
    system.generate(request)
    assert seen == sizes


def test_a_piece_of_musicgen_counts_the_keys_and_values_of_its_window() -> None:
    system = tiny(None, "musicgen-tiny")
    rate, config = system.codec.frame_rate, system.config
    short, long, longer = (system.piece_bytes(Request(seconds=seconds)) for seconds in (1.0, 2.0, 50.0))
    frames = round(2.0 * rate) - round(1.0 * rate)
    assert long - short == 2 * 2 * 4 * frames * config.depth * config.width
    assert longer == long


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
    assert order[:3] == [0, 1, 2] and min(map(order.count, range(3))) > 1


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
    assert isinstance(system, Generator)
    with pytest.raises(ValueError, match="tango makes one piece at a time"):
        Generator.several(system, [Request(seconds=1.0)] * 2, [0, 1])  # what a kind has that does not say otherwise


def test_streams_of_rounds_may_be_read_at_any_pace() -> None:
    rounds = [[torch.tensor(10 * number + place) for place in range(2)] for number in range(3)]
    first, second = handed_out(rounds, 2)
    assert [int(next(first)), int(next(first)), int(next(second))] == [0, 10, 1]
    assert [int(one) for one in second] == [11, 21] and [int(one) for one in first] == [20]
