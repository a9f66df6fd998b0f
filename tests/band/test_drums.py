"""The drummer plays every groove in every metre, in bounds, in style and the same each time."""

import random
from itertools import pairwise

import pytest

from songloom.band.drum_fills import FILLS, fill_length
from songloom.band.drum_patterns import read_line
from songloom.band.drums import GROOVES, play
from songloom.band.grid import bars_of
from songloom.band.piece import METERS, Note, Section

NAMES = (
    "rock",
    "rock half-time",
    "punk",
    "metal",
    "double-kick",
    "pop",
    "ballad",
    "funk",
    "soul",
    "blues shuffle",
    "jazz swing",
    "jazz brushes",
    "big band",
    "bossa",
    "reggae one drop",
    "reggae steppers",
    "country train",
    "folk",
    "waltz",
    "six-eight",
    "salsa",
    "disco",
    "house",
    "techno",
    "trance",
    "drum and bass",
    "breakbeat",
    "trap",
    "boom bap",
    "lo-fi",
    "synthwave",
    "chiptune",
    "downtempo",
    "march",
    "orchestral",
    "shaker",
)
FORM = (
    Section("intro", 0, 2, 0.2),
    Section("A", 2, 8, 0.5),
    Section("chorus", 10, 4, 0.9),
    Section("outro", 14, 2, 0.4),
)


def drummed(groove: str, meter: str = "4/4", seed: int = 1, form: tuple[Section, ...] = FORM) -> list[Note]:
    return play(groove, form, METERS[meter], random.Random(seed))


def onsets(notes: list[Note], *keys: int) -> set[float]:
    return {note.start for note in notes if note.pitch in keys}


def test_the_grooves_are_the_promised_ones() -> None:
    assert sorted(GROOVES) == sorted(NAMES)


@pytest.mark.parametrize("meter", METERS)
@pytest.mark.parametrize("groove", NAMES)
def test_every_groove_plays_in_every_meter_within_the_piece(groove: str, meter: str) -> None:
    notes = drummed(groove, meter)
    beats = 16 * METERS[meter].beats
    assert len(notes) > 16
    assert all(0.0 <= note.start < beats and note.length > 0.0 and 1 <= note.velocity <= 127 for note in notes)
    assert all(27 <= note.pitch <= 87 for note in notes)
    assert len({(note.start, note.pitch) for note in notes}) == len(notes)


@pytest.mark.parametrize("groove", ["rock", "punk", "pop", "funk", "soul", "blues shuffle", "disco", "house", "trance"])
@pytest.mark.parametrize("seed", range(4))
def test_a_backbeat_groove_hits_two_and_four(groove: str, seed: int) -> None:
    body = (Section("A", 0, 3, 0.5), Section("B", 3, 6, 0.6))
    notes = drummed(groove, seed=seed, form=body)
    backbeats = onsets(notes, 37, 38, 39)
    if groove == "punk":
        assert onsets(notes, 38)
        return
    assert all(4.0 * bar + beat in backbeats for bar in range(2) for beat in (1, 3))


def test_four_on_the_floor_kicks_every_beat() -> None:
    for groove in ("house", "techno", "trance", "disco", "reggae steppers"):
        kicks = onsets(drummed(groove, form=(Section("A", 0, 4, 0.6),)), 36)
        assert {float(beat) for beat in range(12)} <= kicks


def test_a_one_drop_leaves_the_downbeat_free() -> None:
    kicks = onsets(drummed("reggae one drop", form=(Section("A", 0, 4, 0.4),)), 36)
    assert kicks >= {1.0, 3.0, 5.0, 7.0} and not kicks & {0.0, 4.0, 8.0}


def test_a_half_time_groove_has_its_snare_on_three() -> None:
    snares = onsets(drummed("rock half-time", form=(Section("A", 0, 3, 0.5),)), 38)
    assert {2.0, 6.0} <= snares and not snares & {1.0, 3.0}


def test_a_new_section_opens_with_a_crash_after_a_fill() -> None:
    notes = drummed("rock", form=(Section("A", 0, 8, 0.6), Section("B", 8, 8, 0.9)))
    assert 32.0 in onsets(notes, 49)
    body, fill = drum_counts(notes, 20.0), drum_counts(notes, 31.0)
    assert fill != body


def drum_counts(notes: list[Note], start: float) -> list[tuple[float, int]]:
    return sorted((note.start - start, note.pitch) for note in notes if start <= note.start < start + 1.0)


def test_more_energy_means_more_and_louder_strokes() -> None:
    for groove in NAMES:
        calm = [note for seed in range(6) for note in drummed(groove, seed=seed, form=(Section("A", 0, 4, 0.1),))]
        full = [note for seed in range(6) for note in drummed(groove, seed=seed, form=(Section("A", 0, 4, 0.95),))]
        assert len(full) > len(calm), groove
        assert max(note.velocity for note in full) > max(note.velocity for note in calm), groove


def test_trap_hats_roll_faster_than_sixteenths() -> None:
    hats = sorted(onsets(drummed("trap", form=(Section("A", 0, 8, 0.7),)), 42))
    assert min(later - earlier for earlier, later in pairwise(hats)) < 0.2


def test_sections_of_one_name_and_energy_repeat_their_groove() -> None:
    form = (Section("A", 0, 4, 0.6), Section("B", 4, 4, 0.9), Section("A", 8, 4, 0.6), Section("B", 12, 4, 0.9))
    kicks = onsets(drummed("pop", form=form), 36)
    first = {start for start in kicks if 4.0 <= start < 12.0}
    again = {start - 32.0 for start in kicks if 36.0 <= start < 44.0}
    assert first == again


def test_the_same_seed_plays_the_same_notes() -> None:
    for groove in NAMES:
        assert drummed(groove, seed=5) == drummed(groove, seed=5)
    assert drummed("funk", seed=5) != drummed("funk", seed=6)


def test_every_step_string_is_well_formed() -> None:
    for name, groove in GROOVES.items():
        patterns = (groove.pattern, *groove.meters.values())
        for pattern in patterns:
            lines = (*pattern.kicks, *pattern.backs, *pattern.times, *(line for _, line in pattern.extras))
            for line in lines:
                for steps in read_line(line).values():
                    assert set(steps) <= set(".Xxogrtqf"), (name, line)
                    if pattern is groove.pattern:
                        bars_of(steps)
                    else:
                        assert len(steps) == 12, (name, line)
    for family, fills in FILLS.items():
        for fill in fills:
            lengths = {len(steps) for steps in read_line(fill.removeprefix("+")).values()}
            assert lengths == {fill_length(fill)} and lengths <= {4, 8, 16}, (family, fill)


def test_an_unknown_groove_is_named_in_the_error() -> None:
    with pytest.raises(ValueError, match="polka"):
        drummed("polka")
