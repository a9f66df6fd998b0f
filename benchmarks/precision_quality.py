"""What the precision of the weights costs a trained token model: cross-entropy and likeliest tokens on held-out music.

    python benchmarks/precision_quality.py --model loom --pieces 8 --seconds 10 --out runs/precision_quality.json

Pieces of the built-in band that no training has seen are turned into the codec's tokens. The model is told the truth
about each and predicts every token from those before, step by step as when it makes music, with its weights in each
precision; the differences are to float32, with a 95 % interval over pieces.
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cyclopts
import torch
from einops import reduce
from figures import publish
from held_out import HELD_OUT_SEED
from machine import machine
from rich.console import Console
from rich.progress import track
from torch import Tensor

from songloom.audio.resample import resample
from songloom.band.captions import captions
from songloom.band.composer import draw
from songloom.band.labels import labels
from songloom.band.render import render
from songloom.conditioning import musical
from songloom.layers.matrices import Precision
from songloom.published.load import load
from songloom.systems.generators.loom import Loom
from songloom.systems.generators.musicgen import Musicgen
from songloom.systems.roles import Generator
from songloom.tokens.decoding import StepDecoder

PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16", "int8")
HEADERS = ["precision", "cross-entropy, nats", "change, %", "95 % interval", "same likeliest tokens, %"]
Step = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Piece:
    """A held-out piece: what a caption says, its labels, its codes [1, K, F]."""

    text: str
    labels: dict[str, Any]
    codes: Tensor


def main(
    *,
    model: str = "loom",
    pieces: int = 8,
    seconds: float = 10.0,
    seed: int = HELD_OUT_SEED,
    threads: int = 1,
    out: Path | None = None,
    docs: Path | None = None,
) -> None:
    """Measure what precisions cost.

    Parameters
    ----------
    model:
        A trained token model: an embedded name or a checkpoint folder.
    pieces:
        How many are composed and rendered.
    seconds:
        Of each.
    seed:
        Of the first piece.
    threads:
        Of torch.
    out:
        A JSON file for all figures.
    docs:
        A document with the markers of this table, to be filled in.
    """
    if pieces < 2 or seconds <= 0:
        raise ValueError(f"{pieces} pieces of {seconds:g} s; needs 2 or more")
    torch.set_num_threads(threads)
    console, system = Console(stderr=True), load(model)
    if not isinstance(system, Loom | Musicgen):
        raise ValueError(f"{model} is no token model: it is a {type(system).__name__}")
    held = [held_out(system, seed + place, seconds) for place in track(range(pieces), "rendering", console=console)]
    found: dict[str, list[tuple[float, Tensor]]] = {}
    for precision in PRECISIONS:
        used = load(model) if isinstance(system, Musicgen) else system
        assert isinstance(used, Loom | Musicgen)
        if isinstance(used, Musicgen):
            used.hold(precision)
        found[precision] = [predicted(used, piece, precision) for piece in track(held, precision, console=console)]
    rows = [row(name, found[name], found["float32"]) for name in PRECISIONS]
    show({"machine": machine(), "model": model, "pieces": pieces, "seconds": seconds, "rows": rows}, out, docs)


def held_out(system: Generator, seed: int, seconds: float) -> Piece:
    """A piece that belongs to a seed, as the system's codec hears it."""
    piece = draw(seed, seconds=seconds)
    rendered, codec = render(piece), system.codec
    assert isinstance(system, Loom | Musicgen)
    wave = resample(torch.from_numpy(rendered.mix), rendered.sample_rate, system.sample_rate)
    wave = reduce(wave, "c t -> 1 t", "mean").expand(system.channels, -1)[
        None, :, : round(seconds * system.sample_rate)
    ]
    with torch.no_grad():
        codes = codec.tokenize(wave.contiguous(), streams=system.lm.streams)
    text = captions(piece, random.Random(seed))[0].text
    return Piece(text, labels(piece), codes)


@torch.inference_mode()
def predicted(system: Loom | Musicgen, piece: Piece, precision: Precision) -> tuple[float, Tensor]:
    """Mean cross-entropy in nats of a piece's codes, and the likeliest code wherever one stands."""
    grid = system.pattern.lay_out(piece.codes, system.lm.empty)
    stands = (system.pattern.frame_of(grid.shape[1], piece.codes.shape[2], grid.device) >= 0)[None]
    first, step = opened(system, piece, grid.shape[2], precision)
    logits = torch.stack([first, *(step(grid[:, :, place]) for place in range(grid.shape[2] - 1))], 2)
    chances = logits.log_softmax(-1).gather(-1, torch.where(stands, grid, 0)[..., None])[..., 0]
    return -float(chances[stands].mean()), logits.argmax(-1)[stands]


def opened(system: Loom | Musicgen, piece: Piece, steps: int, precision: Precision) -> tuple[Tensor, Step]:
    """Logits [1, K, V] of the first step, and the function of each next one, with all that is true of the piece."""
    if isinstance(system, Musicgen):
        nothing = torch.zeros(1, system.lm.streams, 0, dtype=torch.int64)
        return system.lm.open(nothing, [system.by_attention([piece.text])], steps)
    known, frames = musical.stack([musical.of_labels(piece.labels)]), piece.codes.shape[2]
    total = torch.tensor([frames / system.codec.frame_rate])
    shown = torch.zeros(1, dtype=torch.bool)
    prefix, aligned, *_ = system.conditions([piece.text], known, shown, torch.zeros(1), total, frames)
    decoder = StepDecoder(system.lm, 1, prefix.shape[1] + steps, precision)
    empty = torch.full((1, system.lm.streams, 1), system.lm.empty)
    vectors = iter(aligned[:, 1:].unbind(1))
    return decoder.open(prefix, empty, aligned[:, :1]), lambda codes: decoder.step(codes, next(vectors))


def row(name: str, found: list[tuple[float, Tensor]], exact: list[tuple[float, Tensor]]) -> dict[str, Any]:
    """Figures of one precision beside the exact one."""
    changes = [100 * (nats - true) / true for (nats, _), (true, _) in zip(found, exact, strict=True)]
    same = [float((codes == true).float().mean()) for (_, codes), (_, true) in zip(found, exact, strict=True)]
    return {
        "precision": name,
        "nats": statistics.mean(nats for nats, _ in found),
        "change": statistics.mean(changes),
        "interval": 1.96 * statistics.stdev(changes) / len(changes) ** 0.5,
        "same": 100 * statistics.mean(same),
    }


def show(result: dict[str, Any], out: Path | None, docs: Path | None) -> None:
    """Prints the table; writes the files that were asked for."""
    rows = [
        [
            one["precision"],
            f"{one['nats']:.4f}",
            f"{one['change']:+.3f}",
            f"± {one['interval']:.3f}",
            f"{one['same']:.1f}",
        ]
        for one in result["rows"]
    ]
    where = result["machine"]
    note = (
        f"{where['cpu']}, torch {where['torch']}; {result['model']} on {result['pieces']} held-out pieces of "
        f"{result['seconds']:g} s, every token from those before."
    )
    publish("precision quality", HEADERS, rows, note, result=result, out=out, docs=docs)


if __name__ == "__main__":
    cyclopts.run(main)
