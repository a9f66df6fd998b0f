"""Files of prompts: one JSON object a line becomes one request."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from songloom.app.wishes import Wish, loaded
from songloom.systems.request import Request


def read_prompts(path: Path, wish: Wish, candidates: int) -> tuple[list[tuple[int, Request]], list[str]]:
    """Requests by line number, and one message for every line that is none."""
    good: list[tuple[int, Request]] = []
    bad: list[str] = []
    defaults: dict[str, Any] = {"prompt": "", "candidates": candidates} | wish.given()
    for number, text in _lines(path):
        try:
            data = json.loads(text)
            if not isinstance(data, dict) or not ("prompt" in data or "story" in data):
                raise ValueError('a line is a JSON object with a "prompt" or a "story"')
            unknown = set(data) - {field.name for field in dataclasses.fields(Request)}
            if unknown:
                raise ValueError(f"unknown field {', '.join(sorted(unknown))}")
            good.append((number, Request(**loaded(defaults | data))))
        except ValueError as error:
            bad.append(f"{path} line {number}: {error}")
    return good, bad


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text") from None
