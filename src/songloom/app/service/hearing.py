"""The routes that listen: sounds and texts as points of one space, tags, what is measured of a sound."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import torch
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel

from songloom.app.service import told
from songloom.app.service.asked import ModelName, Texts
from songloom.app.service.decoding import sound_of
from songloom.app.service.models import Shelf
from songloom.app.service.sounds import UPLOAD
from songloom.app.service.state import Service
from songloom.app.service.uploads import nameless
from songloom.audio import defects
from songloom.audio.clip import Audio
from songloom.inference import candidates
from songloom.inference.embedding import embed_file, mean
from songloom.inference.tagging import LabelSet, Tagger
from songloom.inference.text_similarity import TextSimilarity
from songloom.systems.request import Request as Asked
from songloom.systems.roles import Progress

UPLOADS = frozenset({"/v1/embed", "/v1/tag", "/v1/evaluate"})


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
    shelf, desk = service.shelf, service.desk

    @router.post("/embed", openapi_extra=UPLOAD)
    async def embed(request: Request, model: ModelName = None) -> Embedded:
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
        model: ModelName = None,
        labels: Annotated[list[Annotated[str, Query(max_length=200)]], Query(max_length=100)] = [],  # noqa: B006
        top: Annotated[int, Query(ge=1, le=100)] = 3,
    ) -> ToldTags:
        """Style, mood and instruments of a sound (the body), or the labels that are given."""
        async with sound_of(request, service.uploads, service.decoder) as (path, _):
            return await desk.run(lambda watch: _tag(shelf, model, path, labels, top, watch))

    @router.post("/evaluate", openapi_extra=UPLOAD)
    async def evaluate(
        request: Request, prompt: Annotated[str, Query(max_length=4000)] = "", model: ModelName = None
    ) -> dict[str, Any]:
        """What is measured of a sound (the body): tempo, key, drums, loudness, faults; with a prompt, how well these
        agree with what it names, and how near the sound is to it for an embedder."""
        async with sound_of(request, service.uploads, service.decoder) as (path, _):
            return await desk.run(lambda _: _evaluate(shelf, model, path, prompt))

    return router


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
