"""Does the music follow its prompt? Generated clips beside shuffled prompts, the band's own renders and codec copies.

    python benchmarks/adherence.py --corpus corpus/ --out runs/adherence

The ear (style, mood, families, drums, embedding) is trained once on the corpus' training split and kept. The pieces
that are asked for come from a seed that no corpus of this project uses; they are composed and rendered into
OUT/held-out (FluidSynth and a soundfont are needed), or taken from the folder given by --held-out. Everything that was
made stays in OUT and is used again while its recipe holds, so an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import cyclopts
import torch
from adherence_report import Report
from clips import Bench, Task, perform_all, workers
from cyclopts import Parameter
from ears import Lesson, an_ear
from held_out import Held, everything, held_out_pieces
from machine import machine
from pictures import side_by_side
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from songloom.checkpoint import model_hash
from songloom.data import manifest
from songloom.metrics.adherence import Measured, follow, shuffled, soundness
from songloom.metrics.confidence import Estimate
from songloom.metrics.ear_training import Schooling
from songloom.metrics.frechet import split_distance
from songloom.metrics.prompts import Asked, caption_prompt, held_out_prompt
from songloom.systems import registry

SETS = {"captions": caption_prompt, "held-out words": held_out_prompt}
screen = Console(stderr=True)


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
    candidates: int | None = None
    "Of how many the best is kept."


def main(
    *,
    model: str = "flow",
    corpus_folder: Annotated[Path, Parameter(name="--corpus")] = Path("corpus"),
    held_out: Path | None = None,
    out: Path = Path("runs/adherence"),
    clips: int = 100,
    seconds: float = 20.0,
    codec_clips: int = 60,
    ear: Path | None = None,
    ear_cache: Path | None = None,
    ear_steps: int = Schooling().steps,
    ear_copies: int = 600,
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
    ear_copies:
        Clips of the training split that the ear also hears through the model's codec; 0 for none.
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
    with progress_bars() as bars, workers(jobs) as pool:
        held = held_out_pieces(out, held_out, clips, seconds, jobs, bars)
        ear_file, hearing = an_ear(
            ear, Lesson(corpus_folder, ear_steps, model, ear_copies), ear_cache or out / "ear", jobs, bars
        )
        run = Run(Bench(model, ear_file, loudness), out, held, seconds, seed, pool, sampling, bars)
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
    workers: ProcessPoolExecutor | None
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
        """White and pink noise, as many clips as pieces, up to 24."""
        kinds = ("white noise", "pink noise")
        return {
            kind: self._perform(
                kind,
                [
                    Task("noise", self.path(kind, i), self.seconds, {"kind": kind, "seed": i})
                    for i in range(min(24, len(self.held)))
                ],
            )
            for kind in kinds
        }

    def path(self, name: str, number: int) -> Path:
        """Where clip `number` of a set lies."""
        return self.out / slug(name) / f"{number:04d}.wav"

    def _perform(self, title: str, tasks: Sequence[Task]) -> list[Measured]:
        """All tasks, with a bar, or where nobody watches with a line now and then."""
        bar, began, count = self.bars.add_task(title, total=len(tasks)), time.time(), iter(range(1, len(tasks) + 1))

        def told() -> None:
            number = next(count)
            self.bars.advance(bar)
            if not screen.is_terminal and (number % 20 == 0 or number == len(tasks)):
                screen.print(f"{title}: {number} of {len(tasks)} after {time.time() - began:.0f} s", highlight=False)

        return perform_all(self.workers, self.bench, tasks, told)


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


if __name__ == "__main__":
    cyclopts.run(main)
