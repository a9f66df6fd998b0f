"""Candidates in order, and how many are made where nobody says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from songloom.audio.clip import Audio
from songloom.inference.candidates import agreement
from songloom.inference.embedding import open_space
from songloom.inference.text_similarity import TextSimilarity
from songloom.layers.side_by_side import side_by_side
from songloom.systems.request import Request
from songloom.systems.roles import Generator

Scorer = Callable[[Audio, Request], float]
"""How good a candidate is for a request; only the order of the numbers counts."""
TRIED_SECONDS = 60.0
"""Of longer pieces one is made where nobody says how many."""


class Closeness:
    """What is measured and what is heard: `agreement` with tempo, key, drums and curves, and for all else the
    similarity of sound and words. `told` is what recipes say of it."""

    def __init__(self, similarity: TextSimilarity) -> None:
        self.similarity = similarity
        self.told: Mapping[str, Any] = {**similarity.told, "by": "both"}

    def __call__(self, audio: Audio, request: Request) -> float:
        return agreement(audio, request) + self.similarity(audio, request)


@cache
def usual_scorer() -> Scorer:
    """By both, with the embedded embedder, which is loaded once."""
    return Closeness(TextSimilarity(open_space()))


def ranked(made: Sequence[Audio], request: Request, scorer: Scorer | None = None) -> list[Audio]:
    """The candidates, the best first by `scorer` (None: the usual one), equals in the order of their seeds. Each recipe
    says of how many it was one, what ranked them (what the scorer's `told` says, or its name) and its own score."""
    if len(made) == 1:
        return list(made)
    score = scorer or usual_scorer()
    by = getattr(score, "told", {"by": getattr(score, "__name__", type(score).__name__)})
    # What is given may not bear to be called by several threads.
    scores = (
        [scorer(audio, request) for audio in made] if scorer else side_by_side(lambda one: score(one, request), made)
    )
    found = sorted(zip(scores, made, strict=True), key=lambda pair: -pair[0])
    return [
        replace(audio, recipe={**audio.recipe, "ranked": {**by, "score": round(points, 4), "of": len(made)}})
        for points, audio in found
    ]


def tried(system: Generator, request: Request, candidates: int | None = None) -> Request:
    """The request with so many candidates; None: as many as `system` usually makes of such a piece."""
    if candidates is None:
        candidates = system.usual_candidates if request.seconds <= TRIED_SECONDS else 1
    return replace(request, candidates=candidates)
