"""A session: a rater's place survives everything, and nothing tells or gives away what is hidden."""

from __future__ import annotations

import dataclasses
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from small_designs import design

from songloom.metrics.listening.plan import plan
from songloom.metrics.listening.session import Session
from songloom.metrics.listening.storage import Storage

GOOD = {"quality": 60, "relevance": 40}


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(Storage.create(tmp_path / "answers.sqlite", design(prompts=2)), tmp_path / "clips")


def test_a_rater_goes_through_all_trials_and_every_answer_is_kept(session: Session) -> None:
    token = session.begin(None)
    trials = plan(session.design, 0)
    for position, trial in enumerate(trials):
        view = session.view(token)
        assert (view.done, view.total, view.clips) == (position, len(trials), trial.clips)
        assert view.prompt == session.design.texts[trial.prompt]
        session.answer(token, position, {"quality": position + 1, "relevance": 100 - position}, [2.5])
    assert session.view(token).clips == ()
    kept = session.storage.answers()
    assert [(a.position, a.value) for a in kept if a.question == "quality"] == [(p, p + 1) for p in range(len(trials))]
    assert [a.first for a in kept if a.question == "quality"] == [trial.clips[0] for trial in trials]
    assert {a.heard for a in kept} == {2.5}


def test_a_page_tells_neither_systems_nor_checks_nor_the_raters_number(session: Session) -> None:
    token = session.begin(None)
    shown = {field.name for field in dataclasses.fields(session.view(token))}
    assert shown == {"title", "mode", "begun", "done", "total", "prompt", "clips"}


def test_a_known_rater_who_begins_again_is_the_same_rater(session: Session) -> None:
    token = session.begin(None)
    assert session.begin(token) == token
    other = session.begin("forged")
    assert other not in (token, "forged")
    assert session.storage.raters() == 2


def test_an_answer_that_is_sent_twice_counts_once_and_stays(session: Session) -> None:
    token = session.begin(None)
    session.answer(token, 0, GOOD, [1.0])
    view = session.answer(token, 0, {"quality": 1, "relevance": 1}, [1.0])
    assert view.done == 1
    assert [(a.question, a.value) for a in session.storage.answers()] == [("quality", 60), ("relevance", 40)]


@pytest.mark.parametrize(
    ("position", "values", "heard"),
    [
        (1, GOOD, [1.0]),
        (-1, GOOD, [1.0]),
        (0, {"quality": 0, "relevance": 5}, [1.0]),
        (0, {"quality": 101, "relevance": 5}, [1.0]),
        (0, {"quality": True, "relevance": 5}, [1.0]),
        (0, {"quality": 5}, [1.0]),
        (0, GOOD | {"style": 5}, [1.0]),
        (0, GOOD, []),
        (0, GOOD, [float("nan")]),
        (0, GOOD, [-1.0]),
    ],
)
def test_what_is_no_answer_to_the_trial_is_refused(
    session: Session, position: int, values: dict[str, int], heard: list[float]
) -> None:
    token = session.begin(None)
    with pytest.raises(ValueError):
        session.answer(token, position, values, heard)
    assert session.storage.answers() == []


def test_a_clip_is_given_to_the_rater_whose_trial_it_is_and_to_nobody_else(session: Session) -> None:
    token = session.begin(None)
    (now,) = session.view(token).clips
    assert session.clip(token, now) == session.clips / f"{now}.flac"
    later = plan(session.design, 0)[1].clips[0]
    for who, name in ((token, later), (None, now), ("forged", now), (token, "../answers"), (token, f"{now}/../{now}")):
        assert session.clip(who, name) is None


def test_two_answers_to_one_trial_at_the_same_time_become_one(session: Session) -> None:
    token = session.begin(None)
    ready = threading.Barrier(4)

    def answer(value: int) -> None:
        ready.wait()
        session.answer(token, 0, {"quality": value, "relevance": value}, [1.0])

    threads = [threading.Thread(target=answer, args=(value,)) for value in (10, 20, 30, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = session.storage.answers()
    assert len(kept) == 2
    assert kept[0].value == kept[1].value


def test_what_was_acknowledged_survives_a_process_that_is_killed_while_it_writes(tmp_path: Path) -> None:
    path = tmp_path / "answers.sqlite"
    Storage.create(path, design(prompts=20, trials=80))
    child = """
import sys
from pathlib import Path
from songloom.metrics.listening.session import Session
from songloom.metrics.listening.storage import Storage
session = Session(Storage(Path(sys.argv[1])), Path("clips"))
token = session.begin(None)
print(token, flush=True)
for position in range(60):
    session.answer(token, position, {"quality": position + 1, "relevance": 50}, [1.0])
    print(position, flush=True)
"""
    run = subprocess.Popen([sys.executable, "-c", child, str(path)], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    token = run.stdout.readline().strip()
    acknowledged = -1
    for line in run.stdout:
        acknowledged = int(line)
        if acknowledged >= 5:
            os.kill(run.pid, signal.SIGKILL)
            break
    acknowledged = max([acknowledged, *map(int, run.stdout.read().split())])
    run.wait()
    assert 5 <= acknowledged < 59
    again = Session(Storage(path), tmp_path)
    done = again.view(token).done
    assert done in (acknowledged + 1, acknowledged + 2)
    assert [a.value for a in again.storage.answers() if a.question == "quality"] == list(range(1, done + 1))
    assert len(again.storage.answers()) == 2 * done
    assert again.answer(token, done, GOOD, [1.0]).done == done + 1


def test_the_database_waits_for_the_disk_and_writes_ahead(session: Session) -> None:
    base = sqlite3.connect(session.storage.path)
    assert base.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    base.close()
    with session.storage._open() as inner:
        assert inner.execute("PRAGMA synchronous").fetchone() == (2,)


def test_a_file_that_is_no_test_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no listening test"):
        Storage(tmp_path / "none.sqlite")
    (tmp_path / "text.sqlite").write_text("words " * 100)
    with pytest.raises(ValueError, match="cannot be used"):
        Storage(tmp_path / "text.sqlite")
    sqlite3.connect(tmp_path / "other.sqlite").execute("CREATE TABLE a (b)").connection.close()
    with pytest.raises(ValueError, match="not a listening test of this version"):
        Storage(tmp_path / "other.sqlite")


def test_a_test_is_not_written_over_and_has_a_limit_of_raters(session: Session) -> None:
    with pytest.raises(ValueError, match="not written over"):
        Storage.create(session.storage.path, session.design)
    session.storage.enrol(1)
    with pytest.raises(ValueError, match="has its 1 raters"):
        session.storage.enrol(1)
