"""Our quantizers beside vector-quantize-pytorch's: the same weights and tensors, in turns in one process.

    python benchmarks/quantizers.py --out runs/quantizers.json

Each row is one thing that both do; a ratio above 1 is in our favour. Times are CPU time of this process, so that other
work on the machine does not count, and medians over the rounds. Look-ups give codes and what they decode to on both
sides; a training step is a pass with its losses, the gradients, and what the codebooks learn. Before the clock starts,
both results are compared: codes equal, and the greatest difference of what they decode to.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import cyclopts
import torch
import vector_quantize_pytorch as reference
from figures import publish
from machine import machine
from rich.console import Console
from rich.progress import track
from torch import Tensor, nn

from songloom.bottlenecks.bottleneck import Bottleneck
from songloom.bottlenecks.grouped import GroupedQuantizer
from songloom.bottlenecks.lookup_free import LookupFreeQuantizer
from songloom.bottlenecks.residual import ResidualQuantizer
from songloom.bottlenecks.scalar import FiniteScalarQuantizer
from songloom.bottlenecks.vector import VectorQuantizer

BOOKS, SIZE, GROUPS = 8, 1024, 4
HEADERS = ["", "ours, ms", "theirs, ms", "ratio", "codes equal", "difference"]

Result = tuple[Tensor, Tensor]
"""Codes [B, F, K] or [B, F], and latents [B, F, D]."""


@dataclass(frozen=True)
class Case:
    """One thing that both do. `ours` and `theirs` give codes and latents, or None for a training step, whose
    results follow from other rows."""

    name: str
    ours: Callable[[], Result | None]
    theirs: Callable[[], Result | None]


@dataclass(frozen=True)
class Row:
    """Medians in milliseconds, the fraction of equal codes, and the greatest difference of latents."""

    name: str
    ours: float
    theirs: float
    equal: float | None
    difference: float | None

    @property
    def ratio(self) -> float:
        return self.theirs / self.ours

    def cells(self) -> list[str]:
        equal = "" if self.equal is None else f"{self.equal:.2%}"
        difference = "" if self.difference is None else f"{self.difference:.0e}"
        return [self.name, f"{self.ours:.3f}", f"{self.theirs:.3f}", f"{self.ratio:.2f}", equal, difference]


def main(
    *,
    frames: int = 750,
    width: int = 128,
    batch: int = 1,
    rounds: int = 50,
    threads: int = 1,
    out: Path | None = None,
    docs: Path | None = None,
) -> None:
    """Time our quantizers and vector-quantize-pytorch's in turns.

    Parameters
    ----------
    frames:
        Latent frames of an item; 750 are 10 s of EnCodec at 24 kHz.
    width:
        Width of the latents.
    batch:
        Items.
    rounds:
        Timed runs of each.
    threads:
        Threads of torch.
    out:
        A JSON file for all figures.
    docs:
        A document with the markers of this table, to be filled in.
    """
    if min(frames, width, batch, rounds, threads) < 1:
        raise ValueError("frames, width, batch, rounds and threads are at least 1")
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    latents = torch.randn(batch, width, frames)
    rows = []
    for case in track(cases(latents), description="quantizers", console=Console(stderr=True)):
        rows.append(measured(case, rounds))
    shape = {"batch": batch, "width": width, "frames": frames, "rounds": rounds, "threads": threads}
    where = machine() | {"vector-quantize-pytorch": version("vector-quantize-pytorch")}
    show({"machine": where, **shape, "rows": [asdict(row) | {"ratio": row.ratio} for row in rows]}, rows, out, docs)


def cases(latents: Tensor) -> list[Case]:
    """All rows for latents [B, D, F]."""
    width = latents.shape[1]
    found = []
    for name, cosine in (("residual", False), ("residual by angle", True)):
        ours, theirs = residual_pair(width, cosine=cosine)
        found += [look_up(f"{name}, {BOOKS} x {SIZE}: look-up", ours, theirs, latents)]
        if not cosine:
            codes = ours.quantize(latents)
            found += [decoding(f"{name}: decoding", ours, theirs, codes)]
            found += [training(f"{name}: training step", *residual_pair(width, cosine=False), latents)]
    found += [look_up(f"vector, {SIZE}: look-up", *vector_pair(width), latents)]
    found += [look_up(f"{GROUPS} groups, {SIZE}: look-up", *grouped_pair(width), latents)]
    few, bits = (torch.randn(len(latents), size, latents.shape[2]) for size in (4, 12))
    scalars = FiniteScalarQuantizer.Config(levels=(8, 5, 5, 5), width=4).build().eval()
    found += [look_up("finite scalar, 8 x 5 x 5 x 5", scalars, reference.FSQ(levels=[8, 5, 5, 5]).eval(), few)]
    found += [look_up("look-up-free, 12 bits", *lookup_free_pair(), bits)]
    found += [training("look-up-free, 12 bits: training step", *lookup_free_pair(), bits)]
    return found


def residual_pair(width: int, *, cosine: bool) -> tuple[ResidualQuantizer, nn.Module]:
    """Both residual quantizers with the same entries, of unequal lengths where the angle does not decide."""
    theirs = reference.ResidualVQ(
        dim=width, num_quantizers=BOOKS, codebook_size=SIZE, use_cosine_sim=cosine, decay=0.99, rotation_trick=False
    )
    ours = ResidualQuantizer.Config(streams=BOOKS, codebook_size=SIZE, width=width, cosine=cosine, k_means=False)
    made: ResidualQuantizer = ours.build()
    for book, layer in zip(made.books, theirs.layers, strict=True):
        if not cosine:
            layer._codebook.embed.normal_()
            layer._codebook.embed_avg.copy_(layer._codebook.embed)
        book.entries.copy_(layer._codebook.embed[0])  # type: ignore[operator, union-attr]
        book.sums.copy_(layer._codebook.embed[0])  # type: ignore[operator, union-attr]
    return made.eval(), theirs.eval()


def vector_pair(width: int) -> tuple[VectorQuantizer, nn.Module]:
    """Both vector quantizers with the same entries."""
    theirs = reference.VectorQuantize(dim=width, codebook_size=SIZE)
    made: VectorQuantizer = VectorQuantizer.Config(codebook_size=SIZE, width=width).build()
    theirs._codebook.embed.normal_()
    made.book.entries.copy_(theirs._codebook.embed[0])
    return made.eval(), theirs.eval()


def grouped_pair(width: int) -> tuple[GroupedQuantizer, nn.Module]:
    """Both quantizers of heads with a codebook each and the same entries."""
    part = width // GROUPS
    inner = VectorQuantizer.Config(codebook_size=SIZE, width=part)
    made: GroupedQuantizer = GroupedQuantizer.Config(groups=GROUPS, inner=inner, width=width).build()
    theirs = reference.VectorQuantize(
        dim=width, codebook_dim=part, codebook_size=SIZE, heads=GROUPS, separate_codebook_per_head=True
    )
    theirs._codebook.embed.normal_()
    for index, one in enumerate(made.parts):
        one.book.entries.copy_(theirs._codebook.embed[index])  # type: ignore[operator, union-attr]
    return made.eval(), theirs.eval()


def lookup_free_pair() -> tuple[LookupFreeQuantizer, nn.Module]:
    """Both look-up-free quantizers of 12 bits, with the same objective."""
    made: LookupFreeQuantizer = LookupFreeQuantizer.Config(bits=12, width=12, temperature=0.01).build()
    return made.eval(), reference.LFQ(dim=12, codebook_size=4096, entropy_loss_weight=1.0).eval()


def look_up(name: str, ours: Bottleneck, theirs: nn.Module, latents: Tensor) -> Case:
    """Codes and what they decode to, without gradients."""
    rows = latents.transpose(1, 2).contiguous()

    def mine() -> Result:
        with torch.inference_mode():
            codes = ours.quantize(latents)
            return codes.transpose(1, 2), ours.dequantize(codes).transpose(1, 2)

    def other() -> Result:
        with torch.inference_mode():
            quantised, codes = theirs(rows)[:2]
        return codes, quantised

    return Case(name, mine, other)


def decoding(name: str, ours: ResidualQuantizer, theirs: Any, codes: Tensor) -> Case:
    """Codes [B, K, F] to latents."""
    turned = codes.transpose(1, 2).contiguous()

    def mine() -> Result:
        with torch.inference_mode():
            return turned, ours.dequantize(codes).transpose(1, 2)

    def other() -> Result:
        with torch.inference_mode():
            return turned, theirs.get_output_from_indices(turned)

    return Case(name, mine, other)


def training(name: str, ours: Bottleneck, theirs: nn.Module, latents: Tensor) -> Case:
    """A pass with gradients, in which codebooks learn."""
    ours, theirs = ours.train(), theirs.train()
    mine_in, other_in = latents.clone().requires_grad_(), latents.transpose(1, 2).clone().requires_grad_()

    def mine() -> None:
        passed = ours(mine_in)
        (passed.latents.sum() + torch.stack(list(passed.losses.values())).sum()).backward()

    def other() -> None:
        quantised, _, loss = theirs(other_in)[:3]
        (quantised.sum() + loss.sum()).backward()

    return Case(name, mine, other)


def measured(case: Case, rounds: int) -> Row:
    """Compares once, then times both in turns."""
    mine, other = case.ours(), case.theirs()
    equal = difference = None
    if mine is not None and other is not None:
        equal = float((mine[0].reshape(other[0].shape) == other[0]).float().mean())
        difference = float((mine[1] - other[1]).abs().max())
    times: dict[Callable[[], Result | None], list[float]] = {case.ours: [], case.theirs: []}
    for _ in range(rounds):
        for run, taken in times.items():
            began = time.process_time()
            run()
            taken.append(1000 * (time.process_time() - began))
    return Row(case.name, statistics.median(times[case.ours]), statistics.median(times[case.theirs]), equal, difference)


def show(result: dict[str, Any], rows: list[Row], out: Path | None, docs: Path | None) -> None:
    """Prints the table; writes the files that were asked for."""
    where = result["machine"]
    shape = f"[{result['batch']}, {result['width']}, {result['frames']}]"
    note = (
        f"{where['cpu']}, {result['threads']} thread(s), torch {where['torch']}, vector-quantize-pytorch "
        f"{where['vector-quantize-pytorch']}; latents {shape}; medians of {result['rounds']} runs."
    )
    publish("quantizers", HEADERS, [row.cells() for row in rows], note, result=result, out=out, docs=docs)


if __name__ == "__main__":
    cyclopts.run(main)
