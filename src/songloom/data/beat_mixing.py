"""Two pieces of one tempo as one, their downbeats together: new music for a model to learn from.

Chen et al. 2023, "MusicLDM" (arXiv 2308.01546), section 3.3, beat-synchronous mixup: pieces of one tempo are laid over
each other from downbeat to downbeat, as l x + (1 - l) y with l from Beta(5, 5), either their waves (BAM) or their
latents (BLM). A model that could only repeat single pieces has to learn what lies between them. The mixture has the
words of both, the louder piece's first, and the labels in which they agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from songloom.data.batch import Batch
from songloom.data.dataset import Dataset
from songloom.data.manifest import Clip

APART = 0.01
"""Of a tempo: how much pieces that are laid over each other may differ."""
SPREAD = 5.0
"""Of the Beta distribution."""
TIMES = ("tempo", "beats", "downbeats")
"""Labels that stay those of the piece that the other one is laid over."""


@dataclass(frozen=True)
class BeatMixed:
    """The batches of a data set, a part `share` of whose items is mixed with another piece. Like the data set's they
    are a function of seed and step. Raises ValueError for codes, which cannot be mixed, and for curves, which would
    have to be measured anew."""

    dataset: Dataset
    share: float

    def __post_init__(self) -> None:
        if not 0 <= self.share <= 1:
            raise ValueError(f"the share of mixed items is {self.share:g}; needs 0 to 1")
        if self.dataset.codes is not None or self.dataset.curves is not None:
            raise ValueError("waves and latents can be mixed, not codes, and nothing beside curves")

    @property
    def clips(self) -> tuple[Clip, ...]:
        """Those of the data set."""
        return self.dataset.clips

    def whole(self) -> BeatMixed:
        """The same, but its batches are those of all processes together."""
        return replace(self, dataset=self.dataset.whole())

    def batch(self, step: int, *, batch_size: int, crop_seconds: float) -> Batch:
        """As `Dataset.batch`."""
        batch = self.dataset.batch(step, batch_size=batch_size, crop_seconds=crop_seconds)
        known = {clip.id: clip for clip in self.clips}
        texts, labels, seconds = list(batch.texts), list(batch.labels), batch.seconds.clone()
        wave, latents, mask = (None if x is None else x.clone() for x in (batch.wave, batch.latents, batch.mask))
        assert mask is not None
        for item, name in enumerate(batch.ids):
            place = self.dataset.rank * batch_size + item
            rng = np.random.Generator(np.random.Philox(np.random.SeedSequence((self.dataset.seed, step, place, 1))))
            found = self._partner(known[name], float(batch.start[item]), rng) if rng.random() < self.share else None
            if found is None:
                continue
            other, start = found
            weight = float(rng.beta(SPREAD, SPREAD))
            beside = self.dataset.cut(other, start, crop_seconds)
            for own, more in ((wave, beside.wave), (latents, beside.latents)):
                if own is not None and more is not None:
                    own[item] = weight * own[item] + (1 - weight) * more[0].to(own)
            mask[item] |= beside.mask[0]
            seconds[item] = torch.maximum(seconds[item], beside.seconds[0])
            text = other.captions[int(rng.integers(len(other.captions)))].text if other.captions else ""
            pair = (texts[item], text) if weight >= 0.5 else (text, texts[item])
            texts[item], labels[item] = " and ".join(filter(None, pair)), agreed(labels[item], other.labels)
        return replace(
            batch, texts=tuple(texts), labels=tuple(labels), seconds=seconds, mask=mask, wave=wave, latents=latents
        )

    def _partner(self, clip: Clip, start: float, rng: np.random.Generator) -> tuple[Clip, float] | None:
        """Another piece of the tempo of `clip`, and the second from which its downbeats fall on those of a crop that
        begins at `start`; None where there is none."""
        tempo, downbeats = _tempo(clip.labels), clip.labels.get("downbeats") or ()
        ahead = [at - start for at in downbeats if at >= start]
        if not tempo or not ahead:
            return None
        alike = [
            (other, at - ahead[0])
            for other in self.clips
            if other.id != clip.id and abs(_tempo(other.labels) / tempo - 1) <= APART
            for at in other.labels.get("downbeats") or ()
            if other.start <= at - ahead[0] < other.start + other.seconds
        ]
        return alike[int(rng.integers(len(alike)))] if alike else None


def agreed(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """The labels of a mixture."""
    return {name: value for name, value in one.items() if name in TIMES or other.get(name) == value}


def _tempo(labels: Mapping[str, Any]) -> float:
    return float(labels.get("tempo") or 0.0)
