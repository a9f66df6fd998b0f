"""PaSST's published weights for 10, 20 and 30 s: a flat dictionary of tensors; how long it hears stands in its table of
times."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from songloom.layers.passt import Passt
from songloom.loading import without_memory
from songloom.published.files import read_tensors
from songloom.published.keys import Rule, fill, renamed

FILES = {
    10: "passt-s-f128-p16-s10-ap.476-swa.pt",
    20: "passt-s-f128-20sec-p16-s10-ap.474-swa.pt",
    30: "passt-s-f128-30sec-p16-s10-ap.473-swa.pt",
}
"""By the seconds that each hears."""
WHERE = "https://github.com/kkoutini/PaSST/releases"
BLOCK = {
    "norm1": "attention_norm",
    "attn.qkv": "qkv",
    "attn.proj": "out",
    "norm2": "hidden_norm",
    "mlp.fc1": "expand",
    "mlp.fc2": "contract",
}
RULES: list[Rule] = [
    (r"patch_embed\.proj\.(.+)", r"enter.\1"),
    *((rf"blocks\.(\d+)\.{theirs}\.(.+)", rf"encoder.blocks.\1.{ours}.\2") for theirs, ours in BLOCK.items()),
    (r"norm\.(.+)", r"encoder.norm.\1"),
    (r"head\.0\.(.+)", r"head_norm.\1"),
    (r"head\.1\.(.+)", r"classify.\1"),
    (r"head_dist\..+", None),  # the second token's own classes, which nothing uses
]
TABLES = ("cls_token", "dist_token", "new_pos_embed", "freq_new_pos_embed", "time_new_pos_embed")


def load(path: Path) -> Passt:
    """The network of a file, in eval mode. Raises ValueError for tensors that do not fit."""
    ours = tensors(read_tensors(path), str(path))
    with without_memory():
        network = Passt(ours["times"].shape[-1])
    fill(network, ours, source=str(path))
    return network.requires_grad_(False).eval()


def tensors(theirs: Mapping[str, Tensor], source: str) -> dict[str, Tensor]:
    """Published tensors under our names; the two tokens with their positions added. Raises ValueError for tensors that
    are unknown, or tables that are missing or of another shape."""
    missing = [name for name in TABLES if name not in theirs]
    if missing:
        raise ValueError(f"{source} is no PaSST with two tokens: it lacks {', '.join(missing)}")
    first, second, positions, bands, times = (theirs[name] for name in TABLES)
    width = first.shape[-1]
    shapes = (first.shape, second.shape, positions.shape, bands.shape[:2], bands.shape[3:], times.shape[:3])
    if shapes != ((1, 1, width), (1, 1, width), (1, 2, width), (1, width), (1,), (1, width, 1)) or times.ndim != 4:
        raise ValueError(f"{source} has tables of other shapes than a PaSST's")
    ours = renamed({name: t for name, t in theirs.items() if name not in TABLES}, RULES, source=source)
    return ours | {"tokens": torch.cat([first, second], 1)[0] + positions[0], "bands": bands[0], "times": times[0]}
