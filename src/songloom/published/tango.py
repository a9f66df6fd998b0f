"""TANGO's own checkpoints (declare-lab): three pickles of plain tensors, each with its settings beside it.

`pytorch_model_main.bin` holds the U-Net by diffusers' names and Flan-T5 by transformers', `pytorch_model_vae.bin`
AudioLDM's autoencoder and vocoder by their first authors' names, `pytorch_model_stft.bin` only filters that follow from
its settings and are made here. The U-Net's settings are named by `main_config.json` and lie in the authors' repository
(configs/): where the folder lacks them they are those of the published model. The tokenizer is that of the text encoder
that is named, from the folder or the local cache.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from songloom.layers.unet import UnetShape
from songloom.loading import without_memory
from songloom.published import audioldm_vae, t5, tokenizers, unet
from songloom.published.files import Files, locate, read_json, read_tensors
from songloom.published.keys import listed, prefixed, taken
from songloom.published.mel_pipeline import assembled
from songloom.systems.codecs.hifigan import HifiGan, of_audioldm
from songloom.systems.generators.tango import Tango, tango_shape

WHOLE = True
"""The codec that lies in these files is no family of its own."""
MAIN, VAE = "pytorch_model_main.bin", "pytorch_model_vae.bin"
MAIN_CONFIG, VAE_CONFIG = "main_config.json", "vae_config.json"
SCHEDULER = "stable-diffusion-2-1"
"""Whose scheduler all published models have; it is the default of our settings."""


def recognises(files: Files) -> bool:
    """Whether the folder is a TANGO of its authors."""
    return {MAIN, VAE, MAIN_CONFIG, VAE_CONFIG} <= files.names


def load(path: Path, vocoder: HifiGan.Config | None = None) -> Tango:
    """The generator of a folder; its vocoder has the sizes of AudioLDM's unless given. Raises ValueError when settings
    or tensors do not fit."""
    config = read_json(path / MAIN_CONFIG)
    if config.get("unet_model_name") or SCHEDULER not in str(config.get("scheduler_name")):
        raise ValueError(
            f"{path / MAIN_CONFIG} names the U-Net {config.get('unet_model_name')!r} and the scheduler "
            f"{config.get('scheduler_name')!r}; a TANGO that is known here has its own U-Net and that of {SCHEDULER}"
        )
    tensors, source = read_tensors(path / MAIN), str(path / MAIN)
    own, said = taken(tensors, "unet."), taken(tensors, "text_encoder.")
    if tensors:
        raise ValueError(f"{source} has unknown keys, {listed(tensors)}")
    shape = shape_of(path, config)
    place = tokenizer_folder(path, str(config.get("text_encoder_name")))
    words = t5.from_tensors(said, t5.settings_of_tensors(said, source), place, source)
    codec = audioldm_vae.load(path / VAE, read_json(path / VAE_CONFIG), vocoder or of_audioldm())
    with without_memory():
        system = Tango(Tango.Config(codec=codec.config, words=words.config, shape=shape))
    unet_own = prefixed("unet", unet.of_published(own, shape, source))
    return assembled(system, unet_own, {"codec": codec, "words": words}, str(path))


def shape_of(path: Path, config: dict[str, Any]) -> UnetShape:
    """The U-Net's shape, from the file that the settings name where it is here."""
    named = Path(str(config.get("unet_model_config_path") or ""))
    for place in (path / named, path / named.name):
        if named.name and place.is_file():
            return unet.settings(read_json(place), str(place))
    return tango_shape()


def tokenizer_folder(path: Path, name: str) -> Path | None:
    """Where the tokenizer.json lies: in the folder, or with the named text encoder; None where it is not here."""
    if (path / tokenizers.WHOLE).is_file():
        return path
    try:
        cached = locate(name)
    except ValueError:  # music can only be made once it is fetched; what is asked for then says so
        return None
    return cached if (cached / tokenizers.WHOLE).is_file() else None
