"""The routes of music that is being made, or is made: a job's events, its results, streams."""

from __future__ import annotations

import secrets
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi import Path as At
from fastapi.responses import FileResponse, StreamingResponse
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from songloom.app.job_music import Music
from songloom.app.service import live, told
from songloom.app.service.asked import Identity, Wish
from songloom.app.service.music import CONFLICT, NOT_THERE
from songloom.app.service.state import Service, owner_of
from songloom.audio.clip import Audio

MEDIA = {"wav": "audio/wav", "flac": "audio/flac", "mp3": "audio/mpeg"}
Format = Literal["wav", "flac", "mp3"]
BINARY = {"schema": {"type": "string", "format": "binary"}}
SOUND: dict[int | str, dict[str, Any]] = {200: {"content": dict.fromkeys(MEDIA.values(), BINARY)}}
LIVE: dict[int | str, dict[str, Any]] = {200: {"content": {"audio/wav": BINARY, "audio/flac": BINARY}}}
LiveFormat = Annotated[live.Format, Query(alias="format")]
EVENTS: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}}


def routes(service: Service) -> APIRouter:
    """Of a service."""
    router = APIRouter(prefix="/v1", tags=["music"])
    queue = service.queue

    @router.get(
        "/jobs/{identity}/events",
        response_class=StreamingResponse,
        responses=NOT_THERE | EVENTS,
    )
    def events(request: Request, identity: Identity) -> StreamingResponse:
        """A job as server-sent events: `progress` whenever it has changed, and at last `done`, `failed` or
        `cancelled`; the data of each is the job."""
        owner = owner_of(request)
        service.job(identity, owner)
        told_anew = live.events(lambda: told.job(service.job(identity, owner), service.models(owner)))
        return StreamingResponse(told_anew, media_type="text/event-stream")

    @router.get(
        "/jobs/{identity}/results/{number}",
        response_class=FileResponse,
        responses=NOT_THERE | CONFLICT | SOUND,
    )
    async def result(
        request: Request,
        identity: Identity,
        number: Annotated[int, At(ge=1, le=64)],
        kind: Annotated[Format, Query(alias="format")] = "flac",
    ) -> FileResponse:
        """A result of a job, 1 being the best, with its recipe inside."""
        job = await run_in_threadpool(service.job, identity, owner_of(request))
        if job.state != "done" or job.task["kind"] != Music.kind:
            raise HTTPException(409, f"job {identity} is {job.state} and of kind {job.task['kind']}; it has no results")
        if number > len(job.results):
            raise HTTPException(404, f"job {identity} has {len(job.results)} results")
        path = queue.files(job.id)[number - 1]
        name = f"{identity}-{number}.{kind}"
        if path.suffix == f".{kind}":
            return FileResponse(path, media_type=MEDIA[kind], filename=name)
        made = service.uploads / f"{secrets.token_hex(8)}.{kind}"
        await service.desk.run(lambda _: Audio.load(path).save(made))
        gone = BackgroundTask(made.unlink, missing_ok=True)
        return FileResponse(made, media_type=MEDIA[kind], filename=name, background=gone)

    @router.get(
        "/jobs/{identity}/stream",
        response_class=StreamingResponse,
        responses=NOT_THERE | CONFLICT | LIVE,
    )
    async def listen(request: Request, identity: Identity, kind: LiveFormat = "wav") -> StreamingResponse:
        """The candidate of a job that is being made as WAV or FLAC, from its beginning, at the model's own level; who
        hangs up lets the job go on."""
        job = await run_in_threadpool(service.job, identity, owner_of(request))
        if job.task["kind"] != Music.kind:
            raise HTTPException(409, f"job {identity} makes no music")
        return await live.begun(request, live.Tail(queue, identity), live.Tail.close, kind)

    @router.post(
        "/stream",
        response_class=StreamingResponse,
        responses=LIVE,
    )
    async def stream(request: Request, wish: Wish, kind: LiveFormat = "wav") -> StreamingResponse:
        """Music as WAV or FLAC while it is made, at the model's own level; who hangs up ends its job."""
        if wish.candidates != 1:
            raise ValueError(f"a stream has one candidate, not {wish.candidates}")
        owner = owner_of(request)
        job = await run_in_threadpool(lambda: queue.submit(service.task(wish, owner), owner=owner))
        return await live.begun(request, live.Tail(queue, job.id), live.not_alone, kind)

    return router
