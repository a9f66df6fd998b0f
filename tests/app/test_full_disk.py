"""A disk that fills: a job says so, what was made can be seen and deleted, and then music is made again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from halting import PATIENCE, Halt, can_halt

from songloom.app import job_store
from songloom.app.job_limits import Full
from songloom.app.job_music import Music
from songloom.app.job_store import RESERVE, Job, JobStore
from songloom.app.jobs import JobQueue
from songloom.systems.request import Request

DISK_BYTES, RESERVE_BYTES = 24_000_000, 200_000
LONG = 20.0
"""Seconds of music of which what is made after the middle takes more than the reserve."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own, where that may be mounted."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(tmp_path)]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no disk may be mounted here")
    yield tmp_path
    subprocess.run(["umount", "--lazy", str(tmp_path)], check=True)


def fill(path: Path) -> None:
    """Takes all that is left of its disk."""
    with pytest.raises(OSError, match="No space left"), path.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))


def test_a_job_fails_in_words_and_deleting_makes_room_again(
    small_disk: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_store, "RESERVE_BYTES", RESERVE_BYTES)
    can_halt(monkeypatch)

    def task(seed: int, seconds: float = 1.0) -> Music:
        return Music(request=Request(prompt="harp", seconds=seconds, seed=seed), model=str(model))

    with JobQueue(small_disk / "queue") as queue:
        first = queue.submit(task(0))
        assert queue.wait(first.id, seconds=PATIENCE).state == "done"
        halt = Halt(queue.folder)
        waits = queue.submit(task(1, LONG))
        halt.come()
        fill(small_disk / "others")
        with pytest.raises(Full, match="bytes of disk; 0 are free for it"):
            queue.submit(task(2))
        halt.over()
        ended = queue.wait(waits.id, seconds=PATIENCE)
        assert (ended.state, ended.error) == ("failed", "No space left on device")
        queue.delete(first.id)
        assert [job.id for job in queue.jobs()] == [waits.id]
        (small_disk / "others").unlink()
        queue.delete(waits.id)
        assert (queue.folder / RESERVE).stat().st_size == RESERVE_BYTES
        assert queue.wait(queue.submit(task(3)).id, seconds=PATIENCE).state == "done"


def test_the_reserve_is_given_up_once_and_kept_again_when_there_is_room(store: JobStore, tmp_path: Path) -> None:
    store.reserve()
    job = Job(
        id="a",
        owner="",
        state="queued",
        task={"text": "x" * 100_000},
        way="",
        seconds=1,
        candidates=1,
        timeout=1,
        bytes=0,
    )
    pages = store._run("PRAGMA page_count")[0][0]
    store._run(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OSError, match="No space left on device"):
        store.add(job)
    assert (tmp_path / RESERVE).exists()  # a job that begins is no reason
    with pytest.raises(OSError, match="No space left on device"):
        store._surely("UPDATE queue SET open = zeroblob(100000)")
    assert not (tmp_path / RESERVE).exists()
    store._run("PRAGMA max_page_count = 100000")
    store.add(job)
    store.reserve()
    assert store.get("a") == job and (tmp_path / RESERVE).exists()


def test_what_waiting_jobs_may_take_is_not_free_for_others(store: JobStore) -> None:
    for name, state, size in (("a", "queued", 500), ("b", "done", 70)):
        store.add(
            Job(
                id=name,
                owner="",
                state=state,
                task={},
                way="",
                seconds=1,
                candidates=1,
                timeout=1,
                bytes=size,
                input_bytes=9,  # type: ignore[arg-type]
            )
        )
    assert store.promised() == 491
