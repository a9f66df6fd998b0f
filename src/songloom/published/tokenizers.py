"""Tokenizers of published text towers: beside the weights, or in the local cache of the hub."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from torch import Tensor

from songloom.published.files import locate, read_json

WHOLE = "tokenizer.json"
PARTS = ("vocab.json", "merges.txt")


def found(folder: Path, *hub_ids: str) -> bytes:
    """The tokenizer.json of a folder, or of the first of these models that is in the cache; nothing where none is."""
    for place in (folder, *_cached(hub_ids)):
        if (place / WHOLE).is_file() or all((place / name).is_file() for name in PARTS):
            return tokenizer_json(place)
    return b""


def _cached(hub_ids: tuple[str, ...]) -> list[Path]:
    places = []
    for name in hub_ids:
        try:
            places.append(locate(name))
        except ValueError:  # it is not there, which is no error here
            continue
    return places


def tokenizer_json(folder: Path) -> bytes:
    """A folder's tokenizer.json, or one made of RoBERTa's vocab.json and merges.txt."""
    if (folder / WHOLE).is_file():
        return (folder / WHOLE).read_bytes()
    if not all((folder / name).is_file() for name in PARTS):
        raise ValueError(f"{folder} has no tokenizer.json, and no vocab.json with merges.txt")
    lines = (folder / "merges.txt").read_text(encoding="utf-8").splitlines()
    split = (line.partition(" ") for line in lines)
    pairs = [(first, second) for first, _, second in split if second and first != "#version:"]
    vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer(models.BPE(vocabulary, pairs, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    marks = [(mark, vocabulary[mark]) for mark in ("<s>", "</s>")]
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=marks)
    return tokenizer.to_str().encode()


def as_tensor(data: bytes) -> Tensor:
    """A tokenizer as a checkpoint keeps it, [bytes] uint8."""
    return torch.frombuffer(bytearray(data), dtype=torch.uint8) if data else torch.zeros(0, dtype=torch.uint8)


def longest_of(folder: Path) -> int:
    """The most tokens that a tokenizer gives, by its settings."""
    path = folder / "tokenizer_config.json"
    found = read_json(path).get("model_max_length") if path.is_file() else None
    return int(found) if found is not None and found < 1e6 else 512
