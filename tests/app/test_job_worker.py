"""One attempt at a job, without any process: it is told, heard while it is made, stopped, and it fails in one line."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import beeps
import pytest
import torch
from beeps import queued

from songloom.app import job_attempt, job_worker
from songloom.app.job_music import Music
from songloom.app.job_store import JobStore
from songloom.audio import files
from songloom.inference import song
from songloom.systems.request import Request

Use = Callable[[Callable[[int], None]], None]


@pytest.fixture
def beeping(monkeypatch: pytest.MonkeyPatch) -> Use:
    """Makes Beeps the model of all jobs, and every report count."""
    return lambda between: beeps.use(monkeypatch, between)


def test_results_are_what_a_direct_call_makes_with_their_recipes(store: JobStore, beeping: Use) -> None:
    beeping(lambda _: None)
    request = Request(prompt="beep", seconds=2.0, seed=3, candidates=3)
    name = queued(store, Music(request=request, suffix=".wav"))
    assert job_worker.work(store) and not job_worker.work(store)
    job = store.get(name)
    assert job.state == "done" and job.work is not None and job.memory is not None and job.memory > 10**7
    direct = {audio.recipe["request"]["seed"]: audio for audio in song.make(song.open_model(), request)}
    assert [result["file"] for result in job.results] == ["1.wav", "2.wav", "3.wav"]
    scores = [result["recipe"]["ranked"]["score"] for result in job.results]
    assert scores == sorted(scores, reverse=True)
    for result in job.results:
        path = store.place(name) / result["file"]
        recipe = json.loads(files.read_metadata(path) or "")
        expected = direct[recipe["request"]["seed"]]
        assert recipe == result["recipe"] and {**expected.recipe, "ranked": recipe["ranked"]} == recipe
        assert torch.allclose(files.read(path)[0], expected.wave, atol=1 / 2**15)
        assert result["seconds"] == 2.0 and "tempo" in result["measured"]
    assert job.bytes == sum(path.stat().st_size for path in store.place(name).iterdir())


def test_what_there_is_can_be_heard_while_it_is_made(store: JobStore, beeping: Use) -> None:
    seen: list[tuple[float, float]] = []

    def between(number: int) -> None:
        if number in (3, 8):
            partial = store.place("job0") / job_attempt.PARTIAL
            seen.append((files.info(partial).seconds, store.get("job0").progress))

    beeping(between)
    queued(store, Music(request=Request(seconds=2.0)))
    job_worker.work(store)
    assert seen == [(pytest.approx(0.6), pytest.approx(0.2)), (pytest.approx(1.6), pytest.approx(0.7))]
    assert not (store.place("job0") / job_attempt.PARTIAL).exists()
    assert store.get("job0").progress == 1.0


def test_a_cancelled_job_stops_between_pieces_and_the_next_begins(store: JobStore, beeping: Use) -> None:
    last: list[int] = []

    def between(number: int) -> None:
        last.append(number)
        if len(last) == 4:
            store.cancel("job0")

    beeping(between)
    for _ in range(2):
        queued(store, Music(request=Request(seconds=1.0)))
    job_worker.work(store)
    assert (store.get("job0").state, last) == ("cancelled", [0, 1, 2, 3])
    assert list(store.place("job0").iterdir()) == []
    job_worker.work(store)
    assert store.get("job1").state == "done"


def test_a_job_that_takes_too_long_fails(store: JobStore, beeping: Use) -> None:
    beeping(lambda _: time.sleep(0.03))
    queued(store, Music(request=Request(seconds=1.0)), timeout=0.1)
    job_worker.work(store)
    assert (store.get("job0").state, store.get("job0").error) == ("failed", "it took longer than 0.1 s")


def test_an_attempt_that_was_given_up_writes_nothing_down(store: JobStore, beeping: Use) -> None:
    def between(number: int) -> None:
        if number == 5:
            store.crashed("the queue was killed")

    beeping(between)
    queued(store, Music(request=Request(seconds=1.0)))
    job_worker.work(store)
    assert store.get("job0").state == "queued" and store.get("job0").results == []


def test_what_the_model_or_the_disk_refuses_is_the_jobs_error_and_others_go_on(
    store: JobStore, beeping: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued(store, Music(request=Request(), model="nowhere"))
    job_worker.work(store)
    assert store.get("job0").state == "failed" and "no model 'nowhere'" in (store.get("job0").error or "")

    def full(number: int) -> None:
        if number == 2:
            raise OSError(28, "No space left on device")

    beeping(full)
    queued(store, Music(request=Request(seconds=1.0)))
    job_worker.work(store)
    assert "No space left" in (store.get("job1").error or "")
    queued(store, Music(request=Request(steps=3)))
    job_worker.work(store)
    assert "does not use steps" in (store.get("job2").error or "")
    beeping(lambda _: None)
    queued(store, Music(request=Request(seconds=1.0)))
    job_worker.work(store)
    assert store.get("job3").state == "done"
