"""What is known of jobs: every change counts once, and only from those who may make it."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

import pytest

from songloom.app.job_store import ATTEMPTS, NAME, VERSION, Job, JobStore


def job(identity: str, owner: str = "") -> Job:
    return Job(
        id=identity,
        owner=owner,
        state="queued",
        task={"request": {"prompt": identity}},
        way="w",
        seconds=2.0,
        candidates=1,
        timeout=60.0,
        bytes=100,
        input_bytes=7,
        created=1.5,
    )


def test_a_job_comes_back_as_it_was_added_also_from_another_connection(store: JobStore, tmp_path: Path) -> None:
    store.add(job("a"))
    assert store.get("a") == JobStore(tmp_path).get("a") == job("a")
    with pytest.raises(ValueError, match="there is no job 'b'"):
        store.get("b")


def test_jobs_are_claimed_in_their_order_each_by_one_worker(store: JobStore, tmp_path: Path) -> None:
    for number in range(40):
        store.add(job(str(number)))
    claimed: list[list[str]] = [[], []]

    def work(worker: int) -> None:
        mine = JobStore(tmp_path)
        while (one := mine.claim(worker)) is not None:
            claimed[worker].append(one.id)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed[0] + claimed[1], key=int) == [str(number) for number in range(40)]
    assert all(ids == sorted(ids, key=int) for ids in claimed)


def test_no_job_begins_while_the_queue_is_not_open(store: JobStore) -> None:
    store.add(job("a"))
    store.open(yes=False)
    assert store.claim(1) is None
    store.open(yes=True)
    assert store.claim(1) is not None


def test_a_worker_that_was_given_up_changes_nothing(store: JobStore) -> None:
    store.add(job("a"))
    first = store.claim(1)
    assert first is not None
    store.crashed("gone", 1)
    second = store.claim(2)
    assert second is not None and second.attempt == first.attempt + 1
    assert store.report(first, 0.9) is None
    assert not store.finish(first, [], 1, 1.0, 1) and not store.stop(first, "failed", "late")
    assert store.report(second, 0.5) is not None
    assert store.finish(second, [{"file": "1.wav"}], 7, 3.0, 9)
    ended = store.get("a")
    assert (ended.state, ended.progress, ended.bytes, ended.work, ended.memory) == ("done", 1, 7, 3.0, 9)
    assert ended.results == [{"file": "1.wav"}]
    assert not store.stop(second, "failed", "later still")


def test_a_job_whose_workers_crash_fails_at_last(store: JobStore) -> None:
    store.add(job("a"))
    store.add(job("b"))
    for number in range(ATTEMPTS):
        one = store.claim(number)
        assert one is not None and one.id == "a"
        store.crashed("out of memory", number)
    assert (store.get("a").state, store.get("a").error) == ("failed", "out of memory")
    assert store.get("b").state == "queued" and store.get("b").crashes == 0


def test_stopping_on_purpose_is_no_crash(store: JobStore) -> None:
    store.add(job("a"))
    for number in range(2 * ATTEMPTS):
        one = store.claim(number)
        assert one is not None and one.attempt == number + 1
        store.abandon()
    assert store.get("a").state == "queued" and store.get("a").crashes == 0


def test_cancelling_ends_what_waits_and_asks_what_runs(store: JobStore) -> None:
    for name in "abc":
        store.add(job(name))
    store.cancel("b")
    assert store.get("b").state == "cancelled" and store.get("b").ended is not None
    running = store.claim(1)
    assert running is not None
    store.cancel("a")
    told = store.report(running, 0.1)
    assert told is not None and told.stop and told.state == "running"
    store.crashed("killed", 1)
    assert store.get("a").state == "cancelled" and store.get("a").error is None
    following = store.claim(1)
    assert following is not None and following.id == "c"
    store.finish(following, [], 0, 0.0, 0)
    store.cancel("c")
    assert store.get("c").state == "done"


def test_counts_and_history_are_by_state_and_owner(store: JobStore) -> None:
    for name, owner in (("a", "x"), ("b", "y"), ("c", "x")):
        store.add(job(name, owner))
    assert store.waiting("x") == (3, 2) and store.used() == 300
    store.cancel("c")
    assert store.waiting("x") == (2, 1)
    assert [one.id for one in store.every()] == ["c", "b", "a"]
    assert [one.id for one in store.every("queued", "x")] == ["a"]
    with pytest.raises(ValueError, match="job a is queued; cancel it first"):
        store.delete("a")
    assert store.used() == 207
    store.delete("c")
    assert [one.id for one in store.every(owner="x")] == ["a"] and store.used() == 200


def changed(folder: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(folder / NAME)) as tables, tables:
        for statement in statements:
            tables.execute(statement)


def test_a_file_of_another_version_is_refused_in_one_line_and_left_as_it_is(store: JobStore, tmp_path: Path) -> None:
    store.add(job("a"))
    store.close()
    for version in (VERSION + 1, VERSION - 1):
        changed(tmp_path, f"PRAGMA user_version = {version}", "ALTER TABLE jobs RENAME COLUMN alike TO like")
        before = (tmp_path / NAME).read_bytes()
        with pytest.raises(ValueError, match=f"is of version {version}, .* move its folder away") as refused:
            JobStore(tmp_path)
        assert "\n" not in str(refused.value) and (tmp_path / NAME).read_bytes() == before
        changed(tmp_path, "ALTER TABLE jobs RENAME COLUMN like TO alike")


def test_a_file_of_before_versions_were_counted_is_taken_on_with_its_jobs(store: JobStore, tmp_path: Path) -> None:
    store.add(job("a"))
    changed(tmp_path, "PRAGMA user_version = 0")
    assert JobStore(tmp_path).get("a") == job("a")
    with contextlib.closing(sqlite3.connect(tmp_path / NAME)) as tables:
        assert tables.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_a_file_that_is_no_table_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(b"no table of SQLite" * 100)
    with pytest.raises(ValueError, match="holds no jobs that can be read"):
        JobStore(tmp_path)
