"""The bass player keeps to the chords, the kick, the range and the form."""

import random
from collections.abc import Sequence
from itertools import pairwise

import pytest

from songloom.band import drums
from songloom.band.basslines import LINES, play
from songloom.band.piece import METERS, Chord, Note, Section
from songloom.band.theory import chord_tones

NAMES = (
    "root", "roots and fifths", "eighths", "octaves", "walking", "bossa", "reggae", "country two", "funk syncopated",
    "motown", "disco octaves", "house offbeat", "rolling", "acid", "808", "sustained", "reese", "waltz", "shuffle",
    "salsa tumbao", "power eighths", "chip",
)  # fmt: skip
FORM = (Section("intro", 0, 2, 0.2), Section("A", 2, 8, 0.5), Section("B", 10, 4, 0.9), Section("A", 14, 4, 0.5))
ROOTS = ((9, "min7"), (2, "min7"), (7, "dom7"), (0, "maj7"))


def progression(meter: str, bars: int = 18) -> list[Chord]:
    beats = METERS[meter].beats
    return [Chord(bar * beats, beats, *ROOTS[bar % 4], ROOTS[bar % 4][0]) for bar in range(bars)]


def bass(
    line: str, meter: str = "4/4", seed: int = 3, kicks: Sequence[float] = (), low: int = 28, high: int = 60
) -> list[Note]:
    return play(line, progression(meter), FORM, METERS[meter], kicks, random.Random(seed), low, high)


def test_the_lines_are_the_promised_ones() -> None:
    assert sorted(LINES) == sorted(NAMES)


@pytest.mark.parametrize("meter", METERS)
@pytest.mark.parametrize("line", NAMES)
def test_every_line_plays_in_every_meter_within_its_bounds(line: str, meter: str) -> None:
    kicks = sorted({n.start for n in drums.play("pop", FORM, METERS[meter], random.Random(0)) if n.pitch == 36})
    for seed in range(3):
        for onsets in (kicks, ()):
            notes = bass(line, meter, seed, onsets, 28, 52)
            beats = 18 * METERS[meter].beats
            assert len(notes) >= 12
            assert all(0.0 <= n.start < beats and n.length > 0.0 for n in notes)
            assert all(n.start + n.length <= beats + 0.1 for n in notes)
            assert all(28 <= n.pitch <= 52 and 1 <= n.velocity <= 127 for n in notes)
            assert len({n.start for n in notes}) == len(notes)


@pytest.mark.parametrize("line", [name for name in NAMES if name not in ("salsa tumbao", "acid")])
def test_strong_notes_belong_to_the_chord(line: str) -> None:
    chords = progression("4/4")
    for note in bass(line):
        if note.start % 4 == 0:
            assert note.pitch % 12 in chord_tones(chords[int(note.start // 4)])


def test_walking_steps_and_lands_on_the_roots() -> None:
    for seed in range(5):
        notes = [note for note in bass("walking", seed=seed) if note.start % 1 == 0]
        starts = [note.start for note in notes]
        assert starts[:68] == [float(beat) for beat in range(68)]
        for note in notes:
            if note.start % 4 == 0:
                assert note.pitch % 12 == ROOTS[int(note.start // 4) % 4][0]
        leaps = [abs(b.pitch - a.pitch) for a, b in pairwise(notes)]
        assert sum(leap <= 4 for leap in leaps) > 0.7 * len(leaps)
        into = [abs(b.pitch - a.pitch) for a, b in pairwise(notes) if b.start % 4 == 0]
        assert sum(leap in (1, 2) for leap in into) > 0.8 * len(into)


@pytest.mark.parametrize("line", ["root", "funk syncopated", "808", "power eighths"])
def test_locked_lines_strike_the_kicks(line: str) -> None:
    kicks = [bar * 4.0 + beat for bar in range(17) for beat in (0.0, 0.75, 2.5)]
    starts = {note.start for note in bass(line, kicks=kicks)}
    assert set(kicks) <= starts


def test_the_house_bass_leaves_the_beat_to_the_kick() -> None:
    starts = [n.start for n in bass("house offbeat") if n.start % 4 not in (0.0,) and n.start < 68.0]
    assert starts and all(start % 1 != 0.0 for start in starts if start % 4 != 2.0)


def test_the_tumbao_anticipates_the_next_chord() -> None:
    notes = {note.start: note.pitch % 12 for note in bass("salsa tumbao")}
    assert all(notes[bar * 4.0 + 3.5] == ROOTS[(bar + 1) % 4][0] for bar in range(10))


def test_a_chord_that_stays_is_not_left_early() -> None:
    chords = [Chord(0.0, 8.0, 0, "maj", 0), Chord(8.0, 8.0, 6, "maj", 6)]
    for line in ("salsa tumbao", "roots and fifths", "eighths", "octaves"):
        notes = play(line, chords, [Section("A", 0, 4, 0.6)], METERS["4/4"], (), random.Random(1), 28, 60)
        assert {note.pitch % 12 for note in notes if note.start < 6.9} <= {0, 4, 7}, line


def test_a_slash_chord_gives_its_bass_note() -> None:
    chords = [Chord(0.0, 4.0, 0, "maj", 4), Chord(4.0, 4.0, 5, "maj", 5)]
    for line in ("root", "eighths", "sustained", "808", "octaves"):
        notes = play(line, chords, [Section("A", 0, 2, 0.4)], METERS["4/4"], (), random.Random(0), 28, 60)
        assert notes[0].pitch % 12 == 4


def test_a_chord_change_inside_the_bar_moves_the_line() -> None:
    chords = [Chord(0.0, 2.0, 0, "maj", 0), Chord(2.0, 2.0, 7, "maj", 7)] * 1 + [Chord(4.0, 4.0, 0, "maj", 0)]
    notes = play("root", chords, [Section("A", 0, 2, 0.1)], METERS["4/4"], (), random.Random(0), 28, 60)
    assert {note.start: note.pitch % 12 for note in notes}[2.0] == 7
    assert all(note.start + note.length <= 2.0 for note in notes if note.start < 2.0)


def test_repeated_bars_keep_their_rhythm() -> None:
    for line in ("eighths", "octaves", "reggae", "motown", "chip", "acid"):
        notes = bass(line)
        first = [n.start - 8.0 for n in notes if 8.0 <= n.start < 12.0]
        third = [n.start - 16.0 for n in notes if 16.0 <= n.start < 20.0]
        assert first == third, line


def test_the_same_seed_plays_the_same_notes() -> None:
    for line in NAMES:
        assert bass(line, seed=9) == bass(line, seed=9)


def test_an_unknown_line_is_named_in_the_error() -> None:
    with pytest.raises(ValueError, match="slap chop"):
        bass("slap chop")
