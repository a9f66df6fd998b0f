"""The log of a run: one JSON line for each entry, and the same as a table and as a picture of the losses."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from songloom.data.manifest import write_atomically

LINES, TABLE, PICTURE = "log.jsonl", "log.csv", "losses.png"


class Log:
    """`log.jsonl` of a run folder; every entry has a `step` and is on its way to the disk when `add` returns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, step: int, values: Mapping[str, float]) -> None:
        """Appends one entry."""
        line = json.dumps({"step": step} | {name: _short(value) for name, value in values.items()})
        with (self.folder / LINES).open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def entries(self) -> list[dict[str, float]]:
        """All entries in their order; a last line that was cut off is left out."""
        path = self.folder / LINES
        if not path.is_file():
            return []
        found = []
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                found.append(json.loads(line))
            except json.JSONDecodeError:
                break
        return found

    def cut(self, step: int) -> None:
        """Drops what came after `step`: a resumed run will say it again."""
        kept = [json.dumps(entry) for entry in self.entries() if entry["step"] <= step]
        write_atomically(self.folder / LINES, "".join(line + "\n" for line in kept))

    def write_table(self) -> None:
        """`log.csv`: a column for each name, a line for each entry."""
        entries = self.entries()
        columns = list(dict.fromkeys(name for entry in entries for name in entry))
        text = io.StringIO()
        writer = csv.DictWriter(text, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(entries)
        write_atomically(self.folder / TABLE, text.getvalue())

    def write_picture(self) -> None:
        """`losses.png`: the sum and each named loss over the steps, training and validation."""
        entries = self.entries()
        names = sorted(
            {name.removeprefix("valid ") for entry in entries for name in entry} - {"step", "rate", "seconds"}
        )
        if not names:
            return
        from matplotlib.figure import Figure

        rows = -(-len(names) // 3)
        figure = Figure(figsize=(13, 2.6 * rows), layout="constrained")
        for place, name in enumerate(names, 1):
            axes = figure.add_subplot(rows, min(3, len(names)), place)
            for column, style in ((name, "-"), (f"valid {name}", "o-")):
                points = [(entry["step"], entry[column]) for entry in entries if column in entry]
                if points:
                    axes.plot(*zip(*points, strict=True), style, markersize=3, linewidth=1, label=column)
            axes.set_title(name, fontsize=9)
            axes.tick_params(labelsize=7)
            axes.grid(alpha=0.3)
        image = io.BytesIO()
        figure.savefig(image, format="png", dpi=90)
        write_atomically(self.folder / PICTURE, image.getvalue())


def summed(names: Sequence[str]) -> list[str]:
    """The names whose values are minimised: all that do not begin with "~"."""
    return [name for name in names if not name.startswith("~")]


def _short(value: float) -> float:
    """Six significant digits are enough for a log."""
    return float(f"{value:.6g}")
