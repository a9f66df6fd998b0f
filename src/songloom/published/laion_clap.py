"""CLAP by LAION: its own `.pt` files, and Hugging Face's folders of a `ClapModel`.

A `.pt` file holds the state of the model under "state_dict", with "module." before every name where it was trained on
several machines; sizes are read off the shapes. What it has besides serves training alone: the heads for AudioSet's
classes, layers after the joint space, and the second scale of logits, which belongs to these. It has no tokenizer;
RoBERTa's is taken from beside the file or from the hub's cache, and without one only music can be embedded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from songloom.conditioning.clap_text import ClapText
from songloom.layers.decibel_mel import DecibelScale
from songloom.layers.htsat import HtsatShape
from songloom.loading import without_memory
from songloom.published import bert, clap_text, htsat, tokenizers
from songloom.published.files import Files, read_json, read_keys, read_pickle, read_tensors
from songloom.published.keys import Rule, assign, joined, renamed
from songloom.published.spectrum import check_spectrum
from songloom.systems.embedders.laion_clap import LaionClap, scale_of

STATE, MARK = "state_dict", "audio_branch.patch_embed.proj.weight"
ROBERTA = ("FacebookAI/roberta-base", "roberta-base")
HEAD_WIDTH = 64
"""Of every RoBERTa: the number of heads is in no shape."""
AUDIO = r"audio_model\.audio_encoder\."
LAYER = AUDIO + r"(layers\.\d+\.blocks\.\d+)\."
HUB: tuple[Rule, ...] = (
    (LAYER + r"attention\.self\.(relative_position_.+)", r"audio_branch.\1.attn.\2"),
    (LAYER + r"attention\.output\.dense\.(.+)", r"audio_branch.\1.attn.proj.\2"),
    (LAYER + r"layernorm_before\.(.+)", r"audio_branch.\1.norm1.\2"),
    (LAYER + r"layernorm_after\.(.+)", r"audio_branch.\1.norm2.\2"),
    (LAYER + r"intermediate\.dense\.(.+)", r"audio_branch.\1.mlp.fc1.\2"),
    (LAYER + r"output\.dense\.(.+)", r"audio_branch.\1.mlp.fc2.\2"),
    (AUDIO + r"batch_norm\.(.+)", r"audio_branch.bn0.\1"),
    (AUDIO + r"(.+)", r"audio_branch.\1"),
    (r"text_model\.(.+)", r"text_branch.\1"),
    (r"(audio|text)_projection\.linear1\.(.+)", r"\1_projection.0.\2"),
    (r"(audio|text)_projection\.linear2\.(.+)", r"\1_projection.2.\2"),
    (r".+", r"\g<0>"),
)
"""From the hub's names to LAION's."""
RULES: list[Rule] = [
    *htsat.rules(r"audio_branch\.", "audio."),
    *clap_text.rules(r"text_branch\.", "text."),
    (r"audio_projection\.0\.(.+)", r"project.enter.\1"),
    (r"audio_projection\.2\.(.+)", r"project.leave.\1"),
    (r"logit_scale_a", "steepness"),
    (r"logit_scale_t", None),
    (r"(?:audio|text)_transform\.sequential\.\d\.(?:weight|bias)", None),
]
FIXED = {
    "hidden_act": "gelu",
    "projection_hidden_act": "relu",
    "qkv_bias": True,
    "mlp_ratio": 4.0,
    "layer_norm_eps": 1e-5,
    "patch_embed_input_channels": 1,
    "enable_patch_layer_norm": True,
    "flatten_patch_embeds": True,
}
FUSIONS = (None, "None", "aff_2d")


def recognises(files: Files) -> bool:
    """Whether the files are of this family."""
    if files.config:
        return files.config.get("model_type") == "clap" and "audio_config" in files.config
    keys = files.keys
    if STATE in keys and not files.path.is_dir():
        keys = frozenset(read_pickle(files.path)[STATE])
    return any(key.endswith(MARK) for key in keys)


def load(path: Path) -> LaionClap:
    """The embedder of a published file or folder. Raises ValueError when anything is missing, unknown or misshaped."""
    return from_hub(path) if path.is_dir() and (path / "config.json").is_file() else from_laion(path)


def from_laion(path: Path) -> LaionClap:
    """That of a `.pt` file."""
    packed = path.suffix != ".safetensors" and STATE in read_keys(path)
    tensors = read_tensors(path, inside=STATE if packed else None)
    tensors = {name.removeprefix("module."): tensor for name, tensor in tensors.items()}
    source, tokenizer = str(path), tokenizers.found(path.parent, *ROBERTA)
    shape = htsat.shape_of(tensors, "audio_branch.", source)
    scale = scale_of(shape.bands, fused=shape.fused)
    check_spectrum(tensors, "audio_branch.", htsat.unfused(scale), source)
    text = text_of_shapes(tensors, len(tokenizer), source)
    settings = LaionClap.Config(audio=shape, mel=scale, text=text, width=text.joint)
    return from_tensors(tensors, settings, tokenizer, 2, source)


def from_hub(folder: Path) -> LaionClap:
    """That of a folder with a config.json."""
    config, source = read_json(folder / "config.json"), str(folder)
    tensors = dict(read_tensors(folder))
    for kind in ("weight", "bias"):
        pattern = rf"{LAYER}attention\.self\.(?P<part>query|key|value)\.{kind}"
        order, target = ("query", "key", "value"), rf"audio_branch.\1.attn.qkv.{kind}"
        joined(tensors, pattern, order, target, source=source)
    tensors = renamed(tensors, HUB, source=source)
    shape = audio_of_hub(config["audio_config"], tensors, source)
    path = folder / "preprocessor_config.json"
    features = read_json(path) if path.is_file() else {}
    tokenizer = tokenizers.found(folder)
    longest = tokenizers.longest_of(folder)
    text = clap_text.settings(config, source, longest=longest, size=len(tokenizer))
    settings = LaionClap.Config(
        sample_rate=features.get("sampling_rate", 48_000),
        seconds=float(features.get("max_length_s", 10)),
        filling=features.get("padding", "repeatpad"),
        mel=scale_of_hub(features, shape),
        audio=shape,
        text=text,
        width=text.joint,
    )
    return from_tensors(tensors, settings, tokenizer, clap_text.first_position(config), source)


def from_tensors(
    tensors: Mapping[str, Tensor], settings: LaionClap.Config, tokenizer: bytes, first: int, source: str
) -> LaionClap:
    """The embedder of these settings with tensors under LAION's names; a text's positions count from `first`."""
    with without_memory():
        system = LaionClap(settings)
    own = dict(tensors)
    bert.joined_heads(own, r"text_branch\.", source)
    own = renamed(own, RULES, source=source)
    bert.fitted(own, "text.encoder.", first=first)
    assign(system, own | {"text.tokenizer": tokenizers.as_tensor(tokenizer)}, source=source)
    return system.eval()


def text_of_shapes(tensors: Mapping[str, Tensor], size: int, source: str) -> ClapText.Config:
    """The text tower's size by its shapes; LAION reads 77 tokens of a text."""
    try:
        vocabulary, width = tensors["text_branch.embeddings.word_embeddings.weight"].shape
        positions = len(tensors["text_branch.embeddings.position_embeddings.weight"]) - 2
        return ClapText.Config(
            vocabulary=vocabulary,
            width=width,
            depth=bert.layers(tensors, r"text_branch\.encoder\.layer\.(\d+)\."),
            heads=max(1, width // HEAD_WIDTH),
            hidden=len(tensors["text_branch.encoder.layer.0.intermediate.dense.weight"]),
            positions=positions,
            epsilon=1e-5,
            joint=len(tensors["text_projection.0.weight"]),
            longest=min(77, positions),
            tokenizer_bytes=size,
        )
    except KeyError as error:
        raise ValueError(f"{source} is no CLAP with a RoBERTa: it lacks {error.args[0]}") from None


def audio_of_hub(config: Mapping[str, Any], tensors: Mapping[str, Tensor], source: str) -> HtsatShape:
    """The audio tower's size by its shapes, and by the config.json what they do not say."""
    others = [f"{name} {config[name]!r}" for name, value in FIXED.items() if config.get(name, value) != value]
    if config.get("enable_fusion", False) and config.get("fusion_type") not in FUSIONS:
        others.append(f"fusion_type {config['fusion_type']!r}")
    shape = replace(htsat.shape_of(tensors, "audio_branch.", source), side=config.get("spec_size", 256))
    patch, stride = config.get("patch_size", 4), config.get("patch_stride", [4, 4])
    if patch not in (shape.patch, [shape.patch] * 2) or list(stride) != [shape.patch] * 2:
        others.append(f"patches of {patch} every {stride}")
    if others:
        raise ValueError(f"{source} is a CLAP of another kind: {', '.join(others)}")
    return shape


def scale_of_hub(features: Mapping[str, Any], shape: HtsatShape) -> DecibelScale:
    """How it hears, by the preprocessor_config.json."""
    if features.get("top_db") is not None:
        raise ValueError(f"a CLAP whose quietest sound is {features['top_db']} dB below the loudest is not known")
    return replace(
        scale_of(shape.bands, fused=shape.fused),
        sample_rate=features.get("sampling_rate", 48_000),
        n_fft=features.get("fft_window_size", 1024),
        hop_length=features.get("hop_length", 480),
        low=float(features.get("frequency_min", 50)),
        high=float(features.get("frequency_max", 14_000)),
    )
