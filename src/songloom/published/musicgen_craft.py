"""MusicGen in audiocraft's own layout: state_dict.bin, compression_state_dict.bin and, from elsewhere, T5.

Each file is a dictionary with the tensors (`best_state`) and the text of the settings (`xp.cfg`), whose
references are not yet looked up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import Tensor

from songloom.audio.features.chromagram import Chromagram
from songloom.conditioning.t5 import T5
from songloom.config import Settings
from songloom.published import encodec
from songloom.published.composite import assembled
from songloom.published.files import locate, read_pickle, read_tensors
from songloom.published.keys import Rule, joined, renamed
from songloom.published.t5 import load_t5
from songloom.published.yaml_text import entry, parse
from songloom.systems.codecs.encodec import Encodec
from songloom.systems.codecs.stereo import StereoCodec
from songloom.systems.generators.musicgen import Musicgen
from songloom.systems.generators.musicgen_melody import MusicgenMelody
from songloom.tokens.patterns import Delay, Parallel

MODEL, CODEC = "state_dict.bin", "compression_state_dict.bin"
BEST = "best_state"
LAYER = r"transformer\.layers\.(\d+)\."
BLOCK = r"lm.transformer.blocks.\1."
CONDITIONER = r"condition_provider\.conditioners\."
RULES: tuple[Rule, ...] = (
    (LAYER + r"self_attn\.(?:mha\.)?in_proj_weight", BLOCK + "attention.to_qkv.weight"),
    (LAYER + r"self_attn\.(?:mha\.)?out_proj\.weight", BLOCK + "attention.to_out.weight"),
    (LAYER + r"cross_attention\.(?:mha\.)?out_proj\.weight", BLOCK + "cross.to_out.weight"),
    (LAYER + r"norm1\.(weight|bias)", BLOCK + r"attention_norm.\2"),
    (LAYER + r"norm_cross\.(weight|bias)", BLOCK + r"cross_norm.\2"),
    (LAYER + r"norm2\.(weight|bias)", BLOCK + r"hidden_norm.\2"),
    (LAYER + r"linear1\.weight", BLOCK + "expand.weight"),
    (LAYER + r"linear2\.weight", BLOCK + "contract.weight"),
    (r"out_norm\.(weight|bias)", r"lm.transformer.norm.\1"),
    (CONDITIONER + r"description\.output_proj\.(weight|bias)", r"text_projection.\1"),
    (CONDITIONER + r"self_wav\.output_proj\.(weight|bias)", r"melody_projection.\1"),
    (CONDITIONER + r"self_wav\.chroma\..+", None),
    (r"lm\..+", r"\g<0>"),
)
FIXED: dict[str, Any] = {
    "lm_model": "transformer_lm",
    "transformer_lm.norm": "layer_norm",
    "transformer_lm.norm_first": True,
    "transformer_lm.bias_proj": False,
    "transformer_lm.bias_ff": False,
    "transformer_lm.bias_attn": False,
    "transformer_lm.activation": "gelu",
    "transformer_lm.causal": True,
    "transformer_lm.positional_embedding": "sin",
    "transformer_lm.positional_scale": 1.0,
    "transformer_lm.max_period": 10_000,
    "transformer_lm.xpos": False,
    "transformer_lm.qk_layer_norm": False,
    "transformer_lm.kv_repeat": 1,
    "codebooks_pattern.delay.flatten_first": 0,
    "codebooks_pattern.delay.empty_initial": 0,
    "interleave_stereo_codebooks.per_timestep": False,
    "fuser.cross_attention_pos_emb": False,
    "fuser.sum": [],
    "fuser.input_interpolate": [],
    "conditioners.description.model": "t5",
    "conditioners.self_wav.model": "chroma_stem",
}
"""What all published models that are known here have in common; where a text says nothing it is taken to be so."""
STRIDE = 0.6
"""Of a window: 18 of 30 s."""


def load(folder: Path) -> Musicgen:
    """The generator of a folder with both files. Raises ValueError when anything is missing, unknown or misshaped."""
    data, source = read_pickle(folder / MODEL), str(folder / MODEL)
    text = data.get("xp.cfg")
    if not isinstance(text, str):
        raise ValueError(f"{source} has no text of settings")
    cfg = parse(text)
    tensors = read_best(folder / MODEL, data)
    codec = load_codec(folder / CODEC)
    encoder = load_t5(str(entry(cfg, "conditioners.description.t5.name", "t5-base")))
    settings = settings_of(cfg, tensors, codec.config, encoder.config, source)
    arrange(tensors, source)
    return assembled(settings, renamed(tensors, RULES, source=source), codec, encoder, source)


def read_best(path: Path, data: Mapping[str, Any]) -> dict[str, Tensor]:
    """The tensors of a released file, or of one of training, where they are a level deeper."""
    best = data.get(BEST)
    if isinstance(best, Mapping) and set(best) == {"model"} and isinstance(best["model"], Mapping):
        return dict(best["model"])
    return read_tensors(path, inside=BEST)


def load_codec(path: Path) -> Encodec:
    """The codec of its file, or of the published model that the file only names."""
    name = read_pickle(path).get("pretrained")
    return encodec.load(path if name is None else locate(str(name)))


def settings_of(
    cfg: Any, tensors: Mapping[str, Tensor], codec: Encodec.Config, text: T5.Config, source: str
) -> Musicgen.Config:
    """Our settings: sizes off the tensors, all else from audiocraft's settings."""
    for path, value in FIXED.items():
        if (found := entry(cfg, path, value)) != value:
            raise ValueError(f"{source} has {path} {found!r}; a MusicGen that is known here has {value!r}")
    width, hidden, streams, depth = sizes(tensors, source)
    seconds = float(entry(cfg, "dataset.segment_duration", 30))
    melody = "self_wav" in (entry(cfg, "fuser.prepend") or ())
    stereo = bool(entry(cfg, "interleave_stereo_codebooks.use", False))
    kind = MusicgenMelody.Config if melody else Musicgen.Config
    settings = kind(
        codec=StereoCodec.Config(codec=codec) if stereo else codec,
        text=text,
        pattern=pattern_of(cfg, streams, source),
        streams=streams,
        width=width,
        depth=depth,
        heads=int(entry(cfg, "transformer_lm.num_heads", width // 64)),
        hidden=hidden,
        context_seconds=seconds,
        stride_seconds=STRIDE * seconds,
        condition_dropout=float(entry(cfg, "classifier_free_guidance.training_dropout", 0.3)),
        guidance=float(entry(cfg, "classifier_free_guidance.inference_coef", 3.0)),
    )
    if not isinstance(settings, MusicgenMelody.Config):
        return settings
    n_fft = 2 ** int(entry(cfg, "conditioners.self_wav.chroma_stem.radix2_exp", 14))
    classes = int(entry(cfg, "conditioners.self_wav.chroma_stem.n_chroma", 12))
    chroma = Chromagram(n_fft=n_fft, hop_length=n_fft // 4, classes=classes)
    return replace(settings, chroma=chroma, melody_frames=chroma.frames(round(seconds * codec.sample_rate)))


def sizes(tensors: Mapping[str, Tensor], source: str) -> tuple[int, int, int, int]:
    """Width, hidden width, streams and depth."""
    layers = {found[1] for name in tensors if (found := re.match(LAYER, name))}
    streams = sum(bool(re.fullmatch(r"emb\.\d+\.weight", name)) for name in tensors)
    try:
        width = tensors["emb.0.weight"].shape[1]
        hidden = tensors["transformer.layers.0.linear1.weight"].shape[0]
    except KeyError as error:
        raise ValueError(f"{source} holds no MusicGen: it lacks {error}") from None
    return width, hidden, streams, len(layers)


def pattern_of(cfg: Any, streams: int, source: str) -> Settings:
    """Our pattern; older settings name it elsewhere, and leave the delays to the name."""
    name = entry(cfg, "codebooks_pattern.modeling") or entry(cfg, "transformer_lm.q_modeling", "delay")
    if name == "parallel":
        return Parallel.Config()
    if name != "delay":
        raise ValueError(f"{source} has the pattern {name!r}; those of published models are: delay, parallel")
    own = tuple(entry(cfg, "codebooks_pattern.delay.delays") or range(streams))
    return Delay.Config() if own == tuple(range(streams)) else Delay.Config(own=own)


def arrange(tensors: dict[str, Tensor], source: str) -> None:
    """Puts tensors together that are one with us, and takes apart those that are two."""
    streams = [str(stream) for stream in range(sizes(tensors, source)[2])]
    joined(tensors, r"emb\.(?P<part>\d+)\.weight", streams, "lm.embedding.weight", source=source)
    joined(tensors, r"linears\.(?P<part>\d+)\.weight", streams, "lm.heads.weight", source=source)
    for name in list(tensors):
        if found := re.fullmatch(LAYER + r"cross_attention\.(?:mha\.)?in_proj_weight", name):
            whole = tensors.pop(name)
            cross, width = found.expand(BLOCK) + "cross.", whole.shape[1]
            tensors[cross + "to_queries.weight"] = whole[:width]
            tensors[cross + "to_keys_values.weight"] = whole[width:]
