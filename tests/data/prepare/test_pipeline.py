"""From a folder to shards and into training: the same bytes however it came about, and no file that does harm."""

from __future__ import annotations

import hashlib
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from songloom.audio import files
from songloom.data.dataset import Cropping, open_waves
from songloom.data.manifest import read
from songloom.data.prepare import pipeline, tar_shards
from songloom.data.prepare.facts import listen
from songloom.data.prepare.pipeline import HEARD, Prepared, prepare
from songloom.data.prepare.stretches import decode, stretches
from songloom.data.prepare.tar_shards import INDEX, Sound, damaged
from songloom.data.statistics import describe
from songloom.data.tar_waves import TarWaves
from songloom.data.workers import Workers

RATE = 8000


def tune(seed: int, seconds: float = 1.5, channels: int = 1) -> np.ndarray:
    """int16 [T, channels] of tones that no other seed has."""
    drawn = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    hertz = drawn.uniform(100, 3000, (12, channels))
    wave = np.sin(2 * np.pi * time[:, None, None] * hertz * (1 + 0.2 * np.floor(4 * time)[:, None, None])).mean(1)
    return (20_000 * wave).astype(np.int16)


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten tunes, a copy in another container, silence, a text and a sound that breaks off."""
    folder = tmp_path_factory.mktemp("music")
    for number in range(10):
        soundfile.write(folder / f"{number}.wav", tune(number, channels=1 + number % 2), RATE)
        (folder / f"{number}.txt").write_text(f"Tune {number}.")
    soundfile.write(folder / "copy of 3.flac", tune(3, channels=2), RATE)
    (folder / "copy of 3.txt").write_text("Again.")
    soundfile.write(folder / "silence.wav", np.zeros(2 * RATE), RATE)
    (folder / "text.wav").write_text("no sound")
    whole = (folder / "copy of 3.flac").read_bytes()
    (folder / "short.flac").write_bytes(whole[: len(whole) // 2])
    return folder


def hashes(out: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in out.iterdir() if path.name != HEARD}


def made(music: Path, out: Path, **options: object) -> Prepared:
    return prepare(music, out, shard_bytes=100_000, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def shards(music: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("shards")
    made(music, out)
    return out


def test_good_files_are_kept_and_each_other_has_its_reason(music: Path, tmp_path: Path) -> None:
    found = {one.entry.file: one.reason for one in made(music, tmp_path).verdicts}
    assert [name for name, reason in found.items() if not reason] == [f"{n}.wav" for n in range(10)]
    assert found["copy of 3.flac"] == "the same samples" and "silent" in found["silence.wav"]
    assert "not audio" in found["text.wav"] and "breaks off" in found["short.flac"]


def test_shards_are_plain_tars_in_pairs_and_16_bits_come_back_exactly(music: Path, shards: Path) -> None:
    seen = {}
    for path in sorted(shards.glob("*.tar")):
        with tarfile.open(path) as tar:
            names = tar.getnames()
            assert names[::2] == [name.replace(".json", ".flac") for name in names[1::2]] == sorted(names[::2])
            for name in names[1::2]:
                told = json.load(tar.extractfile(name))  # type: ignore[arg-type]
                sound, rate = soundfile.read(tar.extractfile(told["audio"]), dtype="int16", always_2d=True)
                seen[told["labels"]["file"]] = told
                assert rate == told["sample_rate"] and len(sound) / rate == told["seconds"]
                np.testing.assert_array_equal(
                    sound, soundfile.read(music / told["labels"]["file"], dtype="int16", always_2d=True)[0]
                )
    assert len(seen) == 10 and len(list(shards.glob("*.tar"))) > 2
    assert seen["5.wav"]["captions"] == [{"kind": "sentence", "text": "Tune 5.", "source": "beside 5.wav"}]
    sources = {one["text"]: one["source"] for one in seen["3.wav"]["captions"]}
    assert sources == {"Tune 3.": "beside 3.wav", "Again.": "beside copy of 3.flac"}
    index = json.loads((shards / INDEX).read_text())
    assert all(one["sha256"] == hashes(shards)[one["name"]] for one in index["shards"])


def test_processes_and_interruptions_change_no_byte(
    music: Path, shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(music, tmp_path / "two", workers=Workers(2))
    assert hashes(tmp_path / "two") == hashes(shards)

    def stop_at(count: int) -> pipeline.Report:
        def report(step: str, done: int, total: int) -> None:
            if (step, done) == ("listening" if count < 10 else "writing", count % 10):
                raise KeyboardInterrupt

        return report

    for count in (3, 7, 11, 12):
        with pytest.raises(KeyboardInterrupt):
            made(music, tmp_path / "cut", report=stop_at(count))
        with (tmp_path / "cut" / HEARD).open("a") as log:
            log.write('{"file": "1.wav", "sta')  # as a power cut leaves it
    heard, written = [], []
    monkeypatch.setattr(pipeline, "listen", lambda path, *bounds: heard.append(path) or listen(path, *bounds))
    monkeypatch.setattr(tar_shards, "stretches", lambda path, *bounds: written.append(path) or stretches(path, *bounds))
    made(music, tmp_path / "cut")
    assert hashes(tmp_path / "cut") == hashes(shards)
    assert heard == [] and 0 < len(written) < 10


def test_a_file_that_changed_is_heard_again_and_old_shards_go(music: Path, tmp_path: Path) -> None:
    folder = tmp_path / "music"
    folder.mkdir()
    for number in range(3):
        soundfile.write(folder / f"{number}.wav", tune(number), RATE)
    before = made(folder, folder / "out")
    soundfile.write(folder / "1.wav", tune(50, seconds=2.0), RATE)
    (folder / "2.wav").unlink()
    after = made(folder, folder / "out")
    assert [one.entry.file for one in after.verdicts] == ["0.wav", "1.wav"]
    assert {one.facts.seconds for one in after.verdicts if one.facts} == {1.5, 2.0}
    assert len(before.shards) >= len(list((folder / "out").glob("*.tar"))) == len(after.shards)
    assert list(damaged(folder / "out")) == []


def test_damage_is_found(shards: Path, tmp_path: Path, music: Path) -> None:
    made(music, tmp_path)
    first, second = sorted(tmp_path.glob("*.tar"))[:2]
    data = bytearray(first.read_bytes())
    data[1000] ^= 1
    first.write_bytes(data)
    second.unlink()
    assert [line.split()[2] for line in damaged(tmp_path)] == ["damaged:", "missing"]


def test_stems_travel_with_their_mixture(tmp_path: Path) -> None:
    song = tmp_path / "in" / "train" / "Band - Song"
    song.mkdir(parents=True)
    parts = {name: tune(number) for number, name in enumerate(("drums", "bass"))}
    for name, wave in (parts | {"mixture": sum(part // 2 for part in parts.values())}).items():
        soundfile.write(song / f"{name}.wav", wave, RATE)
    made(tmp_path / "in", tmp_path / "out")
    (clip,) = read(tmp_path / "out")
    assert (clip.split, clip.labels["artist"], clip.labels["title"]) == ("train", "Band", "Song")
    for name, path in clip.stems.items():
        wave, _ = files.read(tmp_path / "out" / path)
        assert torch.equal(wave, files.read(song / f"{name}.wav")[0])
    assert set(clip.stems) == set(parts)


def test_training_reads_shards_as_they_are_or_by_a_cache_and_hears_the_same(
    shards: Path, music: Path, tmp_path: Path
) -> None:
    made(music, tmp_path, sound=Sound(RATE, 1))
    straight = open_waves(tmp_path, sample_rate=RATE, channels=1)
    assert isinstance(straight.waves, TarWaves) and not (tmp_path / ".cache").exists()
    cached = open_waves(shards, sample_rate=RATE, channels=1)
    assert not isinstance(cached.waves, TarWaves)
    for step in range(3):
        one, other = (data.batch(step, batch_size=4, crop_seconds=0.5) for data in (straight, cached))
        assert one.wave is not None and other.wave is not None and one.texts == other.texts
        assert (one.wave - other.wave).abs().max() <= 1 / 32_768  # the channels' mean, rounded here or there
    assert describe(tmp_path).clips == 10


def test_an_epoch_has_every_clip_once_for_any_number_of_ranks(music: Path, tmp_path: Path) -> None:
    made(music, tmp_path, sound=Sound(RATE, 1))
    cropping = Cropping(in_turn=True)

    def ids(world: int, steps: range) -> list[str]:
        settings = {"sample_rate": RATE, "channels": 1, "cropping": cropping, "world_size": world}
        ranks = [open_waves(tmp_path, **settings, rank=rank) for rank in range(world)]  # type: ignore[arg-type]
        size = 10 // world
        return [name for s in steps for rank in ranks for name in rank.batch(s, batch_size=size, crop_seconds=0.1).ids]

    whole = ids(1, range(3))
    assert all(len(set(whole[at : at + 10])) == 10 for at in (0, 10, 20)) and whole[:10] != whole[10:20]
    assert ids(5, range(3)) == whole and ids(2, range(1, 3)) == whole[10:]


@pytest.mark.parametrize("claim", [2**35, 0])
def test_a_length_that_a_header_claims_is_not_believed(tmp_path: Path, claim: int) -> None:
    """FLAC's STREAMINFO has the number of samples in 36 bits behind byte 21."""
    soundfile.write(tmp_path / "a.flac", tune(0), RATE)
    data = bytearray((tmp_path / "a.flac").read_bytes())
    data[21] = (data[21] & 0xF0) | (claim >> 32)
    data[22:26] = (claim & 0xFFFF_FFFF).to_bytes(4, "big")
    (tmp_path / "a.flac").write_bytes(data)
    with pytest.raises(ValueError, match=r"breaks off|no audio|longer"):
        listen(tmp_path / "a.flac", 900.0)


def test_what_is_longer_than_the_bound_is_decoded_no_further(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.flac", np.zeros(60 * RATE, np.int16), RATE)
    with pytest.raises(ValueError, match="longer than 5 s"):
        decode(tmp_path / "long.flac", 5.0)
    soundfile.write(tmp_path / "many.wav", np.zeros((100, 9)), RATE)
    with pytest.raises(ValueError, match="9 channels"):
        decode(tmp_path / "many.wav", 5.0)


def test_an_empty_result_is_an_error_that_names_a_reason(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(2 * RATE), RATE)
    with pytest.raises(ValueError, match="none of 1 files is kept; the first: 100 % silent"):
        made(tmp_path, tmp_path / "out")


def test_what_killed_processes_left_half_written_goes(music: Path, tmp_path: Path) -> None:
    made(music, tmp_path)
    whole = hashes(tmp_path)
    left = (
        ".train-00000.tar.0a1b2c3d.part",
        ".train-00000.json.77.tmp",
        ".index.json.77.tmp",
        ".manifest.jsonl.77.tmp",
    )
    for name in left:
        (tmp_path / name).write_bytes(b"half")
    made(music, tmp_path)
    assert hashes(tmp_path) == whole
