"""How a system is trained: what one batch holds, the optimiser, its schedule and the number of steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A training recipe; loss weights live in the system's own Config.

    `inputs` is what a batch holds: waves, or the codes or latents of the system's frozen codec, or (as its latents)
    log-mel frames in the scale of a system that sees no more, made once into a cache; with `curves`, those of the
    music (melody, dynamics, rhythm) beside them, with `waves` the waves that the codes or latents were made of. A part
    `mixed` of the items is two pieces of one tempo at once (see `data/beat_mixing.py`).
    `seconds` is the crop; `crop` says where crops begin; clips are drawn at random, or `in_turn` every one once an
    epoch. A part `long_share` of the steps takes fewer crops of
    `long_seconds` that hold as much audio, so that a model which learns most from many short crops also sees how
    whole pieces go. A batch of `batch_size` crops is shared by all processes, and a step takes `accumulate` batches.
    The learning rate rises linearly over `warmup` steps and falls on a cosine to `final_rate` times
    its peak at `steps`.
    `optimizer` "muon" uses Muon for matrices inside blocks and AdamW for the rest; with `weight_norm` the lengths and
    directions of convolutions' weights are moved, each by itself. `ema` is the decay of
    the exponential moving average of the weights (0 = none); the averaged weights are what is shipped.
    `opponent_rate` is the peak learning rate of an adversary's weights (none given: `learning_rate`).
    """

    inputs: Literal["waves", "codes", "latents", "mel"] = "waves"
    mixed: float = 0.0
    curves: bool = False
    waves: bool = False
    seconds: float = 10.0
    crop: Literal["anywhere", "downbeat", "start"] = "anywhere"
    in_turn: bool = False
    long_seconds: float = 0.0
    long_share: float = 0.0
    steps: int = 10_000
    batch_size: int = 8
    accumulate: int = 1
    optimizer: Literal["adamw", "muon"] = "adamw"
    weight_norm: bool = False
    learning_rate: float = 1e-3
    muon_rate: float = 0.02
    opponent_rate: float | None = None
    betas: tuple[float, float] = (0.9, 0.99)
    weight_decay: float = 0.01
    warmup: int = 200
    final_rate: float = 0.02
    clip_norm: float = 1.0
    ema: float = 0.0
    seed: int = 0
