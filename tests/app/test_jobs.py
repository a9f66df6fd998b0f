"""The queue with its worker processes: jobs end whatever is killed, and a folder has one queue."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from halting import PATIENCE, Halt, can_halt, until

from songloom.app import jobs
from songloom.app.job_limits import Limits
from songloom.app.job_music import Music
from songloom.app.job_store import Job, JobStore
from songloom.app.jobs import JobQueue
from songloom.audio import files
from songloom.inference import song
from songloom.systems.request import Request

KILLED = """
import sys, time
from pathlib import Path
from songloom.app.job_music import Music
from songloom.app.jobs import JobQueue
from songloom.systems.request import Request
queue = JobQueue(Path(sys.argv[1]))
for seed in range(10):
    queue.submit(Music(request=Request(prompt="harp", seconds=1.0, seed=seed), model=sys.argv[2]))
time.sleep(600)
"""


def task(model: Path, seed: int = 0, seconds: float = 1.0) -> Music:
    return Music(request=Request(prompt="harp", seconds=seconds, seed=seed), model=str(model), suffix=".wav")


def gone(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return not status.exists() or "State:\tZ" in status.read_text(encoding="utf-8")


@pytest.fixture(scope="module", autouse=True)
def halts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        can_halt(patch)
        yield


@pytest.fixture(scope="module")
def queue(tmp_path_factory: pytest.TempPathFactory, halts: None) -> Iterator[JobQueue]:
    with JobQueue(tmp_path_factory.mktemp("queue"), Limits(seconds=60.0)) as opened:
        yield opened


def test_a_job_is_made_as_by_hand_and_judges_the_next(queue: JobQueue, model: Path) -> None:
    before = queue.estimate(task(model))
    assert before.seconds is None and before.memory > 0
    queue.store.open(yes=False)
    job = queue.submit(task(model, seed=5))
    assert (job.state, queue.partial(job.id), queue.files(job.id)) == ("queued", None, [])
    queue.store.open(yes=True)
    ended = queue.wait(job.id, seconds=PATIENCE)
    assert (ended.state, ended.error, ended.crashes) == ("done", None, 0)
    by_hand = song.make(song.open_model(str(model)), task(model, seed=5).request)[0]
    wave, _ = files.read(queue.files(job.id)[0])
    assert torch.allclose(wave, by_hand.wave, atol=2 / 2**15)
    after = queue.estimate(task(model, seconds=2.0))
    assert ended.work is not None and after.seconds == pytest.approx(2 * ended.work) and after.jobs == 1
    following = queue.submit(task(model, seconds=2.0))
    assert following.expected == pytest.approx(after.seconds)
    assert queue.wait(following.id, seconds=PATIENCE).state == "done"


def test_what_is_too_much_is_refused_and_leaves_nothing(queue: JobQueue, model: Path) -> None:
    known = len(queue.jobs())
    with pytest.raises(ValueError, match="refused: 61 s of music are asked; 60 may be"):
        queue.submit(task(model, seconds=61.0))
    with pytest.raises(ValueError, match="loom does not use steps"):
        queue.submit(Music(request=Request(steps=4), model=str(model)))
    with pytest.raises(ValueError, match="no model 'none'"):
        queue.submit(Music(request=Request(), model="none"))
    assert len(queue.jobs()) == known == len(list((queue.folder / "jobs").iterdir()))


def test_one_that_runs_is_heard_cancelled_and_deleted(queue: JobQueue, model: Path) -> None:
    halt = Halt(queue.folder)
    job = queue.submit(task(model, seconds=2.0))
    halt.come()
    partial = queue.partial(job.id)
    assert queue.job(job.id).progress > 0.3 and partial is not None and 0 < files.info(partial).seconds < 2
    queue.cancel(job.id)
    halt.over()
    assert queue.wait(job.id, seconds=PATIENCE).state == "cancelled"
    with pytest.raises(ValueError, match="there is no job 'x'"):
        queue.cancel("x")
    queue.delete(job.id)
    assert job.id not in [one.id for one in queue.jobs()] and not (queue.folder / "jobs" / job.id).exists()


def test_a_worker_that_does_not_hear_is_killed_and_the_next_job_is_made(
    queue: JobQueue, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "GRACE_SECONDS", 0.2)
    halt = Halt(queue.folder)
    job, following = queue.submit(task(model, seconds=2.0)), queue.submit(task(model))
    halt.come()
    queue.cancel(job.id)
    assert queue.wait(job.id, seconds=PATIENCE).state == "cancelled"
    assert queue.wait(following.id, seconds=PATIENCE).state == "done"
    halt = Halt(queue.folder)
    late = queue.submit(task(model, seconds=2.0))
    halt.come()
    queue.store._run("UPDATE jobs SET timeout = 0.5 WHERE id = ?", (late.id,))
    ended = queue.wait(late.id, seconds=PATIENCE)
    assert (ended.state, ended.error) == ("failed", "it took longer than 0.5 s")


def test_a_folder_has_one_queue(queue: JobQueue) -> None:
    with pytest.raises(ValueError, match="has a queue that is open"):
        JobQueue(queue.folder)
    other = subprocess.run(
        [sys.executable, "-c", KILLED, str(queue.folder), "none"], capture_output=True, text=True, check=False
    )
    assert other.returncode == 1 and "has a queue that is open" in other.stderr


def test_ten_jobs_end_though_their_worker_is_killed_in_the_middle(model: Path, tmp_path: Path) -> None:
    with JobQueue(tmp_path) as queue:
        halt = Halt(tmp_path, after=3)
        made = [queue.submit(task(model, seed)) for seed in range(10)]
        halt.come()
        at_once = {one.id for one in queue.jobs("running")}
        (worker,) = {one.worker for one in queue.jobs("running")}
        assert worker is not None and len(queue.jobs("done")) >= 3
        os.kill(worker, signal.SIGKILL)
        ended = [queue.wait(one.id, seconds=PATIENCE) for one in made]
        assert [one.state for one in ended] == ["done"] * 10
        assert {one.id: one.crashes for one in ended if one.crashes} == dict.fromkeys(at_once, 1)
        assert all(one.together == 1 for one in ended if one.crashes)
        assert all(len(queue.files(one.id)) == 1 and queue.files(one.id)[0].exists() for one in made)


def test_ten_jobs_end_though_the_whole_queue_is_killed_in_the_middle(model: Path, tmp_path: Path) -> None:
    halt = Halt(tmp_path, after=2)
    killed = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path), str(model)])
    halt.come()
    store = JobStore(tmp_path)
    (worker,) = {job.worker for job in store.every("running")}
    assert worker is not None
    until(lambda: len(store.every()) == 10)  # it halts at the third, whether or not all have been queued by then
    killed.kill()
    killed.wait()
    until(lambda: gone(worker))
    before = {job.id for job in store.every("done")}
    assert 2 <= len(before) < 10
    with JobQueue(tmp_path) as queue:
        ended = [queue.wait(job.id, seconds=PATIENCE) for job in store.every()]
        assert [job.state for job in ended] == ["done"] * 10 and max(job.crashes for job in ended) <= 1
        seeds = {job.results[0]["recipe"]["request"]["seed"]: job.id for job in ended}
        assert set(seeds) == set(range(10))
        wave, _ = files.read(queue.files(seeds[9])[0])
    by_hand = song.make(song.open_model(str(model)), Request(prompt="harp", seconds=1.0, seed=9))[0]
    assert torch.allclose(wave, by_hand.wave, atol=2 / 2**15)


def test_a_disk_that_fills_while_a_job_is_queued_leaves_nothing(
    queue: JobQueue, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Job) -> None:
        raise OSError(28, "No space left on device")

    before = sorted((queue.folder / "jobs").iterdir())
    with monkeypatch.context() as patched:
        patched.setattr(queue.store, "add", full)
        with pytest.raises(OSError, match="No space left"):
            queue.submit(task(model))
    assert sorted((queue.folder / "jobs").iterdir()) == before


def test_closing_leaves_what_waits_for_the_next_queue(model: Path, tmp_path: Path) -> None:
    with JobQueue(tmp_path) as queue:
        halt = Halt(tmp_path)
        running = queue.submit(task(model, seconds=2.0))
        halt.come()
        workers = [worker.number for worker in queue._workers]
    store = JobStore(tmp_path)
    assert (store.get(running.id).state, store.get(running.id).crashes) == ("queued", 0)
    assert all(gone(pid) for pid in workers)
    store.cancel(running.id)
    for name in ("0123456789abcdef", "mine"):
        (tmp_path / "jobs" / name).mkdir()
    with JobQueue(tmp_path):
        assert {path.name for path in (tmp_path / "jobs").iterdir()} == {running.id, "mine"}
    assert store.get(running.id).state == "cancelled"
