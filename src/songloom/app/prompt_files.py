"""Files of prompts as requests: what each line says, over what the options say."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from songloom.app.wishes import NO_WISH, Wish, loaded
from songloom.data import prompt_sets
from songloom.data.prompt_sets import PromptRow
from songloom.systems.request import Request


def read_prompts(
    path: Path, wish: Wish = NO_WISH, candidates: int = 1
) -> tuple[list[tuple[PromptRow, Request]], list[str]]:
    """Requests with the rows that they come from, and one message for every row that is none, in their order."""
    good: list[tuple[PromptRow, Request]] = []
    rows, bad = prompt_sets.read(path)
    defaults: dict[str, Any] = {"candidates": candidates} | wish.given()
    for row in rows:
        try:
            good.append((row, request_of(row, defaults)))
        except ValueError as error:
            bad[row.number] = f"{path} line {row.number}: {error}"
    return good, [bad[number] for number in sorted(bad)]


def request_of(row: PromptRow, defaults: dict[str, Any]) -> Request:
    """The request of one row. Raises ValueError for fields that a request does not have, or their values."""
    unknown = set(row.fields) - {field.name for field in dataclasses.fields(Request)}
    if unknown:
        raise ValueError(f"unknown field {', '.join(sorted(unknown))}")
    return Request(**loaded(defaults | {"prompt": row.texts[0]} | dict(row.fields)))
