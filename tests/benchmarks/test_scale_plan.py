"""The plan on paper counts what training has: weights by building, traffic as a ring sends it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
import torch

from songloom.systems import registry
from songloom.training.optimisation import trained_parameters

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def plan() -> object:
    sys.path.insert(0, str(FOLDER))
    spec = importlib.util.spec_from_file_location("scale_plan", FOLDER / "scale_plan.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["scale_plan"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["musicgen-tiny", "stable-audio-tiny"])
def test_weights_are_those_that_learn_and_those_of_frozen_parts(plan: object, name: str) -> None:
    found = plan.size_of(name)  # type: ignore[attr-defined]
    system = registry.presets()[name].build()
    learning = sum(one.numel() for one in trained_parameters(system).values())
    assert found.trained == learning
    assert found.trained + found.frozen == sum(one.numel() for one in system.parameters())
    copies = 5 if found.recipe.ema else 4
    assert found.states(1) == 4 * ((copies + 1) * found.trained + found.frozen)
    assert found.states(2) - found.states(4) == pytest.approx(copies * found.trained)


@pytest.mark.parametrize("ranks", [2, 3, 8])
def test_a_rank_sends_what_a_ring_sends(plan: object, ranks: int) -> None:
    found = plan.size_of("musicgen-tiny")  # type: ignore[attr-defined]
    part = 4 * found.trained / ranks
    rounds = ranks - 1  # of a ring, to scatter sums or to gather parts
    assert found.sent(ranks, sharded=False) == pytest.approx(2 * rounds * part)
    assert found.sent(ranks, sharded=True) == pytest.approx(3 * rounds * part)


def test_twice_the_sound_is_twice_the_work_of_a_codec(plan: object) -> None:
    with torch.device("meta"):
        codec = registry.presets()["encodec-tiny"].build()
    once, twice = (plan.codec_work(codec, samples) for samples in (16_000, 32_000))  # type: ignore[attr-defined]
    assert twice[0] == pytest.approx(2 * once[0], rel=0.05) and twice[1] == pytest.approx(2 * once[1], rel=0.05)
