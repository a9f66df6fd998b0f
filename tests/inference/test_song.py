"""From a call to audio: the call takes what a request takes, candidates are ranked, and cancelling leaves nothing."""

from __future__ import annotations

import dataclasses
import inspect
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from songloom import checkpoint
from songloom.audio.clip import Audio
from songloom.inference import call, song
from songloom.systems import registry
from songloom.systems.request import Request


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A checkpoint of the tiny generator at random weights."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("model") / "tiny"
    checkpoint.save(registry.presets()["loom-tiny"].build(), folder)
    return str(folder)


def test_the_call_takes_every_field_of_a_request_with_its_default() -> None:
    taken = inspect.signature(call.generate).parameters
    for field in dataclasses.fields(Request):
        expected = None if field.name == "candidates" else field.default  # as many as the model usually tries
        assert taken[field.name].default == expected, field.name


def test_the_call_warns_of_a_prompt_that_is_not_read_whole(model: str) -> None:
    with pytest.warns(UserWarning) as said:
        call.generate("harp " * 20, negative_prompt="drums " * 30, model=model, seconds=0.2, guidance=2.0)
    assert [str(one.message) for one in said if one.filename == __file__] == [
        "prompt: of 22 tokens loom reads the first 16",
        "negative prompt: of 32 tokens loom reads the first 16",
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        call.generate("harp " * 14, model=model, seconds=0.2)


def test_the_call_hands_every_field_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Request] = []

    def make(model: object, request: Request, **_: object) -> list[Audio]:
        seen.append(request)
        return [Audio(torch.zeros(1, 100), 100)]

    monkeypatch.setattr(call, "make", make)
    monkeypatch.setattr(call, "notes", lambda *_: [])
    monkeypatch.setattr(call, "open_model", lambda *_: SimpleNamespace(system=SimpleNamespace(usual_candidates=1)))
    audio = Audio(torch.ones(1, 200), 100)
    wish = Request(
        prompt="harp",
        negative_prompt="noise",
        story=((0.0, "a"), (3.0, "b")),
        seconds=8.0,
        bars=4,
        seed=3,
        guidance=2.0,
        steps=7,
        temperature=0.5,
        top_k=9,
        top_p=0.9,
        tempo=120.0,
        key="A minor",
        drums=True,
        candidates=2,
        init=audio,
        init_strength=0.4,
        inpaint=((0.5, 1.0),),
        melody=audio,
        dynamics=audio,
        rhythm=audio,
    )
    fields = {field.name: getattr(wish, field.name) for field in dataclasses.fields(wish)}
    call.generate(**fields)
    call.generate("harp", loop=True)
    call.generate("harp", continuation=audio)
    assert seen[0] == wish and seen[1].loop and seen[2].continuation is audio
    given = {
        name for one in (wish, *seen[1:]) for name, value in vars(one).items() if value != getattr(Request(), name)
    }
    assert given == {field.name for field in dataclasses.fields(Request)}


def test_of_candidates_the_best_is_given_and_is_the_same_alone(model: str) -> None:
    def scorer(audio: Audio, request: Request) -> float:
        return float(audio.recipe["request"]["seed"] == 6)

    best = call.generate("harp", model=model, seconds=0.3, seed=5, candidates=3, scorer=scorer)
    alone = call.generate("harp", model=model, seconds=0.3, seed=6)
    assert torch.equal(best.wave, alone.wave)


def test_progress_is_told_and_may_cancel(model: str) -> None:
    heard: list[float] = []
    call.generate("harp", model=model, seconds=1.0, progress=heard.append)
    assert heard == sorted(heard) and heard[-1] == 1.0

    class Stop(Exception):
        pass

    def cancel(done: float) -> None:
        raise Stop

    with pytest.raises(Stop):
        call.generate("harp", model=model, seconds=1.0, progress=cancel)


def test_a_loop_keeps_its_edges_and_other_pieces_are_faded(model: str) -> None:
    system = song.open_model(model).system
    for fade in (True, False):
        wave = torch.ones(1, 1000) * torch.tensor([1.0, -1.0]).repeat(500)
        made = song.finish(wave, system.sample_rate, -16.0, fade=fade)
        assert (float(made[0, 0]) == 0.0) is fade


def test_a_story_a_loop_and_bars_survive_their_recipe(model: str, tmp_path: Path) -> None:
    made = call.generate(story=[(0, "harp"), (0.5, "drums")], model=model, bars=1, tempo=200.0, loop=True, key="Am")
    loaded = Audio.load(made.save(tmp_path / "a.wav"))
    assert loaded.wave.shape[-1] == round(1.2 * made.sample_rate)
    again = song.replay(dict(loaded.recipe))
    assert torch.equal(again.wave, made.wave)


def test_a_recipe_remembers_the_precision_that_was_asked_for_and_replays_in_it(model: str) -> None:
    request = Request(prompt="harp", seconds=0.4)
    exact, bytes = (song.make(song.open_model(model, precision=name), request)[0] for name in ("float32", "int8"))
    assert bytes.recipe["precision"] == "int8" and not torch.equal(exact.wave, bytes.wave)
    assert torch.equal(song.replay(dict(bytes.recipe)).wave, bytes.wave)
    assert "precision" not in song.make(song.open_model(model), request)[0].recipe
    with pytest.raises(ValueError, match="precision 'int2'"):
        song.replay({**exact.recipe, "precision": "int2"})


def test_a_system_without_a_choice_says_what_it_has(tmp_path: Path) -> None:
    checkpoint.save(registry.presets()["tango-tiny"].build(), tmp_path / "tango")
    with pytest.raises(ValueError, match="tango works in float32, bfloat16, not in int8"):
        song.open_model(str(tmp_path / "tango"), precision="int8")
