"""Oobleck's published checkpoints: stable-audio-tools' (alone or inside Stable Audio Open) and diffusers'.

A stable-audio-tools folder has model_config.json, for the autoencoder itself or for a diffusion model whose
`pretransform` it is, with the tensors of the latter under "pretransform.model."; vae_model_config.json is the same
for the autoencoder. A diffusers folder has config.json of AutoencoderOobleck, or is a pipeline with it under vae/.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from songloom.bottlenecks.gaussian import GaussianBottleneck
from songloom.loading import without_memory
from songloom.published.dac import ours
from songloom.published.dilated import named, numbered
from songloom.published.files import Files, read_json, read_keys, read_tensors, weights_file
from songloom.published.keys import fill
from songloom.systems.codecs.oobleck import Oobleck

CONFIGS = ("model_config.json", "vae_model_config.json")
PREFIX = "pretransform.model."
DIFFUSERS = "AutoencoderOobleck"


def recognises(files: Files) -> bool:
    """Whether Oobleck is, or is among, these files."""
    if _config_file(files.path) is not None:
        return True
    if "model_index.json" in files.names:
        return DIFFUSERS in (read_json(files.path / "model_index.json").get("vae") or ())
    return files.config.get("_class_name") == DIFFUSERS


def load(path: Path) -> Oobleck:
    """The codec of any of these folders. Raises ValueError when settings or tensors do not fit."""
    if (path / "model_index.json").is_file():
        path = path / "vae"
    config_file = _config_file(path)
    if config_file is None:
        config = _diffusers(read_json(path / "config.json"), str(path))
        rules, tensors = named(len(config.strides)), read_tensors(path)
    else:
        config = _stable_audio(read_json(config_file), str(config_file))
        rules = numbered(len(config.strides), encoder="encoder.layers", decoder="decoder.layers", inner="layers")
        weights = weights_file(path)
        inside = "state_dict" if weights.suffix != ".safetensors" and "state_dict" in read_keys(weights) else None
        tensors = read_tensors(weights, inside=inside)
        if any(name.startswith(PREFIX) for name in tensors):
            tensors = {n.removeprefix(PREFIX): tensor for n, tensor in tensors.items() if n.startswith(PREFIX)}
    with without_memory():
        codec = Oobleck(config)
    fill(codec, ours(tensors, rules, source=str(path)), source=str(path))
    return codec


def _config_file(path: Path) -> Path | None:
    """The stable-audio-tools settings in a folder, where they are of an Oobleck."""
    for name in CONFIGS:
        if (path / name).is_file():
            data = _autoencoder(read_json(path / name))
            if isinstance(data.get("encoder"), Mapping) and data["encoder"].get("type") == "oobleck":
                return path / name
    return None


def _autoencoder(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The part of model_config.json that describes the autoencoder, or nothing."""
    model = data.get("model", {})
    if isinstance(model, Mapping) and isinstance(model.get("pretransform"), Mapping):
        model = model["pretransform"].get("config", {})
    return model if isinstance(model, Mapping) else {}


def _stable_audio(data: Mapping[str, Any], source: str) -> Oobleck.Config:
    model = _autoencoder(data)
    parts = {name: model[name].get("config", {}) for name in ("encoder", "decoder")}
    encoder, decoder = parts["encoder"], parts["decoder"]
    if model.get("bottleneck", {}).get("type") != "vae" or decoder.get("final_tanh") or not encoder.get("use_snake"):
        raise ValueError(f"{source} is an Oobleck of another kind: needs a vae bottleneck, snakes, and no final tanh")
    same = ("channels", "c_mults", "strides")
    if [encoder.get(name) for name in same] != [decoder.get(name) for name in same]:
        raise ValueError(f"{source} has an encoder and a decoder that are no mirror images")
    return _config(
        source,
        rate=data.get("sample_rate", 44_100),
        channels=model.get("io_channels", 2),
        strides=encoder.get("strides"),
        width=encoder.get("channels"),
        multiples=encoder.get("c_mults"),
        latents=model.get("latent_dim"),
    )


def _diffusers(data: Mapping[str, Any], source: str) -> Oobleck.Config:
    return _config(
        source,
        rate=data.get("sampling_rate", 44_100),
        channels=data.get("audio_channels", 2),
        strides=data.get("downsampling_ratios", (2, 4, 4, 8, 8)),
        width=data.get("decoder_channels", 128),
        multiples=data.get("channel_multiples", (1, 2, 4, 8, 16)),
        latents=data.get("decoder_input_channels", 64),
    )


def _config(
    source: str, *, rate: Any, channels: Any, strides: Any, width: Any, multiples: Any, latents: Any
) -> Oobleck.Config:
    """Our settings from what a file says; ValueError for what is no whole number above 0."""
    lists = [tuple(value) if isinstance(value, list | tuple) else (None,) for value in (strides, multiples)]
    if not all(type(n) is int and n > 0 for n in (rate, channels, width, latents, *lists[0], *lists[1])):
        raise ValueError(f"{source} lacks settings, or has some that are no whole numbers above 0")
    return Oobleck.Config(
        sample_rate=rate,
        channels=channels,
        strides=lists[0],
        width=width,
        multiples=lists[1],
        bottleneck=GaussianBottleneck.Config(width=latents),
    )
