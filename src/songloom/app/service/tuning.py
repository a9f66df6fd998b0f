"""The routes of fine-tuning: music comes in, its captions are looked at, a model of it is learned and compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi import Path as At
from fastapi.responses import FileResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from songloom.app.job_tuning import FILES, RUN
from songloom.app.service import told_tuning
from songloom.app.service.asked import Identity
from songloom.app.service.decoding import sound_of
from songloom.app.service.made import BINARY
from songloom.app.service.music import CONFLICT, NOT_THERE
from songloom.app.service.sounds import UPLOAD
from songloom.app.service.state import Service, owner_of
from songloom.app.service.told_tuning import Correction, Side, ToldTuning, TuningWish
from songloom.app.service.tunings import WORDS, WORKING, Record
from songloom.app.service.uploads import received
from songloom.app.tuning import captions, examples
from songloom.data.manifest import AUDIO_SUFFIXES

UPLOADS = frozenset({"/v1/pieces"})
BYTES: dict[int | str, dict[str, Any]] = {200: {"content": {"application/octet-stream": BINARY}}}


def routes(service: Service) -> APIRouter:
    """Of a service."""
    router = APIRouter(prefix="/v1", tags=["tuning"])
    tunings = service.tunings

    def known(request: Request, identity: str) -> Record:
        found = tunings.find(identity, owner_of(request))
        if found is None:
            raise HTTPException(404, f"there is no tuning {identity!r}")
        return found

    def idle(request: Request, identity: str) -> Record:
        found = known(request, identity)
        if tunings.state(found)[0] in WORKING:
            raise HTTPException(409, f"tuning {identity} is at work; cancel its job first")
        return found

    def unlearned(request: Request, identity: str) -> Record:
        found = idle(request, identity)
        if tunings.state(found)[0] == "done":
            raise HTTPException(409, f"tuning {identity} has learned its music; begin another one")
        return found

    def shown(record: Record) -> ToldTuning:
        return told_tuning.tuning(service, record)

    @router.post("/tunings", status_code=201)
    def create(request: Request, wish: TuningWish) -> ToldTuning:
        """Begins a tuning; its music comes by POST /v1/pieces."""
        return shown(tunings.create(owner_of(request), wish.name, wish.model, wish.rank, wish.steps))

    @router.get("/tunings")
    def every(request: Request) -> list[ToldTuning]:
        """The tunings, the latest first."""
        return [shown(one) for one in tunings.every(owner_of(request))]

    @router.get("/tunings/{identity}", responses=NOT_THERE)
    def one(request: Request, identity: Identity) -> ToldTuning:
        """A tuning as it stands."""
        return shown(known(request, identity))

    @router.delete("/tunings/{identity}", status_code=204, responses=NOT_THERE | CONFLICT)
    def delete(request: Request, identity: Identity) -> Response:
        """Forgets a tuning, its music and its model."""
        tunings.delete(idle(request, identity))
        return Response(status_code=204)

    @router.post("/pieces", status_code=201, responses=NOT_THERE | CONFLICT, openapi_extra=UPLOAD)
    async def add(
        request: Request, tuning: Identity, name: Annotated[str, Query(min_length=1, max_length=300)]
    ) -> ToldTuning:
        """Takes a file of a tuning (the body): sound, or a .txt with the words for the sound of the same name."""
        record = await run_in_threadpool(unlearned, request, tuning)
        suffix = PurePosixPath(name).suffix.lower()
        if suffix == WORDS:
            async with received(request, service.uploads) as path:
                return await run_in_threadpool(lambda: shown(tunings.add(record, path, name, 0.0)))
        if suffix not in AUDIO_SUFFIXES:
            raise ValueError(f"{name!r} is neither sound ({', '.join(AUDIO_SUFFIXES)}) nor words ({WORDS})")
        async with sound_of(request, service.uploads, service.decoder) as (path, info):
            return await run_in_threadpool(lambda: shown(tunings.add(record, path, name, info.seconds)))

    @router.post("/tunings/{identity}/listen", status_code=202, responses=NOT_THERE | CONFLICT)
    def listen(request: Request, identity: Identity) -> ToldTuning:
        """Listens to the music, and estimates captions where there are none; afterwards they can be corrected."""
        return shown(tunings.begin(unlearned(request, identity), "listen"))

    @router.put("/tunings/{identity}/captions", responses=NOT_THERE | CONFLICT)
    def correct(
        request: Request, identity: Identity, corrections: Annotated[list[Correction], Field(max_length=1000)]
    ) -> ToldTuning:
        """Corrects captions, tempi and keys, and says what is not to be learned."""
        record = unlearned(request, identity)
        tunings.edit(record, {one.file: told_tuning.cells(one) for one in corrections})
        return shown(record)

    @router.post("/tunings/{identity}/learn", status_code=202, responses=NOT_THERE | CONFLICT)
    def learn(request: Request, identity: Identity) -> ToldTuning:
        """Learns the music and compares; goes on where it was cancelled. Then the model is among GET /v1/models."""
        return shown(tunings.begin(idle(request, identity), "learn"))

    sounds(service, router, known)
    return router


def sounds(service: Service, router: APIRouter, known: Callable[[Request, str], Record]) -> None:
    """The routes of what can be heard of a tuning."""
    tunings = service.tunings

    @router.get("/tunings/{identity}/pieces/{number}", response_class=FileResponse, responses=NOT_THERE | BYTES)
    def hear(request: Request, identity: Identity, number: Annotated[int, At(ge=1, le=100_000)]) -> FileResponse:
        """A piece of a tuning as it was uploaded, in the order of `pieces`."""
        record = known(request, identity)
        rows = captions.rows(tunings.tuning(record).home)
        path = tunings.place(record) / FILES / rows[number - 1]["file"] if number <= len(rows) else None
        if path is None or not path.is_file():
            raise HTTPException(404, f"there is no piece {number}")
        return FileResponse(path, media_type="application/octet-stream")

    @router.get(
        "/tunings/{identity}/examples/{number}/{side}",
        response_class=FileResponse,
        responses=NOT_THERE | {200: {"content": {"audio/flac": BINARY}}},
    )
    def example(
        request: Request, identity: Identity, number: Annotated[int, At(ge=1, le=64)], side: Side
    ) -> FileResponse:
        """What a prompt gave before or after."""
        record = known(request, identity)
        path = tunings.place(record) / RUN / examples.FOLDER / f"{number}-{side}.flac"
        if not path.is_file():
            raise HTTPException(404, f"there is no example {number}")
        return FileResponse(path, media_type="audio/flac")
