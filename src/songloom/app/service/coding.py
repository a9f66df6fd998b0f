"""The routes between sound and tokens."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from songloom.app.service.asked import ModelName
from songloom.app.service.decoding import sound_of
from songloom.app.service.made import BINARY, MEDIA, SOUND, Format
from songloom.app.service.models import Shelf
from songloom.app.service.sounds import UPLOAD
from songloom.app.service.state import Service
from songloom.app.service.uploads import nameless, received
from songloom.data.token_file import TokenReader
from songloom.inference import coded_files
from songloom.systems.roles import Progress

UPLOADS = frozenset({"/v1/encode", "/v1/decode"})


def routes(service: Service) -> APIRouter:
    """Of a service."""
    router = APIRouter(prefix="/v1", tags=["sound"])
    shelf, bounds, desk = service.shelf, service.bounds, service.desk

    @router.post(
        "/encode",
        response_class=Response,
        responses={200: {"content": {"application/octet-stream": BINARY}}},
        openapi_extra=UPLOAD,
    )
    async def encode(
        request: Request,
        model: ModelName = None,
        streams: Annotated[int | None, Query(ge=1, le=256)] = None,
        entropy: bool = False,
    ) -> Response:
        """Sound (the body) to a .loom file of tokens."""
        async with sound_of(request, service.uploads, service.decoder) as (path, _):
            target = path.with_suffix(".loom")
            try:
                await desk.run(lambda watch: _encode(shelf, model, path, target, streams, entropy, watch))
                return Response(target.read_bytes(), media_type="application/octet-stream")
            finally:
                target.unlink(missing_ok=True)

    @router.post("/decode", response_class=FileResponse, responses=SOUND, openapi_extra=UPLOAD)
    async def decode(
        request: Request,
        model: ModelName = None,
        streams: Annotated[int | None, Query(ge=1, le=256)] = None,
        kind: Annotated[Format, Query(alias="format")] = "wav",
    ) -> FileResponse:
        """A .loom file (the body) to sound, by the codec that made it."""
        target = service.uploads / f"{secrets.token_hex(8)}.{kind}"
        async with received(request, service.uploads) as path:
            await desk.run(lambda watch: _decode(shelf, model, path, target, streams, bounds.sound_seconds, watch))
        gone = BackgroundTask(target.unlink, missing_ok=True)
        return FileResponse(target, media_type=MEDIA[kind], filename=f"decoded.{kind}", background=gone)

    return router


def _encode(
    shelf: Shelf, model: str | None, path: Path, target: Path, streams: int | None, entropy: bool, watch: Progress
) -> None:
    codec, identity = shelf.codec(model)
    header = coded_files.header_of(codec, identity, streams, entropy=entropy)
    with nameless(path):
        coded_files.encode_file(codec, path, target, header, progress=watch)


def _decode(
    shelf: Shelf, model: str | None, path: Path, target: Path, streams: int | None, seconds: float, watch: Progress
) -> None:
    codec, identity = shelf.codec(model)
    with nameless(path), TokenReader(path) as reader:
        coded_files.check(codec, reader, identity.sha256)
        if not 0 < reader.samples <= seconds * codec.sample_rate:
            raise ValueError(f"the upload holds {reader.samples / codec.sample_rate:g} s of sound; at most {seconds:g}")
        coded_files.decode_file(codec, reader, target, streams=streams, progress=watch)
