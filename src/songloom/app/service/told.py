"""What the server answers, as JSON: models, jobs with their results, sounds, estimates."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from songloom.app.job_estimate import Estimate
from songloom.app.job_store import Job, State
from songloom.app.service.models import Role, Served

REPORT = "report.json"


class Problem(BaseModel):
    """Why a request was refused, in one line."""

    detail: str


class ToldModel(BaseModel):
    """A model: its role, and, of a generator, the fields of a wish that it uses beside those that all do. `state` is
    ready, or failed with its `error`."""

    name: str
    role: Role
    state: str
    kind: str
    summary: str
    sample_rate: int
    channels: int
    controls: list[str]
    error: str | None


class Result(BaseModel):
    """A candidate that is made: its seconds, the recipe that makes it again, what is measured of it, its path, and a
    line (`notes`) on each thing of the request that the model took in another form or not whole; or what an evaluation
    found, and the path of its report."""

    seconds: float
    recipe: dict[str, Any]
    measured: dict[str, Any]
    path: str
    notes: list[str] = []


class ToldJob(BaseModel):
    """A job as it stands, of a kind (music, evaluation, finetune); times are seconds since 1970, `expected` and `work`
    seconds of work."""

    id: str
    kind: str
    state: State
    progress: float
    model: str
    request: dict[str, Any]
    expected: float | None
    created: float
    started: float | None
    ended: float | None
    work: float | None
    error: str | None
    results: list[Result]


class ToldEstimate(BaseModel):
    """What a job would take, judged by so many that are done: seconds of work (null before any of its kind), bytes of
    memory and of disk; and how many seconds its music would have (`length`), which bars leave open."""

    length: float
    seconds: float | None
    memory: int
    bytes: int
    jobs: int


class ToldSound(BaseModel):
    """A sound that is kept until then (seconds since 1970)."""

    id: str
    seconds: float
    sample_rate: int
    channels: int
    until: float


def model(served: Served) -> ToldModel:
    """A model as clients see it."""
    return ToldModel(
        name=served.name,
        role=served.role,
        state="ready" if served.error is None else "failed",
        kind=served.kind,
        summary=served.summary,
        sample_rate=served.sample_rate,
        channels=served.channels,
        controls=list(served.controls),
        error=served.error,
    )


def job(found: Job, models: Mapping[str, Served]) -> ToldJob:
    """A job as clients see it: models by their names, results by their paths here."""
    place, loras = found.task["model"], list(found.task.get("loras", ()))
    same = (one.name for one in models.values() if one.place == place and list(one.loras) == loras)
    name = next(same, "a model that is not served now" if place else "")
    results = [
        Result(
            seconds=one["seconds"],
            recipe=finite({key: value for key, value in one["recipe"].items() if key != "loras"} | {"model": name}),
            measured=finite(one["measured"]),
            path=f"/v1/jobs/{found.id}/{'report' if one['file'] == REPORT else f'results/{number + 1}'}",
            notes=one.get("notes", []),
        )
        for number, one in enumerate(found.results)
    ]
    return ToldJob(
        id=found.id,
        kind=found.task["kind"],
        state=found.state,
        progress=found.progress,
        model=name,
        request=finite(found.task["request"]),
        expected=found.expected,
        created=found.created,
        started=found.started,
        ended=found.ended,
        work=found.work,
        error=found.error and (found.error.replace(place, name) if place else found.error),
        results=results,
    )


def estimate(found: Estimate, length: float) -> ToldEstimate:
    """An estimate of music of a `length` in seconds as clients see it."""
    return ToldEstimate(length=length, seconds=found.seconds, memory=found.memory, bytes=found.bytes, jobs=found.jobs)


def finite(value: Any) -> Any:
    """The same, where numbers that JSON does not have (the loudness of silence) are null."""
    if isinstance(value, dict):
        return {key: finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
