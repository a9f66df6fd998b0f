import json
import resource
from pathlib import Path

import numpy as np
import pytest
import soundfile

from songloom.data.manifest import NAME, Caption, Clip, inside, read, scan, split_of, write


def a_clip(identity: str = "one") -> Clip:
    captions = (Caption("tags", "piano, sad"), Caption("sentence", "A café tune – “très” sad."))
    return Clip(
        identity, f"audio/{identity}.flac", 1.5, 44100, 2, "valid", captions, {"tempo": 75.5}, {"bass": "b.flac"}
    )


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    clips = [a_clip("one"), a_clip("two")]
    write(tmp_path, clips)
    assert read(tmp_path) == clips


def test_writing_leaves_nothing_beside_the_manifest(tmp_path: Path) -> None:
    write(tmp_path, [a_clip()])
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_what_the_disk_refuses_names_the_file(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64, before[1]))  # files can grow no further
    try:
        with pytest.raises(OSError, match="File too large") as refused:
            write(tmp_path, [a_clip()])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert refused.value.filename == str(tmp_path / NAME) and list(tmp_path.iterdir()) == []


def test_a_failed_write_keeps_the_old_manifest(tmp_path: Path) -> None:
    write(tmp_path, [a_clip("old")])
    broken = Clip("new", "x.wav", 1.0, 8000, 1, labels={"tempo": float("nan")})
    with pytest.raises(ValueError):
        write(tmp_path, [broken])
    assert [clip.id for clip in read(tmp_path)] == ["old"]


def test_unknown_fields_are_ignored(tmp_path: Path) -> None:
    line = {"id": "a", "audio": "a.wav", "seconds": 2, "sample_rate": 8000, "channels": 1, "colour": "red"}
    (tmp_path / NAME).write_text(json.dumps(line))
    assert read(tmp_path) == [Clip("a", "a.wav", 2.0, 8000, 1)]


@pytest.mark.parametrize(
    "bad",
    [
        "{", "[]", "{}", '{"id": "a", "audio": "../a.wav", "seconds": 1, "sample_rate": 8000, "channels": 1}',
        '{"id": "a", "audio": "a.wav", "seconds": -1, "sample_rate": 8000, "channels": 1}',
        '{"id": "a", "audio": "a.wav", "seconds": NaN, "sample_rate": 8000, "channels": 1}',
        '{"id": "a", "audio": "a.wav", "seconds": 1, "sample_rate": 8000, "channels": 1, "split": "dev"}',
        '{"id": "a", "audio": "a.wav", "seconds": 1, "sample_rate": 8000, "channels": 1, "captions": [3]}',
        '{"id": "one", "audio": "a.wav", "seconds": 1, "sample_rate": 8000, "channels": 1}',
    ],
)  # fmt: skip
def test_a_bad_line_is_named_by_its_number(tmp_path: Path, bad: str) -> None:
    write(tmp_path, [a_clip("one")])
    with (tmp_path / NAME).open("a") as file:
        file.write(f"\n{bad}\n")
    with pytest.raises(ValueError, match="line 3"):
        read(tmp_path)


@pytest.mark.parametrize("path", ["", "/etc/passwd", "../x.wav", "a/../../x.wav", "C:/x.wav", "a\\b.wav", "a\0.wav"])
def test_a_path_that_leaves_the_folder_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="inside"):
        inside(path)


def test_the_split_is_94_3_3_and_never_changes() -> None:
    splits = [split_of(f"clip {number}") for number in range(20_000)]
    assert splits == [split_of(f"clip {number}") for number in range(20_000)]
    for split, share in (("train", 0.94), ("valid", 0.03), ("test", 0.03)):
        assert splits.count(split) / len(splits) == pytest.approx(share, abs=0.006)


def test_a_folder_with_sidecars_becomes_clips(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    soundfile.write(tmp_path / "sub" / "a.wav", np.zeros((800, 2)), 8000)
    soundfile.write(tmp_path / "b.flac", np.zeros(400), 8000)
    soundfile.write(tmp_path / ".hidden.wav", np.zeros(400), 8000)
    (tmp_path / "sub" / "a.txt").write_text(" A sad\npiano. \n")
    known = {"caption": "Techno.", "tags": ["fast", "acid"], "tempo": 128, "key": "Am"}
    (tmp_path / "b.json").write_text(json.dumps(known))
    first, second = scan(tmp_path)
    assert (first.id, first.seconds, first.channels) == ("b.flac", 0.05, 1)
    assert first.captions == (Caption("sentence", "Techno."), Caption("tags", "fast, acid"))
    assert (first.labels["tempo"], first.labels["key"]) == (128, "Am")
    assert (second.audio, second.seconds, second.channels) == ("sub/a.wav", 0.1, 2)
    assert second.captions == (Caption("sentence", "A sad piano."),)


def test_a_file_that_is_not_audio_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.wav").write_bytes(b"not audio")
    with pytest.raises(ValueError, match=r"broken\.wav"):
        scan(tmp_path)
