"""The routes that take sound: kept for jobs, encoded and decoded, embedded, tagged, evaluated."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import torch
from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool

from songloom.app.service import told
from songloom.app.service.asked import Identity, Texts
from songloom.app.service.decoding import sound_of
from songloom.app.service.made import BINARY, MEDIA, SOUND, Format
from songloom.app.service.models import Shelf
from songloom.app.service.music import NOT_THERE
from songloom.app.service.state import Service, owner_of
from songloom.app.service.uploads import nameless, received
from songloom.audio import defects
from songloom.audio.clip import Audio
from songloom.data.token_file import TokenReader
from songloom.inference import candidates, coded_files
from songloom.inference.embedding import embed_file, mean
from songloom.inference.tagging import LabelSet, Tagger
from songloom.inference.text_similarity import TextSimilarity
from songloom.systems.request import Request as Asked
from songloom.systems.roles import Progress

UPLOAD = {"requestBody": {"required": True, "content": {"application/octet-stream": BINARY}}}
UPLOADS = frozenset({"/v1/sounds", "/v1/encode", "/v1/decode", "/v1/embed", "/v1/tag", "/v1/evaluate"})
"""Paths whose bodies are files."""
Name = Annotated[str | None, Query(max_length=200)]


class Embedded(BaseModel):
    """Vectors of length 1 in a model's joint space of texts and music: of a sound, each window's beginning in seconds,
    the windows, and the whole; of texts, one each."""

    model: str
    starts: list[float]
    windows: list[list[float]]
    whole: list[float]


class EmbeddedTexts(BaseModel):
    """One vector of length 1 for each text."""

    model: str
    vectors: list[list[float]]


class ToldTag(BaseModel):
    """A label, its similarity to the sound, and its probability among the labels of its set."""

    label: str
    similarity: float
    probability: float


class ToldTags(BaseModel):
    """The likeliest labels of each set."""

    model: str
    seconds: float
    tags: dict[str, list[ToldTag]]


def routes(service: Service) -> APIRouter:
    """Of a service."""
    router = APIRouter(prefix="/v1", tags=["sound"])
    shelf, bounds, desk = service.shelf, service.bounds, service.desk

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

    @router.post(
        "/encode",
        response_class=Response,
        responses={200: {"content": {"application/octet-stream": BINARY}}},
        openapi_extra=UPLOAD,
    )
    async def encode(
        request: Request,
        model: Name = None,
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
        model: Name = None,
        streams: Annotated[int | None, Query(ge=1, le=256)] = None,
        kind: Annotated[Format, Query(alias="format")] = "wav",
    ) -> FileResponse:
        """A .loom file (the body) to sound, by the codec that made it."""
        target = service.uploads / f"{secrets.token_hex(8)}.{kind}"
        async with received(request, service.uploads) as path:
            await desk.run(lambda watch: _decode(shelf, model, path, target, streams, bounds.sound_seconds, watch))
        gone = BackgroundTask(target.unlink, missing_ok=True)
        return FileResponse(target, media_type=MEDIA[kind], filename=f"decoded.{kind}", background=gone)

    @router.post("/embed", openapi_extra=UPLOAD)
    async def embed(request: Request, model: Name = None) -> Embedded:
        """Sound (the body) as points of an embedder's space, window by window."""
        async with sound_of(request, service.uploads, service.decoder) as (path, _):
            return await desk.run(lambda watch: _embed(shelf, model, path, watch))

    @router.post("/embed/texts")
    async def embed_texts(texts: Texts) -> EmbeddedTexts:
        """Texts as points of the same space."""
        return await desk.run(lambda _: _embed_texts(shelf, texts))

    @router.post("/tag", openapi_extra=UPLOAD)
    async def tag(
        request: Request,
        model: Name = None,
        labels: Annotated[list[Annotated[str, Query(max_length=200)]], Query(max_length=100)] = [],  # noqa: B006
        top: Annotated[int, Query(ge=1, le=100)] = 3,
    ) -> ToldTags:
        """Style, mood and instruments of a sound (the body), or the labels that are given."""
        async with sound_of(request, service.uploads, service.decoder) as (path, _):
            return await desk.run(lambda watch: _tag(shelf, model, path, labels, top, watch))

    @router.post("/evaluate", openapi_extra=UPLOAD)
    async def evaluate(
        request: Request, prompt: Annotated[str, Query(max_length=4000)] = "", model: Name = None
    ) -> dict[str, Any]:
        """What is measured of a sound (the body): tempo, key, drums, loudness, faults; with a prompt, how well these
        agree with what it names, and how near the sound is to it for an embedder."""
        async with sound_of(request, service.uploads, service.decoder) as (path, _):
            return await desk.run(lambda _: _evaluate(shelf, model, path, prompt))

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


def _embed(shelf: Shelf, model: str | None, path: Path, watch: Progress) -> Embedded:
    space = shelf.space(model)
    with nameless(path):
        starts, vectors = embed_file(space.system, path, progress=watch)
    name = shelf.find(model, "embedder").name
    return Embedded(model=name, starts=starts, windows=vectors.tolist(), whole=mean(vectors).tolist())


@torch.inference_mode()
def _embed_texts(shelf: Shelf, texts: Texts) -> EmbeddedTexts:
    vectors = shelf.space(texts.model).system.embed_text(texts.texts).float()
    return EmbeddedTexts(model=shelf.find(texts.model, "embedder").name, vectors=vectors.tolist())


def _tag(shelf: Shelf, model: str | None, path: Path, labels: list[str], top: int, watch: Progress) -> ToldTags:
    name = shelf.find(model, "embedder").name
    tagger = Tagger(shelf.space(model), {"labels": LabelSet(tuple(labels))}) if labels else shelf.tagger(model)
    with nameless(path):
        found = tagger.tag_file(path, progress=watch)
    rows = {kind: [ToldTag(**asdict(one)) for one in ranked[:top]] for kind, ranked in found.whole.items()}
    return ToldTags(model=name, seconds=found.seconds, tags=rows)


def _evaluate(shelf: Shelf, model: str | None, path: Path, prompt: str) -> dict[str, Any]:
    with nameless(path):
        audio = Audio.load(path)
    found: dict[str, Any] = {
        "seconds": audio.seconds,
        "sample_rate": audio.sample_rate,
        "channels": audio.channels,
        **candidates.measure(audio),
        "clicks": defects.clicks(audio.wave, audio.sample_rate),
        "direct_current": defects.direct_current(audio.wave),
        "longest_silence": defects.longest_silence(audio.wave, audio.sample_rate),
        "clipped": defects.clipped(audio.wave),
    }
    if prompt:
        asked = Asked(prompt=prompt)
        found["agreement"] = candidates.agreement(audio, asked)
        if model is not None or shelf.names("embedder"):
            found["similarity"] = TextSimilarity(shelf.space(model))(audio, asked)
    return dict(told.finite(found))
