"""A piece becomes sound: parts, their chains, the style's production, and the master."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from songloom.band.compressors import true_peak_db
from songloom.band.effects import Wave
from songloom.band.mastering import integrated_loudness, master
from songloom.band.mixing import mix_parts
from songloom.band.piece import Piece
from songloom.band.production import production_for, target_loudness
from songloom.band.soundfonts import find_soundfonts
from songloom.band.sources import raw_parts

TAIL_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Rendered:
    """`mix` float32 [2, T] in [-1, 1]; `stems` by part name, [2, T] each, whose sum is the mix before the bus
    (empty unless asked for); `loudness` in LUFS; `peak` in dBTP."""

    mix: Wave
    sample_rate: int
    loudness: float
    peak: float
    stems: Mapping[str, Wave] = field(default_factory=dict)


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
    return Rendered(mastered, sample_rate, integrated_loudness(mastered, sample_rate), true_peak_db(mastered), named)
