"""What estimated captions are worth: how many pieces they name something of, and how often that is right.

    python benchmarks/estimated_captions.py --corpus FOLDER [--model shuttle] [--clips 120] [--docs docs/finetune.md]

The pieces are a corpus of the band, whose labels are exact, that the embedder did not learn from. Tempo within 4 % is
right, and so is a key of the same tonic that is minor or major as the mode is; of instruments each one
that is named counts.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from figures import publish
from machine import machine

from songloom.band.facts import MINOR_MODES
from songloom.band.sounds import SOUNDS
from songloom.conditioning.musical import key_number
from songloom.data.dataset import clips_of
from songloom.data.manifest import Clip
from songloom.data.prepare.facts import listen
from songloom.data.prepare.pipeline import estimates
from songloom.inference.captioning import Heard, believed
from songloom.inference.embedding import open_space
from songloom.inference.tagging import Tagger

HEADERS = ("what", "named in", "right")
NAMES = ("style", "mood", "instruments", "tempo", "key")
CLOSE = 0.04


@dataclass(frozen=True, slots=True)
class Judged:
    """Of a piece: how many things of a kind are named, and how many of them are right."""

    named: int
    right: int


def judged(heard: Heard, clip: Clip) -> dict[str, Judged]:
    """Each kind of what is believed of a clip beside its labels."""
    labels = clip.labels
    players = {SOUNDS[name].words[0] if name in SOUNDS else str(name) for name in labels["instruments"]}
    named = len(heard.instruments)
    found = {
        "style": Judged(heard.style is not None, heard.style == labels["style"]),
        "mood": Judged(heard.mood is not None, heard.mood == labels["mood"]),
        "instruments": Judged(named, sum(one in players for one in heard.instruments)),
        "tempo": Judged(0, 0),
        "key": Judged(0, 0),
    }
    if heard.tempo:
        found["tempo"] = Judged(1, abs(heard.tempo / float(labels["tempo"]) - 1) <= CLOSE)
    if heard.key and labels.get("key"):
        true = int(labels["tonic"]) + 12 * (labels["mode"] in MINOR_MODES)
        found["key"] = Judged(1, key_number(heard.key) == true)
    return found


def believe(tagger: Tagger, path: Path) -> Heard:
    """What a caption of a file would say."""
    told = estimates(listen(path, 1800.0))
    return believed(tagger.tag_file(path).whole, told.get("tempo"), told.get("key"))


def rows_of(every: Sequence[dict[str, Judged]]) -> list[tuple[str, str, str]]:
    """The table."""
    rows = []
    for name in NAMES:
        found = [one[name] for one in every]
        named = sum(one.named for one in found)
        right = f"{100 * sum(one.right for one in found) / named:.0f} % of {named}" if named else ""
        rows.append((name, f"{100 * sum(one.named > 0 for one in found) / len(found):.0f} %", right))
    return rows


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--model", default=None)
    parser.add_argument("--clips", type=int, default=120)
    parser.add_argument("--docs", type=Path, default=None)
    asked = parser.parse_args()
    space = open_space(asked.model)
    tagger, clips = Tagger(space), clips_of(asked.corpus)[: asked.clips]
    every = [judged(believe(tagger, asked.corpus / clip.audio), clip) for clip in clips]
    by = f"{machine()['cpu']}, torch {torch.__version__}"
    note = f"`{space.name}` on {len(clips)} pieces of the band that it did not learn from ({by})."
    publish("estimated-captions", HEADERS, rows_of(every), note, docs=asked.docs)


if __name__ == "__main__":
    main()
