"""What a benchmark found: a table on the screen and, where asked, its numbers in a file and the table in a document."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from songloom.data.manifest import write_atomically
from songloom.metrics.report import markdown_table, put_between


def publish(
    marker: str,
    headers: Sequence[str],
    rows: Sequence[Sequence[str]],
    note: str,
    *,
    result: Mapping[str, Any] | None = None,
    out: Path | None = None,
    docs: Path | None = None,
) -> None:
    """Prints the table and the `note` on how it came about; writes `result` to `out` as JSON, and note and table
    between the markers `marker` of `docs`."""
    table = Table(*headers)
    for row in rows:
        table.add_row(*row)
    Console().print(table)
    Console().print(note, highlight=False)
    if out is not None:
        write_atomically(out, json.dumps(result, indent=1) + "\n")
    if docs is not None:
        put_between(docs, marker, f"{note}\n\n{markdown_table(headers, rows)}")
