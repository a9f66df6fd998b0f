"""Where nobody names a model, one is taken that takes what is asked."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from songloom.audio.clip import Audio
from songloom.conditioning.curves import Curve
from songloom.systems import registry
from songloom.systems.request import Request
from songloom.systems.usual import DEFAULT_MODEL, SECOND_MODEL, WINDOW_SECONDS, model_for

SOUND = Audio(0.5 * torch.sin(0.3 * torch.arange(8000))[None], 8000)
ASKED: list[dict[str, Any]] = [
    {},
    {"tempo": 90.0, "key": "Am", "drums": False},
    {"guidance": 3.0},
    {"negative_prompt": "drums"},
    {"temperature": 0.9},
    {"top_k": 50},
    {"top_p": 0.9},
    {"steps": 4},
    {"init": SOUND, "init_strength": 0.5},
    {"init": SOUND, "inpaint": ((0.2, 0.5),)},
    {"continuation": SOUND},
    {"melody": SOUND},
    {"dynamics": Curve.drawn("dynamics", lambda second: -20.0 - second, seconds=10.0)},
    {"rhythm": SOUND},
    {"story": ((0.0, "harp"), (5.0, "drums"))},
    {"loop": True, "bars": 4, "tempo": 120.0},
    {"seconds": 300.0},
]


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: "-".join(asked) or "nothing")
def test_the_usual_model_takes_whatever_may_be_asked(asked: dict[str, Any]) -> None:
    request = Request(prompt="harp", **asked)
    system: Any = registry.load(model_for([request]))
    system.check(request)


def test_the_better_one_is_usual_and_the_second_makes_what_it_cannot() -> None:
    assert model_for([Request(prompt="harp")]) == DEFAULT_MODEL
    assert model_for([Request(prompt="harp", guidance=3.0)]) == SECOND_MODEL
    assert model_for([Request(seconds=WINDOW_SECONDS)]) == DEFAULT_MODEL
    assert model_for([Request(seconds=WINDOW_SECONDS + 1)]) == SECOND_MODEL


def test_one_model_makes_all_lines_of_a_file() -> None:
    plain, guided, tune = Request(prompt="a"), Request(prompt="b", guidance=2.0), Request(prompt="c", melody=SOUND)
    assert model_for([plain, guided]) == SECOND_MODEL
    assert model_for([plain, tune]) == model_for([guided, tune]) == DEFAULT_MODEL
    with pytest.raises(ValueError, match="guidance"):
        registry.load(DEFAULT_MODEL).check(guided)  # type: ignore[attr-defined]
