"""Fine-tuning as a job: what is queued comes back, a stage that was broken off goes on, errors tell no paths."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from songloom.app.job_attempt import Attempt
from songloom.app.job_kinds import task_of
from songloom.app.job_limits import Limits
from songloom.app.job_store import Job, JobStore
from songloom.app.job_tuning import FILES, RUN, TuningTask
from songloom.app.tuning import captions
from songloom.audio import files


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A tuning with two captioned tones."""
    folder = tmp_path / "tuning" / FILES
    folder.mkdir(parents=True)
    time = torch.arange(2 * 16_000) / 16_000
    for number in range(2):
        wave = 0.4 * torch.sin(2 * math.pi * 220 * (number + 1) * time) * torch.exp(-6 * (time % 0.5))
        files.write(folder / f"{number}.wav", wave[None], 16_000)
        (folder / f"{number}.txt").write_text("a hum")
    return folder.parent


def task(place: Path, model: Path, *, learns: bool = True) -> TuningTask:
    changes = {"recipe.steps": "6", "recipe.batch_size": "2"}
    stage = "learn" if learns else "listen"
    return TuningTask(place=str(place), stage=stage, model=str(model), music=4.0, rank=2, examples=1, changes=changes)  # type: ignore[arg-type]


def attempt(folder: Path, wanted: TuningTask) -> Attempt:
    """An attempt at a job of a queue."""
    folder.mkdir(exist_ok=True)
    store = JobStore(folder)
    store.place("a").mkdir(parents=True)
    job = Job(
        id="a", owner="", state="queued", task=wanted.stored(folder), way=wanted.way, seconds=4.0, candidates=1,
        timeout=1000.0, bytes=0,
    )  # fmt: skip
    store.add(job)
    store.open(yes=True)
    claimed = store.claim(1)
    assert claimed is not None
    return Attempt(store, claimed)


def test_a_task_comes_back_from_its_row(place: Path, model: Path, tmp_path: Path) -> None:
    wanted = task(place, model)
    assert task_of(json.loads(json.dumps(wanted.stored(tmp_path))), tmp_path) == wanted
    assert wanted.seconds == 4.0 and wanted.most_work(Limits()) == Limits().learning


def test_what_takes_long_decides_the_way(place: Path, model: Path) -> None:
    learns, listens = task(place, model), task(place, model, learns=False)
    assert len({learns.way, listens.way, replace(learns, rank=4).way, replace(learns, changes={}).way}) == 4
    assert replace(listens, rank=4).way == listens.way
    assert listens.weights() == 0 < learns.weights()


def test_listening_leaves_captions_and_learning_goes_on_to_the_same_file_after_it_was_broken_off(
    place: Path, model: Path, tmp_path: Path
) -> None:
    TuningTask.work(attempt(tmp_path / "listening", task(place, model, learns=False)))
    assert len(captions.rows(place / RUN / "music")) == 2
    wanted, broken = task(place, model), attempt(tmp_path / "broken", task(place, model))

    class Broken(Exception):
        pass

    def stop(done: float) -> None:
        if done > 0.5:
            raise Broken

    with pytest.raises(Broken):
        wanted.done(wanted.tuning(), stop)
    assert wanted.tuning().begun and not (place / RUN / "examples").exists()
    TuningTask.work(broken)
    found = broken.store.get("a")
    assert found.state == "done" and found.progress == 1.0
    told = json.loads((place / RUN / "checkpoint/training/state.json").read_text())
    assert told["step"] == 6
    other = place.parent / "other"
    (other / FILES).mkdir(parents=True)
    for path in (place / FILES).iterdir():
        (other / FILES / path.name).write_bytes(path.read_bytes())
    whole = task(other, model).tuning()
    whole.listen(lambda _step, _done: None)
    whole.learn(lambda _: None)
    kept = [(one / RUN / "checkpoint/lora.safetensors").read_bytes() for one in (place, other)]
    assert kept[0] == kept[1]


def test_errors_tell_no_paths(place: Path, model: Path, tmp_path: Path) -> None:
    for path in (place / FILES).iterdir():
        path.write_bytes(b"no sound")
    running = attempt(tmp_path / "queue", task(place, model))
    with running.ending():
        TuningTask.work(running)
    found = running.store.get("a")
    assert found.state == "failed" and found.error is not None
    assert "files: none of 2 files can be used" in found.error and str(tmp_path) not in found.error
