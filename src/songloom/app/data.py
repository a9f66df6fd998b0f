"""`songloom data`: make a corpus with the built-in band, and look at any corpus."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from songloom.app.screen import bar

if TYPE_CHECKING:
    from songloom.data.statistics import Statistics


def band(
    *,
    out: Path,
    hours: float = 1.0,
    seed: int = 0,
    jobs: int | None = None,
    ray: str | None = None,
    seconds: float = 30.0,
    stems: Annotated[bool, Parameter(negative="")] = False,
    dry_run: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Compose and render a captioned corpus with the built-in band.

    Deterministic for a seed, whatever the number of jobs; run again, it goes on where it stopped.

    Parameters
    ----------
    out:
        The folder; it gets audio/, manifest.jsonl and corpus.json.
    hours:
        How much music.
    seed:
        Another seed, another corpus.
    jobs:
        Processes to render with: 1, unless told; 0 is one for every processor. With --ray, tasks at a time.
    ray:
        The address of a Ray cluster that works instead, or "local" to start one here; see docs/scale.md.
    seconds:
        Length of a piece, about.
    stems:
        Write every part as a file of its own, too.
    dry_run:
        Print how long it would take and how large it would be; write nothing.
    """
    from songloom.band import corpus, soundfonts
    from songloom.data.workers import Workers

    workers = Workers.of(jobs, ray)
    soundfonts.find_soundfonts()
    if dry_run:
        guess = corpus.estimate(hours=hours, seed=seed, jobs=workers.processes, stems=stems, seconds=seconds)
        print(f"{guess.clips} pieces, about {guess.bytes / 1e9:.2f} GB and {guess.wall_seconds / 60:.0f} minutes")
        return
    with bar("the band plays") as report:
        clips = corpus.write_corpus(
            out,
            hours=hours,
            seed=seed,
            workers=workers,
            stems=stems,
            seconds=seconds,
            progress=lambda done, total: report(done / total),
        )
    print(f"{out}: {len(clips)} pieces, {sum(clip.seconds for clip in clips) / 3600:.2f} hours")


def show(folder: Path, *, picture: Path | None = None) -> None:
    """Statistics and a picture of a folder of music.

    Parameters
    ----------
    folder:
        A corpus, or any folder of audio files.
    picture:
        Where the picture goes; without it FOLDER/corpus.png.
    """
    from songloom.data import statistics

    found = statistics.describe(folder)
    for label, text in lines(found):
        print(f"{label:12} {text}")
    print(f"picture: {statistics.picture(folder, picture or folder / 'corpus.png')}")


def lines(found: Statistics) -> Iterator[tuple[str, str]]:
    """What `data show` prints: a label and a text each; counts with the largest first."""
    yield "clips", f"{found.clips} in {found.hours:.2f} hours"
    for label in ("sample_rates", "splits", "captions", "styles", "moods", "keys", "meters", "families"):
        counts = sorted(getattr(found, label).items(), key=lambda item: (-item[1], str(item[0])))
        if counts:
            yield label.replace("_", " "), ", ".join(f"{name} {count}" for name, count in counts)
    for label, values, unit in (("tempo", found.tempos, "bpm"), ("loudness", found.loudness, "LUFS")):
        if values:
            low, middle, high = min(values), median(values), max(values)
            yield label, f"{low:.1f} to {high:.1f} {unit}, median {middle:.1f}"
