"""Reports on disk: report.json, report.md and report.html in one folder, each written whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from songloom.data.manifest import write_atomically
from songloom.metrics.bench.as_html import as_html
from songloom.metrics.bench.as_markdown import as_markdown
from songloom.metrics.bench.comparison import comparison_html, comparison_json, comparison_markdown
from songloom.metrics.bench.report import Report

NAMES = ("report.json", "report.md", "report.html")


def write_report(report: Report, folder: Path, *, players: int) -> list[Path]:
    """Writes the three files of one evaluation; gives their paths."""
    told = json.dumps(report.to_json(), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    return _write(folder, [told, as_markdown(report), as_html(report, players=players)])


def write_comparison(reports: Sequence[Report], folder: Path) -> list[Path]:
    """Writes the three files of a comparison; gives their paths."""
    return _write(folder, [comparison_json(reports), comparison_markdown(reports), comparison_html(reports)])


def _write(folder: Path, contents: Sequence[str]) -> list[Path]:
    paths = [folder / name for name in NAMES]
    for path, content in zip(paths, contents, strict=True):
        write_atomically(path, content)
    return paths
