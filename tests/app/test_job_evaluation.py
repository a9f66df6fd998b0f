"""A set of sounds measured as a job: it comes back from its row, says how far it is, stops, and fails in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from songloom.app import job_attempt, job_worker
from songloom.app.job_estimate import estimate, refused
from songloom.app.job_evaluation import Clip, Evaluation
from songloom.app.job_kinds import task_of
from songloom.app.job_limits import Limits
from songloom.app.job_store import Job, JobStore
from songloom.audio import files


def clips(folder: Path, count: int = 3, level: float = 0.3) -> tuple[Clip, ...]:
    folder.mkdir(exist_ok=True)
    for number in range(count):
        times = torch.arange(8000) / 8000
        files.write(folder / f"{number}.wav", level * torch.sin(2 * torch.pi * 200 * (number + 1) * times)[None], 8000)
    return tuple(Clip(folder / f"{number}.wav", 1.0, "a harp" * (number % 2)) for number in range(count))


def queued(store: JobStore, task: Evaluation) -> None:
    store.place("job").mkdir(parents=True)
    told = json.loads(json.dumps(task.stored(store.place("job"))))
    store.add(
        Job(
            id="job",
            owner="",
            state="queued",
            task=told,
            way=task.way,
            seconds=task.seconds,
            candidates=1,
            timeout=60.0,
            bytes=0,
        )
    )


def test_it_comes_back_with_copies_of_its_files(store: JobStore, tmp_path: Path) -> None:
    task = Evaluation(clips=clips(tmp_path / "a"), reference=clips(tmp_path / "b", 2), model="m", called="ear")
    queued(store, task)
    again = task_of(store.get("job").task, store.place("job"))
    assert isinstance(again, Evaluation) and (again.model, again.called, again.way) == ("m", "ear", task.way)
    assert [one.prompt for one in again.clips] == ["", "a harp", ""] and again.seconds == task.seconds == 5.0
    for copied, clip in zip((*again.clips, *again.reference), (*task.clips, *task.reference), strict=True):
        assert store.place("job") in copied.path.parents and copied.path.read_bytes() == clip.path.read_bytes()
    assert again.input_bytes == task.input_bytes == sum(clip.path.stat().st_size for clip in task.clips) * 5 // 3


def test_without_an_embedder_everything_else_is_measured(store: JobStore, tmp_path: Path) -> None:
    queued(store, Evaluation(clips=clips(tmp_path / "a")))
    assert job_worker.work(store)
    job = store.get("job")
    assert (job.state, job.error) == ("done", None) and job.progress == 1.0
    report = json.loads((store.place("job") / job.results[0]["file"]).read_text(encoding="utf-8"))
    assert [row["name"] for row in report["rows"]] == ["0001", "0002", "0003"]
    assert [row["prompt"] for row in report["rows"]] == ["", "a harp", ""] and str(tmp_path) not in json.dumps(report)
    assert {one["title"] for one in report["sections"]} == set(job.results[0]["measured"])


def test_progress_never_falls_and_a_cancel_ends_it(
    store: JobStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[float] = []
    report = JobStore.report

    def seen(self: JobStore, job: Job, progress: float) -> Job | None:
        told.append(progress)
        if progress > 0.2:
            self.cancel("job")
        return report(self, job, progress)

    monkeypatch.setattr(JobStore, "report", seen)
    monkeypatch.setattr(job_attempt, "REPORT_SECONDS", 0.0)
    queued(store, Evaluation(clips=clips(tmp_path / "a")))
    job_worker.work(store)
    assert store.get("job").state == "cancelled" and told == sorted(told) and told[-1] < 1
    assert not (store.place("job") / "report.json").exists()


def test_silence_is_an_error_of_one_line(store: JobStore, tmp_path: Path) -> None:
    queued(store, Evaluation(clips=clips(tmp_path / "a", level=0.0)))
    job_worker.work(store)
    job = store.get("job")
    assert job.state == "failed" and "are silent" in (job.error or "") and "\n" not in (job.error or "")


def test_sets_are_bounded_and_judged_before_they_wait(store: JobStore, tmp_path: Path) -> None:
    task = Evaluation(clips=clips(tmp_path / "a"), reference=clips(tmp_path / "b", 2))
    needs = estimate(store, task)
    assert needs.seconds is None and needs.input_bytes == task.input_bytes < needs.bytes and needs.memory > 0
    assert refused(Limits(), task, needs, 60.0) is None
    said = refused(Limits(clips=4), task, needs, 60.0)
    assert said == "5 clips are to be measured; 4 may be"
    assert refused(Limits(measured_seconds=4.5), task, needs, 60.0) == "5 s of sound are to be measured; 4.5 may be"
