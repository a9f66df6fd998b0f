"""CLAP's text tower in Hugging Face's layout (`ClapModel`, `ClapTextModelWithProjection`), with RoBERTa's tokenizer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from torch import Tensor

from songloom.conditioning.clap_text import ClapText
from songloom.layers.text_towers import bert_weights
from songloom.loading import without_memory
from songloom.published.files import read_json, read_tensors
from songloom.published.keys import assign

FIXED = {"hidden_act": "gelu", "projection_hidden_act": "relu", "position_embedding_type": "absolute"}
TEXT, POOLER = "text_model.", "pooler.dense."


def load(path: Path, tokenizer: Path) -> ClapText:
    """The encoder of a folder, with the tokenizer of another. Raises ValueError for what does not fit."""
    data = tokenizer_json(tokenizer)
    config = settings(read_json(path / "config.json"), str(path), longest=longest_of(tokenizer), size=len(data))
    with without_memory():
        encoder = ClapText(config)
    found = tensors(read_tensors(path), read_json(path / "config.json"), config, str(path))
    assign(encoder, found | {"tokenizer": torch.frombuffer(bytearray(data), dtype=torch.uint8)}, source=str(path))
    encoder.requires_grad_(False)
    return encoder.eval()


def settings(config: Mapping[str, Any], source: str, *, longest: int, size: int) -> ClapText.Config:
    """Our settings of a config.json, of CLAP or of its text half; what it leaves out is as in the published one."""
    text = config.get("text_config", config)
    others = [f"{name} {text[name]!r}" for name, value in FIXED.items() if text.get(name, value) != value]
    if others:
        raise ValueError(f"{source} is a CLAP of another kind: {', '.join(others)}")
    first = text.get("pad_token_id", 1) + 1  # RoBERTa counts its positions from here
    positions = text.get("max_position_embeddings", 514) - first
    return ClapText.Config(
        vocabulary=text.get("vocab_size", 50_265),
        width=text.get("hidden_size", 768),
        depth=text.get("num_hidden_layers", 12),
        heads=text.get("num_attention_heads", 12),
        hidden=text.get("intermediate_size", 3072),
        positions=positions,
        epsilon=float(text.get("layer_norm_eps", 1e-12)),
        joint=config.get("projection_dim", 512),
        longest=min(longest, positions),
        tokenizer_bytes=size,
    )


def tensors(
    found: Mapping[str, Tensor], config: Mapping[str, Any], ours: ClapText.Config, source: str
) -> dict[str, Tensor]:
    """The text half of published tensors under our names."""
    text = {name.removeprefix(TEXT): tensor for name, tensor in found.items() if name.startswith(TEXT)}
    first = config.get("text_config", config).get("pad_token_id", 1) + 1
    try:
        state = bert_weights(text, ours.depth)
        state["positions"] = state["positions"][first:]
        whole = {f"encoder.{name}": tensor for name, tensor in state.items()}
        for kind in ("weight", "bias"):
            whole[f"pool.{kind}"] = text[POOLER + kind]
            whole[f"enter.{kind}"] = found[f"text_projection.linear1.{kind}"]
            whole[f"leave.{kind}"] = found[f"text_projection.linear2.{kind}"]
    except KeyError as error:
        raise ValueError(f"{source} is no CLAP with a text tower: it lacks {error.args[0]}") from None
    return whole


def tokenizer_json(folder: Path) -> bytes:
    """A folder's tokenizer.json, or one made of RoBERTa's vocab.json and merges.txt."""
    if (folder / "tokenizer.json").is_file():
        return (folder / "tokenizer.json").read_bytes()
    if not (folder / "vocab.json").is_file() or not (folder / "merges.txt").is_file():
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


def longest_of(folder: Path) -> int:
    """The most tokens that a tokenizer gives, by its settings."""
    path = folder / "tokenizer_config.json"
    found = read_json(path).get("model_max_length") if path.is_file() else None
    return int(found) if found is not None and found < 1e6 else 512
