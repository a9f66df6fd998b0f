"""The report of `adherence.py`: columns of figures that are written as they come, as JSON, markdown and a table."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from songloom.data import manifest
from songloom.metrics.adherence import FIGURES
from songloom.metrics.confidence import Estimate
from songloom.metrics.report import markdown_table, put_between

GOALS = {
    "tempo, octaves allowed": 0.90, "drums": 0.95, "families F1": 0.70, "style": 0.75, "key, near": 0.80, "mood": 0.50,
}  # fmt: skip


class Report:
    """Results as they come: every new column is written to the disk at once."""

    def __init__(self, out: Path, results: dict[str, Any], docs: Path | None) -> None:
        self.out, self.results, self.docs = out, results, docs
        self.columns: dict[str, dict[str, Estimate]] = {}
        self.far: dict[str, Estimate] = {}

    def column(self, name: str, following: dict[str, Estimate], sound: dict[str, Estimate]) -> None:
        """One column of figures."""
        self.columns[name] = {**following, **sound}
        self.write()

    def distances(self, far: dict[str, Estimate]) -> None:
        """The Fréchet distances."""
        self.far = far
        self.write()

    def rows(self) -> list[list[str]]:
        """Cells of the table, figure by figure."""
        names = list(dict.fromkeys([*FIGURES, *(name for column in self.columns.values() for name in column)]))
        return [
            [name, *(str(column[name]) if name in column else "-" for column in self.columns.values()), _goal(name)]
            for name in names
        ]

    def headers(self) -> list[str]:
        """Of the table of figures."""
        return ["figure", *self.columns, "goal"]

    def markdown(self) -> str:
        """All tables, with what they were measured on."""
        known = self.results
        parts = [
            f"{known['clips']} held-out pieces, {known['seconds']:g} s each; 95 % intervals in brackets; "
            f"{known['machine']['cpu']}, {known['machine']['cores']} cores, torch {known['machine']['torch']}."
            + (f" Model `{known['model']['name']}` {known['model']['sha256'][:12]}." if "model" in known else ""),
            "The column *band* is also the ear's own accuracy on clips that it never heard.",
            markdown_table(self.headers(), self.rows()),
        ]
        if self.far:
            parts += [
                "Fréchet distance to the band's renders on the ear's embedding (halves without shared pieces):",
                markdown_table(["set", "distance"], [[name, str(value)] for name, value in self.far.items()]),
            ]
        return "\n\n".join(parts) + "\n"

    def write(self) -> None:
        """Writes adherence.json and adherence.md as far as known."""
        figures = {name: {row: asdict(value) for row, value in column.items()} for name, column in self.columns.items()}
        far = {name: asdict(value) for name, value in self.far.items()}
        everything = {**self.results, "figures": figures, "frechet": far}
        manifest.write_atomically(self.out / "adherence.json", json.dumps(_plain(everything), indent=1) + "\n")
        manifest.write_atomically(self.out / "adherence.md", self.markdown())

    def show(self) -> None:
        """Writes everything, fills the document in, and prints the tables."""
        self.write()
        if self.docs is not None:
            put_between(self.docs, "adherence", self.markdown())
        console = Console(width=None if sys.stdout.isatty() else 170)
        table = Table(*self.headers())
        for row in self.rows():
            table.add_row(*row)
        console.print(table)
        for name, value in self.far.items():
            console.print(f"Fréchet distance, {name}: {value}")
        console.print(f"ear: {self.results['ear']}; everything is in {self.out}")


def _goal(name: str) -> str:
    return f"{GOALS[name]:.2f}" if name in GOALS else ""


def _plain(value: Any) -> Any:
    """JSON without NaN: figures over nothing become null."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value
