"""Files of prompts: what each line asks for, over what the options say, and the music of all of them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from songloom.app.making import Making, slug, tell, tried
from songloom.app.screen import errors
from songloom.app.wishes import NO_WISH, Wish, loaded, shown
from songloom.data import prompt_sets
from songloom.data.prompt_sets import PromptRow
from songloom.systems.request import Request

if TYPE_CHECKING:
    from songloom.inference.ranking import Scorer
    from songloom.inference.song import Model


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
    known = [field.name for field in dataclasses.fields(Request)]
    unknown = sorted(set(row.fields) - set(known))
    if unknown:
        raise ValueError(f"unknown field {', '.join(unknown)}; there are {', '.join(known)}")
    return Request(**loaded(defaults | {"prompt": row.texts[0]} | dict(row.fields)))


def make_all(prompts: Path, out: Path | None, wish: Wish, making: Making, *, overwrite: bool, dry_run: bool) -> None:
    """Every good line of a prompt file; bad lines are named, the others are made, the exit code is 2."""
    best = None if dry_run else making.scorer()
    if out is None:
        raise ValueError("--prompts needs --out, the folder for the files")
    if out.is_file():
        raise ValueError(f"--out {out} is a file; the results need a folder")
    good, bad = read_prompts(prompts, wish, making.least)
    for line in bad:
        errors.print(f"songloom: {line}", markup=False, highlight=False, soft_wrap=True)
    if good:
        model = making.open(making.name([request for _, request in good]))
        if dry_run:
            for row, request in good:
                model.system.check(request)
                print(json.dumps({"line": row.number, "request": shown(request)}, ensure_ascii=False))
        else:
            _make(good, model, out, making, best, overwrite=overwrite)
    if bad:
        raise ValueError(f"{len(bad)} of {len(bad) + len(good)} lines of {prompts} could not be used")


def _make(
    good: Sequence[tuple[PromptRow, Request]],
    model: Model,
    out: Path,
    making: Making,
    best: Scorer | None,
    *,
    overwrite: bool,
) -> None:
    """The music of rows, into files that are named by them; what is there already is kept."""
    out.mkdir(parents=True, exist_ok=True)
    said = [
        None if making.candidates is None and "candidates" not in row.fields else one.candidates for row, one in good
    ]
    requests = tried(model, list(zip([one for _, one in good], said, strict=True)), best)
    for (row, _), request in zip(good, requests, strict=True):
        path = out / f"{row.id or f'{row.number:04d}-{slug(request.sections[0].prompt)}'}.wav"
        if path.exists() and not overwrite:
            errors.print(f"{path} is there already, kept", markup=False, highlight=False, soft_wrap=True)
            continue
        tell(model, request)
        making.write(model, request, path, best)
