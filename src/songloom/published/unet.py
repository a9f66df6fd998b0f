"""U-Nets in diffusers' layout (`UNet2DConditionModel`, `AudioLDM2UNet2DConditionModel`): their settings and names.

Two habits of theirs matter. What their settings call `attention_head_dim` is the number of heads. And which sequence a
transformer attends to follows from its place: the first two take the first, all others the second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from songloom.layers.unet import UnetShape
from songloom.published.files import read_tensors
from songloom.published.keys import Rule, joined, renamed

FIXED = {
    "act_fn": "silu",
    "flip_sin_to_cos": True,
    "freq_shift": 0,
    "downsample_padding": 1,
    "mid_block_scale_factor": 1,
    "mid_block_type": "UNetMidBlock2DCrossAttn",
    "norm_eps": 1e-5,
    "only_cross_attention": False,
    "dual_cross_attention": False,
    "center_input_sample": False,
    "resnet_time_scale_shift": "default",
    "time_embedding_type": "positional",
    "time_embedding_dim": None,
    "time_embedding_act_fn": None,
    "timestep_post_act": None,
    "time_cond_proj_dim": None,
    "num_class_embeds": None,
    "addition_embed_type": None,
    "attention_type": "default",
    "resnet_skip_time_act": False,
    "resnet_out_scale_factor": 1,
    "mid_block_only_cross_attention": None,
    "reverse_transformer_layers_per_block": None,
    "encoder_hid_dim_type": None,
    "conv_in_kernel": 3,
    "conv_out_kernel": 3,
}
"""Settings that have one value in this family; older files do not name all of them."""
DOWN, UP = {"DownBlock2D": False, "CrossAttnDownBlock2D": True}, {"UpBlock2D": False, "CrossAttnUpBlock2D": True}
PLACES: list[Rule] = [
    (r"conv_in\.(.+)", r"enter.\1"),
    (r"conv_norm_out\.(.+)", r"norm.\1"),
    (r"conv_out\.(.+)", r"leave.\1"),
    (r"time_embedding\.linear_1\.(.+)", r"to_time.0.\1"),
    (r"time_embedding\.linear_2\.(.+)", r"to_time.2.\1"),
    (r"class_embedding\.(.+)", r"to_vector.\1"),
    (r"down_blocks\.(\d+)\.downsamplers\.0\.conv\.(.+)", r"halves.\1.\2"),
    (r"up_blocks\.(\d+)\.upsamplers\.0\.conv\.(.+)", r"twices.\1.\2"),
    (r"(down|up)_blocks\.(\d+)\.resnets\.(\d+)\.(.+)", r"\1.\2.\3.block.\4"),
    (r"mid_block\.resnets\.0\.(.+)", r"middle.block.\1"),
    (r"mid_block\.resnets\.1\.(.+)", r"last.\1"),
]
BLOCK, OURS = r"(.+\.attending\.\d+)\.transformer_blocks\.(\d+)\.", r"\1.blocks.\2."
INSIDE: list[Rule] = [
    (r"(.+\.attending\.\d+)\.norm\.(.+)", r"\1.norm.\2"),
    (r"(.+\.attending\.\d+)\.proj_in\.(.+)", r"\1.enter.\2"),
    (r"(.+\.attending\.\d+)\.proj_out\.(.+)", r"\1.leave.\2"),
    *(
        (BLOCK + theirs + r"\.(.+)", OURS + ours + r".\3")
        for theirs, ours in {
            "norm1": "first_norm",
            "norm2": "second_norm",
            "norm3": "hidden_norm",
            r"attn1\.to_q": "first.to_queries",
            r"attn1\.to_kv": "first.to_keys_values",
            r"attn1\.to_out\.0": "first.to_out",
            r"attn2\.to_q": "second.to_queries",
            r"attn2\.to_kv": "second.to_keys_values",
            r"attn2\.to_out\.0": "second.to_out",
            r"ff\.net\.0\.proj": "expand",
            r"ff\.net\.2": "contract",
        }.items()
    ),
    *(
        (rf"(.+\.block|last)\.{theirs}\.(.+)", rf"\1.{ours}.\2")
        for theirs, ours in {
            "norm1": "first_norm",
            "conv1": "first",
            "time_emb_proj": "to_time",
            "norm2": "second_norm",
            "conv2": "second",
            "conv_shortcut": "shortcut",
        }.items()
    ),
    (r"(enter|leave|norm|to_time|to_vector|halves|twices)\..+", r"\g<0>"),
]


def settings(config: Mapping[str, Any], source: str) -> UnetShape:
    """The shape in a config.json. Raises ValueError for what is not known."""
    others = [f"{name} {config[name]!r}" for name, value in FIXED.items() if config.get(name, value) != value]
    try:
        if others:
            raise ValueError(", ".join(others))
        widths = tuple(map(int, config["block_out_channels"]))
        attended = tuple(DOWN[kind] for kind in config["down_block_types"])
        if tuple(UP[kind] for kind in reversed(config["up_block_types"])) != attended:
            raise ValueError("the way up attends elsewhere than the way down")
        return UnetShape(
            widths=widths,
            depth=int(config["layers_per_block"]),
            attended=attended,
            attends=_attends(config["cross_attention_dim"], widths),
            layers=int(config.get("transformer_layers_per_block", 1)),
            heads=_heads(config, len(widths)),
            groups=int(config["norm_num_groups"]),
            vector=_vector(config),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{source} has no settings of a U-Net that is known here: {error}") from None


def _attends(found: int | Sequence[Any], widths: tuple[int, ...]) -> tuple[int, ...]:
    """What the transformers after a block attend to: one width for all levels, one for each, or a list for each."""
    if isinstance(found, int):
        return (found,)
    if all(isinstance(one, int) for one in found):
        if tuple(found) != widths:
            raise ValueError(f"cross_attention_dim {list(found)} is neither one width nor that of the levels")
        return (0,)
    first = tuple(width or 0 for width in found[0])
    if any(tuple(width or 0 for width in other) != first for other in found):
        raise ValueError(f"cross_attention_dim {found} differs between levels")
    places = [place for place, width in enumerate(first) if width]
    if [min(place // 2, 1) for place in places] != list(range(len(places))):
        raise ValueError(f"cross_attention_dim {list(first)} attends to one sequence twice, or to none")
    return first


def _heads(config: Mapping[str, Any], levels: int) -> tuple[int, ...]:
    found = config.get("num_attention_heads") or config.get("attention_head_dim", 8)
    return (found,) * levels if isinstance(found, int) else tuple(map(int, found))


def _vector(config: Mapping[str, Any]) -> int:
    """The width of the vector that is joined to the time."""
    kind = config.get("class_embed_type")
    if kind is None:
        return 0
    if kind != "simple_projection" or not config.get("class_embeddings_concat"):
        raise ValueError(f"class_embed_type {kind!r} that is not joined to the time")
    return int(config["projection_class_embeddings_input_dim"])


def tensors(path: Path, shape: UnetShape) -> dict[str, Tensor]:
    """The tensors of a folder under our names."""
    return of_published(read_tensors(path), shape, str(path))


def of_published(tensors: Mapping[str, Tensor], shape: UnetShape, source: str = "the file") -> dict[str, Tensor]:
    """Published tensors under our names."""
    found = dict(tensors)
    joined(found, r"(.+)\.to_(?P<part>[kv])\.weight", "kv", r"\1.to_kv.weight", source=source)
    inner = renamed(renamed(found, [*_transformers(shape), *PLACES], source=source), INSIDE, source=source)
    ends = (".enter.weight", ".leave.weight")  # those of transformers may be convolutions of one place
    return {name: tensor.flatten(1) if name.endswith(ends) else tensor for name, tensor in inner.items()}


def _transformers(shape: UnetShape) -> list[Rule]:
    """Theirs are counted through all blocks of a level, ours for each block."""
    count = len(shape.attends)
    rules: list[Rule] = [(r"mid_block\.attentions\.(\d+)\.(.+)", r"middle.attending.\1.\2")]
    for stage in range(shape.depth + 1):
        for place in range(count):
            theirs = rf"(down|up)_blocks\.(\d+)\.attentions\.{stage * count + place}\.(.+)"
            rules.append((theirs, rf"\1.\2.{stage}.attending.{place}.\3"))
    return rules
