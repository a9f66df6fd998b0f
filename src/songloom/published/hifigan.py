"""HiFi-GAN vocoders in the Hugging Face layout (`SpeechT5HifiGan`): those of the AudioLDM family and SpeechT5's own.

A folder with config.json and plain weights. The settings do not say how mel frames are made: vocoders that normalise
their input are SpeechT5's (decimal logarithms, 80 to 7600 Hz), all others AudioLDM's (natural ones, up to half the
sample rate).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from songloom.layers.mel import MelScale
from songloom.loading import without_memory
from songloom.published.files import Files, read_json, read_tensors
from songloom.published.keys import Rule, fill, renamed
from songloom.systems.codecs.hifigan import HifiGan

MODEL_TYPES = ("speecht5_hifigan", "hifigan")
"""Today's name and that of the first versions."""


def recognises(files: Files) -> bool:
    """Whether the folder is of this family."""
    return files.config.get("model_type") in MODEL_TYPES


def load(path: Path) -> HifiGan:
    """The vocoder of a folder. Raises ValueError when settings or tensors do not fit."""
    with without_memory():
        system = HifiGan(settings(read_json(path / "config.json"), str(path)))
    fill(system, tensors(path, system.config), source=str(path))
    return system.eval()


def settings(config: Mapping[str, Any], source: str) -> HifiGan.Config:
    """The settings in a config.json. Raises ValueError for what is missing or cannot be."""
    try:
        rate, rates = int(config["sampling_rate"]), tuple(map(int, config["upsample_rates"]))
        dilations = {tuple(map(int, one)) for one in config["resblock_dilation_sizes"]}
        if len(dilations) != 1 or min(rates) < 1:
            raise ValueError("dilations differ between kernels")
        scale = speecht5_scale if config["normalize_before"] else audioldm_scale
        return HifiGan.Config(
            mel=scale(rate, math.prod(rates), int(config["model_in_dim"])),
            width=int(config["upsample_initial_channel"]),
            rates=rates,
            kernels=tuple(map(int, config["upsample_kernel_sizes"])),
            block_kernels=tuple(map(int, config["resblock_kernel_sizes"])),
            dilations=dilations.pop(),
            slope=float(config["leaky_relu_slope"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{source} has no settings of a HiFi-GAN that is known here: {error}") from None


def audioldm_scale(rate: int, hop: int, bands: int) -> MelScale:
    """Natural logarithms of all frequencies; windows of 64 ms at 16 kHz."""
    window = 1024 if rate <= 24_000 else 2048
    return MelScale(sample_rate=rate, n_fft=window, hop_length=hop, bands=bands, high=rate / 2)


def speecht5_scale(rate: int, hop: int, bands: int) -> MelScale:
    """Decimal logarithms between 80 and 7600 Hz."""
    return MelScale(
        sample_rate=rate,
        n_fft=1024,
        hop_length=hop,
        bands=bands,
        low=80.0,
        high=7600.0,
        floor=1e-10,
        spread=math.log(10.0),
    )


def tensors(path: Path, config: HifiGan.Config) -> dict[str, Tensor]:
    """The published tensors under our names; without normalisation its numbers do not count."""
    return _whole(renamed(read_tensors(path), rules(config), source=str(path)), config)


def of_authors(tensors: Mapping[str, Tensor], config: HifiGan.Config, source: str) -> dict[str, Tensor]:
    """Tensors (weight norm folded) by the names of HiFi-GAN's first code under ours; they differ by one word."""
    words = {re.sub(r"^ups\.", "upsampler.", name): tensor for name, tensor in tensors.items()}
    return _whole(renamed(words, rules(config), source=source), config)


def _whole(found: dict[str, Tensor], config: HifiGan.Config) -> dict[str, Tensor]:
    if config.mel.spread == 1.0:
        found["vocoder.mean"] = torch.zeros(config.mel.bands)
        found["vocoder.scale"] = torch.ones(config.mel.bands)
    return found


def rules(config: HifiGan.Config) -> list[Rule]:
    """From Hugging Face's names to ours."""
    own: list[Rule] = [
        (r"(mean|scale)", r"vocoder.\1"),
        (r"conv_pre\.(.+)", r"vocoder.enter.\1"),
        (r"conv_post\.(.+)", r"vocoder.leave.\1"),
        (r"upsampler\.(.+)", r"vocoder.ups.\1"),
    ]
    for stage in range(len(config.rates)):
        for place in range(len(config.block_kernels)):
            theirs = rf"resblocks\.{stage * len(config.block_kernels) + place}"
            own.append((rf"{theirs}\.convs1\.(.+)", rf"vocoder.blocks.{stage}.{place}.dilated.\1"))
            own.append((rf"{theirs}\.convs2\.(.+)", rf"vocoder.blocks.{stage}.{place}.plain.\1"))
    return own
