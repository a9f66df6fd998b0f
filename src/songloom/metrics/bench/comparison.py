"""Systems side by side: every figure of their reports, and for clips of the same prompts the paired differences."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from songloom.metrics.bench.as_html import bullets, networks_html, page, table
from songloom.metrics.bench.as_markdown import networks_markdown, one_line
from songloom.metrics.bench.report import Figure, Report
from songloom.metrics.confidence import Estimate, mean
from songloom.metrics.report import markdown_table

FEWEST_PAIRS = 2


@dataclass(frozen=True, slots=True)
class Difference:
    """How much higher a clip's own `figure` is of `system` than of the first one, over the prompts of both."""

    system: str
    figure: str
    estimate: Estimate

    @property
    def certain(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.estimate.low > 0 or self.estimate.high < 0


def differences(reports: Sequence[Report]) -> list[Difference]:
    """Of every system against the first one, over rows of the same id."""
    first, *later = reports
    base = {row.id: row.values for row in first.rows}
    found = []
    for report in later:
        pairs = [(row.values, base[row.id]) for row in report.rows if row.id in base]
        names = dict.fromkeys(name for values, _ in pairs for name in values)
        for name in names:
            apart = [mine[name] - other[name] for mine, other in pairs if name in mine and name in other]
            if len(apart) >= FEWEST_PAIRS:
                found.append(Difference(report.system, name, mean(apart)))
    return found


def side_by_side(reports: Sequence[Report]) -> list[tuple[str, list[str], list[list[str]]]]:
    """A table for every section: its title, headers, rows; a system without a figure has "-"."""
    found: dict[str, dict[str, dict[str, Figure]]] = {}
    for report in reports:
        for section in report.sections:
            for figure in section.figures:
                found.setdefault(section.title, {}).setdefault(figure.name, {})[report.system] = figure
    names = [report.system for report in reports]
    headers = ["figure", *names, "baseline of the first", "better"]
    return [
        (title, headers, [_row(name, cells, names) for name, cells in figures.items()])
        for title, figures in found.items()
    ]


def _row(name: str, cells: dict[str, Figure], systems: Sequence[str]) -> list[str]:
    any_one = next(iter(cells.values()))
    shown = [f"{c.shown(c.estimate.value)} ({c.interval})" if (c := cells.get(one)) else "-" for one in systems]
    return [name, *shown, any_one.shown(any_one.baseline), any_one.better]


DIFFERENCE_HEADERS = ["figure of a clip", "system", "higher than the first by", "95 % interval", "pairs", "certain"]


def difference_rows(reports: Sequence[Report]) -> list[list[str]]:
    """`differences` as text, under DIFFERENCE_HEADERS."""
    return [
        [
            one.figure,
            one.system,
            f"{one.estimate.value:.4g}",
            f"{one.estimate.low:.4g} to {one.estimate.high:.4g}",
            str(one.estimate.count),
            "yes" if one.certain else "no",
        ]
        for one in differences(reports)
    ]


def comparison_markdown(reports: Sequence[Report]) -> str:
    """All tables as markdown."""
    parts = [f"# {one_line(', '.join(report.system for report in reports))}"]
    parts += [f"- {one_line(report.system)}: {one_line(line)}" for report in reports for line in report.warnings]
    parts += [f"## {title}\n\n{markdown_table(headers, rows)}" for title, headers, rows in side_by_side(reports)]
    if rows := difference_rows(reports):
        parts.append(f"## Clip by clip\n\n{markdown_table(DIFFERENCE_HEADERS, rows)}")
    parts += networks_markdown(reports[0])
    return "\n\n".join(parts) + "\n"


def comparison_html(reports: Sequence[Report]) -> str:
    """All tables as one page."""
    title = ", ".join(report.system for report in reports)
    warnings = [f"{report.system}: {line}" for report in reports for line in report.warnings]
    parts = [f"<h1>{escape(title)}</h1>", bullets(warnings) if warnings else ""]
    parts += [f"<h2>{escape(name)}</h2>{table(headers, rows)}" for name, headers, rows in side_by_side(reports)]
    if rows := difference_rows(reports):
        parts.append(f"<h2>Clip by clip</h2>{table(DIFFERENCE_HEADERS, rows)}")
    parts += networks_html(reports[0])
    return page(title, parts)


def comparison_json(reports: Sequence[Report]) -> str:
    """All reports and the differences."""
    told: dict[str, Any] = {
        "systems": [report.to_json() for report in reports],
        "differences": [
            {
                "figure": one.figure,
                "system": one.system,
                "against": reports[0].system,
                "value": one.estimate.value,
                "low": one.estimate.low,
                "high": one.estimate.high,
                "count": one.estimate.count,
            }
            for one in differences(reports)
        ],
    }
    return json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
