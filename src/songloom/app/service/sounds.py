"""The routes of sounds that are kept for a while, for jobs that begin with them or follow them."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException, Request, Response
from starlette.concurrency import run_in_threadpool

from songloom.app.service import told
from songloom.app.service.asked import Identity
from songloom.app.service.decoding import sound_of
from songloom.app.service.made import BINARY
from songloom.app.service.music import NOT_THERE
from songloom.app.service.state import Service, owner_of

UPLOAD = {"requestBody": {"required": True, "content": {"application/octet-stream": BINARY}}}
"""How a route says that its body is a file."""
UPLOADS = frozenset({"/v1/sounds"})
"""Paths whose bodies are files."""


def routes(service: Service) -> APIRouter:
    """Of a service."""
    router = APIRouter(prefix="/v1", tags=["sound"])

    @router.post("/sounds", status_code=201, openapi_extra=UPLOAD)
    async def keep(request: Request) -> told.ToldSound:
        """Takes a sound (the body: wav, flac, ogg, mp3, aiff) that jobs may begin with or follow, for a while."""
        async with sound_of(request, service.uploads, service.decoder) as (path, info):
            identity, sound = await run_in_threadpool(service.sounds.keep, path, info, owner_of(request))
        return told.ToldSound(
            id=identity,
            seconds=info.seconds,
            sample_rate=info.sample_rate,
            channels=info.channels,
            until=sound.until,
        )

    @router.delete("/sounds/{identity}", status_code=204, responses=NOT_THERE)
    def forget(request: Request, identity: Identity) -> Response:
        """Forgets a sound."""
        if not service.sounds.delete(identity, owner_of(request)):
            raise HTTPException(404, f"there is no sound {identity!r}")
        return Response(status_code=204)

    return router
