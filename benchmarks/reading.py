"""Crops a second that training can read against what it needs, for the embedded models and every -tiny preset.

    OMP_NUM_THREADS=1 python benchmarks/reading.py --docs docs/data.md

A system reads what its recipe says: waves out of tar shards of FLAC, codes, latents or log-mel frames (with curves or
waves beside them) out of a cache, by the data set that training uses, so that a figure has all of a crop's way:
drawing, opening, decoding, stacking. The waves are tones in noise, the frames random. Reading is CPU time of one
thread, files in the page cache. The need is a system's losses, its opponents' too, and their gradients for a batch of
its own recipe, in CPU time of one thread, or by the clock on a GPU; the optimiser is left out, so that it is rather too
high.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import cyclopts
import numpy as np
import soundfile
import torch
from figures import publish
from machine import machine

from songloom.conditioning.curves import ROWS
from songloom.data.batch import Batch
from songloom.data.dataset import Dataset, open_waves
from songloom.data.manifest import Caption, Clip, write
from songloom.data.prepare.pipeline import prepare
from songloom.data.prepare.tar_shards import Sound
from songloom.data.shards import Shards, ShardWriter
from songloom.data.waves import cache_waves
from songloom.recipe import Recipe
from songloom.systems import registry
from songloom.systems.roles import System
from songloom.training.session import mel_scale, part_codec

MARKER = "reading"
STEPS, BATCHES = 2, 12
EMBEDDED = ("spectral-codec", "loom", "flow", "shuttle")


def main(
    *,
    systems: Sequence[str] = (),
    clips: int = 4,
    seconds: float = 20.0,
    shown: int = 6,
    device: str = "cpu",
    out: Path | None = None,
    docs: Path | None = None,
) -> None:
    """Times reading and one step of each system.

    Parameters
    ----------
    systems:
        Presets; without it those of the embedded models and all -tiny ones.
    clips:
        How many clips are made.
    seconds:
        Their length.
    shown:
        How many -tiny presets, those that come nearest to being kept waiting, the table shows.
    device:
        Where the steps run.
    out:
        A JSON file for all figures.
    docs:
        A document with the markers of this table, to be filled in.
    """
    torch.set_num_threads(1)
    registry.discover()
    every = registry.presets()
    wanted = systems or (*EMBEDDED, *(name for name in every if name.endswith("-tiny")))
    found: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory() as place:
        music = Music(Path(place), clips, seconds)
        for name in wanted:
            found[name] = compared(name, music, device)
    few = sorted((name for name in wanted if name not in EMBEDDED), key=lambda name: found[name]["times"])[:shown]
    named = [name for name in wanted if name in (*EMBEDDED, *few)]
    rows = [
        [name, one["reads"], f"{one['rate']:,.0f}", f"{one['need']:,.1f}", f"{one['times']:,.1f}"]
        for name, one in ((name, found[name]) for name in named)
    ]
    here = machine()
    least = min(found, key=lambda name: found[name]["times"])
    note = (
        f"{here['cpu']}, torch {here['torch']}: CPU time of one thread, steps on {device}; {clips} clips of "
        f"{seconds:g} s. Of {len(found)} presets {least} comes nearest: it could be read {found[least]['times']:.2f} "
        f"times as fast as it learns."
    )
    headers = ("system", "reads", "crops/s read", "crops/s needed", "times the need")
    publish(MARKER, headers, rows, note, result={"systems": found, "machine": here}, out=out, docs=docs)


class Music:
    """Music in every form that a recipe may ask for, made when it is asked."""

    def __init__(self, folder: Path, clips: int, seconds: float) -> None:
        self.folder, self.count, self.seconds = folder, clips, seconds
        self.sounds, self.shards = lru_cache(maxsize=None)(self._sounds), lru_cache(maxsize=None)(self._shards)

    def source(self, system: System, recipe: Recipe) -> Dataset:
        """What training would read."""
        if recipe.inputs == "waves":
            return self.waves(system)
        if recipe.inputs == "mel":
            scale = mel_scale(system)
            shape, rate = (scale.bands,), scale.sample_rate / scale.hop_length
            return Dataset(self.clips(), latents=self.frames("mel", shape, rate, "float16", 1.0), frame_rate=rate)
        codec = part_codec(system)
        rate = codec.frame_rate
        codes = recipe.inputs == "codes"
        shape = (codec.streams,) if codes else (codec.latent_width,)
        kind, most = ("int16", codec.codebook_size) if codes else ("float16", 1.0)
        frames = self.frames(f"{recipe.inputs} {type(codec).__name__} {shape} {rate:g}", shape, rate, kind, most)
        curves = self.frames(f"curves {rate:g}", (sum(ROWS.values()),), rate, "float16", 1.0) if recipe.curves else None
        waves = None
        if recipe.waves:
            folder = self.sounds(codec.sample_rate)
            waves = cache_waves(folder, self.clips(), sample_rate=codec.sample_rate, channels=codec.channels)
        held = {"codes" if codes else "latents": frames}
        return Dataset(self.clips(), waves=waves, curves=curves, frame_rate=rate, **held)  # type: ignore[arg-type]

    def waves(self, system: System) -> Dataset:
        """Tar shards at a system's own rate and channels."""
        folder = self.shards(system.sample_rate, system.channels)
        return open_waves(folder, sample_rate=system.sample_rate, channels=system.channels)

    def clips(self) -> list[Clip]:
        """Those of the caches of frames."""
        said = (Caption("sentence", "a calm piano"),)
        return [Clip(str(n), f"{n}.wav", self.seconds, 16_000, 1, captions=said) for n in range(self.count)]

    def frames(self, name: str, shape: tuple[int, ...], rate: float, dtype: str, most: float) -> Shards:
        """A cache of random frames [..., F]: whole numbers below `most`, or numbers up to it."""
        folder = self.folder / name.replace(" ", "-")
        if not Shards.is_finished(folder):
            drawn = np.random.default_rng(0)
            with ShardWriter(folder, dtype, {}) as writer:
                for clip in self.clips():
                    values = drawn.uniform(0, most, (*shape, round(rate * self.seconds)))
                    writer.add(clip.id, np.floor(values) if dtype == "int16" else values)
        return Shards(folder)

    def _sounds(self, sample_rate: int) -> Path:
        """Clips of tones in noise, which pack about as music does."""
        folder = self.folder / f"music-{sample_rate}"
        folder.mkdir()
        for clip in self.clips():
            drawn = np.random.default_rng(int(clip.id))
            steps = np.repeat(drawn.uniform(100, 2000, (int(4 * self.seconds) + 1, 4)), sample_rate // 4, axis=0)
            steps = steps[: int(self.seconds * sample_rate)]
            tones = np.sin(2 * np.pi * np.cumsum(steps, axis=0) / sample_rate).mean(1)
            wave = 0.4 * tones + 0.01 * drawn.standard_normal(len(steps))
            soundfile.write(folder / clip.audio, wave, sample_rate)
        write(folder, self.clips())
        return folder

    def _shards(self, sample_rate: int, channels: int) -> Path:
        out = self.folder / f"shards-{sample_rate}-{channels}"
        prepare(self.sounds(sample_rate), out, sound=Sound(sample_rate, channels), keep_near=True)
        return out


def compared(name: str, music: Music, device: str) -> dict[str, Any]:
    """What a preset reads, how fast that goes, and how fast it learns."""
    cls, settings = registry.preset(name)
    recipe: Recipe = cls.recipe(name)
    torch.manual_seed(0)
    system: System = settings.build()
    source = music.source(system, recipe)
    rate = read_rate(source, recipe)
    need = recipe.batch_size / step_seconds(system, [batch_of(source, recipe, step) for step in range(STEPS)], device)
    more = " and ".join(word for word, on in (("curves", recipe.curves), ("waves", recipe.waves)) if on)
    reads = f"{recipe.inputs}{f' and {more}' if more else ''} of {recipe.seconds:g} s"
    return {"reads": reads, "rate": rate, "need": need, "times": rate / need}


def batch_of(source: Dataset, recipe: Recipe, step: int) -> Batch:
    return source.batch(step, batch_size=recipe.batch_size, crop_seconds=recipe.seconds)


def read_rate(source: Dataset, recipe: Recipe) -> float:
    """Crops per CPU second, by the median over batches."""
    return recipe.batch_size / statistics.median(timed(lambda s: batch_of(source, recipe, s), range(BATCHES), "cpu"))


def step_seconds(system: System, batches: Sequence[Batch], device: str) -> float:
    """The shortest forward and backward pass."""
    system.to(device).call_opponents()
    system.to(device).train()

    def step(place: int) -> None:
        losses = system.losses(batches[place].to(device), step=place)
        torch.stack([loss.float() for name, loss in losses.items() if not name.startswith("~")]).sum().backward()
        if device != "cpu":
            torch.cuda.synchronize()

    return min(timed(step, range(len(batches)), device))


def timed(work: Callable[[int], object], places: Iterable[int], device: str) -> list[float]:
    """Seconds of each: of the processor where that works, by the clock where a GPU does."""
    clock = time.process_time if device == "cpu" else time.perf_counter
    spent = []
    for place in places:
        begin = clock()
        work(place)
        spent.append(clock() - begin)
    return spent


if __name__ == "__main__":
    cyclopts.run(main)
