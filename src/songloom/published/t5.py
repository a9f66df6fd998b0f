"""T5's published text encoders: Hugging Face's layout, alone or inside a composite model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from songloom.conditioning.t5 import T5
from songloom.loading import without_memory
from songloom.published.files import hub_cache, locate, read_json, read_tensors
from songloom.published.keys import Rule, assign, joined, renamed
from songloom.published.tokenizers import as_tensor

TOKENIZER = "tokenizer.json"
OWNER = "google-t5"
BLOCK = r"encoder\.block\.(\d+)\.layer\."
RULES: tuple[Rule, ...] = (
    (r"shared\.weight", "encoder.tokens.weight"),
    (BLOCK + r"0\.SelfAttention\.relative_attention_bias\.weight", "encoder.distances.weight"),
    (BLOCK + r"0\.SelfAttention\.q\.weight", r"encoder.layers.\1.queries.weight"),
    (BLOCK + r"0\.SelfAttention\.k\.weight", r"encoder.layers.\1.keys.weight"),
    (BLOCK + r"0\.SelfAttention\.v\.weight", r"encoder.layers.\1.values.weight"),
    (BLOCK + r"0\.SelfAttention\.o\.weight", r"encoder.layers.\1.out.weight"),
    (BLOCK + r"0\.layer_norm\.weight", r"encoder.layers.\1.attention_norm.weight"),
    (BLOCK + r"1\.DenseReluDense\.wi\.weight", r"encoder.layers.\1.expand.weight"),
    (BLOCK + r"1\.DenseReluDense\.wo\.weight", r"encoder.layers.\1.contract.weight"),
    (BLOCK + r"1\.layer_norm\.weight", r"encoder.layers.\1.hidden_norm.weight"),
    (r"encoder\.final_layer_norm\.weight", "encoder.norm.weight"),
    (r"encoder\.layers\.\d+\.expand\.weight", r"\g<0>"),
    (r"decoder\..+|lm_head\.weight", None),
)


def settings_of_hub(config: Mapping[str, Any]) -> T5.Config:
    """Our settings of a config.json (or a part of one) of model_type t5; what it leaves out is as in t5-small."""
    form = config.get("feed_forward_proj", "relu")
    if form not in ("relu", "gated-gelu"):
        raise ValueError(f"a T5 with feed_forward_proj {form!r} is not known")
    return T5.Config(
        vocabulary=config.get("vocab_size", 32_128),
        width=config.get("d_model", 512),
        depth=config.get("num_layers", 6),
        heads=config.get("num_heads", 8),
        head_width=config.get("d_kv", 64),
        hidden=config.get("d_ff", 2048),
        gated=form == "gated-gelu",
        buckets=config.get("relative_attention_num_buckets", 32),
        furthest=config.get("relative_attention_max_distance", 128),
    )


def settings_of_tensors(tensors: Mapping[str, Tensor], source: str) -> T5.Config:
    """Our settings of the shapes of published tensors, all that matters but how far distances are told apart."""
    first = "encoder.block.0.layer."
    try:
        vocabulary, width = tensors["shared.weight"].shape
        buckets, heads = tensors[first + "0.SelfAttention.relative_attention_bias.weight"].shape
        gated = first + "1.DenseReluDense.wi_0.weight" in tensors
        hidden = tensors[first + "1.DenseReluDense." + ("wi_0" if gated else "wi") + ".weight"].shape[0]
        inner = tensors[first + "0.SelfAttention.q.weight"].shape[0]
    except KeyError as error:
        raise ValueError(f"{source} holds no T5: it lacks {error}") from None
    depth = len({found[1] for name in tensors if (found := re.match(BLOCK, name))})
    return T5.Config(
        vocabulary=vocabulary,
        width=width,
        depth=depth,
        heads=heads,
        head_width=inner // heads,
        hidden=hidden,
        gated=gated,
        buckets=buckets,
    )


def from_tensors(tensors: Mapping[str, Tensor], settings: T5.Config, folder: Path | None, source: str) -> T5:
    """The encoder of published tensors, with the tokenizer that lies in `folder` (there may be none)."""
    path = None if folder is None else folder / TOKENIZER
    tokenizer = path.read_bytes() if path is not None and path.is_file() else b""
    own = dict(tensors)
    tied = own.pop("encoder.embed_tokens.weight", None)
    if tied is not None:
        own.setdefault("shared.weight", tied)
    if settings.gated:
        gate = BLOCK + r"1\.DenseReluDense\.(?P<part>wi_\d)\.weight"
        joined(own, gate, ("wi_0", "wi_1"), r"encoder.layers.\1.expand.weight", source=source)
    found = renamed(own, RULES, source=source)
    with without_memory():
        encoder = T5(replace(settings, tokenizer_bytes=len(tokenizer)))
    assign(encoder, found | {"tokenizer": as_tensor(tokenizer)}, source=source)
    encoder.requires_grad_(False)
    return encoder.eval()


def load_t5(name: str) -> T5:
    """The encoder of a folder, a hub id or a bare published name, such as t5-base. Raises ValueError when it is not
    here."""
    folder = _folder(name)
    settings = settings_of_hub(read_json(folder / "config.json"))
    return from_tensors(read_tensors(folder), settings, folder, str(folder))


def _folder(name: str) -> Path:
    full = name if "/" in name else f"{OWNER}/{name}"
    places = [Path(name), *sorted((hub_cache() / f"models--{name}").glob("snapshots/*"))]
    for place in places:
        if (place / "config.json").is_file():
            return place
    try:
        return locate(full)
    except ValueError:
        raise ValueError(f"the text encoder {name} is not here; fetch it by: hf download {full}") from None
