"""DAC's published checkpoints: the dac package's `weights_*.pth` and the Hugging Face layout.

A package file holds {"state_dict", "metadata"}; `metadata["kwargs"]` are the settings, where keys that are not
there take the package's defaults. Some files do not say their sample rate: then the file's name does, or the
number of books, which differs between the published models. A Hugging Face folder has config.json.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from songloom.loading import without_memory
from songloom.published.dilated import named, numbered
from songloom.published.files import Files, read_json, read_pickle, read_tensors, weights_file
from songloom.published.keys import Rule, fill, renamed, unnormed
from songloom.systems.codecs.dac import Dac, quantizer

QUANTIZER: list[Rule] = [
    (r"quantizer\.quantizers\.(\d+)\.in_proj\.(.+)", r"quantizer.books.\1.inside.\2"),
    (r"quantizer\.quantizers\.(\d+)\.out_proj\.(.+)", r"quantizer.books.\1.outside.\2"),
    (r"quantizer\.quantizers\.(\d+)\.codebook\.weight", r"quantizer.books.\1.entries"),
]
PACKAGE = {"state_dict", "metadata"}
RATES = {32: 24_000, 12: 16_000}
"""Sample rates of published models by their number of books; others have 44.1 kHz."""


def recognises(files: Files) -> bool:
    """Whether these are files of DAC."""
    if files.config:
        return files.config.get("model_type") == "dac"
    return files.keys >= PACKAGE


def load(path: Path) -> Dac:
    """The codec of a package file or a Hugging Face folder. Raises ValueError when settings or tensors do not fit."""
    if (path / "config.json").is_file():
        config = _hugging_face(read_json(path / "config.json"), str(path))
        rules = named(len(config.strides))
        tensors = read_tensors(path)
    else:
        path = weights_file(path)
        config = _package(read_pickle(path)["metadata"], path)
        rules = numbered(len(config.strides), encoder="encoder.block", decoder="decoder.model", inner="block")
        tensors = read_tensors(path, inside="state_dict")
    with without_memory():
        codec = Dac(config)
    fill(codec, ours(tensors, rules + QUANTIZER, source=str(path)), source=str(path))
    return codec


def ours(tensors: Mapping[str, Tensor], rules: list[Rule], *, source: str) -> dict[str, Tensor]:
    """Published tensors by our names and in our shapes: weight norm folded, snakes [C], projections as matrices."""
    found = renamed(unnormed(tensors), rules, source=source)
    for name, tensor in found.items():
        if name.endswith((".alpha", ".beta")):
            found[name] = tensor.flatten()
        elif name.endswith(("inside.weight", "outside.weight")):
            found[name] = tensor.flatten(1)
    return found


def _package(metadata: Any, path: Path) -> Dac.Config:
    kwargs = metadata.get("kwargs", {}) if isinstance(metadata, Mapping) else {}
    if not isinstance(kwargs, Mapping):
        raise ValueError(f"{path} has no settings in its metadata")
    streams = kwargs.get("n_codebooks", 9)
    said = re.search(r"(\d+)khz", path.name)
    rate = {"16": 16_000, "24": 24_000, "44": 44_100}.get(said[1]) if said else None
    names = {
        "strides": "encoder_rates",
        "encoder_width": "encoder_dim",
        "decoder_width": "decoder_dim",
        "back": "decoder_rates",
        "latents": "latent_dim",
        "size": "codebook_size",
        "projection": "codebook_dim",
        "rate": "sample_rate",
    }
    found = {ours: kwargs[theirs] for ours, theirs in names.items() if theirs in kwargs}
    return _config({"rate": rate or RATES.get(streams, 44_100), "streams": streams} | found, str(path))


def _hugging_face(data: Mapping[str, Any], source: str) -> Dac.Config:
    names = {
        "strides": "downsampling_ratios",
        "encoder_width": "encoder_hidden_size",
        "decoder_width": "decoder_hidden_size",
        "back": "upsampling_ratios",
        "latents": "hidden_size",
        "size": "codebook_size",
        "projection": "codebook_dim",
        "rate": "sampling_rate",
        "streams": "n_codebooks",
    }
    return _config({ours: data[theirs] for ours, theirs in names.items() if theirs in data}, source)


def _config(found: Mapping[str, Any], source: str) -> Dac.Config:
    """Our settings from what a file says; numbers that are none, or that no DAC has, are a ValueError."""
    base = Dac.Config()
    strides = found.get("strides", base.strides)
    back = found.get("back", list(reversed(strides)))
    numbers = [value for name, value in found.items() if name not in ("strides", "back", "latents")]
    if not all(type(value) is int and value > 0 for value in [*numbers, *strides, *back]):
        raise ValueError(f"{source} has settings that are no whole numbers above 0: {dict(found)}")
    if list(back) != list(reversed(strides)):
        raise ValueError(f"{source} goes down by {list(strides)} and up by {list(back)}; needs the same in reverse")
    width = found.get("encoder_width", base.encoder_width)
    books = quantizer(
        found.get("streams", 9),
        width=found.get("latents") or width * 2 ** len(strides),
        codebook_size=found.get("size", 1024),
    )
    return Dac.Config(
        sample_rate=found.get("rate", base.sample_rate),
        strides=tuple(strides),
        encoder_width=width,
        decoder_width=found.get("decoder_width", base.decoder_width),
        quantizer=replace(books, projection=found.get("projection", 8)),
    )
