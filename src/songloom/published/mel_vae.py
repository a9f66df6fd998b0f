"""The AudioLDM family's autoencoder in diffusers' layout (`AutoencoderKL`), with the vocoder that lies beside it.

A pipeline folder (AudioLDM, AudioLDM 2, MusicLDM) has them under vae/ and vocoder/; the folder vae/ alone finds its
vocoder as a neighbour, and without one Griffin-Lim makes the sound.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from songloom.loading import without_memory
from songloom.published import hifigan
from songloom.published.files import Files, read_json, read_tensors
from songloom.published.keys import Rule, fill, renamed
from songloom.systems.codecs.hifigan import HifiGan, of_audioldm
from songloom.systems.codecs.mel_vae import MelVae

DIFFUSERS = "AutoencoderKL"
INDEX = "model_index.json"
FIXED = {
    "in_channels": 1,
    "out_channels": 1,
    "act_fn": "silu",
    "use_quant_conv": True,
    "use_post_quant_conv": True,
    "mid_block_add_attention": True,
    "shift_factor": None,
    "latents_mean": None,
}
"""Settings that have one value in this family; older files do not name all of them."""
RULES: list[Rule] = [
    (r"(encoder|decoder)\.conv_in\.(.+)", r"\1.enter.\2"),
    (r"(encoder|decoder)\.conv_norm_out\.(.+)", r"\1.norm.\2"),
    (r"(encoder|decoder)\.conv_out\.(.+)", r"\1.leave.\2"),
    (r"quant_conv\.(.+)", r"moments.\1"),
    (r"post_quant_conv\.(.+)", r"enter.\1"),
    (r"encoder\.down_blocks\.(\d+)\.downsamplers\.0\.conv\.(.+)", r"encoder.halves.\1.conv.\2"),
    (r"decoder\.up_blocks\.(\d+)\.upsamplers\.0\.conv\.(.+)", r"decoder.twices.\1.conv.\2"),
    *(
        (rf"(encoder|decoder)\.{theirs}\.{part}\.(.+)", rf"\1.{ours}.{name}.\{group}")
        for theirs, ours, group in (
            (r"(?:down|up)_blocks\.(\d+)\.resnets\.(\d+)", r"levels.\2.\3", 4),
            (r"mid_block\.resnets\.0", "middle.0", 2),
            (r"mid_block\.resnets\.1", "middle.2", 2),
        )
        for part, name in {
            "norm1": "first_norm",
            "conv1": "first",
            "norm2": "second_norm",
            "conv2": "second",
            "conv_shortcut": "shortcut",
        }.items()
    ),
    *(
        (rf"(encoder|decoder)\.mid_block\.attentions\.0\.{theirs}\.(.+)", rf"\1.middle.1.{ours}.\2")
        for theirs, ours in {
            "group_norm": "norm",
            "(?:to_q|query)": "query",
            "(?:to_k|key)": "key",
            "(?:to_v|value)": "value",
            r"(?:to_out\.0|proj_attn)": "leave",  # the second names are of files from before 2023's summer
        }.items()
    ),
]


def recognises(files: Files) -> bool:
    """Whether the folder is such an autoencoder, or a pipeline with one and its vocoder."""
    if INDEX in files.names:
        parts = read_json(files.path / INDEX)
        return DIFFUSERS in (parts.get("vae") or ()) and "SpeechT5HifiGan" in (parts.get("vocoder") or ())
    return files.config.get("_class_name") == DIFFUSERS


def load(path: Path) -> MelVae:
    """The codec of a folder. Raises ValueError when settings or tensors do not fit."""
    if (path / INDEX).is_file():
        path = path / "vae"
    beside = path.parent / "vocoder"
    vocoder = None
    if (beside / "config.json").is_file():
        vocoder = hifigan.settings(read_json(beside / "config.json"), str(beside))
    with without_memory():
        system = MelVae(settings(read_json(path / "config.json"), vocoder, str(path)))
    found = renamed(read_tensors(path), RULES, source=str(path))
    if vocoder is not None:
        found |= {f"vocoder.{name}": tensor for name, tensor in hifigan.tensors(beside, vocoder).items()}
    fill(system, found, source=str(path))
    return system.eval()


def settings(config: Mapping[str, Any], vocoder: HifiGan.Config | None, source: str) -> MelVae.Config:
    """The settings in a config.json; the mel scale is the vocoder's. Raises ValueError for what this family lacks."""
    others = [f"{name} {config[name]!r}" for name, value in FIXED.items() if config.get(name, value) != value]
    try:
        if others:
            raise ValueError(", ".join(others))
        return MelVae.Config(
            mel=(vocoder or of_audioldm()).mel,
            vocoder=vocoder,
            widths=tuple(map(int, config["block_out_channels"])),
            depth=int(config["layers_per_block"]),
            groups=int(config["norm_num_groups"]),
            latent_channels=int(config["latent_channels"]),
            scaling=float(config["scaling_factor"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{source} has no settings of a mel autoencoder that is known here: {error}") from None
