"""Jukebox's published VQ-VAE: `vqvae.pth.tar` of the authors, or the same tensors in a Hugging Face model.

The authors' file holds a dictionary with the settings (`hps`) and the tensors (`model`); a Hugging Face model has them
among those of the priors, under `vqvae.` and under other names. Sizes are read off the shapes; what no shape tells
(sample rate, growth of the dilations) is the published model's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from songloom.bottlenecks.vector import VectorQuantizer
from songloom.loading import without_memory
from songloom.published.files import Files, read_pickle, read_tensors, weights_file
from songloom.published.keys import Rule, fill, listed, renamed
from songloom.systems.codecs.jukebox import JukeboxVqVae

CONTAINER = frozenset({"hps", "model"})
HUB = "vqvae."
BOOK = r"bottleneck\.level_blocks\.(\d+)\.(?:k|codebook)"
ENCODER = r"encoders\.(\d+)\.level_blocks\.(\d+)\."


def recognises(files: Files) -> bool:
    """Whether the files are of this family."""
    if files.config:
        return str(files.config.get("model_type", "")).startswith("jukebox")
    return files.keys >= CONTAINER or any(key.startswith(HUB + "bottleneck.") for key in files.keys)


def load(path: Path) -> JukeboxVqVae:
    """The codec of a published file or folder. Raises ValueError when anything is missing, unknown or misshaped."""
    file = weights_file(path)
    packed = file.suffix != ".safetensors" and not file.name.endswith(".json") and read_pickle(file).keys() >= CONTAINER
    return from_tensors(read_tensors(file, inside="model" if packed else None), str(file))


def from_tensors(tensors: Mapping[str, Tensor], source: str) -> JukeboxVqVae:
    """The codec with published tensors of either layout."""
    own = flattened(tensors)
    settings = settings_of(own, source)
    with without_memory():
        system: JukeboxVqVae = settings.build()
    found = renamed(own, rules(settings), source=source)
    for name in [name for name in found if name.endswith(".entries")]:
        book = name.removesuffix("entries")
        found[book + "sums"] = found[name].float()
        found[book + "counts"] = torch.ones(len(found[name]))
        found[book + "started"] = torch.ones((), dtype=torch.int64)
    fill(system, found, source=source)
    return system.eval()


def flattened(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The VQ-VAE's tensors under the authors' names, without wrappers."""
    prefix = HUB if any(name.startswith(HUB) for name in tensors) else ""
    result = {}
    for name, tensor in tensors.items():
        name = name.removeprefix("module.")
        if name.startswith(prefix):
            result[original(name.removeprefix(prefix))] = tensor
    return result


def original(name: str) -> str:
    """A Hugging Face name as the authors have it; their own names stay."""
    name = re.sub(r"\.resnet_block\.(\d+)\.conv1d_1\.", r".model.\1.model.1.", name)
    name = re.sub(r"\.resnet_block\.(\d+)\.conv1d_2\.", r".model.\1.model.3.", name)
    name = re.sub(r"\.downsample_block\.(\d+)\.", lambda m: f".model.{int(m[1]) // 2}.{int(m[1]) % 2}.", name)
    name = re.sub(r"\.upsample_block\.(\d+)\.", lambda m: f".model.{int(m[1]) // 2 + 1}.{int(m[1]) % 2}.", name)
    return re.sub(r"^(decoders\..*)\.proj_in\.", r"\1.model.0.", name)


def settings_of(tensors: Mapping[str, Tensor], source: str) -> JukeboxVqVae.Config:
    """The settings that the shapes tell. Raises ValueError when no level can be found."""
    books = {int(m[1]): tensor for name, tensor in tensors.items() if (m := re.fullmatch(BOOK, name))}
    shapes: dict[tuple[int, int], int] = {}
    depths: dict[int, int] = {}
    for name in tensors:
        if halving := re.fullmatch(ENCODER + r"model\.(\d+)\.0\.weight", name):
            place = int(halving[1]), int(halving[2])
            shapes[place] = max(shapes.get(place, 0), int(halving[3]) + 1)
        if block := re.fullmatch(ENCODER + r"model\.0\.1\.model\.(\d+)\.model\.1\.weight", name):
            depths[int(block[1])] = max(depths.get(int(block[1]), 0), int(block[3]) + 1)
    levels = len(books)
    first = [f"encoders.{level}.level_blocks.0.model.0.0.weight" for level in range(levels)]
    lacking = [name for name in first if name not in tensors]
    if not levels or lacking or sorted(depths) != sorted(books) or (levels - 1, levels - 1) not in shapes:
        raise ValueError(f"{source} is not a whole VQ-VAE of Jukebox; it lacks {listed(lacking or ['codebooks'])}")
    widths = [len(tensors[name]) for name in first]
    least = min(widths)
    size, width = books[0].shape
    return JukeboxVqVae.Config(
        halvings=tuple(shapes.get((levels - 1, block), 0) for block in range(levels)),
        multipliers=tuple(one // least for one in widths),
        width=least,
        depth=min(depths.values()),
        quantizer=VectorQuantizer.Config(codebook_size=size, width=width),
    )


def rules(settings: JukeboxVqVae.Config) -> list[Rule]:
    """From the authors' names to ours; a decoder's stacks stand in the other order here, the coarsest first."""
    own: list[Rule] = [(BOOK, r"levels.\1.quantizer.book.entries")]
    own.append((r"decoders\.(\d+)\.out\.(.+)", r"levels.\1.leave.\2"))
    for level in range(len(settings.halvings)):
        for block, halvings in enumerate(settings.halvings[: level + 1]):
            theirs, ours = rf"encoders\.{level}\.level_blocks\.{block}\.", f"levels.{level}.encoder.{block}."
            own.append((rf"{theirs}(?:model\.{halvings}|proj_out)\.(weight|bias)", rf"{ours}leave.\1"))
            own.append((rf"{theirs}model\.(\d+)\.0\.(weight|bias)", rf"{ours}halves.\1.\2"))
            own.append((rf"{theirs}model\.(\d+)\.1\.model\.(\d+)\.model\.1\.(.+)", rf"{ours}blocks.\1.\2.wide.\3"))
            own.append((rf"{theirs}model\.(\d+)\.1\.model\.(\d+)\.model\.3\.(.+)", rf"{ours}blocks.\1.\2.narrow.\3"))
            theirs, ours = rf"decoders\.{level}\.level_blocks\.{block}\.", f"levels.{level}.decoder.{level - block}."
            own.append((rf"{theirs}model\.0\.(weight|bias)", rf"{ours}enter.\1"))
            for place in range(halvings):
                stage = rf"{theirs}model\.{place + 1}\."
                own.append((rf"{stage}1\.(weight|bias)", rf"{ours}twices.{place}.\1"))
                own.append((rf"{stage}0\.model\.(\d+)\.model\.1\.(.+)", rf"{ours}blocks.{place}.\1.wide.\2"))
                own.append((rf"{stage}0\.model\.(\d+)\.model\.3\.(.+)", rf"{ours}blocks.{place}.\1.narrow.\2"))
    return own
