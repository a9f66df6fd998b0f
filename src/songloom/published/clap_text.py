"""CLAP's text tower in Hugging Face's layout (`ClapModel`, `ClapTextModelWithProjection`), with RoBERTa's tokenizer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from songloom.conditioning.clap_text import ClapText
from songloom.loading import without_memory
from songloom.published import bert
from songloom.published.files import read_json, read_tensors
from songloom.published.keys import Rule, assign, renamed
from songloom.published.tokenizers import as_tensor, longest_of, tokenizer_json

FIXED = {"hidden_act": "gelu", "projection_hidden_act": "relu", "position_embedding_type": "absolute"}


def load(path: Path, tokenizer: Path) -> ClapText:
    """The encoder of a folder, with the tokenizer of another. Raises ValueError for what does not fit."""
    data = tokenizer_json(tokenizer)
    theirs = read_json(path / "config.json")
    config = settings(theirs, str(path), longest=longest_of(tokenizer), size=len(data))
    with without_memory():
        encoder = ClapText(config)
    found = {name: tensor for name, tensor in read_tensors(path).items() if name.startswith("text_")}
    bert.joined_heads(found, r"text_model\.", str(path))
    found = renamed(found, rules(r"text_model\."), source=str(path))
    bert.fitted(found, "encoder.", first=first_position(theirs))
    assign(encoder, found | {"tokenizer": as_tensor(data)}, source=str(path))
    encoder.requires_grad_(False)
    return encoder.eval()


def settings(config: Mapping[str, Any], source: str, *, longest: int, size: int) -> ClapText.Config:
    """Our settings of a config.json, of CLAP or of its text half; what it leaves out is as in the published one."""
    text = config.get("text_config", config)
    others = [f"{name} {text[name]!r}" for name, value in FIXED.items() if text.get(name, value) != value]
    if others:
        raise ValueError(f"{source} is a CLAP of another kind: {', '.join(others)}")
    positions = text.get("max_position_embeddings", 514) - first_position(config)
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


def first_position(config: Mapping[str, Any]) -> int:
    """RoBERTa counts its positions from here."""
    return int(config.get("text_config", config).get("pad_token_id", 1)) + 1


def rules(theirs: str, ours: str = "") -> list[Rule]:
    """From names of the text half, which begin with the pattern `theirs`, to those of `ClapText` after `ours`."""
    return [
        *bert.rules(theirs, f"{ours}encoder."),
        (theirs + r"pooler\.dense\.(.+)", rf"{ours}pool.\1"),
        (r"text_projection\.(?:linear1|0)\.(.+)", rf"{ours}enter.\1"),
        (r"text_projection\.(?:linear2|2)\.(.+)", rf"{ours}leave.\1"),
    ]
