"""The music of jobs while it is made, one by one or as batches: each job is heard, told of and stopped by itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from songloom.app.job_attempt import PARTIAL, Attempt, Stopped
from songloom.audio.wav_stream import WavStream
from songloom.inference import candidates, song
from songloom.inference.ranking import ranked
from songloom.inference.song import Model
from songloom.inference.taken import notes
from songloom.systems.request import Request
from songloom.systems.together import together


class Made:
    """What there is of a job: the pieces of each candidate, of which one can be heard while it is made."""

    def __init__(self, attempt: Attempt, model: Model, request: Request, loudness: float, suffix: str) -> None:
        self.attempt, self.model, self.request = attempt, model, request
        self.loudness, self.suffix = loudness, suffix
        self.requests = [
            dataclasses.replace(request, seed=request.seed + place, candidates=1) for place in range(request.candidates)
        ]
        self.pieces = [list[Tensor]() for _ in self.requests]
        self._wav: WavStream | None = None
        self._heard = 0

    def hear(self, place: int) -> None:
        """The candidate of a place is what can be heard from now on."""
        path, system = self.attempt.folder / PARTIAL, self.model.system
        path.unlink(missing_ok=True)  # who still listens to the one before keeps its file
        self._heard, self._wav = place, WavStream(path.open("wb"), system.sample_rate, system.channels)

    def add(self, place: int, piece: Tensor) -> None:
        """A piece [C, t] of a candidate."""
        self.pieces[place].append(piece)
        if place == self._heard and self._wav is not None:
            self._wav.write(piece)

    def silence(self) -> None:
        """Nothing more comes of the candidate that can be heard."""
        if self._wav is not None:
            self._wav.close()
            self._wav.file.close()
            self._wav = None

    def write(self, together: int) -> None:
        """Writes the files and tells of each its name, recipe, what is measured and what was not taken whole, the best
        first."""
        if self.attempt.over:
            return
        self.attempt(1.0)
        made = [
            song.finished(self.model, torch.cat(pieces, dim=-1), request, self.loudness)
            for request, pieces in zip(self.requests, self.pieces, strict=True)
        ]
        results: list[dict[str, Any]] = []
        for place, audio in enumerate(ranked(made, self.request)):
            name = f"{place + 1}{self.suffix}"
            audio.save(self.attempt.folder / name)
            measured = candidates.heard(audio, self.request)
            told = {"seconds": audio.seconds, "recipe": dict(audio.recipe), "measured": measured}
            results.append({"file": name, **told, "notes": notes(self.request, self.model.system)})
        self.attempt.done(results, together)


def make(made: Sequence[Made], model: Model, most: int) -> None:
    """Makes the candidates of all jobs, up to `most` at once. A job that is to stop, or whose disk is full, ends alone;
    the others go on without it. Raises Stopped when none is left, ValueError when the model cannot make them."""
    wanted = [(one, place) for one in made for place in range(len(one.requests))]
    for begin in range(0, len(wanted), most):
        batch = [(one, place) for one, place in wanted[begin : begin + most] if not one.attempt.over]
        if not batch:
            continue
        jobs = list(dict.fromkeys(one for one, _ in batch))
        for job in jobs:
            with job.attempt.ending():
                job.hear(min(place for one, place in batch if one is job))
        try:
            for which, piece in _pieces(model, batch, jobs):
                one, place = batch[which]
                if not one.attempt.over:
                    with one.attempt.ending():
                        one.add(place, piece[0])
        finally:
            for job in jobs:
                with job.attempt.ending():
                    job.silence()


def _pieces(model: Model, batch: Sequence[tuple[Made, int]], jobs: Sequence[Made]) -> Iterator[tuple[int, Tensor]]:
    """The pieces of a batch: which of it, and [1, C, t]."""

    def report(done: float) -> None:
        for job in jobs:
            if not job.attempt.over:
                places = [place for one, place in batch if one is job]
                with job.attempt.ending():
                    job.attempt((places[0] + done * len(places)) / len(job.requests))
        if all(job.attempt.over for job in jobs):
            raise Stopped(None)

    requests: list[Request] = [one.requests[place] for one, place in batch]
    if len(requests) > 1:
        yield from together(model.system, requests, progress=report)
    else:
        yield from ((0, piece) for piece in model.system.stream(requests[0], progress=report))
    report(1.0)
