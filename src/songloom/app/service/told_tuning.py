"""What is asked and told of fine-tunings, as JSON: pieces with their captions, corrections, figures, examples."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from songloom.app.service import told
from songloom.app.service.asked import Model
from songloom.app.service.state import Service
from songloom.app.service.tunings import WORDS, Record, State
from songloom.app.tuning import captions, examples, examples_page
from songloom.app.tuning.captions import BETWEEN, Row

Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^/\\:\x00-\x1f\x7f]+$")]
Side = Literal["before", "after"]


class TuningWish(Model):
    """A model that is to learn its owner's music, under a new `name`: how much (`rank`) and how long (`steps`)."""

    name: Name
    model: Annotated[str, Field(max_length=200)] | None = None
    rank: Annotated[int, Field(ge=1, le=256)] = 16
    steps: Annotated[int, Field(ge=1, le=20_000)] = 300


class Piece(BaseModel):
    """A piece as it will be learned: its captions and whose words they are; `split` is learned, held out, or nothing
    where it is not used."""

    file: str
    use: bool
    captions: list[str]
    source: str
    tempo: float | None
    key: str | None
    seconds: float
    split: str


class Correction(Model):
    """What is wrong about a piece; what is not given stays."""

    file: Annotated[str, Field(min_length=1, max_length=300)]
    use: bool | None = None
    captions: Annotated[list[Annotated[str, Field(max_length=1000)]], Field(max_length=20)] | None = None
    tempo: Annotated[float, Field(ge=20, le=400, allow_inf_nan=False)] | None = None
    key: Annotated[str, Field(max_length=40)] | None = None


class Compared(BaseModel):
    """One prompt before and after: what is measured, similarity to the words among it, and where it can be heard."""

    prompt: str
    before: dict[str, Any]
    after: dict[str, Any]


class ToldTuning(BaseModel):
    """A tuning as it stands. `job` is that of the stage it is in; `figures` are name, before and after."""

    id: str
    name: str
    model: str
    rank: int
    steps: int
    created: float
    state: State
    job: told.ToldJob | None
    error: str | None
    files: list[str]
    seconds: float
    pieces: list[Piece]
    figures: list[list[str]]
    notes: list[str]
    examples: list[Compared]


def tuning(service: Service, record: Record) -> ToldTuning:
    """A tuning as its owner sees it."""
    tunings = service.tunings
    state, job = tunings.state(record)
    run = tunings.tuning(record)
    rows = captions.rows(run.home)
    outcome = examples.written(run.out / examples.FOLDER) if state == "done" else None
    return ToldTuning(
        id=record.id,
        name=record.name,
        model=record.model,
        rank=record.rank,
        steps=record.steps,
        created=record.created,
        state=state,
        job=None if job is None else told.job(job, service.models(record.owner)),
        error=None if job is None or not job.error else _named(job.error, record),
        files=[name for name, _ in record.pieces.values()],
        seconds=record.seconds,
        pieces=[piece for row in rows if (piece := _piece(row, record)) is not None],
        figures=[] if outcome is None else [list(row) for row in examples_page.figures(outcome)],
        notes=[] if outcome is None else examples_page.notes(outcome),
        examples=[] if outcome is None else _compared(outcome, record.id),
    )


def _piece(row: Row, record: Record) -> Piece | None:
    """A row of the table under its owner's name; None for a file that is not there any more."""
    if row["file"] not in record.pieces or Path(row["file"]).suffix == WORDS:
        return None
    return Piece(
        file=record.pieces[row["file"]][0],
        use=row["use"].lower() not in captions.NO,
        captions=[text for text in row["captions"].split(BETWEEN) if text],
        source=_named(row["source"], record),
        tempo=float(row["tempo"]) if row["tempo"] else None,
        key=row["key"] or None,
        seconds=float(row["seconds"] or 0),
        split=row["split"],
    )


def _named(said: str, record: Record) -> str:
    """What is said of files, by their owner's names."""
    for stored, (name, _) in record.pieces.items():
        said = said.replace(stored, name)
    return said


def cells(one: Correction) -> Row:
    """A correction as cells of the table."""
    found: Row = {}
    if one.use is not None:
        found["use"] = "yes" if one.use else "no"
    if one.captions is not None:
        texts = (" ".join(text.replace("|", "/").split()) for text in one.captions)
        found["captions"] = BETWEEN.join(text for text in texts if text)
    if one.tempo is not None:
        found["tempo"] = f"{one.tempo:g}"
    if one.key is not None:
        found["key"] = one.key.strip()
    return found


def _compared(outcome: examples.Outcome, identity: str) -> list[Compared]:
    def side(name: Side, number: int, one: examples.Example) -> dict[str, Any]:
        path = f"/v1/tunings/{identity}/examples/{number}/{name}"
        return told.finite({**one.measured, "similarity": one.similarity}) | {"path": path}

    pairs = zip(outcome.before.examples, outcome.after.examples, strict=True)
    return [
        Compared(prompt=one.prompt, before=side("before", number, one), after=side("after", number, two))
        for number, (one, two) in enumerate(pairs, 1)
    ]
