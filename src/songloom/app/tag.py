"""`songloom tag`: style, mood and instruments of music, or any labels, as an embedder hears them."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from songloom.app.screen import bar, clock, errors

if TYPE_CHECKING:
    from songloom.inference.tagging import LabelSet, Tagged, Tagger, Tags


def tag(
    file: Path,
    *,
    labels: Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative="")] = (),
    top: Annotated[int, Parameter(name=["--top", "-n"])] = 3,
    timeline: Annotated[bool, Parameter(negative="")] = False,
    model: str | None = None,
    json_line: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Style, mood and instruments of music, or any labels, as an embedder hears them.

    songloom tag song.mp3

    songloom tag song.mp3 --labels "for dancing" "for sleeping" --timeline

    Percentages say how likely each label is beside the others of its set, if one of them is right; similarities, in
    the JSON, stand alone.

    Parameters
    ----------
    file:
        A sound file, or a folder of them.
    labels:
        Labels in any words, or a .txt file with one a line, instead of the built-in styles, moods and instruments.
    top:
        How many of each set to name.
    timeline:
        Also tag each window of the file by itself.
    model:
        An embedder: a folder, ours or published, or a hub id. Without it the embedded one.
    json_line:
        Print one JSON line for each file.
    """
    from songloom.inference.embedding import open_space
    from songloom.inference.library_index import sounds
    from songloom.inference.tagging import Tagger

    if top < 1:
        raise ValueError(f"--top is {top}; it names at least one label")
    sets = _sets(labels)
    paths = [file / name for name in sounds(file)] if file.is_dir() else [file]
    with errors.status("loading the embedder"):
        tagger = Tagger(open_space(model), sets)
    bad = 0
    for path in paths:
        try:
            found = _heard(tagger, path)
        except ValueError as error:
            if len(paths) == 1:
                raise
            bad += 1
            errors.print(f"songloom: {error}", markup=False, highlight=False, soft_wrap=True)
        else:
            _print(path, found, top, timeline, json_line)
    if bad:
        raise ValueError(f"{bad} of {len(paths)} files could not be used")


def _sets(labels: tuple[str, ...]) -> dict[str, LabelSet]:
    """The labels that are asked for; all built-in ones without any."""
    from songloom.inference.tagging import SETS, LabelSet

    if not labels:
        return SETS
    if len(labels) == 1 and Path(labels[0]).suffix.lower() == ".txt":
        lines = Path(labels[0]).read_text(encoding="utf-8").splitlines()
        labels = tuple(line.strip() for line in lines if line.strip())
    return {"labels": LabelSet(labels)}


def _heard(tagger: Tagger, path: Path) -> Tagged:
    with bar(path.name) as report:
        return tagger.tag_file(path, progress=report)


def _print(path: Path, found: Tagged, top: int, timeline: bool, json_line: bool) -> None:
    if json_line:
        told: dict[str, Any] = {"file": str(path), "seconds": round(found.seconds, 3), **_told(found.whole, top)}
        if timeline:
            told["timeline"] = [
                {"start": span.start, "end": span.end, **_told(span.tags, top)} for span in found.timeline
            ]
        print(json.dumps(told, ensure_ascii=False))
        return
    print(f"{path} ({clock(found.seconds)})")
    for name, line in _lines(found.whole, top):
        print(f"  {name:12}{line}")
    for span in found.timeline if timeline else ():
        print(f"  {clock(span.start)}-{clock(span.end)}  {'; '.join(line for _, line in _lines(span.tags, top))}")


def _told(tags: Tags, top: int) -> dict[str, Any]:
    return {name: [asdict(one) for one in ranked[:top]] for name, ranked in tags.items()}


def _lines(tags: Tags, top: int) -> list[tuple[str, str]]:
    """Each set with its likeliest labels as text."""
    return [
        (name, ", ".join(f"{one.label} {100 * one.probability:.0f} %" for one in ranked[:top]))
        for name, ranked in tags.items()
    ]
