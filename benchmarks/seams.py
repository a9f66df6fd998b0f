"""Whether seams are heard: where a window goes on from the one before, where a story turns, where a loop begins again.

    python benchmarks/seams.py --model flow --out runs/seams.json --docs docs/stable-audio.md

A seam is compared with the moments that are whole beats away from it: the share of them at which the spectrum changes
less. A half is a moment like any other, 1 the roughest of all. Beside it stands the same of a cut: two pieces of one
request, of two seeds, one going over into the other there.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cyclopts
import torch
from figures import publish
from machine import machine
from rich.console import Console
from rich.progress import track
from torch import Tensor

from songloom.audio.loops import roughness
from songloom.inference import song
from songloom.metrics.confidence import mean
from songloom.systems.latent_generator import PASSAGE_SECONDS, LatentGenerator
from songloom.systems.request import Request

TEMPI = (124.0, 77.0, 133.0, 92.0)
PROMPTS = ("house with drums", "calm piano", "rock with drums", "string quartet")
LATER = ("house with a bright lead", "calm strings", "rock with organ", "solo violin")
HEADERS = ["seam", "seams", "heard", "cut there"]


@dataclass(frozen=True)
class Seamed:
    """What is asked for, and where its seams are: the moments of each, in seconds."""

    kind: str
    request: Request
    seams: Sequence[Sequence[float]]


def main(
    *,
    model: str = "flow",
    pairs: int = 1,
    longer: float = 1.25,
    story: float = 20.0,
    bars: int = 4,
    steps: int | None = None,
    out: Path | None = None,
    docs: Path | None = None,
) -> None:
    """Measure the seams of a model that denoises latents; prints a table.

    Parameters
    ----------
    model:
        An embedded model's name or a checkpoint folder.
    pairs:
        Of seeds, for each prompt and kind of seam.
    longer:
        Windows that a long piece lasts.
    story:
        Seconds of a story, which turns in the middle.
    bars:
        Of a loop.
    steps:
        Of sampling; the model's own number without it.
    """
    system = song.open_model(model).system
    if not isinstance(system, LatentGenerator):
        raise ValueError(f"{model} makes no latents window by window: it is a {type(system).__name__}")
    if pairs < 1 or longer <= 1:
        raise ValueError(f"pairs {pairs}, longer {longer:g}; needs 1 or more, and more than 1")
    found: dict[str, tuple[list[float], list[float]]] = {}
    asked = [one for prompt in range(len(PROMPTS)) for one in requests(system, prompt, longer, story, bars, steps)]
    for one in track(asked, description="seams", console=Console(stderr=True)):
        heard, cut = found.setdefault(one.kind, ([], []))
        for pair in range(pairs):
            more = compared(system, one, 2 * pair)
            heard += more[0]
            cut += more[1]
    rows = [[kind, str(len(heard)), str(mean(heard)), str(mean(cut))] for kind, (heard, cut) in found.items()]
    where = machine()
    note = (
        f"Model `{model}` {song.open_model(model).sha256[:12]}, windows of {system.longest} frames; torch "
        f"{where['torch']}, {where['cpu']}. The share of other beats with less of a change; means, 95 % intervals."
    )
    publish("seams", HEADERS, rows, note, result={"machine": where, "rows": rows}, out=out, docs=docs)


def requests(
    system: LatentGenerator, prompt: int, longer: float, story: float, bars: int, steps: int | None
) -> list[Seamed]:
    """A long piece, a story and a loop of one prompt."""
    tempo, words = TEMPI[prompt], PROMPTS[prompt]
    text = f"{words}, {tempo:g} bpm"
    hop = system.codec.hop_length / system.sample_rate
    long = Request(prompt=text, seconds=longer * system.longest * hop, steps=steps)
    ends = [end * hop for _, end in system.extent(system.samples(long)[1])[:-1]]
    later = f"{LATER[prompt]}, {tempo:g} bpm"
    told = Request(story=((0.0, text), (story / 2, later)), seconds=story, steps=steps)
    passage = [story / 2 + (place - 0.5) * PASSAGE_SECONDS for place in (0.1, 0.3, 0.5, 0.7, 0.9)]
    loop = Request(prompt=text, loop=True, bars=bars, steps=steps)
    return [
        Seamed("from window to window", long, [[end] for end in ends]),
        Seamed("a story's turn", told, [passage]),
        Seamed("a loop's end to its beginning", loop, [[0.0]]),
    ]


def compared(system: LatentGenerator, asked: Seamed, seed: int) -> tuple[list[float], list[float]]:
    """The places of the seams of two pieces, and of the cuts from each into the other. A loop, which has its seam at
    second 0, is cut in its middle."""
    waves = [made(system, asked.request, seed + place) for place in (0, 1)]
    beat = 60 / (asked.request.named_tempo or 120.0)
    heard, cut = [], []
    for first, second in (waves, waves[::-1]):
        for moments in asked.seams:
            middle = statistics.mean(moments)
            at = middle or asked.request.seconds / 2
            joined = torch.cat(
                [first[:, : round(at * system.sample_rate)], second[:, round(at * system.sample_rate) :]], -1
            )
            heard.append(statistics.mean(place(first, system.sample_rate, moment, beat) for moment in moments))
            cut.append(place(joined, system.sample_rate, at, beat))
    return heard, cut


def made(system: LatentGenerator, request: Request, seed: int) -> Tensor:
    """The wave [C, T] of one candidate."""
    return torch.cat(list(system.finished(request, system.pieces(request, seed))), dim=-1)[0]


def place(wave: Tensor, sample_rate: int, moment: float, beat: float) -> float:
    """The share of the moments of a wave [C, T] that are whole beats away from one (in seconds) at which its spectrum
    changes less than there; those that are equal count half."""
    count = int(wave.shape[-1] / sample_rate / beat)
    beats = torch.arange(-count, count + 1)
    others = moment + beats[beats != 0] * beat
    inside = others[(others > 0) & (others < wave.shape[-1] / sample_rate)]
    places = torch.cat([torch.tensor([moment]), inside]).mul(sample_rate).round().long()
    rough = roughness(wave, sample_rate, places)
    return float(((rough[1:] < rough[0]).float() + 0.5 * (rough[1:] == rough[0]).float()).mean())


if __name__ == "__main__":
    cyclopts.run(main)
