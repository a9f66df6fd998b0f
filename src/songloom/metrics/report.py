"""Figures as text: markdown tables, and their place between two markers of a document."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from songloom.data.manifest import write_atomically


def markdown_table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A markdown table; every row is as long as the headers."""
    lines = [list(headers), ["---"] * len(headers), *(list(row) for row in rows)]
    if any(len(line) != len(headers) for line in lines):
        raise ValueError(f"every row needs {len(headers)} cells")
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def put_between(path: Path, name: str, body: str) -> None:
    """Replaces what stands between `<!-- name:begin -->` and `<!-- name:end -->` in a document.

    Raises ValueError when the markers are not there, once each and in this order.
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    text = path.read_text(encoding="utf-8")
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"{path} needs the markers {begin} and {end}, once each")
    before, rest = text.split(begin)
    write_atomically(path, f"{before}{begin}\n{body.strip()}\n{end}{rest.split(end)[1]}")
