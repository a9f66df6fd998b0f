"""Prompts find their files by name, id or number, and files without prompts speak for themselves."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench_toys import tone, write

from songloom.data.prompt_sets import PromptRow
from songloom.metrics.bench.asked import Asked, chords_of, of_recipes, paired, wanted_of
from songloom.metrics.bench.listening import Sound, listen_to_all
from songloom.metrics.bench.store import Store
from songloom.systems.request import Request


@pytest.fixture
def sounds(tmp_path: Path) -> list[Sound]:
    names = ["0001-calm-harp.wav", "0012-x.wav", "sub/-0Gj8-vB1q4.wav", "chosen.wav", "00123.wav"]
    return listen_to_all(write(tmp_path, {name: tone(60, 0.2) for name in names}), Store(None))[0]


def test_a_prompt_finds_its_file(sounds: list[Sound]) -> None:
    prompts = [
        Asked(1, "", ("calm harp",)),
        Asked(12, "", ("x",)),
        Asked(3, "-0Gj8-vB1q4", ("by id",)),
        Asked(4, "", ("by file",), file="chosen.wav"),
        Asked(2, "", ("nowhere",)),
        Asked(1, "other", ("an id is no number",)),
        Asked(123, "", ("a longer number",)),
    ]
    found, missing = paired(prompts, sounds)
    assert {name: one.texts[0] for name, one in found.items()} == {
        "0001-calm-harp": "calm harp",
        "0012-x": "x",
        "sub/-0Gj8-vB1q4": "by id",
        "chosen": "by file",
        "00123": "a longer number",
    }
    assert [one.texts[0] for one in missing] == ["nowhere", "an id is no number"]


def test_a_request_wants_what_its_fields_and_words_name() -> None:
    wanted = wanted_of(Request(prompt="slow waltz in F# minor with drums, 90 bpm", tempo=100, dynamics=None))
    assert (wanted.tempo, wanted.key, wanted.drums, dict(wanted.curves)) == (100, "F# minor", True, {})
    nothing = wanted_of(Request(prompt="a song"))
    assert (nothing.tempo, nothing.key, nothing.drums) == (None, None, None)


def test_of_a_story_only_what_holds_throughout_is_wanted() -> None:
    story = Request(story=((0, "piano, 90 bpm"), (4, "drums, 90 bpm in A minor")), key="C")
    wanted = wanted_of(story)
    assert (wanted.tempo, wanted.key, wanted.drums) == (90, "C major", None)


def test_files_without_a_list_are_asked_what_their_recipes_say(tmp_path: Path) -> None:
    write(tmp_path / "a", {"a.wav": tone(60, 0.2)}, {"request": {"prompt": "harp", "tempo": 90, "melody": {"x": 1}}})
    write(tmp_path / "a", {"b.wav": tone(60, 0.2)}, {"request": {"prompt": 7}})
    write(tmp_path / "a", {"c.wav": tone(60, 0.2)})
    found = of_recipes(listen_to_all(tmp_path / "a", Store(None))[0])
    assert list(found) == ["a"]
    assert (found["a"].texts, found["a"].wanted.tempo) == (("harp",), 90)


def test_chords_are_taken_out_of_a_row_and_checked() -> None:
    chords, rest = chords_of(PromptRow(1, ("x",), fields={"chords": [[0, 2, "Am7"]], "tempo": 90}))
    assert chords == [(0.0, 2.0, "Am7")]
    assert dict(rest.fields) == {"tempo": 90}
    for bad in ("Am", [[0, 2]], [[2, 1, "Am"]], [[0, 2, "H"]], [["a", 2, "C"]]):
        with pytest.raises(ValueError, match="chord"):
            chords_of(PromptRow(1, ("x",), fields={"chords": bad}))
