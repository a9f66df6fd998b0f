"""Requests that are denoised as one batch: each sounds as it does alone, to the last bit, whoever else is in it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from threading import get_ident
from typing import Any

import pytest
import torch

from songloom.audio.clip import Audio
from songloom.conditioning.curves import Curve
from songloom.layers.dit import Dit, Given
from songloom.layers.matrices import Precision
from songloom.layers.side_by_side import in_turn, on_threads
from songloom.layers.unet import Unet
from songloom.systems import latent_generator, registry
from songloom.systems.generators.music_controlnet import MusicControlNet
from songloom.systems.latent_generator import LatentGenerator
from songloom.systems.request import Request
from songloom.systems.together import together

WORDS: dict[str, list[dict[str, Any]]] = {
    "flow": [
        {"prompt": "calm harp", "seed": 3},
        {"prompt": "furious techno with drums, 140 bpm", "seed": 4, "key": "F minor"},
        {"prompt": "", "seed": 5, "tempo": 75.0},
        {"prompt": "calm harp", "seed": 9, "negative_prompt": "noise"},
    ],
    "stable-audio": [
        {"prompt": "calm harp", "seed": 3},
        {"prompt": "", "seed": 4},
        {"prompt": "a long slow choir in a large church", "seed": 2**40, "negative_prompt": "noise"},
    ],
}
MEL = ("audioldm2", "musicldm", "tango")
WORDS |= {
    kind: [
        {"prompt": "calm harp", "seed": 3},
        {"prompt": "a long slow choir in a large church", "seed": 4, "negative_prompt": "noise"},
        {"prompt": "", "seed": 5},
    ]
    for kind in MEL
}
COMMON: dict[str, dict[str, Any]] = {
    "guided": {},
    "unguided": {"guidance": 1.0},
    "beyond the window": {"seconds": 2.5},
    "a story": {"story": ((0.0, "slow"), (0.4, "drums"))},
    "a loop": {"seconds": 0.5, "loop": True, "prompt": "slow strings", "tempo": None},
}
"""Seconds are windows."""
WINDOW = 64


def asked(system: LatentGenerator, fields: dict[str, Any]) -> Request:
    window = WINDOW / system.codec.frame_rate
    timed = {"seconds": 0.8, "steps": 3} | fields
    if timed.get("guidance") == 1:  # without guidance a negative prompt is refused
        timed["negative_prompt"] = None
    story = tuple((start * window, words) for start, words in timed.get("story", ()))
    return Request(**(timed | {"seconds": timed["seconds"] * window, "story": story}))


def tiny(kind: str, precision: Precision = "float32") -> LatentGenerator:
    """With weights everywhere, of which some begin as 0."""
    torch.manual_seed(0)
    system = dataclasses.replace(registry.presets()[f"{kind}-tiny"], window=WINDOW).build()  # type: ignore[call-arg]
    assert isinstance(system, LatentGenerator)
    stirred(system)
    system.eval().hold(precision)
    return system


def stirred(system: torch.nn.Module) -> None:
    """All that denoises, moved a little."""
    with torch.no_grad():
        for network in system.modules():
            if isinstance(network, Dit | Unet):
                for weight in network.parameters():
                    weight += 0.05 * torch.randn_like(weight)


def alone(system: LatentGenerator, request: Request) -> torch.Tensor:
    return torch.cat(list(system.stream(request)), -1)


CASES = [
    (kind, precision, name)
    for kind, precision in (("flow", "float32"), ("flow", "int8"), *((kind, "float32") for kind in list(WORDS)[1:]))
    for name in COMMON
    if name != "a loop" or kind not in MEL
]


@pytest.mark.parametrize(("kind", "precision", "common"), CASES)
def test_each_of_a_batch_is_the_same_as_alone(kind: str, precision: Precision, common: str) -> None:
    system = tiny(kind, precision)
    requests = [asked(system, one | COMMON[common]) for one in WORDS[kind]]
    made: list[list[torch.Tensor]] = [[] for _ in requests]
    for which, piece in together(system, requests):
        made[which].append(piece)
    waves = [torch.cat(pieces, -1) for pieces in made]
    assert all(torch.equal(wave, alone(system, one)) for wave, one in zip(waves, requests, strict=True))
    assert not any(torch.equal(waves[0], other) for other in waves[1:])


@pytest.mark.parametrize("common", COMMON)
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_candidates_that_are_decoded_side_by_side_are_the_same_as_alone(
    common: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = tiny("flow")
    request = asked(system, {"prompt": "calm harp", "seed": 3} | COMMON[common])
    told: list[tuple[float, int]] = []

    def widely(streams: list[Iterator[torch.Tensor]]) -> list[list[torch.Tensor]]:
        with on_threads(threads):
            return in_turn(streams)

    monkeypatch.setattr(latent_generator, "in_turn", widely)
    made = system.generate(
        dataclasses.replace(request, candidates=3), progress=lambda done: told.append((done, get_ident()))
    )
    for seed, wave in enumerate(made, 3):
        assert torch.equal(wave[None], alone(system, dataclasses.replace(request, seed=seed)))
    assert told[-1][0] == 1 and [done for done, _ in told] == sorted(done for done, _ in told)
    assert {thread for _, thread in told} == {get_ident()}  # whoever is told may not bear other threads


@pytest.mark.parametrize("kind", WORDS)
def test_candidates_are_a_batch_also_of_what_begins_with_a_sound(kind: str) -> None:
    system, passes = tiny(kind), list[int]()
    network = next(part for part in system.modules() if isinstance(part, Dit | Unet))
    network.register_forward_pre_hook(lambda _, given: passes.append(len(given[0])))
    length = WINDOW // 4 * system.codec.hop_length
    sound = Audio(torch.rand(system.channels, length) - 0.5, system.sample_rate)
    for begun in ({}, {"init": sound}, {"continuation": sound}):
        request = asked(system, {"prompt": "calm harp", "seed": 5, "guidance": 2.0, **begun})
        passes.clear()
        made = system.generate(dataclasses.replace(request, candidates=3))
        assert set(passes) == {6}
        for place in range(3):
            assert torch.equal(made[place : place + 1], alone(system, dataclasses.replace(request, seed=5 + place)))


@pytest.mark.parametrize("base", ["", "-stable-audio", "-musicldm"])
@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_candidates_under_curves_are_a_batch_and_so_are_requests_without_any(base: str, guidance: float) -> None:
    torch.manual_seed(0)
    system = registry.presets()[f"music-controlnet{base}-tiny"].build()
    assert isinstance(system, MusicControlNet)
    stirred(system)
    for layer in (*system.control.out, system.control.curves.leave):
        torch.nn.init.normal_(layer.weight, std=0.1)  # type: ignore[arg-type]
    system.eval().hold()
    common: dict[str, Any] = {"seconds": 0.6, "steps": 2, "guidance": guidance}
    under = Request(prompt="calm harp", seed=7, melody=Curve.drawn("melody", lambda _: "A", seconds=0.6), **common)
    made = system.generate(dataclasses.replace(under, candidates=3))
    assert all(
        torch.equal(one[None], alone(system, dataclasses.replace(under, seed=7 + k))) for k, one in enumerate(made)
    )
    assert not torch.equal(made[:1], alone(system, dataclasses.replace(under, melody=None)))
    free = [Request(prompt="calm harp", seed=7, **common), Request(prompt="loud metal", seed=9, **common)]
    found: list[list[torch.Tensor]] = [[], []]
    for which, piece in together(system, free):
        found[which].append(piece)
    assert all(torch.equal(torch.cat(made, -1), alone(system, one)) for made, one in zip(found, free, strict=True))


def test_conditions_that_were_left_out_of_some_parts_are_nothing() -> None:
    """Keys and values of rows: what is wanted of both pieces comes first, then what guidance moves them away from."""
    rows = torch.arange(1.0, 5.0).view(4, 1, 1, 1)
    vectors = torch.arange(4.0)[:, None]
    parts = (Given(((rows[:2], -rows[:2]),), vectors[:2]), Given(((rows[2:3], -rows[2:3]),), vectors[2:]))
    found = Dit.together(parts)
    keys, values = found.cross[0]
    assert keys.flatten().tolist() == [1, 3, 2, 0] and values.flatten().tolist() == [-1, -3, -2, 0]
    assert found.vector is not None and found.vector.flatten().tolist() == [0, 2, 1, 3]
    assert found.prefix is None and found.aligned is None
