"""Pieces that no training has seen, composed and rendered for measuring, and all that is true of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from rich.progress import Progress

from songloom.band import composer, corpus
from songloom.band.piece import Piece
from songloom.data import manifest
from songloom.data.manifest import Clip
from songloom.data.workers import Workers
from songloom.metrics.prompts import FACTS, Asked, asked

HELD_OUT_SEED = 9_000_001


@dataclass(frozen=True)
class Held:
    """A held-out piece and its render."""

    piece: Piece
    clip: Clip
    audio: Path


def held_out_pieces(
    out: Path, folder: Path | None, count: int, seconds: float, jobs: int, bars: Progress
) -> list[Held]:
    """`count` pieces with their renders. Raises ValueError when a folder is not what the band composes now."""
    if folder is None:
        folder = out / "held-out"
        bar = bars.add_task("rendering held-out pieces", total=count)
        corpus.write_corpus(
            folder, hours=count * seconds / 3600, seed=HELD_OUT_SEED, workers=Workers(jobs), seconds=seconds,
            progress=lambda done, total: bars.update(bar, completed=done, total=total),
        )  # fmt: skip
    length = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))["seconds"]
    held = []
    for clip in manifest.read(folder)[:count]:
        piece = composer.draw(clip.labels["seed"], seconds=length)
        if (piece.style, round(piece.tempo, 3)) != (clip.labels["style"], clip.labels["tempo"]):
            raise ValueError(f"{folder} was rendered by another version of the band; choose another folder")
        held.append(Held(piece, clip, folder / clip.audio))
    return held


def everything(one: Held) -> Asked:
    """The whole truth of a piece, as if its prompt named it all."""
    truth = asked(one.piece, "")
    unknown = {name for name, known in (("key", truth.key), ("families", truth.families)) if not known}
    return replace(truth, named=FACTS - unknown, named_families=truth.families)
