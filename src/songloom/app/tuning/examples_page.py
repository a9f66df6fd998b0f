"""The page of a fine-tuning: what changed in numbers, and every prompt before and after to listen to."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from songloom.app.tuning.examples import Example, Outcome
from songloom.data.manifest import write_atomically
from songloom.metrics.bench.as_html import page, player, table

PAGE = "index.html"


def write(outcome: Outcome, folder: Path) -> Path:
    """Writes the page beside the examples; gives its path."""
    path = folder / PAGE
    write_atomically(path, as_page(outcome, folder))
    return path


def as_page(outcome: Outcome, folder: Path) -> str:
    """The page, which needs nothing else."""
    rows = [
        f"<tr><td class=p>{escape(before.prompt)}</td>{_cell(before, folder)}{_cell(after, folder)}</tr>"
        for before, after in zip(outcome.before.examples, outcome.after.examples, strict=True)
    ]
    parts = [
        f"<h1>{escape(outcome.model)}, before and after</h1>",
        table(("", "before", "after"), figures(outcome)),
        *(f"<p>{escape(note)}</p>" for note in notes(outcome)),
        f'<div class="wide"><table><tr><th>prompt</th><th>before</th><th>after</th></tr>{"".join(rows)}</table></div>',
    ]
    return page(f"{outcome.model}, before and after", parts)


def figures(outcome: Outcome) -> list[Sequence[str]]:
    """Name, before, after."""
    before, after = outcome.before, outcome.after
    found = [(f"loss on {outcome.loss_on} pieces", before.loss, after.loss)]
    if before.distance is not None and after.distance is not None:
        found.append(("distance to the folder", before.distance, after.distance))
    if before.examples:
        found.append(("similarity to the words", mean(before.examples), mean(after.examples)))
    return [(name, f"{first:.4g}", f"{second:.4g}") for name, first, second in found]


def notes(outcome: Outcome) -> list[str]:
    """How the figures are to be read."""
    found = [f"The loss is a mean over crops of {outcome.pieces} {outcome.loss_on} pieces; lower is better."]
    if outcome.before.distance is not None:
        floor = "" if outcome.within is None else f" Two halves of the folder are {outcome.within:.3g} apart."
        found.append(
            f"The distance is KAD in the space of {outcome.embedder} over {len(outcome.after.examples)} examples; "
            f"lower is nearer, and of so few it is coarse and may fall below 0.{floor}"
        )
    return found


def mean(examples: Sequence[Example]) -> float:
    """The mean similarity to the words."""
    return sum(one.similarity for one in examples) / len(examples)


def _cell(example: Example, folder: Path) -> str:
    found = example.measured
    told = [
        f"{found['tempo']:g} BPM" if found["tempo"] else "no tempo",
        found["key"] or "no key",
        f"{found['loudness']:g} LUFS",
        f"similarity {example.similarity:.2f}",
    ]
    return f"<td>{player(folder / example.file)}<br>{escape(', '.join(told))}</td>"
