"""A piece becomes sound: parts, their chains, the style's production, and the master."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from songloom.band.compressors import true_peak_db
from songloom.band.effects import Wave
from songloom.band.levels import integrated_loudness
from songloom.band.mastering import master
from songloom.band.mixing import mix_parts
from songloom.band.piece import Piece
from songloom.band.production import production_for, target_loudness
from songloom.band.soundfonts import find_soundfonts
from songloom.band.sources import raw_parts

TAIL_SECONDS = 1.5


@dataclass(frozen=True)
class Rendered:
    """`mix` float32 [2, T] in [-1, 1]; `stems` by part name, [2, T] each, whose sum is the mix before the bus
    (empty unless asked for)."""

    mix: Wave
    sample_rate: int
    stems: Mapping[str, Wave] = field(default_factory=dict)

    @cached_property
    def loudness(self) -> float:
        """Of the mix, in LUFS."""
        return integrated_loudness(self.mix, self.sample_rate)

    @cached_property
    def peak(self) -> float:
        """Of the mix, between the samples too, in dBTP."""
        return true_peak_db(self.mix)


def render(
    piece: Piece, *, sample_rate: int = 44100, stems: bool = False, soundfonts: Sequence[str | Path] = ()
) -> Rendered:
    """Render a piece: its musical length and a faded tail of at most 1.5 s. Same piece, same samples.

    `soundfonts` names the files to play with; by default the usual folders are searched. Raises ValueError
    when FluidSynth or a soundfont is missing, for unknown sounds and for sample rates below 16 kHz.
    """
    if sample_rate < 16000:
        raise ValueError(f"sample_rate is {sample_rate}; the band renders at 16000 Hz or more")
    if not any(part.notes for part in piece.parts):
        raise ValueError(f"the piece (style {piece.style!r}, seed {piece.seed}) has no notes to render")
    production = production_for(piece)
    samples = round((piece.seconds + TAIL_SECONDS) * sample_rate)
    waves = raw_parts(piece, find_soundfonts(soundfonts), samples, sample_rate)
    mixed, parts = mix_parts(piece, production, waves, sample_rate, keep_parts=stems)
    mastered = master(piece, production, mixed, sample_rate, target_loudness(production, piece.intensity))
    named = {part.name: wave for part, wave in zip(piece.parts, parts, strict=True)} if stems else {}
    return Rendered(mastered, sample_rate, named)
