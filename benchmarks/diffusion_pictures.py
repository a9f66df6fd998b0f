"""Mel spectrograms of what a model that denoises latents can do: prompts, a region made anew, a long piece, a loop.

    python benchmarks/diffusion_pictures.py --model flow --docs docs/stable-audio.md

Writes one PNG beside the document, under pictures/, and its figures between the document's markers.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import cyclopts
import torch
from control_pictures import draw_spectra
from cyclopts import Parameter
from figures import publish
from machine import machine

from songloom.audio.clip import Audio
from songloom.inference import candidates, song
from songloom.inference.song import Model
from songloom.systems.latent_generator import LatentGenerator
from songloom.systems.request import Request

PROMPTS = ("warm lo-fi piano with soft drums, 80 bpm", "fast techno, 140 bpm", "slow solo cello, no drums")
HEADERS = ["picture", "seconds", "asked", "measured"]
NAME = "diffusion-spectra.png"


def main(
    *,
    model: str = "flow",
    prompts: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = PROMPTS,
    seconds: float = 10.0,
    windows: float = 1.5,
    steps: int | None = None,
    seed: int = 0,
    folder: Path | None = None,
    docs: Path | None = None,
) -> None:
    """Draw what a model makes.

    Parameters
    ----------
    model:
        An embedded model, a folder or a hub id.
    prompts:
        One picture each; the first one's music is also made anew in its middle, longer than a window, and as a loop.
    seconds:
        Of each prompt's music.
    windows:
        Length of the long piece, in windows of the model.
    steps:
        Of sampling; the model's own number without it.
    seed:
        Of all.
    folder:
        For the picture; without it pictures/ beside the document.
    docs:
        A document with the markers of these figures, to be filled in.
    """
    place = folder or (docs.parent / "pictures" if docs is not None else None)
    if place is None or not prompts:
        raise ValueError("give --docs or --folder for the picture, and at least one prompt")
    opened = song.open_model(model)
    if not isinstance(opened.system, LatentGenerator):
        raise ValueError(f"{model} is a {opened.system.config.kind}, which denoises no latents")
    window = opened.system.longest / opened.system.codec.frame_rate
    sounds, rows = {}, []
    for title, request in requests(prompts, seconds, window * windows, seed, steps):
        audio = made(opened, request, sounds.get(request.prompt))
        sounds[title] = audio
        heard = candidates.heard(audio, request)
        measured = f"{heard['tempo']:.0f} bpm, {heard['key']}"
        rows.append([title, f"{audio.seconds:.1f}", request.sections[0].prompt, measured])
    place.mkdir(parents=True, exist_ok=True)
    draw_spectra(place / NAME, sounds)
    where = machine()
    how = f"{model}, a window of {window:.1f} s, seed {seed}; {where['cpu']}, torch {where['torch']}."
    note = f"{how}\n\n![Mel spectrograms of the rows below](pictures/{NAME})"
    publish("diffusion pictures", HEADERS, rows, note, docs=docs)


def requests(
    prompts: tuple[str, ...], seconds: float, long: float, seed: int, steps: int | None
) -> list[tuple[str, Request]]:
    """Titles and what is asked under them."""
    plain = [Request(prompt=prompt, seconds=seconds, seed=seed, steps=steps) for prompt in prompts]
    first = plain[0]
    third = seconds / 3
    return [
        *((request.prompt, request) for request in plain),
        (f"its {third:.1f} to {2 * third:.1f} s made anew", first),
        ("longer than a window", replace(first, seconds=long)),
        ("a loop, twice", replace(first, loop=True)),
    ]


def made(model: Model, request: Request, before: Audio | None) -> Audio:
    """The music of a request. Of what was made `before` under its prompt, at the same length and no loop, the middle
    third is made anew; a loop is heard twice."""
    if before is not None and before.seconds == request.seconds and not request.loop:
        third = request.seconds / 3
        request = replace(request, init=before, inpaint=((third, 2 * third),), seed=request.seed + 1)
    audio = song.make(model, request)[0]
    return replace(audio, wave=torch.cat([audio.wave, audio.wave], dim=-1)) if request.loop else audio


if __name__ == "__main__":
    cyclopts.run(main)
