"""The kinds of jobs that there are: whoever adds one adds a `Task` in a file of its own, and its name here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from songloom.app.job_evaluation import Evaluation
from songloom.app.job_music import Music
from songloom.app.job_task import Task
from songloom.app.job_tuning import TuningTask

KINDS: dict[str, type[Task]] = {kind.kind: kind for kind in (Music, Evaluation, TuningTask)}


def task_of(told: dict[str, Any], folder: Path) -> Task:
    """The task that a job's row and folder hold."""
    return KINDS[told["kind"]].of(told, folder)
