"""MusicGen's published checkpoints: Hugging Face's folders here, audiocraft's in `musicgen_craft.py`.

A folder of Hugging Face holds the language model, T5 and EnCodec in one set of tensors, with a config.json and
T5's tokenizer beside it. A repository of the Hub may hold both layouts; then this one is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from songloom.audio.features.chromagram import Chromagram
from songloom.conditioning.t5 import T5
from songloom.published import encodec, encodec_settings, musicgen_craft, t5
from songloom.published.composite import assembled
from songloom.published.files import INDEX, WEIGHTS, Files, read_json, read_tensors
from songloom.published.keys import Rule, joined, renamed, taken
from songloom.systems.codecs.encodec import Encodec
from songloom.systems.codecs.stereo import StereoCodec
from songloom.systems.generators.musicgen import Musicgen
from songloom.systems.generators.musicgen_melody import MusicgenMelody
from songloom.tokens.patterns import Delay

WHOLE = True
"""The codec that lies in these files is known to its own family too; the whole model goes before."""
KINDS: dict[str, type[Musicgen.Config]] = {"musicgen": Musicgen.Config, "musicgen_melody": MusicgenMelody.Config}
DECODER = r"decoder\.model\.decoder\."
LAYER = DECODER + r"layers\.(\d+)\."
BLOCK = r"lm.transformer.blocks.\1."
RULES: tuple[Rule, ...] = (
    (LAYER + r"self_attn\.out_proj\.weight", BLOCK + "attention.to_out.weight"),
    (LAYER + r"encoder_attn\.q_proj\.weight", BLOCK + "cross.to_queries.weight"),
    (LAYER + r"encoder_attn\.out_proj\.weight", BLOCK + "cross.to_out.weight"),
    (LAYER + r"self_attn_layer_norm\.(weight|bias)", BLOCK + r"attention_norm.\2"),
    (LAYER + r"encoder_attn_layer_norm\.(weight|bias)", BLOCK + r"cross_norm.\2"),
    (LAYER + r"final_layer_norm\.(weight|bias)", BLOCK + r"hidden_norm.\2"),
    (LAYER + r"fc1\.weight", BLOCK + "expand.weight"),
    (LAYER + r"fc2\.weight", BLOCK + "contract.weight"),
    (DECODER + r"layer_norm\.(weight|bias)", r"lm.transformer.norm.\1"),
    (DECODER + r"embed_positions\.weights", None),
    (r"enc_to_dec_proj\.(weight|bias)", r"text_projection.\1"),
    (r"audio_enc_to_dec_proj\.(weight|bias)", r"melody_projection.\1"),
    (r"lm\..+", r"\g<0>"),
)


def recognises(files: Files) -> bool:
    """Whether the files are of this family."""
    return files.config.get("model_type") in KINDS or musicgen_craft.MODEL in files.names


def load(path: Path) -> Musicgen:
    """The generator of a published folder. Raises ValueError when anything is missing, unknown or misshaped."""
    names = Files(path).names
    if path.is_file():
        path = path.parent
    if "config.json" in names and any(name in names or name + INDEX in names for name in WEIGHTS):
        return from_hub(path)
    if musicgen_craft.MODEL not in names:
        raise ValueError(
            f"{path} has no weights: needs {' or '.join((*WEIGHTS, musicgen_craft.MODEL))} beside config.json"
        )
    return musicgen_craft.load(path)


def from_hub(folder: Path) -> Musicgen:
    """The generator of a folder of Hugging Face."""
    config = read_json(folder / "config.json")
    missing = {"decoder", "text_encoder", "audio_encoder"} - config.keys()
    if missing:
        raise ValueError(f"{folder / 'config.json'} has no {', '.join(sorted(missing))}")
    tensors, source = read_tensors(folder), str(folder)
    codec = encodec.from_tensors(
        taken(tensors, "audio_encoder."), encodec_settings.settings_of_hub(config["audio_encoder"]), source
    )
    text = t5.from_tensors(taken(tensors, "text_encoder."), t5.settings_of_hub(config["text_encoder"]), folder, source)
    settings = settings_of_hub(config, folder, codec.config, text.config)
    _joined(tensors, config["decoder"]["num_codebooks"], source)
    own = renamed(tensors, RULES, source=source)
    if text.config.width == settings.width and "text_projection.weight" not in own:
        own |= {
            "text_projection.weight": torch.eye(settings.width),
            "text_projection.bias": torch.zeros(settings.width),
        }
    return assembled(settings, own, codec, text, source)


def settings_of_hub(config: Mapping[str, Any], folder: Path, codec: Encodec.Config, text: T5.Config) -> Musicgen.Config:
    """Our settings of a composite config.json and the two files beside it, where these are there."""
    decoder = config["decoder"]
    expected = {"activation_function": "gelu", "scale_embedding": False, "vocab_size": codec.quantizer.codebook_size}
    for name, value in expected.items():
        if decoder.get(name, value) != value:
            raise ValueError(f"a MusicGen with {name} {decoder[name]!r} is not known; only {value!r} is")
    defaults = _optional(folder / "generation_config.json")
    rate = codec.sample_rate / codec.network.hop_length
    context = (defaults.get("max_length") or round(30 * rate)) / rate
    stereo = decoder.get("audio_channels", 1) == 2
    streams = decoder["num_codebooks"]
    settings = KINDS[config["model_type"]](
        codec=StereoCodec.Config(codec=codec) if stereo else codec,
        text=text,
        pattern=Delay.Config(own=tuple(stream // 2 for stream in range(streams))) if stereo else Delay.Config(),
        streams=streams,
        width=decoder["hidden_size"],
        depth=decoder["num_hidden_layers"],
        heads=decoder["num_attention_heads"],
        hidden=decoder["ffn_dim"],
        context_seconds=context,
        stride_seconds=0.6 * context,
        mask_padding=True,
        guidance=defaults.get("guidance_scale") or Musicgen.Config.guidance,
        temperature=defaults.get("temperature") or Musicgen.Config.temperature,
        top_k=defaults.get("top_k") or Musicgen.Config.top_k,
    )
    if not isinstance(settings, MusicgenMelody.Config):
        return settings
    features = _optional(folder / "preprocessor_config.json")
    chroma = Chromagram(
        n_fft=features.get("n_fft", 16_384),
        hop_length=features.get("hop_length", 4096),
        classes=config.get("num_chroma", 12),
    )
    return replace(settings, chroma=chroma, melody_frames=config.get("chroma_length", 235))


def _optional(path: Path) -> dict[str, Any]:
    return read_json(path) if path.is_file() else {}


def _joined(tensors: dict[str, Tensor], streams: int, source: str) -> None:
    """Puts tensors together that are one with us: the streams' tables and heads, the attention's projections."""
    numbers = [str(stream) for stream in range(streams)]
    joined(tensors, DECODER + r"embed_tokens\.(?P<part>\d+)\.weight", numbers, "lm.embedding.weight", source=source)
    joined(tensors, r"decoder\.lm_heads\.(?P<part>\d+)\.weight", numbers, "lm.heads.weight", source=source)
    own, cross = BLOCK + "attention.to_qkv.weight", BLOCK + "cross.to_keys_values.weight"
    joined(tensors, LAYER + r"self_attn\.(?P<part>[qkv])_proj\.weight", "qkv", own, source=source)
    joined(tensors, LAYER + r"encoder_attn\.(?P<part>[kv])_proj\.weight", "kv", cross, source=source)
