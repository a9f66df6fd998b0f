"""What nobody says is decided once: how many candidates are made, and what ranks them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import songloom
from songloom.audio.clip import Audio
from songloom.inference.candidates import agreement
from songloom.inference.embedding import open_space
from songloom.inference.ranking import TRIED_SECONDS, Closeness, ranked, tried, usual_scorer
from songloom.inference.song import open_model
from songloom.inference.text_similarity import TextSimilarity
from songloom.systems.generators.flow import Flow
from songloom.systems.request import Request

RATE = 16_000


def beats(tempo: float, pitch: float) -> Audio:
    """Eight seconds of decaying tones on the beats."""
    time = torch.arange(8 * RATE) / RATE
    tone = torch.sin(2 * torch.pi * pitch * time) * torch.exp(-12 * (time * tempo / 60 % 1))
    return Audio(0.5 * tone[None], RATE, {"pitch": pitch})


def test_closeness_is_what_is_measured_and_what_is_heard_together() -> None:
    similarity = TextSimilarity(open_space())
    audio, request = beats(120, 220.0), Request(prompt="piano, 120 bpm")
    assert Closeness(similarity)(audio, request) == pytest.approx(
        agreement(audio, request) + similarity(audio, request)
    )


def test_the_usual_score_is_closeness_under_the_embedded_embedder_and_recipes_say_so() -> None:
    first, second = ranked([beats(90, 220.0), beats(120, 220.0)], Request(prompt="120 bpm"))
    assert usual_scorer() is usual_scorer()
    told = first.recipe["ranked"]
    assert (told["by"], told["model"], told["of"]) == ("both", "shuttle", 2)
    assert told["score"] > second.recipe["ranked"]["score"] + 0.5


def test_a_straightened_flow_tries_three_times_up_to_a_minute_and_others_once() -> None:
    flow, loom = open_model("flow").system, open_model("loom").system
    short, long = Request(seconds=TRIED_SECONDS), Request(seconds=TRIED_SECONDS + 1)
    assert tried(flow, short).candidates == 3 and tried(flow, long).candidates == 1
    assert tried(loom, short).candidates == 1
    assert tried(flow, short, 1).candidates == 1 and tried(loom, long, 5).candidates == 5
    assert Flow.presets()["flow-tiny"].build().usual_candidates == 1


def test_one_call_keeps_the_best_of_what_the_model_tries(tmp_path: Path) -> None:
    best = songloom.generate("house in A minor, 124 bpm", model="flow", seconds=4, seed=3)
    ranks = best.recipe["ranked"]
    assert ranks["of"] == 3 and best.recipe["request"]["seed"] in (3, 4, 5)
    alone = songloom.generate(
        "house in A minor, 124 bpm", model="flow", seconds=4, seed=best.recipe["request"]["seed"], candidates=1
    )
    assert "ranked" not in alone.recipe and torch.equal(alone.wave, best.wave)
