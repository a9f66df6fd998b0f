"""AudioLDM's autoencoder with its vocoder by its authors' own names, as TANGO's files hold it.

They are those of latent diffusion's first code (Rombach et al. 2022): levels of the decoder are counted from the wave's
side, so they come here in reverse. Liu et al. 2023 (arXiv 2301.12503), section 3.3.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from songloom.loading import without_memory
from songloom.published import hifigan
from songloom.published.files import read_tensors
from songloom.published.keys import Rule, fill, prefixed, renamed, taken, unnormed
from songloom.systems.codecs.hifigan import HifiGan
from songloom.systems.codecs.mel_vae import MelVae

PARTS = {
    "norm1": "first_norm",
    "conv1": "first",
    "norm2": "second_norm",
    "conv2": "second",
    "nin_shortcut": "shortcut",
}
ATTENTION = {"norm": "norm", "q": "query", "k": "key", "v": "value", "proj_out": "leave"}
FIXED = {"in_channels": 1, "out_ch": 1, "double_z": True, "attn_resolutions": [], "downsample_time": False}
"""Settings that have one value in this family."""


def load(weights: Path, config: Mapping[str, Any], vocoder: HifiGan.Config) -> MelVae:
    """The codec of a file and its settings. Raises ValueError when settings or tensors do not fit."""
    source = str(weights)
    form = settings(config, vocoder, source)
    with without_memory():
        system = MelVae(form)
    tensors = read_tensors(weights)
    spoken = hifigan.of_authors(unnormed(taken(tensors, "vocoder.")), vocoder, source)
    found = renamed(tensors, rules(len(form.widths)), source=source)
    flat = {name: flattened(name, tensor) for name, tensor in found.items()}
    fill(system, flat | prefixed("vocoder", spoken), source=source)
    return system.eval()


def settings(config: Mapping[str, Any], vocoder: HifiGan.Config, source: str) -> MelVae.Config:
    """The settings of the file's. Raises ValueError for what this family lacks."""
    try:
        form = config["ddconfig"]
        others = [f"{name} {form[name]!r}" for name, value in FIXED.items() if form.get(name, value) != value]
        if others or form["z_channels"] != config["embed_dim"] or config.get("subband", 1) != 1:
            raise ValueError(", ".join(others) or "subbands, or latents of another width than the encoder's")
        return MelVae.Config(
            mel=vocoder.mel,
            vocoder=vocoder,
            widths=tuple(int(form["ch"]) * int(times) for times in form["ch_mult"]),
            depth=int(form["num_res_blocks"]),
            groups=int(form.get("num_groups", 32)),
            latent_channels=int(config["embed_dim"]),
            scaling=float(config["scale_factor"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{source} has no settings of AudioLDM's autoencoder: {error}") from None


def rules(levels: int) -> list[Rule]:
    """From the authors' names to ours."""
    own: list[Rule] = [
        (r"(encoder|decoder)\.conv_in\.(.+)", r"\1.enter.\2"),
        (r"(encoder|decoder)\.norm_out\.(.+)", r"\1.norm.\2"),
        (r"(encoder|decoder)\.conv_out\.(.+)", r"\1.leave.\2"),
        (r"quant_conv\.(.+)", r"moments.\1"),
        (r"post_quant_conv\.(.+)", r"enter.\1"),
        (r"loss\..+", None),
        (r"encoder\.down\.(\d+)\.downsample\.conv\.(.+)", r"encoder.halves.\1.conv.\2"),
    ]
    for theirs, ours in PARTS.items():
        own.append((rf"encoder\.down\.(\d+)\.block\.(\d+)\.{theirs}\.(.+)", rf"encoder.levels.\1.\2.{ours}.\3"))
        for block, place in ((1, 0), (2, 2)):
            own.append((rf"(encoder|decoder)\.mid\.block_{block}\.{theirs}\.(.+)", rf"\1.middle.{place}.{ours}.\2"))
    own += [
        (rf"(encoder|decoder)\.mid\.attn_1\.{theirs}\.(.+)", rf"\1.middle.1.{ours}.\2")
        for theirs, ours in ATTENTION.items()
    ]
    for level in range(levels):
        up, down = rf"decoder\.up\.{level}\.", levels - 1 - level
        own += [
            (rf"{up}block\.(\d+)\.{theirs}\.(.+)", rf"decoder.levels.{down}.\1.{ours}.\2")
            for theirs, ours in PARTS.items()
        ]
        own.append((rf"{up}upsample\.conv\.(.+)", rf"decoder.twices.{down}.conv.\1"))
    return own


def flattened(name: str, tensor: Tensor) -> Tensor:
    """Attention's matrices, which are convolutions of one place in the file."""
    inner = any(name.endswith(f".middle.1.{part}.weight") for part in ("query", "key", "value", "leave"))
    return tensor.flatten(1) if inner else tensor
