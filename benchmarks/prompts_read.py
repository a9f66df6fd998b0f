"""What is read in prompts, before any music: styles, moods, instruments, drums, tempo and key against the truth.

    python benchmarks/prompts_read.py [--model loom] [--pieces 400] [--wrong]

The pieces and prompts are those of adherence.py (its first 100 pieces are the first 100 here): one caption and one
prompt in held-out words each, judged only where they name a thing. Nothing is rendered or generated, so what is lost
here is lost by the reader, and what adherence.py loses beyond that is lost by the generator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cyclopts
import torch
from figures import publish
from held_out import HELD_OUT_SEED
from rich.console import Console
from rich.progress import track

from songloom.band import corpus
from songloom.band.piece import Piece
from songloom.conditioning import prompt_parser
from songloom.conditioning.attributes import AttributeReader, Vocabulary
from songloom.conditioning.musical import key_number
from songloom.conditioning.reading import found
from songloom.inference import song
from songloom.metrics.confidence import Estimate, estimate
from songloom.metrics.ear import quarter
from songloom.metrics.ear_training import f1
from songloom.metrics.prompts import Asked, caption_prompt, held_out_prompt
from songloom.training.reader import load_reader

MARKER = "prompts-read"
SETS: dict[str, Callable[[Piece, str], Asked]] = {"captions": caption_prompt, "held-out words": held_out_prompt}
SURE = 0.5
TOKENS = 64


def main(
    *,
    model: str = "loom",
    reader: Path | None = None,
    pieces: int = 100,
    seconds: float = 20.0,
    seed: int = 0,
    wrong: bool = False,
    out: Path | None = None,
    docs: Path | None = None,
) -> None:
    """Read prompts and compare.

    Parameters
    ----------
    model:
        A generator with a reader: an embedded name or a checkpoint folder.
    reader:
        A file with the weights of another reader for it.
    pieces:
        How many held-out pieces.
    seconds:
        Their length.
    seed:
        Of the choice of wordings.
    wrong:
        Also tell which prompts were read wrongly, and as what.
    out:
        A JSON file for all figures.
    docs:
        A document with the markers of this table, to be filled in.
    """
    system: Any = song.open_model(model).system
    one: AttributeReader = system.text.reader
    if reader is not None:
        one.adopt(load_reader(one, reader))
    composed = [corpus.compose_piece(HELD_OUT_SEED, index, seconds) for index in track(range(pieces), "composing")]
    columns: dict[str, dict[str, Estimate]] = {}
    misread: list[str] = []
    for name, wording in SETS.items():
        prompts = [wording(piece, f"{seed} {corpus.piece_seed(HELD_OUT_SEED, i)}") for i, piece in enumerate(composed)]
        heard = [Found.of(one, asked.prompt) for asked in prompts]
        columns[name] = judged(prompts, heard)
        misread += [
            f"{name}: {asked.prompt!r} is {asked.style}, read as {seen.style}"
            for asked, seen in zip(prompts, heard, strict=True)
            if "style" in asked.named and seen.style != asked.style
        ]
    if wrong:
        screen = Console()
        for line in misread:
            screen.print(line, highlight=False)
    rows = [[figure, *(str(column[figure]) for column in columns.values())] for figure in JUDGES]
    note = f"{pieces} held-out pieces; 95 % intervals in brackets. Reader of `{model}`."
    result = {name: {figure: str(value) for figure, value in column.items()} for name, column in columns.items()}
    publish(MARKER, ["read rightly", *columns], rows, note, result=result, out=out, docs=docs)


class Found:
    """What is found in one prompt."""

    def __init__(self, chances: torch.Tensor, words: Vocabulary, prompt: str) -> None:
        styles, moods, families = words.parted(chances)
        self.style = words.styles[int(styles.argmax())]
        self.mood = words.moods[int(moods.argmax())]
        self.families = {name for name, sure in zip(words.families, families.tolist(), strict=True) if sure > SURE}
        self.named = prompt_parser.parse(prompt)

    @classmethod
    def of(cls, reader: AttributeReader, prompt: str) -> Found:
        """By a reader."""
        return cls(found(reader, prompt, TOKENS), reader.vocabulary, prompt)


# Figure -> (what the prompt must name, the judgement).
JUDGES: dict[str, tuple[str | None, Callable[[Asked, Found], float | bool]]] = {
    "style": ("style", lambda asked, seen: seen.style == asked.style),
    "mood": ("mood", lambda asked, seen: seen.mood == asked.mood),
    "mood quarter": ("mood", lambda asked, seen: quarter(seen.mood) == quarter(asked.mood)),
    "families F1": (None, lambda asked, seen: f1(set(asked.families), seen.families)),
    "named families": ("families", lambda asked, seen: _share(set(asked.named_families), seen.families)),
    "drums": ("drums", lambda asked, seen: seen.named.drums == asked.drums),
    "tempo": ("tempo", lambda asked, seen: abs((seen.named.tempo or 0) - asked.tempo) <= 0.04 * asked.tempo),
    "key": ("key", lambda asked, seen: asked.key is not None and seen.named.key == key_number(asked.key)),
}


def judged(prompts: Sequence[Asked], heard: Sequence[Found]) -> dict[str, Estimate]:
    """Every figure over the prompts that name what it needs."""
    pairs = list(zip(prompts, heard, strict=True))
    return {
        figure: estimate([judge(asked, seen) for asked, seen in pairs if needed is None or needed in asked.named])
        for figure, (needed, judge) in JUDGES.items()
    }


def _share(wanted: set[str], got: set[str]) -> float:
    return len(wanted & got) / len(wanted)


if __name__ == "__main__":
    cyclopts.run(main)
