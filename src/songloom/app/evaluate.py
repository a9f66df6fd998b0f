"""`songloom evaluate` and `songloom compare`: sets of generated music measured by everything that applies."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from songloom.app.screen import Report as Shown
from songloom.app.screen import bar, errors
from songloom.data.workers import Workers

if TYPE_CHECKING:
    from songloom.metrics.bench.asked import Asked
    from songloom.metrics.bench.evaluation import Bench
    from songloom.metrics.bench.report import Report

Names = Annotated[tuple[str, ...], Parameter(negative="", show_default=False)]


def evaluate(
    generated: Path,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])] = Path("report"),
    reference: Path | None = None,
    prompts: Path | None = None,
    embedding: Names = (),
    jobs: int = 0,
    ray: str | None = None,
    players: int = 50,
    cache: Path | None = None,
) -> None:
    """Measure a folder of generated music by everything that applies, with intervals.

    Sound, stereo, what was asked for, words and music, distance to real music; what does not apply is left out.

    songloom evaluate made --prompts prompts.jsonl --reference real -o report

    Parameters
    ----------
    generated:
        The folder of sound files.
    output:
        The folder for report.json, report.md and report.html.
    reference:
        A folder of real music to compare with.
    prompts:
        What was asked for: the file that songloom generate --prompts took, or the .csv of MusicCaps, Song Describer,
        AudioCaps or Clotho. Without it, what the files of songloom generate say of themselves.
    embedding:
        A network for distances and for words: an embedded model, a checkpoint folder, a published checkpoint, or one
        of a published metric with its file, as vggish-fadtk=vggish-10086976.pth; may be given many times. Without it
        the embedded ones.
    jobs:
        Processes that listen; 0 is one for every processor. With --ray, tasks at a time.
    ray:
        The address of a Ray cluster that works instead, or "local" to start one here; see docs/scale.md.
    players:
        How many clips can be heard inside of report.html.
    cache:
        Where measurements are kept by the content of the files; without it a folder of this user's cache.
    """
    from songloom.metrics.bench.evaluation import evaluate as measured
    from songloom.metrics.bench.evaluation import listen_to_reference
    from songloom.metrics.bench.writing import write_report

    bench = _bench(reference, prompts, embedding, Workers(jobs, ray), cache)
    report = measured(generated, bench, _stage, listen_to_reference(bench, _stage))
    paths = write_report(report, output, players=players)
    _tell(report)
    print(f"{', '.join(map(str, paths))}")


def compare(
    systems: Annotated[list[Path], Parameter(negative="")],
    /,
    *,
    output: Annotated[Path, Parameter(name=["--output", "-o"])] = Path("comparison"),
    reference: Path | None = None,
    prompts: Path | None = None,
    embedding: Names = (),
    jobs: int = 0,
    ray: str | None = None,
    cache: Path | None = None,
) -> None:
    """Measure several folders of generated music and put them side by side.

    Clips of the same prompt are compared pair by pair.

    songloom compare musicgen ours --prompts prompts.jsonl --reference real -o comparison

    Parameters
    ----------
    systems:
        Two or more folders of sound files; others are compared with the first.
    output:
        The folder for report.json, report.md and report.html.
    reference:
        A folder of real music to compare with.
    prompts:
        What was asked for, as for songloom evaluate.
    embedding:
        A network for distances and for words, as for songloom evaluate.
    jobs:
        Processes that listen; 0 is one for every processor. With --ray, tasks at a time.
    ray:
        The address of a Ray cluster that works instead, or "local" to start one here; see docs/scale.md.
    cache:
        Where measurements are kept by the content of the files; without it a folder of this user's cache.
    """
    from songloom.metrics.bench.evaluation import evaluate as measured
    from songloom.metrics.bench.evaluation import listen_to_reference
    from songloom.metrics.bench.writing import write_comparison

    names = [folder.name for folder in systems]
    if len(systems) < 2 or len(set(names)) != len(names):
        raise ValueError(f"compare takes two or more folders of different names, not {', '.join(map(str, systems))}")
    bench = _bench(reference, prompts, embedding, Workers(jobs, ray), cache)
    against = listen_to_reference(bench, _stage)
    reports = [measured(folder, bench, _stage, against) for folder in systems]
    paths = write_comparison(reports, output)
    for report in reports:
        _tell(report)
    print(f"{', '.join(map(str, paths))}")


def _bench(
    reference: Path | None, prompts: Path | None, embedding: Sequence[str], workers: Workers, cache: Path | None
) -> Bench:
    from songloom.metrics.bench.evaluation import Bench
    from songloom.metrics.bench.networks import embedded_names, open_networks
    from songloom.metrics.bench.store import Store

    asked = None if prompts is None else read_asked(prompts)
    with errors.status("loading networks"):
        networks = open_networks(list(dict.fromkeys(embedding or embedded_names())))
    if not networks:
        errors.print("no network is embedded and none given with --embedding: no distances, no words and music")
    return Bench(
        networks=networks,
        prompts=asked,
        prompts_from=str(prompts or ""),
        reference=reference,
        store=Store(cache or _cache()),
        workers=workers,
    )


def read_asked(path: Path) -> list[Asked]:
    """The prompts of a file; lines that are none are named and left out. Raises ValueError where none is left."""
    from songloom.app.prompt_files import request_of
    from songloom.data import prompt_sets
    from songloom.metrics.bench.asked import Asked, chords_of, wanted_of

    rows, bad = prompt_sets.read(path)
    found = []
    for row in rows:
        try:
            chords, rest = chords_of(row)
            wanted = wanted_of(request_of(rest, {}), chords)
            found.append(Asked(row.number, row.id, row.texts, row.file, row.recording, wanted))
        except ValueError as error:
            bad[row.number] = f"{path} line {row.number}: {error}"
    for _, line in sorted(bad.items()):
        errors.print(f"songloom: {line}", markup=False, highlight=False, soft_wrap=True)
    if not found:
        raise ValueError(f"{path} holds no prompt that can be used")
    return found


@contextmanager
def _stage(title: str) -> Iterator[Shown]:
    with bar(title) as report:
        yield report


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "songloom" / "measured"


def _tell(report: Report) -> None:
    """Every figure on a line, warnings on the error stream."""
    for line in [*report.warnings, *(f"{one.path}: {one.why}" for one in report.unreadable)]:
        errors.print(f"songloom: {line}", markup=False, highlight=False, soft_wrap=True)
    print(f"{report.system}: {len(report.rows)} clips")
    for section in report.sections:
        print(f"  {section.title}")
        for one in section.figures:
            baseline = f", baseline {one.shown(one.baseline)}" if one.baseline is not None else ""
            print(f"    {one.name}: {one.shown(one.estimate.value)} ({one.interval}){baseline}")
