"""The report of a listening test: the same results as JSON, as markdown, as a page in one file, and as a picture."""

from __future__ import annotations

import html
import io
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from songloom.data.manifest import write_atomically
from songloom.metrics.bench.as_html import page, table
from songloom.metrics.bench.plots import as_svg
from songloom.metrics.confidence import Estimate
from songloom.metrics.listening.design import QUESTIONS
from songloom.metrics.listening.results import Comparison, Results
from songloom.metrics.report import markdown_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

METHOD = (
    "Intervals hold 95 % and are for other raters and other prompts: two-way cluster-robust (Cameron, Gelbach and "
    "Miller 2011), t of the fewer clusters less one. p: Wilcoxon's signed-rank test on paired differences, averaged "
    "within prompts (other prompts, these raters) and within raters (other raters, these prompts), and t by the "
    "interval's variance (both new); each corrected by Holm over the pairs of a question. A system is called better "
    "where all three are at most 0.05."
)
Table = tuple[str, list[str], list[list[str]]]


def write(results: Results, folder: Path) -> list[Path]:
    """Writes report.json, report.md, report.html and report.png into a folder; gives their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    png = io.BytesIO()
    picture(results).savefig(png, format="png")
    contents: dict[str, str | bytes] = {
        "report.json": json.dumps(as_json(results), indent=1, ensure_ascii=False) + "\n",
        "report.md": as_markdown(results),
        "report.html": as_html(results),
        "report.png": png.getvalue(),
    }
    for name, content in contents.items():
        write_atomically(folder / name, content)
    return [folder / name for name in contents]


def summary(results: Results) -> str:
    """For the terminal: whose answers count, and the means."""
    _, headers, rows = next(_tables(results))
    return f"{next(_sentences(results))}\n\n{markdown_table(headers, rows)}"


def as_json(results: Results) -> dict[str, Any]:
    """Plain data; figures that do not exist are null."""
    screening, design = results.screening, results.design
    return {
        "title": design.title,
        "mode": design.mode,
        "systems": list(design.systems),
        "prompts": len(design.prompts),
        "loudness": _loudness(results),
        "raters": {
            "came": results.came,
            "answered": screening.raters,
            "finished": screening.finished,
            "counted": screening.counted,
            "excluded": {reason: len(numbers) for reason, numbers in screening.excluded.items()},
        },
        "answers_counted": len(screening.kept),
        "means": [
            {"system": m.system, "question": QUESTIONS[m.question], **_estimate(m.estimate)} for m in results.means
        ],
        "comparisons": [
            {
                "first": c.first,
                "second": c.second,
                "question": QUESTIONS[c.question],
                **_estimate(c.difference),
                "p_prompts": c.p_prompts,
                "p_raters": c.p_raters,
                "p_both": c.p_both,
                "prompts": c.prompts,
                "raters": c.raters,
                "better": c.better,
            }
            for c in results.comparisons
        ],
        "method": METHOD,
        "too_few": list(results.too_few),
    }


def as_markdown(results: Results) -> str:
    """A document with the picture beside it."""
    parts = [f"# {results.design.title}", *_sentences(results), "![Means and 95 % intervals](report.png)"]
    for title, headers, rows in _tables(results):
        parts += [f"## {title}", markdown_table(headers, rows)]
    return "\n\n".join([*parts, METHOD]) + "\n"


def as_html(results: Results) -> str:
    """One file with everything inside; nothing is fetched."""
    title = results.design.title
    parts = [f"<h1>{html.escape(title)}</h1>", *(f"<p>{html.escape(text)}</p>" for text in _sentences(results))]
    parts.append(f'<div class="wide"><figure>{as_svg(picture(results))}</figure></div>')
    for heading, headers, rows in _tables(results):
        parts += [f"<h2>{html.escape(heading)}</h2>", table(headers, rows)]
    return page(title, [*parts, f"<p>{html.escape(METHOD)}</p>"])


def picture(results: Results) -> Figure:
    """Each system's mean with its interval, a panel for each question."""
    from matplotlib.figure import Figure

    conditions = results.design.conditions
    figure = Figure(figsize=(8, 1.2 + 0.45 * len(conditions)), layout="constrained", dpi=110)
    for axes, question in zip(figure.subplots(1, len(QUESTIONS), sharey=True), QUESTIONS, strict=True):
        for mean in results.means:
            place = conditions.index(mean.system)
            if mean.question != question or not mean.estimate.count:
                continue
            low, high = (min(100.0, max(0.0, edge)) for edge in (mean.estimate.low, mean.estimate.high))
            colour = "tab:blue" if mean.system in results.design.systems else "tab:gray"
            axes.plot([low, high], [place, place], color=colour, linewidth=2)
            axes.plot(mean.estimate.value, place, "o", color=colour)
        axes.set(xlim=(0, 100), xlabel=f"{QUESTIONS[question]}: {question}, {_unit(results)}")
        axes.set_yticks(range(len(conditions)), conditions)
        axes.set_ylim(len(conditions) - 0.5, -0.5)
        axes.grid(axis="x", alpha=0.3)
    return figure


def _sentences(results: Results) -> Iterator[str]:
    """What stands above the tables: who was heard, how loud it was, and what the test is too small for."""
    screening, loudness = results.screening, _loudness(results)
    reasons = [f"{len(numbers)} {reason}" for reason, numbers in screening.excluded.items() if numbers]
    without = f" Not counted: {', '.join(reasons)}." if reasons else " None was excluded."
    yield (
        f"{screening.raters} raters answered, {screening.finished} to the end; {screening.counted} of them count."
        f"{without} {len(results.design.systems)} systems on {len(results.design.prompts)} prompts, "
        f"{len(screening.kept)} answers."
    )
    text = f"Clips were brought to {loudness['target']:.1f} LUFS by gain alone, 48 kHz stereo."
    for count, what in ((loudness["quieter"], "stayed quieter for their peaks"), (loudness["silent"], "are silent")):
        text += f" {count} of {loudness['clips']} {what}." if count else ""
    yield text
    if results.too_few:
        yield f"With so few {' and '.join(results.too_few)} no difference can reach 5 %, however large."


def _tables(results: Results) -> Iterator[Table]:
    means = {(mean.system, mean.question): mean.estimate for mean in results.means}
    rows = [
        [system, *(_shown(means.get((system, question))) for question in QUESTIONS)]
        for system in results.design.conditions
        if any((system, question) in means for question in QUESTIONS)
    ]
    yield f"Means ({_unit(results)})", ["system", *QUESTIONS.values()], rows
    if results.comparisons:
        headers = ["pair", "question", "difference", "p (prompts)", "p (raters)", "p (both)", "better"]
        yield "Differences in points", headers, [_row(comparison) for comparison in results.comparisons]


def _row(c: Comparison) -> list[str]:
    chances = [f"{p:.3g}" for p in (c.p_prompts, c.p_raters, c.p_both)]
    return [f"{c.first} - {c.second}", QUESTIONS[c.question], _shown(c.difference), *chances, c.better or "not shown"]


def _unit(results: Results) -> str:
    return "1 to 100" if results.design.mode == "ratings" else "preferred, %"


def _shown(estimate: Estimate | None) -> str:
    if estimate is None or not estimate.count:
        return "-"
    return f"{estimate.value:.1f} [{estimate.low:.1f}, {estimate.high:.1f}]"


def _estimate(estimate: Estimate) -> dict[str, float | int | None]:
    values = {"value": estimate.value, "low": estimate.low, "high": estimate.high}
    return {name: value if math.isfinite(value) else None for name, value in values.items()} | {"n": estimate.count}


def _loudness(results: Results) -> dict[str, float | int]:
    """The target in LUFS, and how many clips are below it."""
    levels = [clip.loudness for clip in results.design.clips]
    quieter = sum(level is not None and level < results.design.target - 0.05 for level in levels)
    return {"target": results.design.target, "clips": len(levels), "quieter": quieter, "silent": levels.count(None)}
