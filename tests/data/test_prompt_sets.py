"""Every layout of prompts gives the captions, the ids and the recordings that its publishers mean."""

from __future__ import annotations

from pathlib import Path

import pytest

from songloom.data.prompt_sets import read

TABLES = {
    "musiccaps-public.csv": (
        "ytid,start_s,end_s,audioset_positive_labels,aspect_list,caption,author_id,is_balanced_subset,is_audioset_eval\n"
        "-0Gj8-vB1q4,30,40,/m/0140xf,\"['slow', 'soft']\",\"A slow ballad, sung softly.\",4,False,True\n",
        ("-0Gj8-vB1q4", ("A slow ballad, sung softly.",), "-0Gj8-vB1q4"),
    ),
    "song_describer.csv": (
        "caption_id,track_id,caption,is_valid_subset,familiarity,artist_id,album_id,path,duration\n"
        "859,1004034,Electronic music,True,0,368880,118196,34/1004034.mp3,202.5\n",
        ("859", ("Electronic music",), "1004034"),
    ),
    "audiocaps-test.csv": (
        "audiocap_id,youtube_id,start_time,caption\n103549,7fmOlUlwoNg,20,Constant rattling\n",
        ("103549", ("Constant rattling",), "7fmOlUlwoNg"),
    ),
    "clotho_captions_evaluation.csv": (
        "file_name,caption_1,caption_2,caption_3,caption_4,caption_5\n"
        "Santa Motor.wav,A machine whirs,An engine,Rain?,,Low hum\n",
        ("Santa Motor", ("A machine whirs", "An engine", "Rain?", "Low hum"), "Santa Motor"),
    ),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_published_table_is_told_by_its_columns(tmp_path: Path, name: str) -> None:
    text, (identity, texts, recording) = TABLES[name]
    (tmp_path / name).write_text("\ufeff" + text, encoding="utf-8")
    (row,), bad = read(tmp_path / name)
    assert (row.id, row.texts, row.recording, row.number) == (identity, texts, recording, 1)
    assert bad == {}


def test_plain_text_is_a_prompt_a_line(tmp_path: Path) -> None:
    (tmp_path / "p.txt").write_text("calm harp\n\n  fast drums, 120 bpm \n", encoding="utf-8")
    rows, bad = read(tmp_path / "p.txt")
    assert [(row.number, row.texts) for row in rows] == [(1, ("calm harp",)), (3, ("fast drums, 120 bpm",))]
    assert bad == {}


def test_json_lines_may_name_their_music_and_keep_other_fields(tmp_path: Path) -> None:
    lines = ['{"prompt": "harp", "tempo": 90, "id": "a1", "file": "x/a.flac"}', '{"story": [[0, "x"]]}', '{"id": "b"}']
    (tmp_path / "p.jsonl").write_text("\n".join(lines), encoding="utf-8")
    rows, bad = read(tmp_path / "p.jsonl")
    assert (rows[0].id, rows[0].file, dict(rows[0].fields)) == ("a1", "x/a.flac", {"tempo": 90})
    assert dict(rows[1].fields) == {"story": [[0, "x"]]}
    assert list(bad) == [3] and 'p.jsonl line 3: a line is a JSON object with a "prompt"' in bad[3]


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a\\b", "a" * 300, "a\x00b"])
def test_an_id_that_is_no_file_name_is_a_bad_row(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.csv").write_text(f'audiocap_id,youtube_id,caption\n"{name}",y,rain\n7,y,wind\n', encoding="utf-8")
    rows, bad = read(tmp_path / "a.csv")
    assert [row.id for row in rows] == ["7"]
    assert list(bad) == [1] and "row 1" in bad[1]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.xlsx", b"x", "ends in .jsonl, .txt, .csv"),
        ("p.txt", b"\xff\xfe\x00", "not UTF-8"),
        ("p.csv", b"a,b\n1,2\n", "tables that are known: MusicCaps"),
        ("p.csv", b"", "columns none"),
        ("p.jsonl", b'{"prompt": "x", "id": "a"}\n{"prompt": "y", "id": "a"}', "the id 'a' stands in line 1 too"),
    ],
)
def test_a_file_that_is_no_set_of_prompts_is_refused(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read(tmp_path / name)


@pytest.mark.parametrize(("name", "text"), [("p.jsonl", " \n\n"), ("p.txt", ""), ("a.csv", "ytid,caption\n")])
def test_a_file_without_a_prompt_is_refused(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=f"{name} holds no prompt"):
        read(tmp_path / name)
