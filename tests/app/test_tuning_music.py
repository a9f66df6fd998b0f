"""A folder of one's own music: what is kept, held out and captioned, and a table of captions that may be corrected."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from songloom.app.tuning import captions, music, page
from songloom.app.tuning.music import Music
from songloom.audio import files
from songloom.data.manifest import read
from songloom.inference.captioning import ESTIMATED
from songloom.inference.embedding import Space, open_space

RATE = 16_000


def tone(path: Path, pitch: float, seconds: float = 2.0) -> None:
    """A tone that pulses."""
    time = torch.arange(round(seconds * RATE)) / RATE
    files.write(path, 0.4 * (torch.sin(2 * torch.pi * pitch * time) * torch.exp(-6 * (time % 0.5)))[None], RATE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three tones; of the first somebody said something."""
    folder = tmp_path / "mine"
    folder.mkdir()
    for number in range(3):
        tone(folder / f"{number}.wav", 220.0 * (number + 1))
    (folder / "0.txt").write_text("pulses of a hum", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def space() -> Space:
    return open_space()


@pytest.fixture
def listen(tmp_path: Path, folder: Path, space: Space) -> Callable[[], Music]:
    home = tmp_path / "run" / "music"

    def call() -> Music:
        found = captions.reviewed(
            music.survey(folder, home), home, lambda heard: music.captioned(heard, home, lambda: space)
        )
        found.write(home)
        return found

    return call


def table(tmp_path: Path) -> tuple[Path, list[dict[str, str]]]:
    path = tmp_path / "run" / "music" / captions.TABLE
    return path, list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def rewritten(path: Path, rows: list[dict[str, str]], *, delimiter: str = ",", encoding: str = "utf-8") -> None:
    text = io.StringIO(newline="")
    lines = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    lines.writeheader()
    lines.writerows(rows)
    path.write_text(text.getvalue(), encoding=encoding)


def sources(found: Music) -> dict[str, set[str]]:
    return {one.entry.file: {caption.source for caption in one.entry.captions} for one in found.verdicts}


def test_captions_are_estimated_where_nobody_said_anything(listen: Callable[[], Music], folder: Path) -> None:
    found = listen()
    assert sources(found)["0.wav"] == {"beside 0.wav"}
    assert all(texts <= {ESTIMATED} for file, texts in sources(found).items() if file != "0.wav")
    assert music.uncaptioned(music.Music(folder, found.verdicts[:1], ())) == []


def test_a_caption_in_another_language_stays_and_gets_an_english_one_beside_it(
    listen: Callable[[], Music], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(music.believed.__globals__["SURE"], "styles", 0.0)  # so that something is always believed
    (folder / "1.txt").write_text("ein ruhiges Stück mit Klavier und Geige", encoding="utf-8")
    found = listen()
    assert sources(found)["1.wav"] == {"beside 1.wav", ESTIMATED}
    assert page.FOREIGN in page.as_page(found)


def test_the_run_becomes_a_data_set_and_the_folder_stays_as_it_was(
    listen: Callable[[], Music], folder: Path, tmp_path: Path
) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*")}
    listen()
    assert {path: path.read_bytes() for path in folder.rglob("*")} == before
    home = tmp_path / "run" / "music"
    clips = read(home)
    assert [clip.labels["file"] for clip in clips] == ["0.wav", "1.wav", "2.wav"]
    for clip in clips:
        assert files.read(home / clip.audio)[0].shape == (1, 2 * RATE)


def test_nothing_is_heard_twice(
    listen: Callable[[], Music], folder: Path, space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = listen()
    heard: list[Path] = []
    original = music.Tagger.tag_file
    monkeypatch.setattr(
        music.Tagger, "tag_file", lambda self, path, **more: heard.append(path) or original(self, path, **more)
    )
    assert listen() == first and heard == []
    tone(folder / "3.wav", 1000.0)
    listen()
    assert [path.name for path in heard] == ["3.wav"]


def test_a_log_that_was_cut_off_in_the_middle_of_a_line_is_gone_on_with(
    listen: Callable[[], Music], tmp_path: Path
) -> None:
    first = listen()
    for name in ("facts.jsonl", music.TAGS):
        log = tmp_path / "run" / "music" / name
        log.write_bytes(log.read_bytes()[:-20])
    assert listen() == first


@pytest.mark.parametrize(("delimiter", "encoding"), [(",", "utf-8"), (";", "utf-8-sig"), ("\t", "utf-8")])
def test_an_edited_table_is_learned_from_however_a_spreadsheet_writes_it(
    listen: Callable[[], Music], tmp_path: Path, delimiter: str, encoding: str
) -> None:
    listen()
    path, rows = table(tmp_path)
    rows[1]["captions"] = "bells, far away | glass"
    rows[1]["tempo"], rows[1]["key"] = "87,5", "Eb minor"
    rows[2]["use"] = "No"
    rewritten(path, rows, delimiter=delimiter, encoding=encoding)
    for _ in range(2):  # what was edited stays edited
        found = listen()
        clips = {clip.labels["file"]: clip for clip in read(tmp_path / "run" / "music")}
        assert list(clips) == ["0.wav", "1.wav"]
        assert [one.text for one in clips["1.wav"].captions] == ["bells, far away", "glass"]
        assert {one.source for one in clips["1.wav"].captions} == {captions.EDITED}
        assert clips["1.wav"].labels["tempo"] == 87.5 and clips["1.wav"].labels["key"] == "Eb minor"
        assert found.verdicts[2].reason == captions.LEFT
        assert sources(found)["0.wav"] == {"beside 0.wav"}
    _, rows = table(tmp_path)
    rows[2]["use"] = "yes"
    rewritten(path, rows)
    assert len(listen().kept) == 3


def test_an_edited_tempo_reaches_the_estimated_captions(listen: Callable[[], Music], tmp_path: Path) -> None:
    listen()
    path, rows = table(tmp_path)
    rows[1]["tempo"] = "143"
    rewritten(path, rows)
    texts = [caption.text for caption in listen().verdicts[1].entry.captions]
    assert any("143 BPM" in text for text in texts) and set(sources(listen())["1.wav"]) == {ESTIMATED}


def test_what_the_folder_says_later_reaches_rows_that_nobody_touched(
    listen: Callable[[], Music], folder: Path, tmp_path: Path
) -> None:
    listen()
    path, rows = table(tmp_path)
    rows[2]["captions"] = "my own words"
    rewritten(path, rows)
    for name in ("1", "2"):
        (folder / f"{name}.txt").write_text("said later in the folder", encoding="utf-8")
    found = {one.entry.file: [c.text for c in one.entry.captions] for one in listen().verdicts}
    assert found["1.wav"] == ["said later in the folder"] and found["2.wav"] == ["my own words"]


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [("tempo", "fast", "tempo must be"), ("tempo", "4000", "tempo must be"), ("key", "H dur", "1.wav")],
)
def test_a_cell_that_is_none_is_named(
    listen: Callable[[], Music], tmp_path: Path, column: str, text: str, said: str
) -> None:
    listen()
    path, rows = table(tmp_path)
    rows[1][column] = text
    rewritten(path, rows)
    with pytest.raises(ValueError, match=said) as caught:
        listen()
    assert "1.wav" in str(caught.value) and "\n" not in str(caught.value)


def test_a_table_that_is_none_is_said_to_be(listen: Callable[[], Music], tmp_path: Path) -> None:
    listen()
    path, rows = table(tmp_path)
    rewritten(path, [*rows, rows[0]])
    with pytest.raises(ValueError, match=r"0\.wav stands there twice"):
        listen()
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ValueError, match="has no column file"):
        listen()
    path.write_bytes("file,use,captions\n".encode("utf-16"))
    with pytest.raises(ValueError, match="is not UTF-8"):
        listen()


def test_no_cell_is_a_formula_and_what_stood_there_comes_back(
    listen: Callable[[], Music], folder: Path, tmp_path: Path
) -> None:
    (folder / "0.txt").write_text("=1+1", encoding="utf-8")
    first = listen()
    assert table(tmp_path)[1][0]["captions"] == "'=1+1"
    assert listen() == first and sources(first)["0.wav"] == {"beside 0.wav"}


def test_files_that_cannot_be_used_are_left_out_and_named(
    listen: Callable[[], Music], folder: Path, tmp_path: Path
) -> None:
    (folder / "noise.mp3").write_bytes(b"this is no sound")
    files.write(folder / "short.wav", torch.ones(1, RATE // 4) / 2, RATE)
    files.write(folder / "silent.wav", torch.zeros(1, 4 * RATE), RATE)
    found = listen()
    assert [one.entry.file for one in found.kept] == ["0.wav", "1.wav", "2.wav"]
    said = "\n".join(found.notes)
    for name, why in (("noise.mp3", "not audio"), ("short.wav", "shorter than 1 s"), ("silent.wav", "silent")):
        assert f"{name}: left out: " in said and why in said
    assert "noise.mp3" in page.as_page(found)


def test_one_file_of_one_second_is_enough(tmp_path: Path, space: Space) -> None:
    folder, home = tmp_path / "one", tmp_path / "run" / "music"
    folder.mkdir()
    tone(folder / "a.wav", 330.0, seconds=1.0)
    found = music.captioned(music.survey(folder, home), home, lambda: space)
    assert [one.split for one in found.kept] == ["train"] and found.write(home) == home


def test_a_folder_of_which_nothing_can_be_used_says_why(tmp_path: Path) -> None:
    folder, home = tmp_path / "none", tmp_path / "run" / "music"
    folder.mkdir()
    with pytest.raises(ValueError, match="holds no audio files"):
        music.survey(folder, home)
    (folder / "a.wav").write_bytes(b"no sound")
    with pytest.raises(ValueError, match=r"none of 1 files can be used; a\.wav: is not audio"):
        music.survey(folder, home).write(home)
    with pytest.raises(ValueError, match="a folder of its own"):
        music.survey(folder, folder / "music")


@pytest.mark.parametrize(("count", "expected"), [(1, 0), (4, 0), (5, 1), (19, 1), (20, 2), (43, 4)])
def test_every_tenth_group_is_held_out_and_of_few_none(
    count: int, expected: int, tmp_path: Path, folder: Path, space: Space
) -> None:
    one = music.survey(folder, tmp_path / "run" / "music").verdicts[0]
    from dataclasses import replace

    assert one.facts is not None
    many = [
        replace(one, group=f"g{n // 2}", facts=replace(one.facts, samples=f"{n * 7919 % 97:02d}"))
        for n in range(2 * count)
    ]
    split = music.held_out(many)
    out = {verdict.group for verdict in split if verdict.split == "valid"}
    assert len(out) == expected
    assert not out & {verdict.group for verdict in split if verdict.split == "train"}


def test_a_folder_that_tells_its_own_split_keeps_it(tmp_path: Path, space: Space) -> None:
    folder = tmp_path / "parted"
    for split, count in (("train", 5), ("valid", 2)):
        (folder / split).mkdir(parents=True)
        for number in range(count):
            tone(folder / split / f"{number}.wav", 100.0 + 50 * number + 400 * (split == "valid"))
    found = music.survey(folder, tmp_path / "run" / "music")
    assert {one.entry.file: one.split for one in found.kept} == {
        one.entry.file: one.entry.file.split("/")[0] for one in found.kept
    }


def test_the_page_has_a_player_for_each_piece_and_says_whose_words_they_are(listen: Callable[[], Music]) -> None:
    found = listen()
    text = page.as_page(found)
    assert text.count("<audio") == 3 and "beside 0.wav" in text and f"({ESTIMATED})" in text
    assert page.summary(found).startswith("3 of 3 files")


def test_the_record_of_the_table_is_json_of_what_stands_in_it(listen: Callable[[], Music], tmp_path: Path) -> None:
    listen()
    told = json.loads((tmp_path / "run" / "music" / captions.WRITTEN).read_text(encoding="utf-8"))
    _, rows = table(tmp_path)
    assert told == {row["file"]: {name: row[name] for name in captions.EDITABLE} for row in rows}
