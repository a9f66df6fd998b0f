"""Estimates follow the jobs that are done, and every bound refuses with its numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from songloom.app import job_estimate
from songloom.app.job_estimate import Estimate, estimate, expected, refused, too_large, too_many
from songloom.app.job_limits import Limits
from songloom.app.job_music import Music
from songloom.app.job_store import Job, JobStore
from songloom.audio.clip import Audio
from songloom.inference import memory
from songloom.systems.request import Request


def done(store: JobStore, task: Music, work: float, peak: int, worker: int = 1) -> None:
    """A job that a worker has done already."""
    name = str(len(store.every()))
    request = task.request
    store.add(
        Job(
            id=name,
            owner="",
            state="queued",
            task={},
            way=task.way,
            seconds=request.seconds,
            candidates=request.candidates,
            timeout=60.0,
            bytes=0,
        )
    )
    claimed = store.claim(worker)
    assert claimed is not None
    store.finish(claimed, [], 0, work, peak)


@pytest.mark.parametrize(("fixed", "slope"), [(2.0, 0.5), (0.0, 1.5), (3.0, 0.0)])
def test_work_is_a_fixed_part_and_one_that_grows_with_the_length(fixed: float, slope: float) -> None:
    known = [(length, fixed + slope * length) for length in (1.0, 4.0, 10.0)]
    assert expected(known, 20.0) == pytest.approx(fixed + 20 * slope)


def test_of_little_that_is_known_the_plainest_is_taken() -> None:
    assert expected([], 5.0) is None
    assert expected([(2.0, 6.0)], 5.0) == pytest.approx(15.0)
    assert expected([(2.0, 6.0), (2.0, 8.0)], 4.0) == pytest.approx(14.0)
    assert expected([(1.0, 9.0), (2.0, 7.0)], 50.0) == pytest.approx(8.0)  # shorter took longer: by chance
    through_zero = expected([(1.0, 1.0), (2.0, 4.0)], 10.0)
    assert through_zero == pytest.approx(np.dot([1, 2], [1, 4]) / 5 * 10)


def test_a_job_is_judged_by_those_done_in_the_same_way(store: JobStore, model: Path) -> None:
    task = Music(request=Request(prompt="harp", seconds=4.0, candidates=2), model=str(model))
    before = estimate(store, task)
    assert before.seconds is None and before.jobs == 0
    assert before.memory > memory.needed(model) + job_estimate.BASE_BYTES
    done(store, Music(request=Request(seconds=2.0), model=str(model)), 50.0, 10**8)
    assert estimate(store, task).seconds == pytest.approx(2 * 2 * 50.0)
    done(store, Music(request=Request(seconds=2.0), model=str(model)), 60.0, 10**8, worker=2)
    done(store, Music(request=Request(seconds=4.0, candidates=1), model=str(model)), 3.0, 10**9)
    done(store, Music(request=Request(seconds=8.0, candidates=3), model=str(model)), 15.0, 2 * 10**9)
    done(store, Music(request=Request(seconds=8.0), model=str(model), precision="int8"), 99.0, 9 * 10**9)
    after = estimate(store, task)
    assert (after.seconds, after.memory, after.jobs) == (
        pytest.approx(2 * 3.0),
        2 * 10**9,
        4,
    )  # the first of each worker aside
    longer = estimate(store, Music(request=Request(seconds=100.0), model=str(model)))
    assert longer.memory > 2 * 10**9
    with pytest.raises(ValueError, match="no model 'none'"):
        estimate(store, Music(request=Request(), model="none"))


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (Limits(seconds=5.0), "8 s of music are asked; 5 may be"),
        (Limits(candidates=1), "2 candidates are asked; 1 may be"),
        (Limits(timeout=1.0), "60 s of work are allowed for it; 1 may be"),
        (Limits(input_bytes=99), "4000 bytes of files come with it; 99 may"),
        (Limits(waiting=1), "2 jobs would wait; 1 may"),
        (Limits(waiting_of_owner=1), "2 jobs of one owner would wait; 1 may"),
        (Limits(disk=500), "1000 bytes of disk; 500 are left, delete some jobs"),
        (Limits(memory=800), "900 bytes of memory; 800 are there"),
    ],
)
def test_every_bound_refuses_with_its_numbers(
    store: JobStore, model: Path, limits: Limits, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Request, "check", lambda *_: None)
    request = Request(seconds=8.0, candidates=2, continuation=Audio(torch.zeros(1, 1000), 16_000))
    task = Music(request=request, model=str(model))
    store.add(Job(id="a", owner="me", state="queued", task={}, way="", seconds=1.0, candidates=1, timeout=1.0, bytes=0))
    needs = Estimate(None, 900, 1000, task.input_bytes, 0)
    found = [
        (refused(bounds, task, needs, 60.0), too_many(bounds, store, "me"), too_large(bounds, store, needs))
        for bounds in (limits, Limits())
    ]
    assert said in "".join(filter(None, found[0])) and found[1] == (None, None, None)


def test_what_the_model_does_not_use_is_refused_before_it_waits(store: JobStore, model: Path, tones: Path) -> None:
    task = Music(request=Request(prompt="harp", steps=5), model=str(model))
    with pytest.raises(ValueError, match="loom does not use steps"):
        refused(Limits(), task, Estimate(None, 1, 1, 0, 0), 60.0)
    with pytest.raises(ValueError, match="makes no music from text"):
        refused(Limits(), Music(request=Request(), model=str(tones)), Estimate(None, 1, 1, 0, 0), 60.0)
