"""How fast the transformer of Stable Audio Open denoises beside diffusers', at its published size, on the same weights.

    python benchmarks/diffusion_speed.py --threads 2 --frames 216 1024 --steps 20 --out runs/diffusion_speed.json

One step is one call of the network under guidance: two halves, 130 condition tokens. Both run in one process in
turns, and medians count. diffusers computes in float32, ours in the precisions asked for. On a GPU both are in
bfloat16, ours compiled and replayed as one CUDA graph, as generation has it; a step is timed until the GPU is done.
The error is the ratio of signal to difference from what diffusers gives in float32, in decibels: of one step, and of
the latents after a whole run of `steps` from the same noise. Weights are random, of the size that keeps signals.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import cyclopts
import torch
from cyclopts import Parameter
from diffusers import StableAudioDiTModel
from diffusers.models.embeddings import get_1d_rotary_pos_embed
from figures import publish
from machine import machine
from rich.console import Console
from torch import Tensor

from songloom.diffusion import times
from songloom.diffusion.latent_diffusion import Predict, denoiser, guided
from songloom.diffusion.processes import Cosine
from songloom.diffusion.samplers import dpm_2m, seeded
from songloom.layers.accelerate import Accelerated, accelerate
from songloom.layers.captured import WARMING, Replayed
from songloom.layers.dit import Dit, DitShape
from songloom.layers.matrices import Precision
from songloom.published.keys import assign
from songloom.published.stable_audio import of_pipeline

HEADERS = [
    "frames",
    "precision",
    "diffusers, s a step",
    "songloom, s a step",
    "times as fast",
    "one step, dB",
    "run, dB",
]
Clock = Callable[[], float]
TOKENS, GUIDANCE = 130, 7.0
FEW = 16
"""Frames of the step that does not count, on a CPU: a whole one may take half a minute."""


@dataclass(frozen=True)
class Conditions:
    """Both halves' tokens [2, L, 768] (the second is without any) and the global vector [2, 1536]."""

    tokens: Tensor
    vector: Tensor


@dataclass(frozen=True)
class Step:
    """Of one network: the median of its seconds, and what it gave [1, 64, F]."""

    seconds: float
    made: Tensor


def main(
    *,
    frames: Annotated[tuple[int, ...], Parameter(consume_multiple=True)] = (216, 1024),
    precisions: Annotated[tuple[Precision, ...], Parameter(consume_multiple=True)] = ("float32", "bfloat16", "int8"),
    threads: int = 2,
    rounds: int = 5,
    steps: int = 0,
    depth: int = 24,
    device: str = "cpu",
    clock: Literal["wall", "processor"] = "wall",
    out: Path | None = None,
    docs: Path | None = None,
    table: str = "diffusion speed",
) -> None:
    """Time the denoising of Stable Audio Open beside diffusers.

    Parameters
    ----------
    frames:
        Latent frames: 216 are 10 s, 1024 are 47.6 s.
    precisions:
        Of our network.
    threads:
        Of torch, for both.
    rounds:
        How often each is run; medians count.
    steps:
        Of a whole run at the first number of frames; 0 for none.
    depth:
        Blocks of the transformer; 24 are published.
    device:
        cpu, or cuda: then both in bfloat16, ours compiled and one CUDA graph.
    clock:
        What is counted: time on the wall, or of the processor, which is the same on a busy machine too (of one thread,
        on a CPU).
    out:
        A JSON file for all figures.
    docs:
        A document with the markers of a table, to be filled in.
    table:
        The name of its markers.
    """
    if clock == "processor" and (threads > 1 or device != "cpu"):
        raise ValueError(f"the processor's time tells of one thread on a CPU, not of {threads} on {device}")
    if min(*frames, rounds, threads, depth) < 1 or steps < 0:
        raise ValueError(f"frames {frames}, rounds {rounds}, threads {threads}, depth {depth} must be 1 or more")
    gpu = torch.device(device).type == "cuda"
    if gpu and not torch.cuda.is_available():
        raise ValueError(f"device is {device}; torch sees no GPU here")
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    with torch.no_grad():
        with torch.device("meta"):  # every weight is drawn below: none is set before
            theirs = StableAudioDiTModel(num_layers=depth)
        theirs = stirred(theirs.to_empty(device="cpu")).to(device)
        given = Conditions(torch.randn(2, TOKENS, 768, device=device), torch.randn(1, 1536, device=device).repeat(2, 1))
        given.tokens[1] = 0
        rows = list(compared(theirs, given, frames, precisions, rounds, steps, CLOCKS[clock], lowered=gpu))
    how = {"machine": machine(), "threads": threads, "rounds": rounds, "steps": steps, "depth": depth, "device": device}
    how |= {"clock": clock, "gpu": torch.cuda.get_device_name(device) if gpu else None}
    show(how | {"rows": rows}, out, docs, table)


def stirred(model: Any) -> Any:
    """Every weight random, gains near 1."""
    for name, parameter in model.named_parameters():
        if "norm" in name and name.endswith("weight"):
            parameter.normal_(1.0, 0.1)
        else:
            parameter.normal_(0.0, parameter[0].numel() ** -0.5 if parameter.ndim > 1 else 0.1)
    return model.eval()


def compared(
    theirs: Any,
    given: Conditions,
    frames: tuple[int, ...],
    precisions: tuple[Precision, ...],
    rounds: int,
    steps: int,
    clock: Clock,
    *,
    lowered: bool,
) -> Iterator[dict[str, Any]]:
    """A row for each precision and number of frames; where both are `lowered`, all are in bfloat16."""
    exact = {count: reference(theirs, given, count) for count in frames}
    noises = {count: drawn(count, given) for count in frames}
    moment = torch.tensor(0.6, device=given.tokens.device)
    wanted = {count: exact[count](noise, moment) for count, noise in noises.items() if lowered}
    whole = sampled(exact[frames[0]], noises[frames[0]], steps) if steps else None
    chosen: tuple[Precision, ...] = ("bfloat16",) if lowered else precisions
    made = {precision: ours(theirs, given, precision) for precision in chosen}
    networks = {precision: network for precision, (network, _) in made.items()}
    if lowered:  # after ours, which keeps in float32 what tells the time
        theirs.to(torch.bfloat16)
    for count in frames:
        few = noises[count] if lowered else noises[count][..., :FEW]
        both, warm = [exact[count], *networks.values()], WARMING + 2 if lowered else 1
        slow, *fast = raced(both, noises[count], moment, rounds, first=few, clock=clock, warm=warm)
        for (precision, network), step in zip(networks.items(), fast, strict=True):
            row = {"frames": count, "precision": precision, "diffusers": slow.seconds, "songloom": step.seconds}
            row["step_decibels"] = decibels(wanted.get(count, slow.made), step.made)
            row["not_compiled"] = made[precision][1].reason
            if whole is not None and count == frames[0]:
                row["run_decibels"] = decibels(whole, sampled(network, noises[count], steps))
            Console(stderr=True).print(*line(row))
            yield row


def reference(theirs: Any, given: Conditions, frames: int) -> Predict:
    """diffusers' network under guidance, as its pipeline calls it."""
    turns = get_1d_rotary_pos_embed(32, frames + 1, use_real=True, repeat_interleave_real=False)
    turns = tuple(table.to(given.tokens.device) for table in turns)

    def predict(x: Tensor, time: Tensor) -> Tensor:
        dtype = theirs.dtype
        made = theirs(
            x.to(dtype),
            time.expand(len(x)).to(dtype),
            encoder_hidden_states=given.tokens.to(dtype),
            global_hidden_states=given.vector[:, None].to(dtype),
            rotary_embedding=tuple(table[: x.shape[-1] + 1] for table in turns),
            return_dict=False,
        )[0]
        return made.to(x.dtype)

    return guided(predict, GUIDANCE)


def ours(theirs: Any, given: Conditions, precision: Precision) -> tuple[Predict, Accelerated]:
    """Our network on the same weights, made fast, and how."""
    with torch.device("meta"):
        shape = DitShape(depth=theirs.config.num_layers)
        dit = Dit(shape, channels=64, token_width=768, vector_width=1536).eval()
    own = {name.removeprefix("dit."): tensor for name, tensor in of_pipeline(theirs.state_dict()).items()}
    assign(dit, own)
    report = accelerate(dit, precision)
    once = dit.given(tokens=given.tokens, vector=given.vector)
    return Replayed(guided(lambda x, time: dit(x, time, once), GUIDANCE)), report


def drawn(frames: int, given: Conditions) -> Tensor:
    """Noise [1, 64, F]."""
    return torch.randn(1, 64, frames, generator=torch.Generator().manual_seed(frames)).to(given.tokens)


def wall() -> float:
    """Seconds on the wall, when the device has done its work."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


CLOCKS: dict[str, Clock] = {"wall": wall, "processor": time.process_time}


def raced(
    networks: list[Predict],
    noise: Tensor,
    moment: Tensor,
    rounds: int,
    *,
    first: Tensor,
    clock: Clock = wall,
    warm: int = 1,
) -> list[Step]:
    """A step of each, run in turns; `warm` steps from the noise `first` go before, which do not count."""
    for predict in networks:
        for _ in range(warm):
            predict(first, moment)
    taken: list[list[float]] = [[] for _ in networks]
    made: list[Tensor] = []
    for _ in range(rounds):
        made = []
        for predict, found in zip(networks, taken, strict=True):
            begun = clock()
            made.append(predict(noise, moment))
            found.append(clock() - begun)
    return [Step(statistics.median(found), one) for found, one in zip(taken, made, strict=True)]


def sampled(predict: Predict, noise: Tensor, steps: int) -> Tensor:
    """Latents [1, 64, F] after a whole run from `noise`, by diffusers' solver."""
    process = Cosine.Config().build()
    visited = times.schedule("exponential", process, steps, least=0.3, most=500.0)
    fresh = seeded(torch.Generator().manual_seed(1))
    return dpm_2m(denoiser(predict, process), noise, visited, process, noise=fresh)


def decibels(wanted: Tensor, made: Tensor) -> float:
    """Ratio of signal to difference."""
    error = float((made - wanted).double().square().sum())
    return float(10 * torch.log10(wanted.double().square().sum() / max(error, 1e-30)))


def line(row: dict[str, Any]) -> list[str]:
    """A row of the table."""
    slow, fast = row["diffusers"], row["songloom"]
    whole = f"{row['run_decibels']:.1f}" if "run_decibels" in row else ""
    times_as_fast = f"{slow / fast:.2f}"
    return [
        str(row["frames"]),
        row["precision"],
        *(f"{seconds:.2f}" if seconds >= 1 else f"{seconds:.4f}" for seconds in (slow, fast)),
        times_as_fast,
        f"{row['step_decibels']:.1f}",
        whole,
    ]


def show(result: dict[str, Any], out: Path | None, docs: Path | None, table: str) -> None:
    """Prints the table; writes the files that were asked for."""
    rows = [line(row) for row in result["rows"]]
    where = result["machine"]
    many = f"{result['threads']} thread{'s' * (result['threads'] != 1)}"
    steps = "one step" if result["rounds"] == 1 else f"medians of {result['rounds']} steps"
    counted = f"the processor's time of {steps}" if result["clock"] == "processor" else steps
    note = (
        f"{result['gpu'] or where['cpu']}, torch {where['torch']}, {many}, {result['depth']} blocks; {counted} each, "
    )
    note += f"in turns; whole runs of {result['steps']} steps." if result["steps"] else "in turns."
    if result["gpu"]:
        reason = result["rows"][0]["not_compiled"]
        note += f" Both in bfloat16, ours {f'not compiled ({reason})' if reason else 'compiled'}, its steps replayed."
    publish(table, HEADERS, rows, note, result=result, out=out, docs=docs)


if __name__ == "__main__":
    cyclopts.run(main)
