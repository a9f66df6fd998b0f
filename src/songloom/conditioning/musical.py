"""Musical conditions as numbers: tempo as a metronome for every frame, key, drums, meter, place in the piece."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

METERS: dict[str, int] = {"4/4": 4, "3/4": 3, "6/8": 2}
"""Beats per bar; 6/8 counts dotted quarters."""
NO_KEY, NO_DRUMS, NO_METER = 24, 2, len(METERS)
CYCLES_PER_BEAT = (0.25, 0.5, 1.0, 2.0, 4.0)
START_SECONDS = (0.5, 2.0, 8.0, 32.0)
END_SECONDS = (0.5, 2.0, 8.0)
METRONOME_WIDTH = 2 * len(CYCLES_PER_BEAT) + 4
PLACE_WIDTH = len(START_SECONDS) + len(END_SECONDS)
_SHARPS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


@dataclass(frozen=True, slots=True)
class Musical:
    """What is known of one piece. `tempo` in beats per minute; `key` 0..11 major from C, 12..23 minor; `meter`
    of METERS; `first_downbeat` in seconds from the piece's start. None is unknown."""

    tempo: float | None = None
    key: int | None = None
    drums: bool | None = None
    meter: str | None = None
    first_downbeat: float = 0.0


@dataclass(frozen=True, slots=True)
class MusicalBatch:
    """B pieces' conditions [B]: `tempo` 0 where unknown, `key` NO_KEY, `drums` 0, 1 or NO_DRUMS, `meter` an
    index into METERS or NO_METER, `first_downbeat` in seconds."""

    tempo: Tensor
    key: Tensor
    drums: Tensor
    meter: Tensor
    first_downbeat: Tensor

    def to(self, device: torch.device | str) -> MusicalBatch:
        """The same on `device`."""
        return MusicalBatch(*(getattr(self, name).to(device) for name in self.__slots__))

    def without(self, *, tempo: Tensor, key: Tensor, drums: Tensor, meter: Tensor) -> MusicalBatch:
        """The same with what the masks [B] mark made unknown."""
        return replace(
            self,
            tempo=self.tempo.masked_fill(tempo, 0.0),
            key=self.key.masked_fill(key, NO_KEY),
            drums=self.drums.masked_fill(drums, NO_DRUMS),
            meter=self.meter.masked_fill(meter, NO_METER),
        )


def stack(pieces: Sequence[Musical]) -> MusicalBatch:
    """B pieces as tensors."""
    meters = list(METERS)
    return MusicalBatch(
        torch.tensor([piece.tempo or 0.0 for piece in pieces]),
        torch.tensor([NO_KEY if piece.key is None else piece.key for piece in pieces]),
        torch.tensor([NO_DRUMS if piece.drums is None else int(piece.drums) for piece in pieces]),
        torch.tensor([NO_METER if piece.meter is None else meters.index(piece.meter) for piece in pieces]),
        torch.tensor([piece.first_downbeat for piece in pieces], dtype=torch.float32),
    )


def of_labels(labels: Mapping[str, Any]) -> Musical:
    """What a clip's labels tell. A tempo without beats is left out: a metronome out of step would mislead."""
    beats = labels.get("downbeats") or labels.get("beats") or ()
    tonic, mode = labels.get("tonic"), labels.get("mode")
    return Musical(
        tempo=float(labels["tempo"]) if beats and labels.get("tempo") else None,
        key=None if tonic is None or not mode else int(tonic) + 12 * is_minor(str(mode)),
        drums=_drums(labels),
        meter=labels.get("meter") if labels.get("meter") in METERS else None,
        first_downbeat=float(beats[0]) if beats else 0.0,
    )


def _drums(labels: Mapping[str, Any]) -> bool | None:
    """Whether anything is drummed: a kit, or hands on congas where the families of instruments tell of them. That is
    what the words "no drums" rule out, and what an ear can hear."""
    kit = labels.get("drums")
    return True if "drums" in (labels.get("families") or ()) else None if kit is None else bool(kit)


def is_minor(mode: str) -> bool:
    """Whether the third of a mode is minor."""
    return "minor" in mode or mode in ("dorian", "phrygian", "aeolian", "locrian")


def key_number(name: str) -> int:
    """ "A minor" (the spelling of `Request.key`) -> 21; "Bb major" -> 10."""
    note, mode = name.split(" ", 1)
    pitch = _SHARPS[note[0].upper()] + note[1:].count("#") - note[1:].count("b")
    return pitch % 12 + 12 * is_minor(mode)


def metronome(batch: MusicalBatch, times: Tensor) -> Tensor:
    """Features [B, F, METRONOME_WIDTH] of frames at `times` [B, F] (seconds from the piece's start): sines and
    cosines of the beat's phase at CYCLES_PER_BEAT, of the bar's where the meter is known, the tempo in octaves
    from 120, and 1; all 0 where the tempo is unknown."""
    known = batch.tempo > 0
    beats = (times - batch.first_downbeat[:, None]) * batch.tempo[:, None] / 60
    bar = torch.tensor([1.0 / size for size in METERS.values()] + [0.0], device=times.device)[batch.meter]
    rates = torch.tensor(CYCLES_PER_BEAT, device=times.device)
    phases = 2 * math.pi * torch.cat([beats[..., None] * rates, (beats * bar[:, None])[..., None]], dim=-1)
    metered = torch.ones_like(phases)
    metered[..., -1] = (bar > 0).to(phases)[:, None]
    octaves = torch.log2(batch.tempo.clamp_min(1.0) / 120)[:, None].expand_as(times)
    features = [phases.sin() * metered, phases.cos() * metered, octaves[..., None], torch.ones_like(octaves)[..., None]]
    return torch.cat(features, dim=-1) * known[:, None, None]


def place(times: Tensor, total: Tensor) -> Tensor:
    """Features [B, F, PLACE_WIDTH] of `times` [B, F] in pieces of `total` [B] seconds: how near the start and
    the end are, each by exponentials of several lengths, so that far from both all pieces look alike."""
    since = times.clamp_min(0)[..., None] / torch.tensor(START_SECONDS, device=times.device)
    left = (total[:, None] - times).clamp_min(0)[..., None] / torch.tensor(END_SECONDS, device=times.device)
    return torch.cat([torch.exp(-since), torch.exp(-left)], dim=-1)
