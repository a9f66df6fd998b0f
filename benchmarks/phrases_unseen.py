"""How well a reader reads phrases that it never saw: a fifth of the glossary is hidden while it learns from the rest.

    python benchmarks/phrases_unseen.py [--docs docs/reading-prompts.md]

Whatever holds a hidden phrase in any form is hidden from the reader too, as held-out wordings are. It learns from
phrases alone, no captions, so its figures are for choosing between glossaries and lessons, and looking at them costs
none of the held-out prompts. Rows keep a part of what is left: what more phrases bring.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import cyclopts
import torch
from figures import publish
from torch import Tensor

from songloom.conditioning.attributes import AttributeReader, Vocabulary
from songloom.conditioning.phrasings import Phrase, alone
from songloom.conditioning.same_words import held_in
from songloom.metrics.confidence import Estimate, share
from songloom.training.reader import Lessons, embedded, learn

MARKER = "phrases-unseen"
HIDDEN = 5
PARTS = (0.25, 0.5, 1.0)
BATCH = 128
TOKENS = 64


def main(
    *,
    steps: int = 1000,
    rate: float = Lessons.learning_rate,
    noise: float = Lessons.noise,
    seed: int = 0,
    out: Path | None = None,
    docs: Path | None = None,
) -> None:
    """Hide, teach and ask.

    Parameters
    ----------
    steps:
        Of each training.
    rate:
        Of learning.
    noise:
        That is added to embeddings.
    seed:
        Of what is hidden.
    out:
        A JSON file for all figures.
    docs:
        A document with the markers of this table, to be filled in.
    """
    torch.set_num_threads(1)
    words = Vocabulary()
    known = alone(words.styles, words.moods)
    random.Random(seed).shuffle(known)
    hidden, rest = known[::HIDDEN], [one for place, one in enumerate(known) if place % HIDDEN]
    telling = {text for text, _ in held_in([text for text, _ in rest], [text for text, _ in hidden])}
    rest = [one for one in rest if one[0] not in telling]
    heard = embedded([text for text, _ in hidden], TOKENS)
    lessons = replace(Lessons(), steps=steps, learning_rate=rate, noise=noise)
    rows: list[list[str]] = []
    result: dict[str, dict[str, str]] = {}
    for part in PARTS:
        some = rest[: round(part * len(rest))]
        reader = AttributeReader(words)
        reader.settle(embedded([text for text, _ in some], TOKENS))
        learn(reader, [(some, BATCH)], TOKENS, lessons)
        found = judged(reader.eval(), hidden, heard)
        rows.append([str(len(some)), *map(str, found.values())])
        result[str(len(some))] = {name: str(value) for name, value in found.items()}
    note = f"{len(hidden)} phrases hidden, {len(telling)} more as they say the same; 95 % intervals in brackets."
    publish(MARKER, ["learned from", *found], rows, note, result=result, out=out, docs=docs)


@torch.no_grad()
def judged(reader: AttributeReader, hidden: list[Phrase], heard: Tensor) -> dict[str, Estimate]:
    """The shares of hidden phrases whose style or mood is read right."""
    answers = reader(heard)
    styles, moods = answers.style.argmax(-1).tolist(), answers.mood.argmax(-1).tolist()
    words = reader.vocabulary
    return {
        "style": share(
            [words.styles[at] == one["style"] for at, (_, one) in zip(styles, hidden, strict=True) if "style" in one]
        ),
        "mood": share(
            [words.moods[at] == one["mood"] for at, (_, one) in zip(moods, hidden, strict=True) if "mood" in one]
        ),
    }


if __name__ == "__main__":
    cyclopts.run(main)
