"""Folders and prompts become a test's material, or one line that says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_designs import folders

from songloom.metrics.listening.material import gather, read_prompts


def test_clips_are_found_by_line_number_or_by_id(tmp_path: Path) -> None:
    prompts, (a, b) = folders(tmp_path, ["a", "b"])
    prompts.write_text('{"prompt": "one"}\n\n{"prompt": "two  words", "id": "second"}\n', encoding="utf-8")
    (a / "0002-tone.wav").rename(a / "0003-tone.wav")
    (b / "0002-tone.wav").rename(b / "second.wav")
    material = gather(prompts, [a, b])
    assert [(p.id, p.text) for p in material.prompts] == [("0001", "one"), ("second", "two words")]
    assert material.systems["a"] == {"0001": a / "0001-tone.wav", "second": a / "0003-tone.wav"}
    assert material.systems["b"]["second"] == b / "second.wav"


def test_a_prompt_without_a_clip_is_named(tmp_path: Path) -> None:
    prompts, (a, b) = folders(tmp_path, ["a", "b"])
    (b / "0002-tone.wav").unlink()
    with pytest.raises(ValueError, match=r"b has no clip for 1 of 2 prompts \(0002\)"):
        gather(prompts, [a, b])


def test_two_clips_of_a_prompt_are_refused(tmp_path: Path) -> None:
    prompts, (a,) = folders(tmp_path, ["a"])
    (a / "0001-tone-2.wav").write_bytes((a / "0001-tone.wav").read_bytes())
    with pytest.raises(ValueError, match="both clips of prompt '0001'"):
        gather(prompts, [a])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no prompt"),
        ("[1]", "line 1: a line is a JSON object"),
        ('{"prompt": "a"}\n{"prompt": " "}', "line 2: raters can be shown 1 to 2000 letters"),
        ("{\n{", r"line 1: .* \(and 1 more\)"),
        ('{"prompt": "' + "x" * 3000 + '"}', "1 to 2000 letters"),
    ],
)
def test_a_file_of_prompts_that_is_none_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "prompts.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_prompts(path)


def test_of_a_story_raters_see_what_comes_when(tmp_path: Path) -> None:
    path = tmp_path / "prompts.jsonl"
    path.write_text('{"prompt": "calm", "story": [[0, "piano"], [7.5, "drums  enter"]]}\n', encoding="utf-8")
    assert read_prompts(path)[1].text == "calm; from 0 s: piano; from 7.5 s: drums enter"


def test_published_tables_of_prompts_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "musiccaps.csv"
    path.write_text('ytid,caption\nabc,"a harp, slowly"\n', encoding="utf-8")
    assert [(p.id, p.text) for p in read_prompts(path).values()] == [("abc", "a harp, slowly")]
