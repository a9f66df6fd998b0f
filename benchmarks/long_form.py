"""Stories, loops and long pieces, measured: do drums come when told, does a loop keep time and close, does sound drift?

    python benchmarks/long_form.py --model loom --docs docs/musicgen.md

Stories turn between words with drums and words without; a loop is compared with the same music cut at the same places;
long pieces with what the model gave before their drift was held.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal, TypeVar, get_args

import cyclopts
import torch
from cyclopts import Parameter
from machine import machine
from rich.console import Console
from rich.progress import track
from torch import Tensor

from songloom.audio.agreement import tempo_agrees
from songloom.audio.clip import Audio
from songloom.audio.features.percussion import estimate_percussion
from songloom.audio.features.tempo import estimate_tempo
from songloom.audio.loops import seam
from songloom.data.manifest import write_atomically
from songloom.inference import song
from songloom.inference.candidates import agreement
from songloom.metrics.confidence import share
from songloom.metrics.report import markdown_table, put_between
from songloom.systems.request import Request
from songloom.systems.roles import Generator

CALM = ("calm solo piano, no drums", "slow ambient pads, no drums", "solo harp, no drums", "string quartet, no drums")
DRUMS = ("rock with drums", "house with drums", "techno with drums", "funk with drums")
LOOPS = ("house with drums, 124 bpm", "hip hop with drums, 92 bpm", "rock with drums, 133 bpm", "calm piano, 77 bpm")
LONG = (
    "house with drums, 124 bpm",
    "calm piano, 77 bpm",
    "rock with drums, 133 bpm",
    "slow ambient pads, 70 bpm",
    "solo harp, 90 bpm",
    "funk with drums, 105 bpm",
)
CHOICE = 4
LOWEST_OCTAVE = 62.5
HELD = 3.0
"""Decibels within which a later window is held, as is wanted."""
SETTLED_SECONDS = 4.0
"""After a turn, before the new words are judged."""
Rows = list[list[str]]
T = TypeVar("T")
Table = Literal["stories", "loops", "drift", "candidates"]


def main(
    *,
    model: str = "loom",
    seeds: int = 2,
    first: int = 0,
    half: float = 12.0,
    bars: int = 8,
    long: float = 150.0,
    tables: Annotated[tuple[Table, ...], Parameter(consume_multiple=True)] = get_args(Table),
    out: Path | None = None,
    docs: Path | None = None,
) -> None:
    """Measure a model that takes stories and loops; prints a table.

    Parameters
    ----------
    model:
        An embedded model's name or a checkpoint folder.
    seeds:
        Of each story, each loop and each long piece.
    first:
        The first of these seeds.
    half:
        Seconds before and after a story's turn.
    bars:
        Of a loop.
    long:
        Seconds of a long piece.
    tables:
        What to measure; each has markers of its own in a document.
    out:
        A JSON file for all figures.
    docs:
        A document with the markers of these tables, to be filled in.
    """
    system = song.open_model(model).system
    if long < 1.5 * (system.window_seconds or long):
        raise ValueError(f"long is {long:g} s; drift shows after one and a half windows of {system.window_seconds:g} s")
    measures: dict[Table, Callable[[], Rows]] = {
        "stories": lambda: stories(system, range(first, first + seeds), half),
        "loops": lambda: loops(system, range(first, first + seeds), bars),
        "drift": lambda: drifts(system, range(first, first + seeds), long),
        "candidates": lambda: at_once(system),
    }
    where, found = machine(), {}
    note = f"Model `{model}` {song.open_model(model).sha256[:12]}; torch {where['torch']}, {where['cpu']}."
    for name in tables:
        found[name] = measures[name]()
        table = markdown_table(["what", "measured"], found[name])
        Console().print(f"{note}\n\n{table}", highlight=False, markup=False, soft_wrap=True)
        if docs is not None:
            put_between(docs, f"long-form {name}", f"{note}\n\n{table}")
    if out is not None:
        write_atomically(out, json.dumps({"machine": where, "rows": found}, indent=1) + "\n")


def stories(system: Generator, seeds: range, half: float) -> Rows:
    """Drums before and after the turn, and the tempo on either side of it."""
    before: dict[bool, list[bool]] = {True: [], False: []}
    after: dict[bool, list[bool]] = {True: [], False: []}
    kept = []
    told = [pair for calm, drums in zip(CALM, DRUMS, strict=True) for pair in ((calm, drums), (drums, calm))]
    for seed, (first, second) in _each([(seed, pair) for seed in seeds for pair in told], "stories"):
        request = Request(story=((0.0, first), (half, second)), seconds=2 * half, tempo=110.0, seed=seed)
        wave, rate = system.generate(request)[0], system.sample_rate
        parts = wave[:, : round(half * rate)], wave[:, round((half + SETTLED_SECONDS) * rate) :]
        heard = [estimate_percussion(part, rate).drums > 0.5 for part in parts]
        before[first in DRUMS].append(heard[0] == (first in DRUMS))
        after[second in DRUMS].append(heard[1] == (second in DRUMS))
        kept += [tempo_agrees(estimate_tempo(part, rate).bpm, 110.0, octaves=True) for part in parts]
    settled = f"{SETTLED_SECONDS:g} s after the turn"
    return [
        ["story: drums are there before the turn, where told", str(share(before[True]))],
        ["story: no drums before the turn, where told", str(share(before[False]))],
        [f"story: drums have come {settled}", str(share(after[True]))],
        [f"story: drums have gone {settled}", str(share(after[False]))],
        ["story: tempo of each side is the asked one, octaves allowed", str(share(kept))],
    ]


def loops(system: Generator, seeds: range, bars: int) -> Rows:
    """Length, tempo, and how the seam, a downbeat, compares with the other beats of the same loop."""
    exact, tempo, quiet, cut_quiet = [], [], [], []
    for seed, prompt in _each([(seed, prompt) for seed in seeds for prompt in LOOPS], "loops"):
        request = Request(prompt=prompt, loop=True, bars=bars, seed=seed)
        raw, wave, rate = *_made(system, request), system.sample_rate
        asked = request.named_tempo or 0.0
        exact.append(wave.shape[-1] == round(bars * 4 * 60 / asked * rate))
        twice = torch.cat([wave, wave], dim=-1)
        tempo.append(tempo_agrees(estimate_tempo(twice, rate).bpm, asked, octaves=True))
        quiet.append(seam(wave, rate, 60 / asked))
        lead, size = system.samples(request)
        cut_quiet.append(seam(raw[:, lead : lead + size], rate, 60 / asked))
    best = []
    for prompt in _each(list(LOOPS), "candidates of loops"):
        request = Request(prompt=prompt, loop=True, bars=bars, candidates=CHOICE)
        made = [Audio(wave, system.sample_rate) for wave in system.generate(request)]
        chosen = max(made, key=lambda audio: agreement(audio, request))
        best.append(seam(chosen.wave, system.sample_rate, 60 / (request.named_tempo or 120)))
    return [
        [f"loop of {bars} bars: exact number of samples", str(share(exact))],
        ["loop, played twice: tempo is the asked one, octaves allowed", str(share(tempo))],
        [
            "loop: share of its other beats where the spectrum changes less than at the seam, median",
            f"{statistics.median(quiet):.2f}",
        ],
        ["loop: the same, of the music cut there, median", f"{statistics.median(cut_quiet):.2f}"],
        [f"loop: the same, worst of {len(quiet)}", f"{max(quiet):.2f}, cut {max(cut_quiet):.2f}"],
        [f"loop: the same, worst of {len(best)}, each the best of {CHOICE} candidates", f"{max(best):.2f}"],
    ]


def drifts(system: Generator, seeds: range, seconds: float) -> Rows:
    """The furthest that octaves and level of a later window go from the first, as held and as the model made it."""
    window = round((system.window_seconds or seconds) * system.sample_rate)
    requests = [Request(prompt=prompt, seconds=seconds, seed=seed) for seed in seeds for prompt in LONG]
    furthest, rows = [], []
    for request, raw in zip(requests, _raw(system, requests), strict=True):
        heard = torch.cat(list(system.finished(request, [raw])), dim=-1)
        furthest.append([_furthest(wave[0], window, system.sample_rate) for wave in (heard, raw)])
        (level, octave, where), (free_level, free_octave, _) = furthest[-1]
        told = f"level {level:.1f}, octaves {octave:.1f} dB ({where})"
        rows.append(
            [
                f"{seconds:g} s of {request.prompt}, seed {request.seed}",
                f"{told}; not held {free_level:.1f}, {free_octave:.1f} dB",
            ]
        )
    for place, what in enumerate(("level", "octaves")):
        held, free = ([one[kind][place] for one in furthest] for kind in range(2))
        inside = [str(share([far <= HELD for far in found])) for found in (held, free)]
        middle = [f"{statistics.median(found):.1f}, {max(found):.1f} dB" for found in (held, free)]
        subject = f"{len(requests)} pieces of {seconds:g} s, {what} of their later windows"
        rows.append([f"{subject}: within {HELD:g} dB of the first", f"{inside[0]} (not held {inside[1]})"])
        rows.append([f"{subject}: furthest, median and worst", f"{middle[0]} (not held {middle[1]})"])
    return rows


def _raw(system: Generator, requests: list[Request]) -> Iterator[Tensor]:
    """What a model gives for requests of one shape, [1, C, T] each: as one batch where it can."""
    if system.batched:
        for pieces in system.several(requests, [request.seed for request in requests]):
            yield torch.cat(list(pieces), dim=-1)[..., : system.samples(requests[0])[1]]
        return
    for request in requests:
        yield torch.cat(list(system.pieces(request, request.seed)), dim=-1)[..., : system.samples(request)[1]]


def at_once(system: Generator) -> Rows:
    """How much work four candidates are as one batch and one after the other."""
    request = Request(prompt=LOOPS[0], seconds=8.0, candidates=4)
    alone = [replace(request, seed=seed, candidates=1) for seed in range(4)]
    work, times = ([request], alone), []
    for _, requests in _each(list(enumerate(work)), "candidates"):
        begun = time.process_time()
        for one in requests:
            system.generate(one)
        times.append(time.process_time() - begun)
    return [
        ["4 candidates of 8 s: processor time one after the other, to that as one batch", f"{times[1] / times[0]:.2f}"]
    ]


def _made(system: Generator, request: Request) -> tuple[Tensor, Tensor]:
    """What a model gives for a request, and what a listener gets of it, each [C, T]."""
    raw = torch.cat(list(system.pieces(request, request.seed)), dim=-1)
    return raw[0], torch.cat(list(system.finished(request, [raw])), dim=-1)[0]


def _furthest(wave: Tensor, window: int, rate: int) -> tuple[float, float, str]:
    """The largest difference in level, and in an octave that is no more than 40 dB below the whole, in dB; and which
    octave that is."""
    parts = [part for part in torch.split(wave, window, dim=-1) if part.shape[-1] > window // 2]
    levels = torch.stack([_octaves(part, rate) for part in parts])
    counted = levels[0] > levels[0, -1] - 40
    apart = (levels[1:] - levels[0]).abs()
    place = int(torch.where(counted, apart.amax(0), -1.0)[:-1].argmax())
    where = f"from {LOWEST_OCTAVE * 2**place:g} Hz, {levels[0, -1] - levels[0, place]:.0f} dB below the whole"
    return float(apart[:, -1].max()), float(apart[:, place].max()), where


def _octaves(wave: Tensor, rate: int) -> Tensor:
    """Levels of the octaves from 62.5 Hz to 8 kHz and of the whole wave [C, T], in dB."""
    power = torch.fft.rfft(wave).abs().square().mean(0)
    hertz = torch.fft.rfftfreq(wave.shape[-1], 1 / rate)
    edges = [LOWEST_OCTAVE * 2**k for k in range(8)]
    bands = [power[(hertz >= low) & (hertz < 2 * low)].sum() for low in edges]
    return 10 * torch.log10(torch.stack([*bands, power.sum()]) / wave.shape[-1] ** 2 + 1e-12)


def _each(items: list[T], what: str) -> Iterator[T]:
    yield from track(items, description=what, console=Console(stderr=True))


if __name__ == "__main__":
    cyclopts.run(main)
