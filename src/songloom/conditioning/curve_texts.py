"""Curves as they are written down: a few words, a JSON file or a CSV table.

Words: `120 bpm 3/4` (rhythm), `Am F C G 120 bpm` (melody: each chord for a bar, its notes one after the other; without
a tempo at that of the piece), and `0:-40 8:-12` (dynamics: dB at seconds, lines between).
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

from songloom.conditioning.curve_forms import number, of_json
from songloom.conditioning.curves import Curve, Name
from songloom.config import parsed

_TEMPO = re.compile(r"(?:^|\s)(\d+(?:\.\d+)?)\s*(?:bpm)?(?:\s+(\d/\d))?\s*$", re.IGNORECASE)
_POINT = re.compile(r"(\d+(?:\.\d+)?):(-?\d+(?:\.\d+)?)")
TABLES = (".json", ".csv")


def read_curve(name: Name, text: str, seconds: float, tempo: float | None = None) -> Curve:
    """The curve of a piece of `seconds` at a `tempo` in beats per minute that a text tells: words, or the path of a
    .json or .csv file.

    Raises ValueError for what is none, or lies outside of the piece."""
    path = Path(text)
    if path.suffix.lower() not in TABLES:
        return of_words(name, text, seconds, tempo)
    if not path.is_file():
        raise ValueError(f"there is no file {text}")
    try:
        content = path.read_text(encoding="utf-8-sig")
        table = path.suffix.lower() == ".csv"
        data = None if table else parsed(content)
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None
    except ValueError as error:
        raise ValueError(f"{path} is no JSON: {error}") from None
    try:
        return of_json(name, _of_rows(name, content) if table else data, seconds)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def of_words(name: Name, text: str, seconds: float, tempo: float | None = None) -> Curve:
    """The curve of a few words, for a piece at a tempo."""
    if name == "dynamics":
        found = [(float(a), float(b)) for a, b in _POINT.findall(text)]
        if not found or _POINT.sub("", text).strip():
            raise ValueError(f"dynamics cannot be {text!r}; it takes a sound, or SECONDS:DB as in '0:-40 8:-12'")
        return of_json(name, {"points": found}, seconds)
    match = _TEMPO.search(text)
    before = text[: match.start() if match else None].split()
    bpm = float(match[1]) if match else tempo
    if bpm is None or not text.strip() or (name == "rhythm") == bool(before):
        example = "'120 bpm' or '90 bpm 3/4'" if name == "rhythm" else "chords as in 'Am F C G 120 bpm'"
        raise ValueError(f"{name} cannot be {text!r}; it takes a sound, or {example}")
    data = {"bpm": bpm, "meter": (match and match[2]) or "4/4"} | ({"chords": before} if before else {})
    return of_json(name, data, seconds)


def _of_rows(name: Name, content: str) -> dict[str, Any]:
    """A CSV table as a JSON object: columns seconds,db or from,to,note or seconds,beat (the bar's first is 1)."""
    rows = list(csv.reader(content.splitlines()))
    head = [cell.strip().lower() for cell in rows[0]] if rows else []
    needed = {"dynamics": ["seconds", "db"], "melody": ["from", "to", "note"], "rhythm": ["seconds", "beat"]}[name]
    if head != needed:
        raise ValueError(f"a table of {name} has the columns {','.join(needed)}, not {','.join(head) or 'none'}")
    body = [[cell.strip() for cell in row] for row in rows[1:] if any(cell.strip() for cell in row)]
    if any(len(row) != len(needed) for row in body):
        raise ValueError(f"a row of a table of {name} has {len(needed)} cells")
    if name == "dynamics":
        return {"points": [[number("seconds", a), number("db", b)] for a, b in body]}
    if name == "melody":
        return {"notes": [[number("from", a), number("to", b), int(c) if c.isdigit() else c] for a, b, c in body]}
    beats = [(number("seconds", at), number("beat", count)) for at, count in body]
    return {"beats": [at for at, _ in beats], "downbeats": [at for at, count in beats if count == 1]}
