"""Published layouts on tiny made-up files in their shapes: what each says of its recordings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from songloom.data.manifest import Caption
from songloom.data.prepare.layouts import Entry, entries


def lay(folder: Path, files: dict[str, str]) -> dict[str, Entry]:
    """A folder of these files (sounds are never opened), and its entries by path."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    found, notes = entries(folder)
    assert notes == []
    return {entry.file: entry for entry in found}


def test_musiccaps(tmp_path: Path) -> None:
    head = (
        "ytid,start_s,end_s,audioset_positive_labels,aspect_list,caption,author_id,is_balanced_subset,is_audioset_eval"
    )
    row = """-0Gj8-vB1q4,30,40,"/m/0140xf,/m/02cjck","['low quality', 'slow']",A low song.,4,False,True"""
    files = {"musiccaps-public.csv": f"{head}\n{row}\n", "wav/[-0Gj8-vB1q4]-[30-40].wav": "", "wav/x.wav": ""}
    found = lay(tmp_path, files)
    entry = found["wav/[-0Gj8-vB1q4]-[30-40].wav"]
    assert entry.captions == (
        Caption("sentence", "A low song.", "MusicCaps"),
        Caption("tags", "low quality, slow", "MusicCaps aspect_list"),
    )
    assert (entry.track, entry.labels["tags"]) == ("MusicCaps -0Gj8-vB1q4", ["low quality", "slow"])
    assert found["wav/x.wav"] == Entry("wav/x.wav")


def test_lp_musiccaps_as_json(tmp_path: Path) -> None:
    mc = {"ytid": "abc", "fname": "[abc]-[0-10]", "caption_writing": "W.", "caption_summary": "S.",
          "caption_paraphrase": "P.",
          "caption_attribute_prediction": "no", "caption_ground_truth": "G.", "aspect_list": ["slow"]}  # fmt: skip
    mtt = {
        "track_id": "2",
        "title": "T",
        "artist_name": "A",
        "tag": ["choir"],
        "caption_writing": "V.",
        "path": "f/two.mp3",
    }
    files = {"mc.json": json.dumps([mc]), "mtt.jsonl": json.dumps(mtt), "abc.wav": "", "f/two.mp3": ""}
    found = lay(tmp_path, files)
    assert [(one.text, one.source) for one in found["abc.wav"].captions] == [
        ("W.", "LP-MusicCaps-MC caption_writing"),
        ("S.", "LP-MusicCaps-MC caption_summary"),
        ("P.", "LP-MusicCaps-MC caption_paraphrase"),
        ("G.", "LP-MusicCaps-MC caption_ground_truth"),
        ("slow", "LP-MusicCaps-MC aspect_list"),
    ]
    two = found["f/two.mp3"]
    assert (two.artist, two.labels) == ("LP-MusicCaps A", {"tags": ["choir"], "title": "T"})


def test_song_describer_gives_all_captions_of_a_recording(tmp_path: Path) -> None:
    head = "caption_id,track_id,caption,is_valid_subset,familiarity,artist_id,album_id,path,duration"
    rows = [
        "552,986589,Lovely French song.,True,1,7805,116156,89/986589.mp3,223.3",
        "730,986589,Good balance.,True,2,7805,116156,89/986589.mp3,223.3",
    ]
    files = {"song_describer.csv": "\n".join([head, *rows]), "audio/89/986589.2min.mp3": ""}
    entry = lay(tmp_path, files)["audio/89/986589.2min.mp3"]
    assert {one.text for one in entry.captions} == {"Lovely French song.", "Good balance."}
    assert (entry.artist, entry.track) == ("Song Describer 7805", "Song Describer 986589")


def test_mtg_jamendo_has_a_tag_a_column(tmp_path: Path) -> None:
    head = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS"
    rows = [
        "track_0000948\tartist_000087\talbum_000149\t48/948.mp3\t212.7\tgenre---rock\tmood/theme---happy",
        "track_0000950\tartist_000087\talbum_000149\t50/950.mp3\t248.0\tinstrument---piano",
    ]
    files = {"autotagging.tsv": "\n".join([head, *rows]), "48/948.low.mp3": "", "50/950.mp3": "", "51/948.mp3": ""}
    found = lay(tmp_path, files)
    assert found["48/948.low.mp3"].labels["tags"] == ["rock", "happy"]
    assert found["50/950.mp3"].captions == (Caption("tags", "piano", "MTG-Jamendo TAGS"),)
    assert found["48/948.low.mp3"].artist == found["50/950.mp3"].artist == "MTG-Jamendo artist_000087"


def test_fma_has_two_rows_of_names_and_pads_its_numbers(tmp_path: Path) -> None:
    lines = [
        ",album,artist,set,set,track,track",
        ",title,name,split,subset,genre_top,title",
        "track_id,,,,,,",
        "2,AWOL,AWOL,training,small,Hip-Hop,Food",
        "5,AWOL,Other,test,small,,This World",
    ]
    files = {
        "fma_metadata/tracks.csv": "\n".join(lines),
        "fma_small/000/000002.mp3": "",
        "fma_small/000/000005.mp3": "",
    }
    found = lay(tmp_path, files)
    two = found["fma_small/000/000002.mp3"]
    assert (two.artist, two.split, two.labels["title"]) == ("FMA AWOL", "train", "Food")
    assert two.captions == (Caption("tags", "Hip-Hop", "FMA track.genre_top"),)
    assert found["fma_small/000/000005.mp3"].split == "test"


def test_mtat_has_a_column_of_marks_for_each_tag(tmp_path: Path) -> None:
    annotations = "clip_id\tno voice\tsinger\tharp\tmp3_path\n2\t1\t0\t1\tf/x-0-29.mp3\n"
    head = "clip_id\ttrack_number\ttitle\tartist\talbum\turl\tsegmentStart\tsegmentEnd\toriginal_url\tmp3_path"
    info = f"{head}\n2\t1\tBWV54\tADC\tB\tu\t30\t59\thttp://o/x.mp3\tf/x-0-29.mp3\n"
    found = lay(tmp_path, {"annotations_final.csv": annotations, "clip_info_final.csv": info, "f/x-0-29.mp3": ""})
    entry = found["f/x-0-29.mp3"]
    assert entry.labels == {"tags": ["no voice", "harp"], "title": "BWV54"}
    assert (entry.artist, entry.track) == ("MTAT ADC", "MTAT http://o/x.mp3")


def test_audiocaps_and_clotho(tmp_path: Path) -> None:
    audiocaps = "audiocap_id,youtube_id,start_time,caption\n91139,r1nicOVtvkQ,130,A woman talks\n"
    clotho = "file_name,caption_1,caption_2,caption_3,caption_4,caption_5\nMr. Toad.wav,One.,Two.,Three.,Four.,Five.\n"
    files = {"train.csv": audiocaps, "clotho_captions_development.csv": clotho}
    found = lay(
        tmp_path, files | {"audio/Yr1nicOVtvkQ.wav": "", "development/Mr. Toad.wav": "", "development/Mr. X.wav": ""}
    )
    assert [one.text for one in found["audio/Yr1nicOVtvkQ.wav"].captions] == ["A woman talks"]
    toad = found["development/Mr. Toad.wav"]
    assert [one.text for one in toad.captions] == ["One.", "Two.", "Three.", "Four.", "Five."]
    assert toad.split == "train" and not found["development/Mr. X.wav"].captions


def test_a_sidecar_may_tell_the_artist_and_the_track(tmp_path: Path) -> None:
    found = lay(tmp_path, {"a.wav": "", "a.json": '{"labels": {"artist": "Me", "track": 7}}', "b.wav": ""})
    assert [(one.artist, one.track) for one in found.values()] == [("Me", "7"), ("", "")]


def test_a_column_without_a_name_says_nothing(tmp_path: Path) -> None:
    found = lay(tmp_path, {"a.csv": ",youtube_id,audiocap_id,caption\n17,abc,5,A bell\n", "abc.wav": ""})
    said = Caption("sentence", "A bell", "AudioCaps")
    assert found["abc.wav"] == Entry("abc.wav", (said,), track="AudioCaps abc")


def test_musdb_and_slakh_are_mixtures_with_their_stems(tmp_path: Path) -> None:
    musdb = {f"train/ANiMAL - Easy Tiger/{name}.wav": "" for name in ("mixture", "drums", "bass", "other", "vocals")}
    slakh = {f"test/Track00001/{name}.flac": "" for name in ("mix", "stems/S00", "stems/S01")}
    found = lay(tmp_path, musdb | slakh | {"plain/mix.wav": "", "plain/song.wav": ""})
    assert set(found) == {
        "train/ANiMAL - Easy Tiger/mixture.wav",
        "test/Track00001/mix.flac",
        "plain/mix.wav",
        "plain/song.wav",
    }
    tiger = found["train/ANiMAL - Easy Tiger/mixture.wav"]
    assert set(tiger.stems) == {"drums", "bass", "other", "vocals"}
    assert (tiger.artist, tiger.labels["title"], tiger.split) == ("ANiMAL", "Easy Tiger", "train")
    assert found["test/Track00001/mix.flac"].stems["S00"] == "test/Track00001/stems/S00.flac"


def test_what_lies_beside_a_file_comes_first_and_tells_where_it_is_from(tmp_path: Path) -> None:
    csv = "file_name,caption_1,caption_2,caption_3,caption_4,caption_5\na.wav,Table.,,,,\n"
    found = lay(
        tmp_path, {"a.wav": "", "a.txt": "Beside.", "a.json": '{"tempo": 90, "tags": ["x"]}', "captions.csv": csv}
    )
    entry = found["a.wav"]
    assert {(one.text, one.source) for one in entry.captions} == {
        ("Table.", "Clotho caption_1"), ("Beside.", "beside a.wav"), ("x", "beside a.wav")}  # fmt: skip
    assert entry.labels["tempo"] == 90


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.json", "["), ("a.json", "[" * 100_000), ("t.csv", 'ytid,caption\n"' + "x" * 200_000), ("a.txt", "")],
)
def test_damaged_texts_are_noted_and_the_music_stays(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "a.wav").touch()
    (tmp_path / name).write_bytes(text.encode() or b"\xff\xfe\xff")
    found, notes = entries(tmp_path)
    assert [entry.file for entry in found] == ["a.wav"]
    assert len(notes) == 1


def test_links_out_of_the_folder_are_left_alone(tmp_path: Path) -> None:
    home = tmp_path / "music"
    home.mkdir()
    (tmp_path / "secret.wav").touch()
    (home / "a.wav").touch()
    (home / "link.wav").symlink_to(tmp_path / "secret.wav")
    found, notes = entries(home)
    assert [entry.file for entry in found] == ["a.wav"]
    assert "leads out" in notes[0]


def test_a_folder_without_audio_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no audio files"):
        entries(tmp_path)
