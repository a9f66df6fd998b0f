"""EnCodec's published checkpoints: the encodec package's (24 and 48 kHz), audiocraft's (32 and 16 kHz), Hugging Face's.

A file of the package is the bare state of the model, one of audiocraft (`compression_state_dict.bin`) has it
under `best_state`, beside the text of its settings; neither says all that must be known, so the rest is read
off the shapes. A folder from the Hub has a config.json.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from torch import Tensor

from songloom.loading import without_memory
from songloom.published.encodec_settings import settings_of_hub, settings_of_shapes
from songloom.published.files import Files, read_json, read_pickle, read_tensors, weights_file
from songloom.published.keys import Rule, fill, renamed, unnormed
from songloom.systems.codecs.encodec import Encodec

BEST = "best_state"
BOOK = {"inited": "started", "cluster_size": "counts", "embed": "entries", "embed_avg": "sums"}
FIRST = r"encoder\.(?:model|layers)\.0\.conv\..*"


def recognises(files: Files) -> bool:
    """Whether the files are of this family."""
    if files.config:
        return files.config.get("model_type") == "encodec"
    return BEST in files.keys or any(re.fullmatch(FIRST, key) for key in files.keys)


def load(path: Path) -> Encodec:
    """The codec of a published file or folder. Raises ValueError when anything is missing, unknown or misshaped."""
    weights = weights_file(path)
    if path.is_dir() and (path / "config.json").is_file():
        return from_tensors(read_tensors(weights), settings_of_hub(read_json(path / "config.json")), str(weights))
    craft = weights.suffix != ".safetensors" and BEST in (data := read_pickle(weights))
    tensors = read_tensors(weights, inside=BEST if craft else None)
    text = str(data.get("xp.cfg", "")) if craft else None
    return from_tensors(tensors, settings_of_shapes(unnormed(flattened(tensors)), text), str(weights))


def from_tensors(tensors: Mapping[str, Tensor], settings: Encodec.Config, source: str) -> Encodec:
    """The codec of these settings with published tensors of either layout."""
    with without_memory():
        system: Encodec = settings.build()
    found = renamed(unnormed(flattened(tensors)), rules(settings), source=source)
    started = {name: found[name].reshape(()) for name in found if name.endswith(".started")}
    fill(system, found | started, source=source)
    return system.eval()


def flattened(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Names of either layout in one, that of the Hub: without the package's wrappers around layers."""
    result = {}
    for name, tensor in tensors.items():
        name = re.sub(r"^(encoder|decoder)\.model\.", r"\1.layers.", name)
        name = re.sub(r"\.(conv\.conv|convtr\.convtr)\.", ".conv.", name)
        name = re.sub(r"\.(conv|convtr)\.norm\.", ".norm.", name)
        name = re.sub(r"^quantizer\.vq\.layers\.(\d+)\._codebook\.", r"quantizer.layers.\1.codebook.", name)
        result[name] = tensor
    return result


def rules(settings: Encodec.Config) -> list[Rule]:
    """From the Hub's names (without weight norm) to ours."""
    own: list[Rule] = [
        (rf"quantizer\.layers\.(\d+)\.codebook\.{theirs}", rf"quantizer.books.\1.{ours}")
        for theirs, ours in BOOK.items()
    ]
    for theirs, ours in places(len(settings.network.ratios), len(settings.network.dilations)):
        own += [
            (rf"{theirs}\.conv\.(weight|bias)", rf"{ours}.\1"),
            (rf"{theirs}\.(norm\.(?:weight|bias)|lstm\..+)", rf"{ours}.\1"),
            (rf"{theirs}\.block\.1\.(?:conv\.)?(.+)", rf"{ours}.spread.\1"),
            (rf"{theirs}\.block\.3\.(?:conv\.)?(.+)", rf"{ours}.mix.\1"),
            (rf"{theirs}\.shortcut\.(?:conv\.)?(.+)", rf"{ours}.shortcut.\1"),
        ]
    return own


def places(ratios: int, units: int) -> list[tuple[str, str]]:
    """Patterns for the places of layers in the Hub's two lists, which count activations too, and ours."""
    down, up = count(), count()
    encoder: list[str | None] = [f"encoder.convolutions.{next(down)}"]
    decoder: list[str | None] = ["decoder.enter.0", "decoder.memory"]
    for _ in range(ratios):
        encoder += [*(f"encoder.convolutions.{next(down)}" for _ in range(units)), None]
        encoder += [f"encoder.convolutions.{next(down)}"]
        decoder += [None, *(f"decoder.convolutions.{next(up)}" for _ in range(1 + units))]
    encoder += ["encoder.memory", None, "encoder.leave.0"]
    decoder += [None, f"decoder.convolutions.{next(up)}"]
    lists = (("encoder", encoder), ("decoder", decoder))
    return [
        (rf"{network}\.layers\.{place}", ours) for network, found in lists for place, ours in enumerate(found) if ours
    ]
