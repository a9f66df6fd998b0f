"""Accompaniments that no step string can write: tied pads, drones, chip arpeggios and harp glissandi."""

from __future__ import annotations

from songloom.band.comping_voicing import Comp
from songloom.band.piece import Note
from songloom.band.theory import QUALITIES

_PAD_VOICES = 4
_LONGEST_TIE = 16.0
_SWEEP_BEATS = 1.0


def pad(comp: Comp) -> list[Note]:
    """Held chords; a voice that the next chord shares stays down (up to 16 beats)."""
    sounding: dict[int, tuple[float, float]] = {}
    notes: list[Note] = []
    for chord, voicing in zip(comp.changes.chords, comp.voicings(_PAD_VOICES), strict=True):
        end = min(comp.changes.end(chord.start), float(comp.beats))
        if chord.start >= comp.beats:
            break
        for pitch in list(sounding):
            started, _ = sounding[pitch]
            if pitch not in voicing or end - started > _LONGEST_TIE:
                notes.append(_held(pitch, *sounding.pop(pitch), comp))
        for pitch in voicing:
            started = sounding[pitch][0] if pitch in sounding else chord.start
            sounding[pitch] = (started, end)
    notes += [_held(pitch, start, end, comp) for pitch, (start, end) in sounding.items()]
    return notes


def _held(pitch: int, start: float, end: float, comp: Comp) -> Note:
    return Note(start, end - start, pitch, comp.velocity(start, -8))


def drone(comp: Comp) -> list[Note]:
    """The first chord's root and fifth under everything, struck again with every section."""
    first = comp.changes.chords[0]
    root = comp.clipped(comp.low + (first.root - comp.low) % 12)
    fifth = 6 if QUALITIES[first.quality][2:3] == (6,) else 7
    pitches = sorted({pitch for pitch in (root, root + fifth, root + 12) if pitch <= comp.high})
    notes = []
    start = 0.0
    for section in comp.sections:
        end = start + section.bars * comp.meter.beats
        while start < end:
            length = min(end - start, 4.0 * comp.meter.beats)
            notes += [Note(start, length, pitch, comp.velocity(start, -10)) for pitch in pitches]
            start += length
    return notes


def chip_arpeggio(comp: Comp) -> list[Note]:
    """The chord as a run of thirty-second notes, as sound chips with few voices play it; with little energy
    sixteenths, and every fourth bar breathes before its end."""
    voicings = comp.voicings(3)
    notes = []
    start, k = 0.0, 0
    bar = comp.meter.beats
    while start < comp.beats - 1e-6:
        step = 1.0 / (4 * comp.meter.division) if comp.energy(start) >= 0.4 else 1.0 / (2 * comp.meter.division)
        index = comp.changes.index(start)
        voicing = voicings[index]
        if abs(start - comp.changes.chords[index].start) < step / 2:
            k = 0
        rests = int(start / bar + 1e-6) % 4 == 3 and start % bar >= bar - 0.5 - 1e-6
        if not rests:
            order = (*voicing, comp.clipped(voicing[0] + 12))
            notes.append(Note(start, step * 0.9, order[k % len(order)], comp.velocity(start, -6)))
        start += step
        k += 1
    return notes


def harp(comp: Comp) -> list[Note]:
    """Broken chords up and down, and a glissando over the whole range into every section and fourth bar."""
    notes: list[Note] = []
    beat = 1.0 / comp.meter.division
    voicings = comp.voicings(4)
    bars = comp.beats // comp.meter.beats
    starts = {section.start_bar - comp.sections[0].start_bar for section in comp.sections}
    for bar in range(bars):
        start = float(bar * comp.meter.beats)
        sweeps = bar + 1 in starts or bar % 4 == 3
        end = start + comp.meter.beats - (_SWEEP_BEATS if sweeps else 0.0)
        shape = (0, 1, 2, 3, 4, 5, 4, 3, 2, 1)
        for k in range(round((end - start) / beat)):
            at = start + k * beat
            octave, voice = divmod(shape[k % len(shape)], 4)
            voicing = voicings[comp.changes.index(at)]
            pitch = comp.clipped(voicing[voice % len(voicing)] + 12 * octave)
            notes.append(Note(at, min(2.0, comp.beats - at), pitch, comp.velocity(at, -4)))
        if sweeps:
            notes += _glissando(end, comp)
    return notes


def _glissando(start: float, comp: Comp) -> list[Note]:
    """A run up the strings, tuned to the chord's tones and their ninth and sixth, over one beat."""
    chord = comp.changes.at(start)
    classes = {(chord.root + interval) % 12 for interval in (*QUALITIES[chord.quality], 2)}
    strings = [pitch for pitch in range(comp.low, comp.high + 1) if pitch % 12 in classes][-18:]
    gap = _SWEEP_BEATS / len(strings)
    level = comp.velocity(start, -14)
    return [
        Note(start + k * gap, min(1.0, comp.beats - start - k * gap), pitch, min(127, max(1, level + k)))
        for k, pitch in enumerate(strings)
    ]
