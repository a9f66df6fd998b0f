"""From how much noise a model finds the style again: real music, noised to a time and denoised under its own words.

    python benchmarks/denoised_style.py corpus --ear runs/adherence/ear/EAR.safetensors --out runs/style.json

Style holds for a whole stretch, so it is heard through much noise. Where a model keeps the style of music from some
time on, but has none from pure noise, it has not learned what is decided before that time. The ear names the style; how
often it does so of the codec's own copies is the most there is to reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import cyclopts
import torch
from cyclopts import Parameter
from figures import publish
from machine import machine
from rich.console import Console
from rich.progress import track

from songloom.audio.clip import Audio
from songloom.checkpoint import model_hash
from songloom.data import manifest
from songloom.data.manifest import Clip
from songloom.inference.song import DEFAULT_LOUDNESS, finish
from songloom.metrics.confidence import share
from songloom.metrics.ear import Ear
from songloom.systems import registry
from songloom.systems.latent_generator import LatentGenerator
from songloom.systems.request import Request

COPY = "the codec's copy"


@dataclass(frozen=True)
class Piece:
    """The middle of a held-out piece: its words, its style, its sound and a seed."""

    text: str
    style: str
    audio: Audio
    seed: int


def main(
    corpus: Path,
    /,
    *,
    ear: Path,
    model: str = "flow",
    pieces: int = 24,
    seconds: float = 10.0,
    steps: int = 16,
    skipped: Annotated[tuple[int, ...], Parameter(consume_multiple=True)] = (0, 1, 2, 4, 8),
    out: Path | None = None,
    docs: Path | None = None,
) -> None:
    """Tell the style of music that was denoised from several times on; prints a table.

    Parameters
    ----------
    corpus:
        A corpus of the band, of which the held-out pieces are taken.
    ear:
        A trained ear; benchmarks/adherence.py keeps one in its folder.
    model:
        A model that denoises latents, embedded or a checkpoint's folder.
    pieces:
        Held-out pieces.
    seconds:
        Of their middle.
    steps:
        Of sampling from pure noise to music.
    skipped:
        How many of the steps are left out, from the noisiest one on; 0 is pure noise.
    """
    system = registry.load(model)
    if not isinstance(system, LatentGenerator):
        raise ValueError(f"{model} denoises no latents: it is a {type(system).__name__}")
    if min(skipped) < 0 or max(skipped) >= steps:
        raise ValueError(f"of {steps} steps {skipped} are to be skipped; needs 0 to {steps - 1}")
    held, judge = held_out(corpus, pieces, seconds), Ear.load(ear)
    visited = system.times(steps, system.frames(round(seconds * system.sample_rate)))
    found = {f"time {float(visited[skip]):.3f}": hits(system, judge, held, steps, skip) for skip in skipped}
    found[COPY] = [told(system, judge, copied(system, piece), piece) for piece in held]
    rows = [[name, str(share(right))] for name, right in found.items()]
    name, where = Path(model).parent.name if Path(model).is_dir() else model, machine()
    note = (
        f"Model `{name}` {model_hash(registry.locate(model))[:12]}, {len(held)} pieces of {seconds:g} s, {steps} "
        f"steps; torch {where['torch']}, {where['cpu']}. Shares with 95 % intervals."
    )
    result: dict[str, Any] = {"machine": where, "model": name, "rows": rows}
    publish("denoised style", ["denoised from", "style as it was"], rows, note, result=result, out=out, docs=docs)


def held_out(corpus: Path, count: int, seconds: float) -> list[Piece]:
    """The first pieces that no training sees."""
    clips = [clip for clip in manifest.read(corpus) if clip.split == "valid"][:count]
    if not clips:
        raise ValueError(f"{corpus} holds out no pieces: none has the split valid")
    return [piece(corpus, clip, seed, seconds) for seed, clip in enumerate(clips)]


def piece(corpus: Path, clip: Clip, seed: int, seconds: float) -> Piece:
    """The middle of a clip."""
    whole = Audio.load(corpus / clip.audio)
    begin = max(0, round((whole.seconds - seconds) / 2 * whole.sample_rate))
    middle = whole.wave[:, begin : begin + round(seconds * whole.sample_rate)]
    text = next((caption.text for caption in clip.captions if caption.kind == "sentence"), "")
    return Piece(text, str(clip.labels["style"]), Audio(middle, whole.sample_rate), seed)


def hits(system: LatentGenerator, ear: Ear, held: Sequence[Piece], steps: int, skip: int) -> list[bool]:
    """Whether each piece has its style when the first `skip` of the steps are left out."""
    shown = track(held, description=f"without {skip} steps", console=Console(stderr=True))
    return [told(system, ear, denoised(system, piece, steps, skip), piece) for piece in shown]


def denoised(system: LatentGenerator, piece: Piece, steps: int, skip: int) -> Audio:
    """A piece noised to the time after `skip` of the steps, and denoised from there under its words."""
    request = Request(
        prompt=piece.text,
        seconds=piece.audio.seconds,
        seed=piece.seed,
        steps=steps,
        init=piece.audio,
        init_strength=1 - skip / steps,
    )
    return Audio(system.generate(request)[0], system.sample_rate)


def copied(system: LatentGenerator, piece: Piece) -> Audio:
    """What the codec makes of a piece."""
    codec = system.codec
    with torch.no_grad():
        wave = piece.audio.fitted(codec.sample_rate, codec.channels)[None]
        return Audio(codec.decode(codec.encode(wave), length=wave.shape[-1])[0].clamp(-1, 1), codec.sample_rate)


def told(system: LatentGenerator, ear: Ear, audio: Audio, piece: Piece) -> bool:
    """Whether the ear names the piece's style."""
    wave = finish(audio.wave.clone(), system.sample_rate, DEFAULT_LOUDNESS)
    return ear.listen(wave, system.sample_rate).style == piece.style


if __name__ == "__main__":
    cyclopts.run(main)
