"""The routes that measure sets of sounds: as jobs, and their reports."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import Field

from songloom.app.job_evaluation import Clip, Evaluation
from songloom.app.job_music import Music
from songloom.app.service import told
from songloom.app.service.asked import Identity, Model, Text
from songloom.app.service.music import CONFLICT, NOT_THERE
from songloom.app.service.state import Service, owner_of

Format = Literal["json", "html", "md"]
MEDIA = {"json": "application/json", "html": "text/html; charset=utf-8", "md": "text/markdown; charset=utf-8"}


class SoundClip(Model):
    """A sound that was uploaded (POST /v1/sounds), and what was asked of it."""

    sound: Identity
    prompt: Text = ""


class ResultClip(Model):
    """A result of a job that is done, which knows itself what was asked of it."""

    job: Identity
    number: Annotated[int, Field(ge=1, le=64)] = 1
    prompt: Text = ""


class EvaluationWish(Model):
    """Sounds to measure, music to compare them with, and the embedder to do it with (else the first one)."""

    clips: Annotated[list[SoundClip | ResultClip], Field(min_length=1, max_length=1000)]
    reference: Annotated[list[SoundClip | ResultClip], Field(max_length=1000)] = []
    model: Annotated[str, Field(max_length=200)] | None = None


def routes(service: Service) -> APIRouter:
    """Of a service."""
    router = APIRouter(prefix="/v1", tags=["sound"])

    @router.post("/evaluations", status_code=202, responses=NOT_THERE | CONFLICT)
    def submit(request: Request, wish: EvaluationWish, response: Response) -> told.ToldJob:
        """Queues a set of sounds to be measured by everything that applies: sound, stereo, what prompts ask for, words
        and music, distances to a reference."""
        owner, shelf = owner_of(request), service.shelf
        known = wish.model is not None or shelf.names("embedder")
        embedder = shelf.find(wish.model, "embedder") if known else None
        task = Evaluation(
            clips=tuple(clip_of(service, one, owner) for one in wish.clips),
            reference=tuple(clip_of(service, one, owner) for one in wish.reference),
            model=embedder.place if embedder else "",
            called=embedder.name if embedder else "",
        )
        job = service.queue.submit(task, owner=owner)
        response.headers["Location"] = f"/v1/jobs/{job.id}"
        return told.job(job, shelf.models)

    @router.get(
        "/jobs/{identity}/report",
        response_class=FileResponse,
        responses=NOT_THERE | CONFLICT | {200: {"content": {kind: {} for kind in MEDIA.values()}}},
    )
    def report(
        request: Request, identity: Identity, kind: Annotated[Format, Query(alias="format")] = "json"
    ) -> FileResponse:
        """What an evaluation found: figures with their intervals, a row for each clip."""
        job = service.job(identity, owner_of(request))
        if job.task["kind"] != Evaluation.kind or job.state != "done":
            raise HTTPException(409, f"job {identity} is {job.state} and of kind {job.task['kind']}; it has no report")
        path = service.queue.place(job.id) / f"report.{kind}"
        return FileResponse(path, media_type=MEDIA[kind])

    return router


def clip_of(service: Service, asked: SoundClip | ResultClip, owner: str) -> Clip:
    """The file that a client means. Raises ValueError for a sound that is not there, HTTPException for a job."""
    if isinstance(asked, SoundClip):
        sound = service.sounds.find(asked.sound, owner)
        return Clip(sound.path, sound.info.seconds, asked.prompt)
    job = service.job(asked.job, owner)
    if job.task["kind"] != Music.kind or not 1 <= asked.number <= len(job.results):
        raise HTTPException(409, f"job {asked.job} is {job.state} and has {len(job.results)} pieces of music")
    result = job.results[asked.number - 1]
    return Clip(service.queue.place(job.id) / result["file"], result["seconds"], asked.prompt)
