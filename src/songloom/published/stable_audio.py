"""Stable Audio Open's published checkpoints: stable-audio-tools' layout and diffusers'.

A stable-audio-tools folder has model_config.json and one file with the transformer ("model.model."), the
conditioners and the autoencoder ("pretransform.model."); the text encoder is not in it and is taken by its name from
the local cache. A diffusers pipeline has a folder for each part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from songloom.conditioning.t5 import T5
from songloom.loading import without_memory
from songloom.published import oobleck
from songloom.published.files import Files, read_json, read_keys, read_tensors, weights_file
from songloom.published.keys import Rule, assign, joined, renamed
from songloom.published.stable_audio_settings import SECONDS, settings_of_pipeline, settings_of_tools
from songloom.published.t5 import from_tensors, load_t5, settings_of_hub
from songloom.systems.codecs.oobleck import Oobleck
from songloom.systems.generators.stable_audio import StableAudio

WHOLE = True
"""The codec that lies in these files is known to its own family too; the whole model goes before."""
CONFIG, INDEX = "model_config.json", "model_index.json"
BLOCK, OURS = r"model\.model\.transformer\.layers\.(\d+)\.", r"dit.blocks.\1."
NORMS = {"pre_norm": "self_norm", "cross_attend_norm": "cross_norm", "ff_norm": "hidden_norm"}
ATTENTIONS = {"self_attn": "attention", "cross_attn": "cross"}
TOOLS: tuple[Rule, ...] = (
    (r"pretransform\..+", None),
    (r"model\.model\.transformer\.rotary_pos_emb\.inv_freq", None),
    (r"model\.model\.timestep_features\.weight", "dit.time_features.rates"),
    (r"model\.model\.to_timestep_embed\.(.+)", r"dit.to_time.\1"),
    (r"model\.model\.to_cond_embed\.(.+)", r"dit.to_context.\1"),
    (r"model\.model\.to_global_embed\.(.+)", r"dit.to_vector.\1"),
    (r"model\.model\.preprocess_conv\.(.+)", r"dit.enter_mix.\1"),
    (r"model\.model\.postprocess_conv\.(.+)", r"dit.leave_mix.\1"),
    (r"model\.model\.transformer\.project_in\.(.+)", r"dit.enter.\1"),
    (r"model\.model\.transformer\.project_out\.(.+)", r"dit.leave.\1"),
    *((BLOCK + rf"{theirs}\.gamma", OURS + f"{ours}.weight") for theirs, ours in NORMS.items()),
    *((BLOCK + rf"{theirs}\.beta", OURS + f"{ours}.bias") for theirs, ours in NORMS.items()),
    *((BLOCK + rf"{theirs}\.to_out\.weight", OURS + f"{ours}.to_out.weight") for theirs, ours in ATTENTIONS.items()),
    *((BLOCK + rf"{theirs}\.q_norm\.(.+)", OURS + rf"{ours}.norm.queries.\2") for theirs, ours in ATTENTIONS.items()),
    *((BLOCK + rf"{theirs}\.k_norm\.(.+)", OURS + rf"{ours}.norm.keys.\2") for theirs, ours in ATTENTIONS.items()),
    (BLOCK + r"self_attn\.to_qkv\.weight", OURS + "attention.to_qkv.weight"),
    (BLOCK + r"cross_attn\.to_q\.weight", OURS + "cross.to_queries.weight"),
    (BLOCK + r"cross_attn\.to_kv\.weight", OURS + "cross.to_keys_values.weight"),
    (BLOCK + r"ff\.ff\.0\.proj\.(.+)", OURS + r"expand.\2"),
    (BLOCK + r"ff\.ff\.2\.(.+)", OURS + r"contract.\2"),
    (r"conditioner\.conditioners\.prompt\.proj_out\.(.+)", r"project_text.\1"),
    *(
        rule
        for theirs, ours in SECONDS.items()
        for rule in (
            (rf"conditioner\.conditioners\.{theirs}\.embedder\.embedding\.0\.weights", f"seconds.{ours}.rates"),
            (rf"conditioner\.conditioners\.{theirs}\.embedder\.embedding\.1\.(.+)", rf"seconds.{ours}.project.\1"),
        )
    ),
)
LAYER = r"transformer_blocks\.(\d+)\."
PIPELINE: tuple[Rule, ...] = (
    (r"dit\..+", r"\g<0>"),
    (r"time_proj\.weight", "dit.time_features.rates"),
    (r"timestep_proj\.(.+)", r"dit.to_time.\1"),
    (r"cross_attention_proj\.(.+)", r"dit.to_context.\1"),
    (r"global_proj\.(.+)", r"dit.to_vector.\1"),
    (r"preprocess_conv\.(.+)", r"dit.enter_mix.\1"),
    (r"postprocess_conv\.(.+)", r"dit.leave_mix.\1"),
    (r"proj_in\.(.+)", r"dit.enter.\1"),
    (r"proj_out\.(.+)", r"dit.leave.\1"),
    *((LAYER + rf"norm{place}\.(.+)", OURS + rf"{ours}.\2") for place, ours in enumerate(NORMS.values(), 1)),
    *(
        (LAYER + rf"attn{place}\.to_out\.0\.(.+)", OURS + rf"{o}.to_out.\2")
        for place, o in ((1, "attention"), (2, "cross"))
    ),
    (LAYER + r"attn2\.to_q\.weight", OURS + "cross.to_queries.weight"),
    (LAYER + r"ff\.net\.0\.proj\.(.+)", OURS + r"expand.\2"),
    (LAYER + r"ff\.net\.2\.(.+)", OURS + r"contract.\2"),
    (r"text_projection\.(.+)", r"project_text.\1"),
    *(
        rule
        for theirs, ours in (("start", "start"), ("end", "total"))
        for rule in (
            (rf"{theirs}_number_conditioner\.time_positional_embedding\.0\.weights", f"seconds.{ours}.rates"),
            (rf"{theirs}_number_conditioner\.time_positional_embedding\.1\.(.+)", rf"seconds.{ours}.project.\1"),
        )
    ),
)


def recognises(files: Files) -> bool:
    """Whether a whole Stable Audio is among the files."""
    if INDEX in files.names:
        return read_json(files.path / INDEX).get("_class_name") == "StableAudioPipeline"
    if CONFIG not in files.names:
        return False
    config = read_json(files.path / CONFIG)
    model = config.get("model")
    return config.get("model_type") == "diffusion_cond" and isinstance(model, Mapping) and "diffusion" in model


def load(path: Path) -> StableAudio:
    """The generator of a folder of either layout. Raises ValueError when settings or tensors do not fit, or when the
    text encoder is not on this machine."""
    return _pipeline(path) if (path / INDEX).is_file() else _tools(path)


def _tools(path: Path) -> StableAudio:
    data = read_json(path / CONFIG)
    codec = oobleck.load(path)
    name, length = _t5(data, str(path))
    text = load_t5(name)
    text.config = replace(text.config, longest=length)
    settings = settings_of_tools(data, codec.config, text.config, str(path / CONFIG))
    weights = weights_file(path)
    inside = "state_dict" if weights.suffix != ".safetensors" and "state_dict" in read_keys(weights) else None
    own = renamed(read_tensors(weights, inside=inside), TOOLS, source=str(weights))
    for name in [name for name in own if name.endswith("norm.weight") and "blocks" in name]:
        bias = name.removesuffix("weight") + "bias"  # a buffer of zeros, which files may leave out
        own.setdefault(bias, torch.zeros_like(own[name]))
    divisor = float(data["model"]["pretransform"].get("scale", 1.0))
    return _assembled(settings, own, codec, text, divisor=divisor, source=str(weights))


def _pipeline(path: Path) -> StableAudio:
    length = int(read_json(path / "tokenizer" / "tokenizer_config.json").get("model_max_length", 128))
    form = replace(settings_of_hub(read_json(path / "text_encoder" / "config.json")), longest=length)
    text = from_tensors(read_tensors(path / "text_encoder"), form, path / "tokenizer", str(path / "text_encoder"))
    codec = oobleck.load(path)
    settings = settings_of_pipeline(
        read_json(path / "transformer" / "config.json"),
        read_json(path / "projection_model" / "config.json"),
        read_json(path / "scheduler" / "scheduler_config.json"),
        codec.config,
        text.config,
        text_length=length,
        source=str(path),
    )
    own = of_pipeline(read_tensors(path / "transformer") | read_tensors(path / "projection_model"), source=str(path))
    return _assembled(settings, own, codec, text, divisor=1.0, source=str(path))


def of_pipeline(tensors: Mapping[str, Tensor], *, source: str = "the pipeline") -> dict[str, Tensor]:
    """The tensors of diffusers' transformer and projection model by our names."""
    own, part = dict(tensors), LAYER + r"attn{}\.to_(?P<part>[{}])\.weight"
    joined(own, part.format(1, "qkv"), "qkv", OURS + "attention.to_qkv.weight", source=source)
    joined(own, part.format(2, "kv"), "kv", OURS + "cross.to_keys_values.weight", source=source)
    return renamed(own, PIPELINE, source=source)


def _assembled(
    settings: StableAudio.Config, own: dict[str, Tensor], codec: Oobleck, text: T5, *, divisor: float, source: str
) -> StableAudio:
    """The system of its parts and its own tensors, without a second copy of them."""
    with without_memory():
        system = StableAudio(settings)
    own["dit.time_features.rates"] = own.get("dit.time_features.rates", torch.empty(0)).flatten()
    width = codec.latent_width
    own |= {"scale.mean": torch.zeros(width, 1), "scale.deviation": torch.full((width, 1), divisor)}
    parts = {f"codec.{name}": tensor for name, tensor in codec.state_dict().items()}
    parts |= {f"text.{name}": tensor for name, tensor in text.state_dict().items()}
    assign(system, own | parts, source=source)
    return system.eval()


def _t5(data: Mapping[str, Any], source: str) -> tuple[str, int]:
    """The name of the text encoder, and how many tokens it is given."""
    for entry in data.get("model", {}).get("conditioning", {}).get("configs", ()):
        if entry.get("type") == "t5":
            config = entry.get("config", {})
            return str(config.get("t5_model_name", "t5-base")), int(config.get("max_length", 128))
    raise ValueError(f"{source} reads its prompts by something else than T5")
