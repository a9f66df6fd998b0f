"""What a network is told of the pieces that it learns from, and how much of that is hidden from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from songloom.conditioning import musical
from songloom.conditioning.curve_batch import Curves, HiddenCurves, of_batch, unknown
from songloom.conditioning.musical import MusicalBatch
from songloom.data.batch import Batch


@dataclass(frozen=True, kw_only=True)
class Alone:
    """How often each condition is hidden by itself in training; of `words` only what the reader finds in them is left,
    and a part `told` of the items hears its labels instead of that."""

    tempo: float = 0.1
    key: float = 0.1
    drums: float = 0.15
    meter: float = 0.15
    words: float = 0.25
    told: float = 0.35


@dataclass(frozen=True, kw_only=True)
class Dropped(Alone):
    """How often conditions are hidden: each alone, or `all` of them, for guidance."""

    all: float = 0.1


@dataclass(frozen=True, slots=True)
class Told:
    """What a network is told of B pieces; of those in `hidden` [B] it is told no text, of those in `wordless` [B] only
    what was read in it. `read` [B, size of the vocabulary] stands for that wherever it is not NaN."""

    texts: Sequence[str]
    known: MusicalBatch
    curves: Curves
    hidden: Tensor
    wordless: Tensor | None = None
    read: Tensor | None = None

    @classmethod
    def all_of(cls, batch: Batch, frame_rate: float, frames: int, *, curves: bool, device: torch.device) -> Told:
        """Everything that a batch says; of its `curves` only where they are wanted."""
        known = musical.stack([musical.of_labels(labels) for labels in batch.labels]).to(device)
        heard = of_batch(batch, frame_rate, frames) if curves else unknown(len(batch), frames)
        return cls(batch.texts, known, heard, torch.zeros(len(batch), dtype=torch.bool, device=device))

    def nothing(self) -> Told:
        """As many pieces of which nothing is told."""
        all = torch.ones_like(self.hidden)
        known = self.known.without(tempo=all, key=all, drums=all, meter=all)
        return Told(self.texts, known, self.curves.without(all.to(self.curves.known.device)), all)

    def some(self, rates: Dropped, curves: HiddenCurves | None, truth: Tensor) -> Told:
        """Some of it, drawn by torch's global generator; `truth` [B, size of the vocabulary] is what labels say."""
        draws = torch.rand(7, len(self.hidden), device=self.hidden.device)
        hidden = draws[0] < rates.all
        tempo, key, drums, meter = (
            hidden | (draw < rate)
            for draw, rate in zip(draws[1:5], (rates.tempo, rates.key, rates.drums, rates.meter), strict=True)
        )
        heard = self.curves
        if curves is not None:
            heard = heard.hidden(curves).without(hidden.to(heard.known.device))
        return Told(
            self.texts,
            self.known.without(tempo=tempo, key=key, drums=drums, meter=meter),
            heard,
            hidden,
            draws[5] < rates.words,
            torch.where((draws[6] < rates.told)[:, None], truth, torch.nan),
        )

    def read_as(self, found: Tensor) -> Told:
        """With what was `found` [B, size of the vocabulary] in the texts, where labels do not stand for it."""
        return replace(self, read=found if self.read is None else torch.where(self.read.isnan(), found, self.read))
