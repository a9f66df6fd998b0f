"""A report as markdown: sections as tables, warnings first."""

from __future__ import annotations

from songloom.metrics.bench.report import Figure, Report, Section
from songloom.metrics.report import markdown_table

HEADERS = ("figure", "value", "95 % interval", "baseline", "clips", "better")


def as_markdown(report: Report) -> str:
    """The whole report but its rows, which are in the JSON and the HTML file."""
    parts = [f"# {one_line(report.system)}", "\n".join(f"- {line}" for line in about(report))]
    if report.warnings:
        parts.append("**Warnings**\n\n" + "\n".join(f"- {one_line(line)}" for line in report.warnings))
    if report.unreadable:
        lines = [f"- `{one_line(str(one.path))}`: {one_line(one.why)}" for one in report.unreadable]
        parts.append("**Files that could not be used**\n\n" + "\n".join(lines))
    parts += [section_text(section) for section in report.sections]
    parts += networks_markdown(report)
    return "\n\n".join(parts) + "\n"


def networks_markdown(report: Report) -> list[str]:
    """The networks' sheets of facts under a heading, where there are any."""
    sheets = ["\n".join(f"- {one_line(line)}" for line in one.lines()) for one in report.networks]
    return ["## Networks", *sheets] if sheets else []


def about(report: Report) -> list[str]:
    """How many clips, from where, with which versions."""
    lines = [f"{len(report.rows)} clips of {one_line(report.generated)}"]
    if report.reference:
        lines.append(f"reference: {one_line(report.reference)}")
    if report.prompts:
        count = sum(bool(row.prompt) for row in report.rows)
        lines.append(f"prompts: {one_line(report.prompts)}, {count} of them with a clip")
    lines.append("intervals: 95 %, by bootstrap over clips (shares: Wilson's score)")
    lines.append(", ".join(f"{name} {number}" for name, number in report.versions.items()))
    return lines


def section_text(section: Section) -> str:
    """One section: title, table, notes."""
    rows = [cells(figure) for figure in section.figures]
    notes = "".join(f"\n\n{one_line(note)}" for note in section.notes)
    return f"## {one_line(section.title)}\n\n{markdown_table(HEADERS, rows)}{notes}"


def cells(figure: Figure) -> list[str]:
    """A figure's row under HEADERS."""
    one = figure.estimate
    return [
        figure.name,
        figure.shown(one.value),
        figure.interval,
        figure.shown(figure.baseline),
        str(one.count),
        figure.better,
    ]


def one_line(text: str) -> str:
    """Text of others that may not break the page: no line ends."""
    return " ".join(text.split())
