"""Does the music follow its prompt? Generated clips beside shuffled prompts, the band's own renders and codec copies.

    python benchmarks/adherence.py --corpus corpus/ --out runs/adherence

The ear (style, mood, families, drums, embedding) is trained once on the corpus' training split and kept. The pieces
that are asked for come from a seed that no corpus of this project uses; they are composed and rendered into
OUT/held-out (FluidSynth and a soundfont are needed), or taken from the folder given by --held-out. Everything that was
made stays in OUT and is used again while its recipe holds, so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import cyclopts
import torch
from clips import Bench, Task, perform_all
from cyclopts import Parameter
from machine import machine
from pictures import side_by_side
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from songloom.band import composer, corpus
from songloom.band.piece import Piece
from songloom.checkpoint import model_hash
from songloom.data import manifest
from songloom.data.manifest import Clip
from songloom.metrics.adherence import FIGURES, Measured, follow, shuffled, soundness
from songloom.metrics.confidence import Estimate
from songloom.metrics.ear import Ear
from songloom.metrics.ear_data import corpus_key, see_clips
from songloom.metrics.ear_training import Schooling, accuracy, train_ear
from songloom.metrics.frechet import split_distance
from songloom.metrics.prompts import FACTS, Asked, asked, caption_prompt, held_out_prompt
from songloom.metrics.report import markdown_table, put_between
from songloom.systems import registry

HELD_OUT_SEED = 9_000_001
GOALS = {
    "tempo, octaves allowed": 0.90, "drums": 0.95, "families F1": 0.70, "style": 0.75, "key, near": 0.80, "mood": 0.50,
}  # fmt: skip
SETS = {"captions": caption_prompt, "held-out words": held_out_prompt}
screen = Console(stderr=True)


@dataclass(frozen=True)
class Held:
    """A held-out piece and its render."""

    piece: Piece
    clip: Clip
    audio: Path


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the model generates; what is not given is its own default."""

    guidance: float | None = None
    "Classifier-free guidance."
    temperature: float | None = None
    "Boldness of sampling."
    top_k: int | None = None
    "Sample among the k likeliest tokens."
    steps: int | None = None
    "Steps of a diffusion sampler."


def main(
    *,
    model: str = "loom",
    corpus_folder: Annotated[Path, Parameter(name="--corpus")] = Path("corpus"),
    held_out: Path | None = None,
    out: Path = Path("runs/adherence"),
    clips: int = 100,
    seconds: float = 20.0,
    codec_clips: int = 60,
    ear: Path | None = None,
    ear_cache: Path | None = None,
    ear_steps: int = Schooling().steps,
    jobs: int = 2,
    seed: int = 0,
    loudness: float = -16.0,
    sampling: Sampling = Sampling(),
    only_ear: Annotated[bool, Parameter(negative="")] = False,
    docs: Path | None = None,
) -> None:
    """Measure how well a model follows its prompts.

    Parameters
    ----------
    model:
        An embedded model's name or a checkpoint folder.
    corpus_folder:
        A corpus of the band whose training split teaches the ear; not needed with --ear.
    held_out:
        A corpus of the band to take the pieces from instead of rendering new ones (all of its clips are held out).
    out:
        Where clips, pictures, adherence.json and adherence.md go.
    clips:
        Pieces; each gives one prompt in the words of captions and one in words that no caption uses.
    seconds:
        Length of what is generated and of the pieces.
    codec_clips:
        How many of the pieces are also passed through the model's codec; 0 for none.
    ear:
        A trained ear to use; without it one is trained.
    ear_cache:
        Where trained ears and the corpus' views are kept: OUT/ear without it.
    ear_steps:
        Training steps of the ear.
    jobs:
        Processes of one thread each.
    seed:
        Of the choice of wordings and of what is generated.
    loudness:
        LUFS at which the model's music is finished.
    only_ear:
        Train the ear, say how well it hears, and stop.
    docs:
        A document with the markers of this table, to be filled in.
    """
    torch.set_num_threads(max(1, jobs))
    began = time.time()
    with progress_bars() as bars:
        held = held_out_pieces(out, held_out, clips, seconds, jobs, bars)
        ear_file, hearing = an_ear(ear, corpus_folder, ear_cache or out / "ear", ear_steps, jobs, bars)
        run = Run(Bench(model, ear_file, loudness), out, held, seconds, seed, jobs, sampling, bars)
        results: dict[str, Any] = {"machine": machine(), "ear": hearing, "clips": len(held), "seconds": seconds}
        report = Report(out, results, docs)
        band = run.band()
        truth = [everything(one) for one in held]
        report.column("band", follow(truth, band), soundness(band, None))
        if only_ear:
            report.show()
            return
        results["model"] = {"name": model, "sha256": model_hash(registry.locate(model)), **asdict(sampling)}
        heard: dict[str, list[Measured]] = {}
        for name, wording in SETS.items():
            prompts = [wording(one.piece, f"{seed} {one.piece.seed}") for one in held]
            heard[name] = run.generate(name, prompts)
            report.column(name, follow(prompts, heard[name]), soundness(heard[name], loudness))
            report.column(f"{name}, shuffled", follow(shuffled(prompts), heard[name]), {})
        copies = run.copies(codec_clips)
        if copies:
            report.column("codec copies", follow(truth[: len(copies)], copies), soundness(copies, None))
        report.distances(distances(band, heard, copies, run.noise()))
        side_by_side(
            out / "pictures", [(one.audio, run.path("captions", i)) for i, one in enumerate(held[:4])], seconds
        )
    results["wall_seconds"] = round(time.time() - began, 1)
    report.show()


@dataclass(frozen=True)
class Run:
    """The clips of one run, made in order."""

    bench: Bench
    out: Path
    held: Sequence[Held]
    seconds: float
    seed: int
    jobs: int
    sampling: Sampling
    bars: Progress

    def band(self) -> list[Measured]:
        """The band's own renders, measured."""
        return self._perform(
            "the band's renders",
            [Task("band", self.path("band", i), self.seconds, source=one.audio) for i, one in enumerate(self.held)],
        )

    def generate(self, name: str, prompts: Sequence[Asked]) -> list[Measured]:
        """One clip of each prompt."""
        options = {key: value for key, value in asdict(self.sampling).items() if value is not None}
        requests = [
            {"prompt": one.prompt, "seconds": self.seconds, "seed": self.seed + i, **options}
            for i, one in enumerate(prompts)
        ]
        tasks = [Task("generate", self.path(name, i), self.seconds, request) for i, request in enumerate(requests)]
        heard = self._perform(f"music from {name}", tasks)
        lines = [
            json.dumps(
                {**asdict(a), "named": sorted(a.named), "heard": {**asdict(h), "embedding": None}}, ensure_ascii=False
            )
            for a, h in zip(prompts, heard, strict=True)
        ]
        manifest.write_atomically(self.out / f"{slug(name)}.jsonl", "\n".join(lines) + "\n")
        return heard

    def copies(self, count: int) -> list[Measured]:
        """The first pieces through the model's codec; none for a model without one."""
        system = registry.load(self.bench.model)
        if not hasattr(system, "codec"):
            return []
        return self._perform(
            "codec copies",
            [
                Task("codec", self.path("codec", i), self.seconds, source=one.audio)
                for i, one in enumerate(self.held[:count])
            ],
        )

    def noise(self) -> dict[str, list[Measured]]:
        """White and pink noise, as many clips as pieces, up to 40."""
        kinds = ("white noise", "pink noise")
        return {
            kind: self._perform(
                kind,
                [
                    Task("noise", self.path(kind, i), self.seconds, {"kind": kind, "seed": i})
                    for i in range(min(40, len(self.held)))
                ],
            )
            for kind in kinds
        }

    def path(self, name: str, number: int) -> Path:
        """Where clip `number` of a set lies."""
        return self.out / slug(name) / f"{number:04d}.wav"

    def _perform(self, title: str, tasks: Sequence[Task]) -> list[Measured]:
        bar = self.bars.add_task(title, total=len(tasks))
        return perform_all(self.bench, tasks, jobs=self.jobs, done=lambda: self.bars.advance(bar))


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
        console = Console()
        table = Table(*self.headers())
        for row in self.rows():
            table.add_row(*row)
        console.print(table)
        for name, value in self.far.items():
            console.print(f"Fréchet distance, {name}: {value}")
        console.print(f"ear: {self.results['ear']}; everything is in {self.out}")


def held_out_pieces(
    out: Path, folder: Path | None, count: int, seconds: float, jobs: int, bars: Progress
) -> list[Held]:
    """`count` pieces with their renders. Raises ValueError when a folder is not what the band composes now."""
    if folder is None:
        folder = out / "held-out"
        bar = bars.add_task("rendering held-out pieces", total=count)
        corpus.write_corpus(
            folder, hours=count * seconds / 3600, seed=HELD_OUT_SEED, jobs=jobs, seconds=seconds,
            progress=lambda done, total: bars.update(bar, completed=done, total=total),
        )  # fmt: skip
    length = json.loads((folder / "corpus.json").read_text(encoding="utf-8"))["seconds"]
    held = []
    for clip in manifest.read(folder)[:count]:
        piece = composer.draw(clip.labels["seed"], seconds=length)
        if (piece.style, round(piece.tempo, 3)) != (clip.labels["style"], clip.labels["tempo"]):
            raise ValueError(f"{folder} was rendered by another version of the band; choose another folder")
        held.append(Held(piece, clip, folder / clip.audio))
    return held


def an_ear(
    given: Path | None, folder: Path, kept: Path, steps: int, jobs: int, bars: Progress
) -> tuple[Path, dict[str, Any]]:
    """The ear's file, and how well it hears the corpus' own held-out splits."""
    if given is not None:
        Ear.load(given)
        note = given.with_suffix(".json")
        return given, json.loads(note.read_text(encoding="utf-8")) if note.is_file() else {"file": str(given)}
    clips = manifest.read(folder)
    plan = Schooling(steps=steps)
    path = kept / f"ear-{corpus_key(clips)}-{plan.key()}.safetensors"
    note = path.with_suffix(".json")
    if path.is_file() and note.is_file():
        return path, json.loads(note.read_text(encoding="utf-8"))
    looking = bars.add_task("looking at the corpus", total=len(clips))
    seen = see_clips(
        folder, clips, kept, jobs=jobs, progress=lambda done, total: bars.update(looking, completed=done, total=total)
    )
    training = [one for one, clip in zip(seen, clips, strict=True) if clip.split == "train"]
    others = [one for one, clip in zip(seen, clips, strict=True) if clip.split != "train"]
    bar = bars.add_task("training the ear", total=steps)
    began = time.time()
    ear = train_ear(training, plan, progress=lambda step, _: bars.update(bar, completed=step + 1))
    ear.save(path)
    hearing = {
        "trained_on": len(training),
        "seconds": round(time.time() - began, 1),
        "held_out": len(others),
        **{name: str(value) for name, value in accuracy(ear, others).items()},
    }
    manifest.write_atomically(note, json.dumps(hearing, indent=1) + "\n")
    return path, hearing


def everything(one: Held) -> Asked:
    """The whole truth of a piece, as if its prompt named it all."""
    truth = asked(one.piece, "")
    unknown = {name for name, known in (("key", truth.key), ("families", truth.families)) if not known}
    return replace(truth, named=FACTS - unknown, named_families=truth.families)


def distances(
    band: Sequence[Measured],
    heard: dict[str, list[Measured]],
    copies: Sequence[Measured],
    noise: dict[str, list[Measured]],
) -> dict[str, Estimate]:
    """Fréchet distance of every set to the band's renders; the floor is the band to itself."""
    sets = {"band (floor)": band, "codec copies": copies, **heard, **noise}
    rows = {name: [torch.tensor(one.embedding).numpy() for one in clips] for name, clips in sets.items()}
    return {name: split_distance(some, rows["band (floor)"]) for name, some in rows.items() if len(some) >= 4}


def progress_bars() -> Progress:
    """Bars with counts and the time left, on the error stream."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, TimeRemainingColumn(), console=screen)


def slug(name: str) -> str:
    """A folder's name."""
    return name.replace(", ", "-").replace(" ", "-")


def _goal(name: str) -> str:
    return f"{GOALS[name]:.2f}" if name in GOALS else ""


def _plain(value: Any) -> Any:
    """JSON without NaN: figures over nothing become null."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


if __name__ == "__main__":
    cyclopts.run(main)
