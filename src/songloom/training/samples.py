"""Sounds that a run leaves behind: a codec's copies beside their originals, a generator's first attempts."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from songloom.audio import files
from songloom.data.batch import Batch
from songloom.systems.request import Request
from songloom.systems.roles import Codec, Generator, System

SAMPLES = 2
SAMPLE_SECONDS = 10.0


@torch.no_grad()
def write_samples(system: System, batch: Batch, folder: Path, step: int) -> list[Path]:
    """Writes up to two short WAV files of `system` (in eval mode) for items of `batch`; returns their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    if isinstance(system, Codec):
        return _write(_copies(system, batch), system.sample_rate, folder, f"step-{step:07d}")
    if isinstance(system, Generator):
        return _write(_attempts(system, batch), system.sample_rate, folder, f"step-{step:07d}")
    return []


def write_originals(batch: Batch, folder: Path) -> list[Path]:
    """The waves that a codec's samples are copies of."""
    if batch.wave is None or batch.sample_rate is None:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    return _write(list(batch.wave.cpu()), batch.sample_rate, folder, "original")


def _copies(codec: Codec, batch: Batch) -> list[Tensor]:
    if batch.wave is None:
        return []
    latents = codec.encode(batch.wave)
    if codec.streams:
        latents = codec.dequantize(codec.quantize(latents))
    return list(codec.decode(latents, length=batch.wave.shape[-1]))


def _attempts(generator: Generator, batch: Batch) -> list[Tensor]:
    prompts = [text for text in batch.texts if text] or ["piano"]
    seconds = min(SAMPLE_SECONDS, generator.longest_seconds)
    return [generator.generate(Request(prompt=prompt, seconds=seconds))[0] for prompt in prompts]


def _write(waves: list[Tensor], sample_rate: int, folder: Path, name: str) -> list[Path]:
    paths = [folder / f"{name}-{place}.wav" for place in range(len(waves))]
    for path, wave in zip(paths, waves, strict=True):
        files.write(path, wave.float().clamp(-1.0, 1.0).cpu(), sample_rate)
    return paths
