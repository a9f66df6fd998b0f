"""GPT-2 in Hugging Face's layout (`GPT2Model`, `GPT2LMHeadModel`), without its table of words."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from songloom.layers.gpt2 import Gpt2Shape
from songloom.published.files import read_tensors
from songloom.published.keys import Rule, renamed

FIXED = {
    "activation_function": "gelu_new",
    "layer_norm_epsilon": 1e-5,
    "scale_attn_weights": True,
    "scale_attn_by_inverse_layer_idx": False,
    "add_cross_attention": False,
}
BLOCK = r"(?:transformer\.)?h\.(\d+)\."
RULES: list[Rule] = [
    (r"(?:transformer\.)?wte\.weight|lm_head\.weight", None),
    (BLOCK + r"attn\.(?:bias|masked_bias)", None),
    (r"(?:transformer\.)?wpe\.weight", "positions"),
    (r"(?:transformer\.)?ln_f\.(.+)", r"norm.\1"),
    *(
        (BLOCK + theirs + r"\.(.+)", rf"blocks.\1.{ours}.\2")
        for theirs, ours in {
            r"ln_1": "attention_norm",
            r"attn\.c_attn": "qkv",
            r"attn\.c_proj": "out",
            r"ln_2": "hidden_norm",
            r"mlp\.c_fc": "expand",
            r"mlp\.c_proj": "contract",
        }.items()
    ),
]
MATRICES = ("qkv.weight", "out.weight", "expand.weight", "contract.weight")
"""Theirs lie the other way round."""


def settings(config: Mapping[str, Any], source: str) -> Gpt2Shape:
    """The shape in a config.json; what it leaves out is as in the published small one."""
    others = [f"{name} {config[name]!r}" for name, value in FIXED.items() if config.get(name, value) != value]
    if others:
        raise ValueError(f"{source} is a GPT-2 of another kind: {', '.join(others)}")
    width = config.get("n_embd", 768)
    return Gpt2Shape(
        width=width,
        depth=config.get("n_layer", 12),
        heads=config.get("n_head", 12),
        hidden=config.get("n_inner") or 4 * width,
        positions=config.get("n_positions", 1024),
    )


def tensors(path: Path) -> dict[str, Tensor]:
    """The tensors of a folder under our names."""
    return from_tensors(read_tensors(path), str(path))


def from_tensors(published: Mapping[str, Tensor], source: str) -> dict[str, Tensor]:
    """Published tensors under our names."""
    found = renamed(published, RULES, source=source)
    return {name: tensor.T if name.endswith(MATRICES) else tensor for name, tensor in found.items()}
