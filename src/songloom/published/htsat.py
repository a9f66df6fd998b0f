"""HTS-AT in the layout of its authors, which LAION and Microsoft kept, as the audio half of larger files."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from torch import Tensor

from songloom.layers.decibel_mel import DecibelScale
from songloom.layers.htsat import HtsatShape
from songloom.published.bert import layers
from songloom.published.keys import Rule
from songloom.published.spectrum import SPECTRUM

FUSION = r"patch_embed\.fusion_model\."
BLOCK = r"layers\.(\d+)\.blocks\.(\d+)\."
PLACES = {
    r"norm1": "attention_norm",
    r"attn\.qkv": "attention.qkv",
    r"attn\.proj": "attention.out",
    r"norm2": "hidden_norm",
    r"mlp\.fc1": "expand",
    r"mlp\.fc2": "contract",
}


def rules(theirs: str, ours: str) -> list[Rule]:
    """From names that begin with the pattern `theirs` to those of `layers.htsat.Htsat` after `ours`. Spectrum, masks
    and the head for AudioSet's classes are dropped."""
    return [
        (theirs + SPECTRUM, None),
        (theirs + r"(?:tscam_conv|head)\.(?:weight|bias)", None),
        (theirs + BLOCK + r"(?:attn_mask|attn\.relative_position_index)", None),
        (theirs + r"bn0\.(.+)", rf"{ours}bands_norm.\1"),
        (theirs + r"norm\.(.+)", rf"{ours}norm.\1"),
        (theirs + r"patch_embed\.proj\.(.+)", rf"{ours}patches.whole.\1"),
        (theirs + r"patch_embed\.norm\.(.+)", rf"{ours}patches.norm.\1"),
        (theirs + r"patch_embed\.mel_conv2d\.(.+)", rf"{ours}patches.pieces.\1"),
        (theirs + FUSION + r"local_att\.(\d)\.(.+)", rf"{ours}patches.fusion.here.\1.\2"),
        *(  # theirs begins with the mean over the image
            (theirs + FUSION + rf"global_att\.{place + 1}\.(.+)", rf"{ours}patches.fusion.overall.{place}.\1")
            for place in (0, 1, 3, 4)
        ),
        (theirs + BLOCK + r"attn\.relative_position_bias_table", rf"{ours}stages.\1.blocks.\2.attention.offsets"),
        *(
            (theirs + BLOCK + place + r"\.(.+)", rf"{ours}stages.\1.blocks.\2.{name}.\3")
            for place, name in PLACES.items()
        ),
        (theirs + r"layers\.(\d+)\.downsample\.norm\.(.+)", rf"{ours}stages.\1.merge.norm.\2"),
        (theirs + r"layers\.(\d+)\.downsample\.reduction\.(.+)", rf"{ours}stages.\1.merge.reduce.\2"),
    ]


def shape_of(tensors: Mapping[str, Tensor], prefix: str, source: str) -> HtsatShape:
    """The size that the shapes of tensors under `prefix` say. Raises ValueError when they are of something else."""
    own = {name.removeprefix(prefix): tensor.shape for name, tensor in tensors.items() if name.startswith(prefix)}
    stages = layers(own, r"layers\.(\d+)\.")
    try:
        width, _, patch, _ = own["patch_embed.proj.weight"]
        tables = [own[f"layers.{stage}.blocks.0.attn.relative_position_bias_table"] for stage in range(stages)]
        window = (math.isqrt(tables[0][0]) + 1) // 2
        squeezed = own.get("patch_embed.fusion_model.local_att.0.weight")
        return HtsatShape(
            width=width,
            depths=tuple(layers(own, rf"layers\.{stage}\.blocks\.(\d+)\.") for stage in range(stages)),
            heads=tuple(heads for _, heads in tables),
            window=window,
            patch=patch,
            side=_side(own, window * patch),
            bands=own["bn0.weight"][0],
            fused=squeezed is not None,
            squeeze=width // squeezed[0] if squeezed else HtsatShape.squeeze,
        )
    except (KeyError, IndexError, ValueError) as error:
        raise ValueError(f"{source} holds no HTS-AT under {prefix!r}: {error}") from None


def _side(own: Mapping[str, tuple[int, ...]], window: int) -> int:
    """Rows of the square: a mask of the first stage has a row for each of its windows of so many rows."""
    mask = own.get("layers.0.blocks.1.attn_mask")
    return HtsatShape.side if mask is None else math.isqrt(mask[0]) * window


def unfused(scale: DecibelScale) -> DecibelScale:
    """The scale of the filters that lie in a file: fusion hears by others than these."""
    return replace(scale, scale="slaney", equal_area=True)
