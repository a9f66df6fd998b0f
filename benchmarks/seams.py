"""Whether seams are heard: where a window goes on from the one before, where a story turns, where a loop begins again.

    python benchmarks/seams.py --model flow --out runs/seams.json --docs docs/stable-audio.md

A seam is compared with the moments that are whole beats away from it: the share of them at which the spectrum changes
less. A half is a moment like any other, 1 the roughest of all. What is smooth may still be other music: so the sound of
two seconds after is also compared with that of two seconds before, there and at those moments. Beside both stands the
same of a cut: two pieces of one request, of two seeds, one going over into the other there.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cyclopts
import torch
from figures import publish
from machine import machine
from rich.console import Console
from rich.progress import track
from torch import Tensor

from songloom.audio.loops import FLOOR, roughness
from songloom.inference import song
from songloom.metrics.confidence import mean
from songloom.systems.latent_generator import PASSAGE_SECONDS, LatentGenerator
from songloom.systems.request import Request

TEMPI = (124.0, 77.0, 133.0, 92.0)
PROMPTS = ("house with drums", "calm piano", "rock with drums", "string quartet")
LATER = ("house with a bright lead", "calm strings", "rock with organ", "solo violin")
HEADERS = ["seam", "seams", "heard", "cut there", "another sound", "cut there"]
ALONG = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Places of a passage at which it is heard."""
SOUND_SECONDS = 2.0
LOWEST, BANDS = 50.0, 24
"""Hz of the lowest third of an octave, and how many there are."""
Change = Callable[[Tensor, int, Tensor], Tensor]
"""How much a wave [C, T] of a sample rate changes around each of N places (samples): [N]."""


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
    found: dict[str, list[list[float]]] = {}
    asked = [one for prompt in range(len(PROMPTS)) for one in requests(system, prompt, longer, story, bars, steps)]
    for one in track(asked, description="seams", console=Console(stderr=True)):
        for pair in range(pairs):
            found.setdefault(one.kind, []).extend(compared(system, one, 2 * pair))
    rows = [
        [kind, str(len(seams)), *(str(mean(column)) for column in zip(*seams, strict=True))]
        for kind, seams in found.items()
    ]
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
    extent = system.extent(system.samples(long)[1])
    passages = [
        [(end + (at - 1) * system.passage(end - begin)) * hop for at in ALONG]
        for (_, end), (begin, _) in pairwise(extent)
    ]
    later = f"{LATER[prompt]}, {tempo:g} bpm"
    told = Request(story=((0.0, text), (story / 2, later)), seconds=story, steps=steps)
    passage = [story / 2 + (place - 0.5) * PASSAGE_SECONDS for place in ALONG]
    loop = Request(prompt=text, loop=True, bars=bars, steps=steps)
    return [
        Seamed("from window to window", long, passages),
        Seamed("a story's turn", told, [passage]),
        Seamed("a loop's end to its beginning", loop, [[0.0]]),
    ]


def compared(system: LatentGenerator, asked: Seamed, seed: int) -> Iterator[list[float]]:
    """Of each seam of two pieces: its place by roughness and that of the cut from one into the other, and both by what
    it sounds like. A loop, which has its seam at second 0, is cut in its middle."""
    waves = [made(system, asked.request, seed + place) for place in (0, 1)]
    beat = 60 / (asked.request.named_tempo or 120.0)
    for first, second in (waves, waves[::-1]):
        for moments in asked.seams:
            middle = statistics.mean(moments)
            at = middle or asked.request.seconds / 2
            joined = torch.cat(
                [first[:, : round(at * system.sample_rate)], second[:, round(at * system.sample_rate) :]], -1
            )
            rough, rate = [place(first, system.sample_rate, moment, beat) for moment in moments], system.sample_rate
            apart = 0.0 if asked.request.loop else SOUND_SECONDS
            sounds = [place(*one, beat, sounding, apart) for one in ((first, rate, middle), (joined, rate, at))]
            yield [statistics.mean(rough), place(joined, rate, at, beat), *sounds]


def made(system: LatentGenerator, request: Request, seed: int) -> Tensor:
    """The wave [C, T] of one candidate."""
    return torch.cat(list(system.finished(request, system.pieces(request, seed))), dim=-1)[0]


def place(
    wave: Tensor, sample_rate: int, moment: float, beat: float, change: Change = roughness, apart: float = 0.0
) -> float:
    """The share of the moments of a wave [C, T] that are whole beats away from one (in seconds) at which it changes
    less than there; those that are equal count half. Moments have to be `apart` from it and from both ends."""
    count = int(wave.shape[-1] / sample_rate / beat)
    beats = torch.arange(-count, count + 1)
    others = moment + beats[beats != 0] * beat
    inside = others[(others > apart) & (others < wave.shape[-1] / sample_rate - apart)]
    inside = inside[(inside - moment).abs() >= apart]
    places = torch.cat([torch.tensor([moment]), inside]).mul(sample_rate).round().long()
    found = change(wave, sample_rate, places)
    return float(((found[1:] < found[0]).float() + 0.5 * (found[1:] == found[0]).float()).mean())


def sounding(wave: Tensor, sample_rate: int, places: Tensor) -> Tensor:
    """How far thirds of octaves of two seconds after each of N places (samples) of a wave [C, T], taken as a loop, are
    from those of two seconds before, on the mean [N] in dB."""
    size = round(SOUND_SECONDS * sample_rate)
    windows = wave.mean(0)[(places[:, None] + torch.arange(-size, size)) % wave.shape[-1]].view(len(places), 2, size)
    power = torch.fft.rfft(windows * torch.hann_window(size)).abs().square() / size
    hertz = torch.fft.rfftfreq(size, 1 / sample_rate)
    band = (3 * torch.log2(hertz.clamp_min(1.0) / LOWEST)).floor().long()
    heard = (band >= 0) & (band < BANDS)
    bands = power.new_zeros(*power.shape[:2], BANDS).index_add_(2, band[heard], power[..., heard])
    return (10 * torch.log10(bands + FLOOR)).diff(dim=1).abs().mean((1, 2))


if __name__ == "__main__":
    cyclopts.run(main)
