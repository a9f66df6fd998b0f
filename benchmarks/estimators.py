"""How far this program's own estimators can be trusted: tempo, key, drums and chords of held-out pieces of the band.

    python benchmarks/estimators.py --out FOLDER [--held-out FOLDER] [--clips 60] [--docs docs/evaluation.md]

The pieces are composed and rendered (kept under FOLDER), so the truth is known exactly. The first column is what an
ear would reach that knows the truth, through the same metric; the second one is the estimators on the sound.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from figures import publish
from held_out import Held, held_out_pieces
from machine import machine
from rich.progress import Progress

from songloom.audio.clip import Audio
from songloom.metrics.control_accuracy import FIGURES, Heard, Wanted, accuracy, hear
from songloom.metrics.prompts import asked


def wanted(one: Held) -> Wanted:
    """The truth of a piece as if a prompt asked for all of it."""
    truth = asked(one.piece, "")
    chords = tuple((start, end, name) for start, end, name in one.clip.labels["chords"])
    return Wanted(truth.tempo, truth.key, truth.drums, chords if truth.key else ())


def known(truth: Wanted) -> Heard:
    """What an ear says that knows the truth."""
    return Heard(truth.tempo or 0.0, truth.key, bool(truth.drums), truth.chords)


def main() -> None:
    """Reads the options, listens, prints."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--out", type=Path, required=True)
    options.add_argument("--held-out", type=Path)
    options.add_argument("--clips", type=int, default=60)
    options.add_argument("--seconds", type=float, default=20.0)
    options.add_argument("--jobs", type=int, default=1)
    options.add_argument("--docs", type=Path)
    given = options.parse_args()
    with Progress() as bars:
        held = held_out_pieces(given.out, given.held_out, given.clips, given.seconds, given.jobs, bars)
        truths, heard = [wanted(one) for one in held], []
        for one, truth in bars.track(list(zip(held, truths, strict=True)), description="listening"):
            heard.append(hear(Audio.load(one.audio), truth))
    perfect, found = accuracy(truths, [known(truth) for truth in truths]), accuracy(truths, heard)
    rows = [
        [name, f"{100 * perfect[name].value:.0f} %", *_cells(found[name].value, found[name].low, found[name].high),
         str(found[name].count)]
        for name in FIGURES
        if name in found
    ]  # fmt: skip
    here = machine()
    note = f"{len(held)} held-out pieces of the built-in band; songloom {here['songloom']}, numpy {here['numpy']}."
    result = {"clips": len(held), "estimators": {name: asdict(one) for name, one in found.items()}, "machine": here}
    headers = ["figure", "truth", "estimators", "95 % interval", "pieces"]
    publish("estimators", headers, rows, note, result=result, out=given.out / "estimators.json", docs=given.docs)


def _cells(value: float, low: float, high: float) -> list[str]:
    return [f"{100 * value:.1f} %", f"{100 * low:.1f} to {100 * high:.1f} %"]


if __name__ == "__main__":
    main()
