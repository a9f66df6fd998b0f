"""Jobs that are made at once: each is told, heard, stopped and written as if it were alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import beeps
import pytest
import torch
from beeps import queued

from songloom.app import job_music, job_worker
from songloom.app.job_attempt import PARTIAL
from songloom.app.job_music import WAVE_BYTES, Music, at_once
from songloom.app.job_store import JobStore
from songloom.audio import files
from songloom.audio.clip import Audio
from songloom.inference import song
from songloom.systems.request import Request

Use = Callable[[beeps.Between], None]


@pytest.fixture
def beeping(monkeypatch: pytest.MonkeyPatch) -> Use:
    monkeypatch.setattr(job_music.memory, "free", lambda: 10**12)
    return lambda between: beeps.use(monkeypatch, between, batched=True)


def asked(seed: int = 0, seconds: float = 1.0, **more: object) -> Music:
    request = Request(prompt=f"beep {seed}", seconds=seconds, seed=seed, **more)  # type: ignore[arg-type]
    return Music(request=request, suffix=".wav")


def states(store: JobStore) -> dict[str, str]:
    return {job.id: job.state for job in store.every()}


def test_jobs_that_wait_for_the_same_are_made_at_once_each_as_alone(store: JobStore, beeping: Use) -> None:
    rounds: list[int] = []
    beeping(rounds.append)
    for task in (asked(1), asked(2), asked(3, seconds=2.0), asked(4)):
        queued(store, task)
    assert job_worker.work(store, 8)
    assert states(store) == {"job0": "done", "job1": "done", "job2": "queued", "job3": "done"}
    assert rounds == list(range(10))  # of all three
    assert job_worker.work(store, 8) and not job_worker.work(store, 8)
    for name, seed, seconds, together in (("job0", 1, 1.0, 3), ("job3", 4, 1.0, 3), ("job2", 3, 2.0, 1)):
        job, direct = store.get(name), song.make(song.open_model(), asked(seed, seconds).request)[0]
        wave, _ = files.read(store.place(name) / job.results[0]["file"])
        assert torch.allclose(wave, direct.wave, atol=1 / 2**15)
        assert job.results[0]["recipe"] == direct.recipe and job.together == together and job.progress == 1.0


def test_never_more_than_so_many_are_made_at_once(store: JobStore, beeping: Use) -> None:
    beeping(lambda _: None)
    for seed in range(5):
        queued(store, asked(seed))
    job_worker.work(store, 3)
    assert [store.get(f"job{number}").state for number in range(5)] == ["done"] * 3 + ["queued"] * 2
    job_worker.work(store, 1)
    assert store.get("job3").together == 1 and store.get("job4").state == "queued"


def test_the_candidates_of_a_job_are_a_batch_too(store: JobStore, beeping: Use) -> None:
    rounds: list[int] = []
    beeping(rounds.append)
    queued(store, asked(7, candidates=5))
    job_worker.work(store, 2)
    assert len(rounds) == 30  # 2, 2 and 1
    seeds = {result["recipe"]["request"]["seed"] for result in store.get("job0").results}
    assert seeds == set(range(7, 12))


def test_who_listens_slowly_hears_one_candidate_to_its_end_and_nothing_of_the_next(
    store: JobStore, beeping: Use, tmp_path: Path
) -> None:
    heard: list[BinaryIO] = []

    def between(number: int) -> None:
        if number == 5 and len(heard) < 2:
            heard.append((store.place("job0") / PARTIAL).open("rb"))

    beeping(between)
    queued(store, asked(1, candidates=2))
    job_worker.work(store, 1)
    for seed, file in zip((1, 2), heard, strict=True):
        (tmp_path / "heard.wav").write_bytes(file.read())
        file.close()
        by_hand = beeps.Beeps(lambda _: None).generate(Request(seconds=1.0, seed=seed))[0]
        assert torch.allclose(files.read(tmp_path / "heard.wav")[0], by_hand, atol=1 / 2**15)


def test_one_that_is_cancelled_leaves_and_the_others_go_on(store: JobStore, beeping: Use) -> None:
    heard: list[dict[str, float]] = []

    def between(number: int) -> None:
        if number == 4:
            store.cancel("job1")
        if number == 8:
            parts = {job.id: store.place(job.id) / PARTIAL for job in store.every()}
            heard.append({name: files.info(path).seconds for name, path in parts.items() if path.exists()})
            heard.append({job.id: job.progress for job in store.every()})

    beeping(between)
    for seed in range(3):
        queued(store, asked(seed))
    job_worker.work(store, 8)
    assert states(store) == {"job0": "done", "job1": "cancelled", "job2": "done"}
    assert heard[0] == {"job0": pytest.approx(0.8), "job2": pytest.approx(0.8)}
    assert heard[1] == {"job0": pytest.approx(0.7), "job1": pytest.approx(0.4), "job2": pytest.approx(0.7)}
    assert not list(store.place("job1").iterdir()) and not (store.place("job0") / PARTIAL).exists()


def test_when_all_are_cancelled_the_batch_ends(store: JobStore, beeping: Use) -> None:
    rounds: list[int] = []

    def between(number: int) -> None:
        rounds.append(number)
        if number == 3:
            store.cancel("job0")
        if number == 5:
            store.cancel("job1")

    beeping(between)
    for seed in range(2):
        queued(store, asked(seed))
    job_worker.work(store, 8)
    assert states(store) == {"job0": "cancelled", "job1": "cancelled"} and rounds == [0, 1, 2, 3, 4, 5]


def test_a_full_disk_and_a_time_that_is_over_end_one_job_alone(
    store: JobStore, beeping: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = Audio.save

    def full(audio: Audio, path: Path) -> None:
        if path.parent.name == "job0":
            raise OSError(28, "No space left on device")
        save(audio, path)

    monkeypatch.setattr(Audio, "save", full)
    beeping(lambda _: None)
    queued(store, asked(0))
    queued(store, asked(1), timeout=0.0)
    queued(store, asked(2))
    job_worker.work(store, 8)
    assert states(store) == {"job0": "failed", "job1": "failed", "job2": "done"}
    assert "No space left" in (store.get("job0").error or "")
    assert store.get("job1").error == "it took longer than 0 s"


def test_one_that_was_given_up_is_left_to_its_next_worker(store: JobStore, beeping: Use) -> None:
    def between(number: int) -> None:
        if number == 5:
            store._run("UPDATE jobs SET attempt = attempt + 1 WHERE id = 'job1'")

    beeping(between)
    for seed in range(2):
        queued(store, asked(seed))
    job_worker.work(store, 8)
    assert states(store) == {"job0": "done", "job1": "running"} and store.get("job1").results == []


def test_after_a_crash_each_of_a_batch_is_made_alone(store: JobStore, beeping: Use) -> None:
    def dies(number: int) -> None:
        if number == 5:
            raise RuntimeError

    beeping(dies)
    for seed in range(3):
        queued(store, asked(seed))
    with pytest.raises(RuntimeError):
        job_worker.work(store, 8)
    assert set(states(store).values()) == {"running"}
    store.crashed("gone", os.getpid())
    queued(store, asked(3))
    beeping(lambda _: None)
    while job_worker.work(store, 8):
        pass
    assert {job.id: (job.state, job.crashes, job.together) for job in store.every()} == {
        "job0": ("done", 1, 1),
        "job1": ("done", 1, 1),
        "job2": ("done", 1, 1),
        "job3": ("done", 0, 1),
    }


@pytest.mark.parametrize(
    ("free", "given", "count"),
    [(None, None, 8), (0, None, 1), (2 * 3.5, None, 4), (10**6, 2.5, 3), (2 * 1.5, 7, 2), (10**6, -5, 1)],
)
def test_a_batch_is_as_large_as_there_is_memory(
    free: float | None, given: float | None, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = beeps.Beeps(lambda *_: None)
    each = system.piece_bytes(Request()) + 4 * WAVE_BYTES
    monkeypatch.setattr(job_music.memory, "free", lambda: None if free is None else int(free * each))
    monkeypatch.setattr(job_music, "peak", lambda: 10**9)
    bytes = None if given is None else 10**9 + int(given * each)
    assert at_once(system, Request(seconds=4.0), 8, bytes) == count


def test_what_is_alike_is_of_one_model_and_shape() -> None:
    same = {asked(seed).alike for seed in range(3)} | {asked(4, tempo=90.0).alike}
    assert len(same) == 1 and "" not in same
    others = [
        asked(seconds=2.0),
        Music(request=asked().request, model="x"),
        Music(request=asked().request, precision="int8"),
    ]
    assert len(same | {one.alike for one in others}) == 4
    assert asked(candidates=2).alike == "" == asked(continuation=Audio(torch.zeros(1, 99), 8000)).alike
