"""From parts to raw sound: which engine, soundfont and humanising details play each part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from songloom.band.amps import AMPLIFIERS, amplify
from songloom.band.bass_synths import play_808, play_acid
from songloom.band.bells import play_bell
from songloom.band.effects import Wave, chorus, crush, high_pass, low_pass, saturate
from songloom.band.fluid import Line, LineNote, render_lines
from songloom.band.kits import KITS, play_kit
from songloom.band.piece import Part, Piece
from songloom.band.soundfonts import Soundfont, choose_font
from songloom.band.sounds import SOUNDS, Sound
from songloom.band.synths import PATCHES, play_patch, varied

_SUSTAINED = ("strings", "brass", "woodwind", "voice")
_SAMPLED_KITS = {"kit-dusty": (0, 8, 25), "kit-break": (0, 8, 16)}
# Fretted notes are damped by the fingers sooner than soundfonts have it.
_RELEASES = {"guitar": 0.35, "distorted guitar": 0.12, "plucked": 0.5, "bass": 0.4}
_LINES = {"bass-808": play_808, "acid-bass": play_acid, "fm-bell": play_bell}
ENGINES = (*PATCHES, *KITS, *_SAMPLED_KITS, *_LINES, *AMPLIFIERS)


@dataclass(frozen=True, slots=True)
class Take:
    """What a part needs from FluidSynth: one line, or two for a double-tracked guitar."""

    part: int
    lines: tuple[Line, ...]


def part_seed(piece: Piece, part: Part) -> list[int]:
    """Seed of everything random in a part's sound: the piece's seed and the part's name."""
    return [piece.seed & 0xFFFFFFFF, *part.name.encode(), *part.sound.encode()]


def raw_parts(piece: Piece, fonts: Sequence[Soundfont], samples: int, sample_rate: int) -> list[Wave]:
    """Each part's sound without any production, float32 [2, samples]. Raises ValueError for unknown sounds."""
    sounds = [_sound(part) for part in piece.parts]
    takes = [_take(piece, number, sound, fonts) for number, sound in enumerate(sounds) if _needs_font(sound)]
    lines = [line for take in takes for line in take.lines]
    waves = iter(render_lines(lines, samples, sample_rate, [font.path for font in fonts])) if lines else iter(())
    played = {take.part: [next(waves) for _ in take.lines] for take in takes}
    result = []
    for number, (part, sound) in enumerate(zip(piece.parts, sounds, strict=True)):
        rng = np.random.default_rng([*part_seed(piece, part), 1])
        if number in played:
            result.append(_finish(sound, played[number], sample_rate, rng))
        else:
            result.append(_synthesise(piece, part, sound, samples, sample_rate, rng))
    return result


def seconds_of(piece: Piece, part: Part) -> list[LineNote]:
    """A part's notes in seconds, in order; notes outside 0..127 or without length are left out."""
    beat = 60.0 / piece.tempo
    notes = [
        LineNote(max(0.0, note.start) * beat, note.length * beat, note.pitch, min(127, max(1, note.velocity)))
        for note in part.notes
        if 0 <= note.pitch <= 127 and note.length > 0
    ]
    return sorted(notes, key=lambda note: (note.start, note.pitch))


def _sound(part: Part) -> Sound:
    if part.sound not in SOUNDS:
        raise ValueError(f"part {part.name!r} names the sound {part.sound!r}, which is not in band.sounds.SOUNDS")
    return SOUNDS[part.sound]


def _needs_font(sound: Sound) -> bool:
    return sound.engine.startswith("soundfont") or sound.engine in AMPLIFIERS or sound.engine in _SAMPLED_KITS


def _take(piece: Piece, number: int, sound: Sound, fonts: Sequence[Soundfont]) -> Take:
    part = piece.parts[number]
    rng = np.random.default_rng([*part_seed(piece, part), 0])
    notes = seconds_of(piece, part)
    if sound.engine in AMPLIFIERS:
        amplifier = AMPLIFIERS[sound.engine]
        takes = [_line(sound, amplifier.program, False, notes, fonts, rng)]
        if amplifier.double:
            takes.append(_line(sound, amplifier.program, False, _again(notes, rng), fonts, rng))
        return Take(number, tuple(takes))
    if sound.engine in _SAMPLED_KITS:
        program = int(rng.choice(_SAMPLED_KITS[sound.engine]))
        return Take(number, (_line(sound, program if program != 25 else 0, True, notes, fonts, rng),))
    return Take(number, (_line(sound, sound.program, sound.engine == "soundfont-drums", notes, fonts, rng),))


def _line(
    sound: Sound, program: int, drums: bool, notes: list[LineNote], fonts: Sequence[Soundfont], rng: np.random.Generator
) -> Line:
    font = choose_font(fonts, program, drums, rng)
    sustained = sound.family in _SAMPLE_FAMILIES
    return Line(
        font.path,
        program,
        drums,
        notes,
        vibrato=int(rng.integers(18, 46)) if sustained and sound.name not in ("string ensemble", "choir") else 0,
        swell=sustained,
        scoop=1.0 if sound.name == "pedal steel" else 0.0,
        release=_RELEASES.get(sound.family, 1.0),
    )


_SAMPLE_FAMILIES = frozenset(_SUSTAINED)


def _again(notes: Sequence[LineNote], rng: np.random.Generator) -> list[LineNote]:
    """The same part played a second time, never quite alike."""
    return [
        LineNote(
            max(0.0, note.start + float(rng.normal(0.006, 0.005))),
            note.length * float(rng.uniform(0.94, 1.0)),
            note.pitch,
            int(np.clip(note.velocity + rng.integers(-7, 8), 1, 127)),
        )
        for note in notes
    ]


def _finish(sound: Sound, waves: list[Wave], sample_rate: int, rng: np.random.Generator) -> Wave:
    wave = waves[0]
    if sound.engine in AMPLIFIERS:
        takes = [take.mean(axis=0) for take in waves] * (2 // len(waves))
        return amplify(np.stack(takes).astype(np.float32), AMPLIFIERS[sound.engine], sample_rate, rng)
    if sound.engine == "kit-dusty":
        return _dusty(wave, sample_rate, rng)
    if sound.engine == "kit-break":
        return _broken(wave, sample_rate, rng)
    if sound.name in ("electric piano", "clean guitar", "fm piano", "pedal steel") and rng.random() < 0.6:
        return chorus(wave, sample_rate, rng.uniform(1.0, 2.5), rng.uniform(0.4, 1.1), 0.35)
    if sound.name in ("tonewheel organ", "rock organ"):
        drive = rng.uniform(2.0, 9.0)
        fast = rng.uniform(5.8, 6.8) if rng.random() < 0.5 else rng.uniform(0.7, 1.0)
        peak = np.float32(max(1e-6, float(np.abs(wave).max())))
        return chorus(saturate(wave / peak, drive), sample_rate, 0.7, fast, 0.7)
    return wave


def _dusty(wave: Wave, sample_rate: int, rng: np.random.Generator) -> Wave:
    """Drums off a record through a 12-bit sampler: dull, crushed, saturated."""
    peak = np.float32(max(1e-6, float(np.abs(wave).max())))
    sampled = crush(wave / peak, 10 + int(rng.integers(0, 3)), 2 if sample_rate >= 32000 else 1)
    return saturate(low_pass(high_pass(sampled, 45.0, sample_rate), rng.uniform(5500, 8500), sample_rate), 10.0, 0.1)


def _broken(wave: Wave, sample_rate: int, rng: np.random.Generator) -> Wave:
    """A sampled break: squashed, bright, with a hard edge."""
    peak = np.float32(max(1e-6, float(np.abs(wave).max())))
    bright = wave / peak + np.float32(0.5) * high_pass(wave / peak, 4000.0, sample_rate, 1)
    return saturate(bright, rng.uniform(9.0, 13.0), 0.1)


def _synthesise(
    piece: Piece, part: Part, sound: Sound, samples: int, sample_rate: int, rng: np.random.Generator
) -> Wave:
    notes = seconds_of(piece, part)
    if sound.engine in _LINES:
        return _LINES[sound.engine](notes, samples, sample_rate, rng)
    if sound.engine in KITS:
        return play_kit(sound.engine, notes, samples, sample_rate, rng)
    if sound.engine not in PATCHES:
        raise ValueError(f"sound {sound.name!r} asks for the engine {sound.engine!r}; known are {', '.join(ENGINES)}")
    return play_patch(varied(PATCHES[sound.engine], rng, piece.brightness), notes, samples, sample_rate, rng)
