"""The step to thousands of hours and hundreds of GPUs on paper: bytes of data, memory of a rank, traffic of a step.

    python benchmarks/scale_plan.py --docs docs/scale.md

Nothing is measured here. Systems are built without memory from their presets, so parameters, frame rates, crops and
batches are those that training would have; what our trainer keeps and sends for them is counted. Speeds of machines are
given (--flops, --link) and stand above the tables. What is counted:

weights, gradients, two moments of AdamW and the average where the recipe has one, float32 each; DDP's buckets (a second
copy of the gradients); by FSDP2 a rank's share of all that, and two of the largest blocks whole. Activations are the
inputs of matrix products in bfloat16, for codecs all that autograd keeps: a lower bound. A product of training costs
six operations a weight and frame; a codec's forward pass is counted and taken three times, its opponents left out.
A step sends, for each rank of N, 2 (N - 1) / N of the gradients (DDP), or 3 (N - 1) / N of the weights (FSDP2: gathered
twice, gradients scattered once), in float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cyclopts
import torch
from figures import publish
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from songloom.recipe import Recipe
from songloom.systems import registry
from songloom.systems.roles import Codec, System
from songloom.training.session import part_codec

SYSTEMS = (
    "musicgen-small", "musicgen-medium", "musicgen-large", "stable-audio-open-small", "stable-audio-open",
    "encodec-32khz", "dac-44khz", "oobleck",
)  # fmt: skip
CODECS = ("encodec-32khz", "dac-44khz", "oobleck")
FLOAT, HALF = 4, 2


@dataclass(frozen=True)
class Machine:
    """A GPU: operations a second that training reaches, bytes of memory, bytes a second to the other ranks."""

    flops: float
    memory: float
    link: float


@dataclass(frozen=True)
class Size:
    """What a system asks of machines. `trained` and `frozen` weights; `block`, weights of the largest block that is
    gathered at once; `copies` of float32 for each trained weight; bytes of `activations` and `flops` of one crop;
    `crop_bytes` that are read for it."""

    name: str
    recipe: Recipe
    trained: int
    frozen: int
    block: int
    copies: int
    activations: int
    flops: float
    crop_bytes: int

    def states(self, ranks: int) -> float:
        """Bytes of a rank that hold no activations, the trained weights split over so many ranks; 1 is DDP."""
        whole = FLOAT * (self.copies + 1) * self.trained if ranks == 1 else 2 * FLOAT * self.block
        return whole + FLOAT * self.frozen + (FLOAT * self.copies * self.trained / ranks if ranks > 1 else 0)

    def crops(self, ranks: int) -> float:
        """Crops of one rank in a step of the recipe's batch."""
        return self.recipe.batch_size / ranks

    def sent(self, ranks: int, *, sharded: bool) -> float:
        """Bytes that a rank sends in a step."""
        return (3 if sharded else 2) * (ranks - 1) / ranks * FLOAT * self.trained


def size_of(name: str) -> Size:
    """The size of a preset."""
    cls, settings = registry.preset(name)
    recipe = cls.recipe(name)
    with torch.device("meta"):
        system: System = settings.build()
    others = [getattr(system, part) for part in system.frozen]
    still = sum(p.numel() for part in others for p in part.parameters())
    trained = sum(p.numel() for p in system.parameters()) - still
    blocks = [] if isinstance(system, Codec) else blocks_of(system, others)
    own = [sum(p.numel() for p in block.parameters()) for block in blocks]
    if isinstance(system, Codec):
        activations, flops = codec_work(system, round(recipe.seconds * system.sample_rate))
        read = round(recipe.seconds * system.sample_rate) * system.channels * HALF
    else:
        frames, read = frames_of(system, recipe)
        inside = {id(one): one for block in blocks for one in block.modules() if isinstance(one, nn.Linear)}
        activations = HALF * frames * sum(one.in_features for one in inside.values())
        flops = 6.0 * frames * sum(one.weight.numel() for one in inside.values())
    copies = 4 + (recipe.ema > 0)
    return Size(name, recipe, trained, still, max(own, default=trained), copies, activations, flops, read)


def blocks_of(system: System, others: Sequence[nn.Module]) -> list[nn.Module]:
    """The members of lists of layers outside of frozen parts, which are gathered one by one."""
    left = {id(module) for part in others for module in part.modules()}
    lists = [one for one in system.modules() if isinstance(one, nn.ModuleList) and id(one) not in left]
    return [block for one in lists for block in one if not isinstance(block, nn.ModuleList)]


def frames_of(system: System, recipe: Recipe) -> tuple[int, int]:
    """Frames of a crop, and bytes of its codes or latents as they are kept."""
    codec = part_codec(system)
    frames = round(recipe.seconds * codec.frame_rate)
    return frames, frames * kept(codec)


def kept(codec: Codec) -> int:
    """Bytes a frame of a codec's codes, or of its latents where it has none, in the caches that training makes."""
    if codec.streams:
        return codec.streams * (2 if codec.codebook_size <= 2**15 else 4)
    return codec.latent_width * HALF


def codec_work(codec: Codec, samples: int) -> tuple[int, float]:
    """Bytes in bfloat16 that autograd keeps, and operations, for a crop of one codec."""
    found: dict[int, torch.Tensor] = {}

    def seen(tensor: torch.Tensor) -> torch.Tensor:
        if not isinstance(tensor, nn.Parameter):
            found[tensor.untyped_storage()._cdata] = tensor
        return tensor

    wave = torch.zeros(1, codec.channels, samples, device="meta")
    with (
        FlopCounterMode(display=False) as counter,
        torch.autograd.graph.saved_tensors_hooks(seen, lambda tensor: tensor),
    ):
        codec.decode(codec.encode(wave), length=samples)
    return HALF * sum(tensor.numel() for tensor in found.values()), 3.0 * counter.get_total_flops()


def data_rows(hours: Sequence[int]) -> list[list[str]]:
    """Bytes of a corpus as waves and as what generators train on."""
    rows = []
    for name in CODECS:
        with torch.device("meta"):
            codec: Codec = registry.preset(name)[1].build()
        waves = codec.sample_rate * codec.channels * HALF * 3600
        frames = codec.frame_rate * kept(codec) * 3600
        what = f"{codec.streams} codes" if codec.streams else f"{codec.latent_width} latents"
        sound = f"{codec.sample_rate:,} Hz, {codec.channels} ch"
        rows.append([f"16-bit samples, {sound}", *(size(waves * count) for count in (1, *hours))])
        rows.append([f"{name}: {what} at {codec.frame_rate:.1f} Hz", *(size(frames * count) for count in (1, *hours))])
    return rows


def memory_rows(sizes: Sequence[Size], ranks: Sequence[int], machine: Machine) -> list[list[str]]:
    """Memory of a rank, and crops that fit beside it."""
    rows = []
    for one in sizes:
        fit = [max(0, int((machine.memory - one.states(count)) / one.activations)) for count in (1, ranks[-1])]
        shares = ["-" if one.name in CODECS else gigabytes(one.states(count)) for count in ranks]
        crops = f"{fit[0]}" if one.name in CODECS else f"{fit[0]} / {fit[1]}"
        counts = [f"{one.trained / 1e6:,.0f}", f"{one.frozen / 1e6:,.0f}"]
        rows.append([one.name, *counts, gigabytes(one.states(1)), *shares, f"{one.activations / 1e9:.2f}", crops])
    return rows


def step_rows(sizes: Sequence[Size], ranks: Sequence[int], machine: Machine) -> list[list[str]]:
    """Seconds of a step of the recipe's batch: computing, and sending by DDP and by FSDP2; and bytes read a second."""
    rows = []
    for one in sizes:
        cells = []
        for count in ranks:
            crops = max(1.0, one.crops(count))
            compute = crops * one.flops / machine.flops
            sent = [one.sent(count, sharded=sharded) / machine.link for sharded in (False, True)]
            mark = "" if one.crops(count) >= 1 else " *"
            cells.append(f"{compute:.3f} / {sent[0]:.3f} / {'-' if one.name in CODECS else f'{sent[1]:.3f}'}{mark}")
            read = max(count, one.recipe.batch_size) * one.crop_bytes / (compute + sent[0])
        batch = f"{one.recipe.batch_size} x {one.recipe.seconds:g} s"
        rows.append([one.name, batch, f"{one.flops / 1e12:.2f}", *cells, f"{read / 1e6:,.1f} MB/s"])
    return rows


def size(count: float) -> str:
    """Bytes with a unit."""
    for unit, scale in (("PB", 1e15), ("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if count >= scale:
            return f"{count / scale:.1f} {unit}"
    return f"{count:.0f} B"


def gigabytes(count: float) -> str:
    return f"{count / 1e9:.1f}"


def main(
    *,
    ranks: tuple[int, ...] = (8, 64, 256),
    hours: tuple[int, ...] = (1_000, 10_000, 100_000),
    flops: float = 400e12,
    memory: float = 80e9,
    link: float = 25e9,
    docs: Path | None = None,
) -> None:
    """Counts, and prints three tables.

    Parameters
    ----------
    ranks:
        Numbers of GPUs.
    hours:
        Hours of music.
    flops:
        Operations a second that training reaches on one GPU (400e12 is 40% of what an H100 is said to have in bf16).
    memory:
        Bytes of one GPU.
    link:
        Bytes a second that a rank sends (25e9 is a port of 200 Gb/s for each).
    docs:
        A document with the markers of the tables, to be filled in.
    """
    machine = Machine(flops, memory, link)
    sizes = [size_of(name) for name in SYSTEMS]
    publish("scale-data", ("kept as", "1 hour", *(f"{count:,} hours" for count in hours)), data_rows(hours),
            "Counted from the presets; FLAC shards of 16 bits take about half to three quarters of the samples.",
            docs=docs)  # fmt: skip
    publish("scale-memory",
            ("system", "trained, M", "frozen, M", "DDP, GB", *(f"FSDP2 over {count}, GB" for count in ranks),
             "activations a crop, GB", "crops that fit"),
            memory_rows(sizes, ranks, machine),
            f"Memory of a rank without activations, and crops that fit beside it into {memory / 1e9:.0f} GB "
            f"(DDP / FSDP2 over {ranks[-1]}).", docs=docs)  # fmt: skip
    publish("scale-step",
            ("system", "batch", "Tflop a crop", *(f"{count} GPUs: s computing / DDP / FSDP2" for count in ranks),
             f"read by {ranks[-1]}"),
            step_rows(sizes, ranks, machine),
            f"One step of the recipe's batch, assuming {flops / 1e12:.0f} Tflop/s and {link / 1e9:.0f} GB/s for each "
            f"GPU, nothing overlapping; * marks a batch of fewer crops than ranks, where each has one.",
            docs=docs)  # fmt: skip


if __name__ == "__main__":
    cyclopts.run(main)
