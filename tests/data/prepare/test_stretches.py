"""Long recordings: cut where it is quiet, every sample once, one side of a split; a crop decodes little more."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from songloom.audio import files
from songloom.audio.tar_members import Window, find
from songloom.data.beat_mixing import BeatMixed
from songloom.data.dataset import Cropping, Dataset, open_waves
from songloom.data.manifest import Clip, read
from songloom.data.prepare import stretches as module
from songloom.data.prepare.facts import listen
from songloom.data.prepare.pipeline import HEARD, prepare
from songloom.data.prepare.stretches import quietest, stretches
from songloom.data.prepare.tar_shards import MISSING_STEMS, Sound
from songloom.data.prepare.verdicts import Filters
from songloom.data.shards import Shards, ShardWriter
from songloom.data.waves import to_int16
from songloom.training.label_cache import completed

RATE = 8000
CUT = Filters(cut=4.0)


def music(seconds: float, seed: int = 0, pauses: Sequence[float] = ()) -> np.ndarray:
    """int16 [T] of plucked tones, four times a second, that never come again, silent for 0.4 s around each pause."""
    drawn, time = np.random.default_rng(seed), np.arange(round(seconds * RATE)) / RATE
    hertz = drawn.uniform(100, 3000, (int(4 * seconds) + 1, 6))[np.floor(4 * time).astype(int)]
    wave = np.sin(2 * np.pi * np.cumsum(hertz, axis=0) / RATE).mean(1) * np.exp(-6 * (time % 0.25))
    for pause in pauses:
        wave[np.abs(time - pause) < 0.2] = 0
    return (20_000 * wave).astype(np.int16)


def lengths(path: Path, cut: float) -> list[float]:
    return [wave.shape[1] / RATE for wave, _ in stretches(path, 1000.0, cut)]


@pytest.mark.parametrize("block", [1000, 1 << 15])
def test_a_recording_is_cut_in_its_pauses_however_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(files, "BLOCK", block)
    wave = music(14.0, pauses=(3.5, 6.9, 10.2))
    soundfile.write(tmp_path / "long.wav", wave, RATE)
    found = [part for part, _ in stretches(tmp_path / "long.wav", 1000.0, 4.0)]
    ends = np.cumsum([part.shape[1] / RATE for part in found])[:-1]
    assert np.abs(ends - (3.5, 6.9, 10.2)).max() < 0.2
    assert np.array_equal(torch.cat(found, 1)[0].numpy() * 32768, wave)


@pytest.mark.parametrize("seconds", [3.0, 4.0, 4.1, 5.9, 6.1, 8.1, 13.7])
def test_no_stretch_is_longer_than_asked_nor_a_short_rest(tmp_path: Path, seconds: float) -> None:
    soundfile.write(tmp_path / "a.wav", music(seconds), RATE)
    found = lengths(tmp_path / "a.wav", 4.0)
    assert sum(found) == pytest.approx(seconds) and max(found) <= 4.0
    assert (len(found) == 1) == (seconds <= 4.0) and min(found) >= min(seconds, 1.5)
    assert lengths(tmp_path / "a.wav", 0.0) == [pytest.approx(seconds)]


def test_the_quietest_moment_is_that_of_a_search_through_all(tmp_path: Path) -> None:
    wave = np.random.default_rng(0).normal(size=(2, 4 * RATE)) * np.linspace(1, 0.2, 4 * RATE) ** 2
    wave[:, 12_000:13_600] *= 0.01
    hop, first, last = RATE // 20, 4_000, 28_000
    power = [np.square(wave[:, at : at + 4 * hop]).mean() for at in range(first, last - 4 * hop + 1, hop)]
    assert quietest(wave, RATE, first, last) == first + int(np.argmin(power)) * hop + 2 * hop
    assert quietest(wave, RATE, 100, 200) == 150


def test_no_more_than_a_stretch_and_a_half_lies_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile.write(tmp_path / "long.flac", music(30.0), RATE)
    held: list[int] = []
    joined = np.concatenate

    def watched(parts: Sequence[np.ndarray], axis: int = 0) -> np.ndarray:
        whole: np.ndarray = joined(parts, axis=axis)
        held.append(whole.shape[1])
        return whole

    monkeypatch.setattr(module.np, "concatenate", watched)
    monkeypatch.setattr(files, "BLOCK", 1000)
    assert len(lengths(tmp_path / "long.flac", 4.0)) > 7
    assert max(held) <= 6 * RATE + 1000


def test_a_stretch_has_facts_of_its_own_and_a_name_of_its_recording(tmp_path: Path) -> None:
    wave = music(10.0, pauses=(3.5,))
    wave[: int(3.5 * RATE)] //= 10
    soundfile.write(tmp_path / "a.wav", wave, RATE)
    soundfile.write(tmp_path / "b.flac", wave, RATE)
    found, again = listen(tmp_path / "a.wav", 1000.0, 4.0), listen(tmp_path / "b.flac", 1000.0, 4.0)
    assert [one.name for one in found] == [one.name for one in again]
    assert [one.name for one in found] == [f"{found[0].recording[:20]}-{number:04d}" for number in range(len(found))]
    assert found[1].start == pytest.approx(found[0].seconds) and {one.whole for one in found} == {10.0}
    assert found[0].loudness is not None and found[1].loudness is not None
    assert found[1].loudness - found[0].loudness == pytest.approx(20, abs=1)
    (whole,) = listen(tmp_path / "a.wav", 1000.0)
    assert (whole.name, whole.whole, whole.start) == (whole.samples[:20], 0.0, 0.0)


def test_clips_inherit_what_is_told_and_every_sample_comes_once(tmp_path: Path) -> None:
    folder, wave = tmp_path / "in", music(11.0)
    folder.mkdir()
    soundfile.write(folder / "mix.wav", wave, RATE)
    soundfile.write(folder / "copy.flac", wave, RATE)
    (folder / "mix.txt").write_text("A long evening.")
    (folder / "mix.json").write_text('{"labels": {"artist": "Me"}}')
    (folder / "copy.txt").write_text("Again.")
    made = prepare(folder, tmp_path / "out", filters=CUT)
    assert {one.entry.file: one.reason for one in made.verdicts} == {"copy.flac": "", "mix.wav": "the same samples"}
    clips = sorted(read(tmp_path / "out"), key=lambda clip: clip.start)
    assert len(clips) > 2 and len({clip.id for clip in clips}) == len(clips)
    for clip, after in zip(clips, [*clips[1:], replace(clips[0], start=11.0)], strict=True):
        assert clip.start + clip.seconds == pytest.approx(after.start) and clip.whole == pytest.approx(11.0)
        assert {one.text for one in clip.captions} == {"A long evening.", "Again."} and clip.labels["artist"] == "Me"
    whole = torch.cat([files.read(tmp_path / "out" / clip.audio)[0] for clip in clips], 1)
    assert np.array_equal(whole[0].numpy() * 32768, wave)
    again = tmp_path / "again"
    prepare(folder, again, filters=CUT, shard_bytes=70_000)
    assert {clip.id for clip in read(again)} == {clip.id for clip in clips} and len(list(again.glob("*.tar"))) > 1
    known = {path.name: hashlib.sha256(path.read_bytes()).digest() for path in again.iterdir() if path.name != HEARD}
    prepare(folder, again, filters=CUT, shard_bytes=70_000)
    assert known == {p.name: hashlib.sha256(p.read_bytes()).digest() for p in again.iterdir() if p.name != HEARD}
    assert [clip.seconds for clip in read(prepared_whole(folder, tmp_path / "whole"))] == [pytest.approx(11.0)]


def prepared_whole(folder: Path, out: Path) -> Path:
    prepare(folder, out, filters=Filters(cut=0.0))
    return out


def test_cuts_of_a_recording_and_what_it_plays_lie_on_one_side(tmp_path: Path) -> None:
    """Twenty songs, four of which are also in a mix."""
    folder = tmp_path / "in"
    folder.mkdir()
    songs = [music(9.0 if number < 4 else 1.5, number) for number in range(20)]
    for number, song in enumerate(songs):
        soundfile.write(folder / f"{number}.wav", song, RATE)
    soundfile.write(folder / "mix.wav", np.concatenate(songs[:4]) // 2, RATE)
    alone = prepare(folder, tmp_path / "out", filters=CUT)
    left = {one.entry.file: one.copy_of for one in alone.verdicts if not one.kept}
    assert left == {f"{number}.wav": "mix.wav" for number in range(4)}
    made = prepare(folder, tmp_path / "out", filters=CUT, keep_near=True)
    kept = [one for one in made.verdicts if one.kept]
    played = {f"{number}.wav" for number in range(4)} | {"mix.wav"}
    assert len({one.group for one in kept if one.entry.file in played}) == 1
    assert len({one.split for one in kept if one.entry.file in played}) == 1
    assert len({one.group for one in kept}) == 17 and sum(one.entry.file == "mix.wav" for one in kept) > 8


def test_what_a_recording_repeats_is_no_near_copy_of_it(tmp_path: Path) -> None:
    loop = music(3.0).astype(np.float64)
    soundfile.write(tmp_path / "loop.wav", np.concatenate([loop, 0.8 * loop, 0.6 * loop]) / 32768, RATE)
    made = prepare(tmp_path, tmp_path / "out", filters=CUT)
    assert len(made.verdicts) > 1 and all(one.kept for one in made.verdicts)


def test_a_stem_is_cut_with_its_mixture_and_one_that_is_damaged_is_left_out(tmp_path: Path) -> None:
    song = tmp_path / "in" / "Band - Song"
    song.mkdir(parents=True)
    parts = {"drums": music(9.0, 1), "bass": music(9.0, 2)}
    for name, wave in {**parts, "mixture": parts["drums"] // 2 + parts["bass"] // 2}.items():
        soundfile.write(song / f"{name}.wav", wave, RATE)
    (song / "vocals.wav").write_text("no sound")
    made = prepare(tmp_path / "in", tmp_path / "out", filters=CUT)
    clips = sorted(read(tmp_path / "out"), key=lambda clip: clip.start)
    assert len(clips) > 1 and all(set(clip.stems) == set(parts) for clip in clips)
    for name, wave in parts.items():
        kept = torch.cat([files.read(tmp_path / "out" / clip.stems[name])[0] for clip in clips], 1)
        assert np.array_equal(kept[0].numpy() * 32768, wave)
    assert all("not audio" in clip.labels[MISSING_STEMS]["vocals"] for clip in clips)
    assert [note for note in made.notes if "without its stem vocals" in note]


def test_a_crop_of_a_long_clip_reads_a_small_part_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "a.wav", music(60.0), RATE)
    prepare(tmp_path / "in", tmp_path / "out", filters=Filters(cut=0.0), sound=Sound(RATE, 1))
    (clip,) = read(tmp_path / "out")
    size = find(tmp_path / "out" / "train-00000.tar", f"{clip.id}.flac").size
    data = open_waves(tmp_path / "out", sample_rate=RATE, channels=1, cropping=Cropping(from_start=0.0))
    counted, readinto = [0], Window.readinto

    def counting(window: Window, buffer: memoryview) -> int:
        counted[0] += (got := readinto(window, buffer))
        return got

    monkeypatch.setattr(Window, "readinto", counting)
    for step in range(8):
        data.batch(step, batch_size=1, crop_seconds=0.5)
    assert 0 < counted[0] / 8 < size / 4


def cut_data(tmp_path: Path, *, beats: bool) -> tuple[Dataset, Clip]:
    """The middle 4 s, from second 3 on, of a recording of 10 s with a beat each half second."""
    told = {"downbeats": [2.0 * bar for bar in range(5)], "beats": [0.5 * beat for beat in range(20)]} if beats else {}
    labels = {"tempo": 120.0, **told}
    clip = Clip("a", "a.wav", 4.0, RATE, 1, labels=labels, start=3.0, whole=10.0)
    with ShardWriter(tmp_path / "waves", "int16", {"sample_rate": RATE}) as writer:
        writer.add("a", to_int16(np.arange(4 * RATE)[None] / 32768))
    return Dataset([clip], waves=Shards(tmp_path / "waves"), cropping=Cropping(from_start=0, on_downbeat=1.0)), clip


def test_times_of_a_batch_are_those_of_the_recording(tmp_path: Path) -> None:
    data, clip = cut_data(tmp_path, beats=True)
    for step in range(10):
        batch = data.batch(step, batch_size=1, crop_seconds=0.5)
        assert batch.wave is not None
        start = float(batch.wave[0, 0, 0] * 32768) / RATE + 3.0
        assert float(batch.start) == pytest.approx(start) and float(batch.total) == 10.0
        assert float(batch.start) in (4.0, 6.0), "on a downbeat of the recording"
    cut = data.cut(clip, 5.0, 1.0)
    assert cut.wave is not None and float(cut.wave[0, 0, 0] * 32768) == pytest.approx(2 * RATE)
    found = [BeatMixed(data, 0.5)._partner(replace(clip, id="b"), 4.0, np.random.default_rng(n)) for n in range(8)]
    assert {place for _, place in filter(None, found)} == {4.0, 6.0}, "of bars at 0, 2, 4, 6 and 8 those in the clip"


def test_beats_that_are_heard_in_a_clip_are_told_in_times_of_its_recording(tmp_path: Path) -> None:
    time = np.arange(8 * RATE) / RATE
    clicks = 0.8 * np.sin(2 * np.pi * 1000 * time) * np.exp(-60 * (time % 0.5))
    soundfile.write(tmp_path / "a.wav", clicks, RATE)
    _, clip = cut_data(tmp_path, beats=False)
    clip = replace(clip, seconds=8.0, start=0.0, whole=0.0)
    later = replace(clip, id="b", start=100.0, whole=200.0)
    here, there = completed([clip, later], tmp_path)
    assert len(here.labels["beats"]) > 8
    assert [at - 100.0 for at in there.labels["beats"]] == pytest.approx(here.labels["beats"], abs=1e-3)
