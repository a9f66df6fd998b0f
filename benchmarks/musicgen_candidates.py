"""What several candidates of one prompt gain as one batch: MusicGen-small's transformer at its full size.

    python benchmarks/musicgen_candidates.py --docs docs/musicgen.md

Weights are random: a step costs what it costs a trained model. One candidate alone and all as a batch are stepped in
turns, in one process, so that other programs disturb both alike; every candidate is also drawn alone, to compare codes.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import cyclopts
import torch
from cyclopts import Parameter
from figures import publish
from machine import machine

from songloom.layers.matrices import Precision
from songloom.systems import registry
from songloom.systems.generators.musicgen import Musicgen
from songloom.tokens.sampling import Sampling, uniforms
from songloom.tokens.windows import Drawing, Window

HEADERS = ["precision", "alone, ms a step", "as a batch, ms a step of each", "times as fast", "same codes"]
SIZES = ("width", "depth", "heads", "hidden")
PROMPT = "warm lofi piano with soft drums"
GUIDANCE = 3.0


def main(
    *,
    size: str = "small",
    precisions: Annotated[tuple[Precision, ...], Parameter(consume_multiple=True)] = ("float32", "int8"),
    candidates: int = 4,
    steps: int = 24,
    threads: int = 2,
    docs: Path | None = None,
) -> None:
    """Time candidates as a batch beside candidates one after the other.

    Parameters
    ----------
    size:
        The preset of MusicGen: small, or tiny.
    precisions:
        Of the weights.
    candidates:
        In a batch.
    steps:
        Of drawing; 50 make a second of music.
    threads:
        Of torch.
    docs:
        A document with the markers of this table, to be filled in.
    """
    torch.set_num_threads(threads)
    rows = [measured(size, precision, candidates, steps) for precision in precisions]
    where = machine()
    note = (
        f"{where['cpu']}, torch {where['torch']}, {threads} threads, MusicGen {size}, {candidates} candidates, "
        f"{steps} steps, guidance {GUIDANCE:g}, random weights."
    )
    publish("musicgen candidates", HEADERS, rows, note, docs=docs)


@torch.inference_mode()
def measured(size: str, precision: Precision, candidates: int, steps: int) -> list[str]:
    """A row of the table."""
    system = model(size)
    system.hold(precision)
    conditions = system.by_attention([PROMPT, ""])

    def begun(seeds: Sequence[int]) -> Window:
        plan = Drawing(
            frames=steps, context=steps, stride=steps, sampling=Sampling(top_k=250), guidance=GUIDANCE, seeds=seeds
        )
        uniform = torch.stack([uniforms(seed, steps, system.lm.streams) for seed in seeds]).transpose(1, 2)
        known = torch.zeros(len(seeds), system.lm.streams, 0, dtype=torch.int64)
        return Window(system.lm, system.pattern, [conditions] * len(seeds), known, uniform, plan)

    together, first = begun(range(candidates)), begun([0])
    times: dict[Window, list[float]] = {together: [], first: []}
    for step in range(together.source.shape[1]):
        for window, taken in times.items():
            before = time.perf_counter()
            window.advance(step + 1)
            taken.append(time.perf_counter() - before)
    each, alone = (1000 * statistics.median(times[window]) for window in (together, first))
    each /= candidates
    codes = [first.frames(0, steps)]
    for seed in range(1, candidates):
        window = begun([seed])
        window.advance(window.source.shape[1])
        codes.append(window.frames(0, steps))
    same = float((torch.cat(codes) == together.frames(0, steps)).float().mean())
    return [precision, f"{alone:.1f}", f"{each:.1f}", f"{alone / each:.2f}", f"{100 * same:.1f} %"]


def model(size: str) -> Musicgen:
    """A transformer of this size at random weights, beside the tiny text encoder and a tiny codec of as many
    codes as the published one's."""
    torch.manual_seed(0)
    presets: dict[str, Any] = registry.presets()
    tiny, wanted = presets["musicgen-tiny"], presets[f"musicgen-{size}"]
    books = replace(tiny.codec.quantizer, codebook_size=wanted.codec.quantizer.codebook_size)
    codec = replace(tiny.codec, quantizer=books)
    system = replace(tiny, codec=codec, **{name: getattr(wanted, name) for name in SIZES}).build()
    assert isinstance(system, Musicgen)
    return system.eval()


if __name__ == "__main__":
    cyclopts.run(main)
