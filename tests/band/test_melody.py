"""Melodies: in range, in the harmony, repeated with variation; rhythm cells that fill their bars."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from songloom.band import counter, melody
from songloom.band.characters import CHARACTERS
from songloom.band.harmony import GENERIC, chord_scale, harmonise
from songloom.band.melody import Ground
from songloom.band.piece import METERS, Meter, Note, Section
from songloom.band.rhythms import CADENCES, CELLS, cells, onsets
from songloom.band.theory import chord_tones

SECTIONS = (Section("A", 0, 4, 0.5), Section("A", 4, 4, 0.6), Section("B", 8, 4, 0.8), Section("A", 12, 4, 0.7))


def ground(mode: str = "major", meter: Meter = METERS["4/4"], seed: int = 0) -> Ground:
    chords = harmonise(GENERIC[mode], SECTIONS, meter, 2, random.Random(seed), turns=0.0, ends=False)
    return Ground(2, mode, meter, chords, (60, 77))


def stream(label: str) -> random.Random:
    return random.Random(label)


@pytest.mark.parametrize("family", CELLS)
def test_every_cell_is_one_bar_of_its_meter_and_sounds(family: str) -> None:
    for name, meter in METERS.items():
        for cell in cells(family, meter):
            assert len(cell) == {"4/4": 16, "3/4": 12, "6/8": 12}[name]
            assert "x" in cell
            notes = onsets(cell, meter)
            assert all(start + length <= later + 1e-9 for (start, length), (later, _) in pairwise(notes))
            assert notes[-1][0] + notes[-1][1] <= meter.beats + 1e-9


def test_cadence_cells_end_on_their_longest_note() -> None:
    for name, texts in CADENCES.items():
        for text in texts:
            lengths = [length for _, length in onsets(text, METERS[name])]
            assert lengths[-1] == max(lengths)


@pytest.mark.parametrize("character", CHARACTERS)
@pytest.mark.parametrize("meter", METERS)
def test_every_character_stays_in_its_register_one_note_at_a_time(character: str, meter: str) -> None:
    where = ground(meter=METERS[meter])
    notes = melody.play(character, where, SECTIONS, 0.5, stream)
    assert notes
    assert all(60 <= note.pitch <= 77 for note in notes)
    assert all(first.start + first.length <= second.start + 1e-9 for first, second in pairwise(notes))


@pytest.mark.parametrize("mode", ["major", "minor", "phrygian", "harmonic minor"])
def test_a_singing_melody_uses_the_chord_scale_and_rests_on_chord_tones(mode: str) -> None:
    where = ground(mode)
    notes = melody.play("singing", where, SECTIONS, 0.4, stream)
    for note in notes:
        tones = chord_tones(where.chord_at(note.start))
        assert note.pitch % 12 in chord_scale(2, mode, tones)
    long = [note for note in notes if note.length >= 1.5]
    resting = [note for note in long if note.pitch % 12 in chord_tones(where.chord_at(note.start))]
    assert len(resting) >= 0.8 * len(long)


def test_the_melody_returns_with_its_section() -> None:
    where = ground()
    shares = []
    for seed in range(20):
        notes = melody.play("singing", where, SECTIONS, 0.4, lambda label, seed=seed: random.Random(f"{seed}{label}"))
        first = {(note.start, note.pitch) for note in notes if note.start < 15}
        again = {(note.start - 16, note.pitch) for note in notes if 16 <= note.start < 31}
        other = {(note.start - 32, note.pitch) for note in notes if 32 <= note.start < 47}
        shares.append((len(first & again) / len(first), len(first & other) / len(first)))
    assert sum(same for same, _ in shares) / 20 > 0.8
    assert sum(contrast for _, contrast in shares) / 20 < 0.4


def test_a_chorus_lies_higher_than_a_verse_on_average() -> None:
    where = ground()
    low, high = [], []
    for seed in range(30):
        notes = melody.play("pop", where, SECTIONS, 0.5, lambda label, seed=seed: random.Random(f"{seed}{label}"))
        low += [note.pitch for note in notes if note.start < 16]
        high += [note.pitch for note in notes if 32 <= note.start < 48]
    assert sum(high) / len(high) > sum(low) / len(low) + 1.0


def test_leaps_beyond_a_fourth_turn_back() -> None:
    for seed in range(50):
        steps = melody.contour(12, 0.5, random.Random(seed))
        assert steps[0] == 0
        assert all(after * before < 0 for before, after in pairwise(steps) if abs(before) > 2)


def test_density_asks_for_more_notes() -> None:
    where = ground()
    few = [len(melody.play("pop", where, SECTIONS, 0.0, lambda x, s=s: random.Random(f"{s}{x}"))) for s in range(10)]
    many = [len(melody.play("pop", where, SECTIONS, 1.0, lambda x, s=s: random.Random(f"{s}{x}"))) for s in range(10)]
    assert sum(many) > sum(few)


@pytest.mark.parametrize("name", counter.COUNTERS)
def test_counter_lines_stay_in_range_and_long_notes_fit_the_chord(name: str) -> None:
    where = ground("minor")
    lead = melody.play("singing", where, SECTIONS, 0.4, stream)
    notes = counter.play(name, where, lead, random.Random(0))
    assert notes
    assert all(60 <= note.pitch <= 77 for note in notes)
    scales = [chord_scale(2, "minor", chord_tones(where.chord_at(note.start))) for note in notes]
    inside = sum(note.pitch % 12 in scale for note, scale in zip(notes, scales, strict=True))
    assert inside >= 0.9 * len(notes)


def test_monophonic_cuts_overlaps_and_drops_doubles() -> None:
    notes = [Note(0.0, 2.0, 60, 80), Note(1.0, 1.0, 62, 80), Note(1.0, 1.0, 65, 80)]
    assert melody.monophonic(notes) == [Note(0.0, 1.0, 60, 80), Note(1.0, 1.0, 62, 80)]


def test_unknown_names_are_refused() -> None:
    with pytest.raises(ValueError, match="yodel"):
        melody.play("yodel", ground(), SECTIONS, 0.5, stream)
    with pytest.raises(ValueError, match="yodel"):
        counter.play("yodel", ground(), [], random.Random(0))
