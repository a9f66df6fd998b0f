"""Published checkpoints of MusicLDM and AudioLDM in diffusers' layout: a folder for each part of the pipeline."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from songloom.loading import without_memory
from songloom.published import clap_text, mel_vae, unet
from songloom.published.files import Files, read_json
from songloom.published.keys import prefixed
from songloom.published.mel_pipeline import INDEX, assembled, is_pipeline, process
from songloom.systems.generators.musicldm import MusicLdm

WHOLE = True
"""The codec that lies in these folders is known to its own family too; the whole model goes before."""

GUIDANCE = {"MusicLDMPipeline": 2.0, "AudioLDMPipeline": 2.5}
"""By the kind of pipeline, what it guides by unless told otherwise."""


def recognises(files: Files) -> bool:
    """Whether the folder is a MusicLDM or an AudioLDM."""
    return is_pipeline(files, *GUIDANCE)


def load(path: Path) -> MusicLdm:
    """The generator of a folder. Raises ValueError when settings or tensors do not fit."""
    codec = mel_vae.load(path)
    sentence = clap_text.load(path / "text_encoder", path / "tokenizer")
    shape = unet.settings(read_json(path / "unet" / "config.json"), str(path / "unet"))
    guidance = GUIDANCE[read_json(path / INDEX)["_class_name"]]
    settings = MusicLdm.Config(
        codec=codec.config,
        process=process(path),
        sentence=sentence.config,
        shape=shape,
        sampling=replace(MusicLdm.Config().sampling, guidance=guidance),
    )
    with without_memory():
        system = MusicLdm(settings)
    own = prefixed("unet", unet.tensors(path / "unet", shape))
    return assembled(system, own, {"codec": codec, "sentence": sentence}, str(path))
