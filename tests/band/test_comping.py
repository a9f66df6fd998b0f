"""Every accompaniment figure stays in range, in the chord and in its style."""

import random
from collections import defaultdict
from itertools import pairwise

import pytest

from songloom.band.comping import FIGURES, play
from songloom.band.piece import METERS, Chord, Note, Section
from songloom.band.theory import chord_tones

NAMES = (
    "block", "whole notes", "pad", "strum", "strum sixteenth", "fingerpicked", "travis", "alberti", "broken",
    "stride", "ballad piano", "jazz comp", "freddie green", "bossa guitar", "skank", "bubble organ", "funk guitar",
    "montuno", "waltz", "power chords", "palm mute", "punk eighths", "stabs", "house chords", "supersaw chords",
    "trance gate", "arpeggio up", "arpeggio updown", "arpeggio sixteenth", "chip arpeggio", "harp glissandi", "hymn",
    "quartet inner", "horn hits", "tremolo", "drone", "plucks",
)  # fmt: skip
FORM = (Section("intro", 0, 2, 0.2), Section("A", 2, 8, 0.5), Section("B", 10, 4, 0.9), Section("A", 14, 4, 0.5))
CHORDS = ((9, "min7", 9), (5, "maj7", 5), (0, "maj", 4), (7, "dom7", 7))


def comped(figure: str, meter: str = "4/4", seed: int = 2, low: int = 43, high: int = 79) -> list[Note]:
    beats = METERS[meter].beats
    chords = [Chord(bar * beats, beats, *CHORDS[bar % 4]) for bar in range(18)]
    return play(figure, chords, FORM, METERS[meter], random.Random(seed), low, high)


def attacks(notes: list[Note]) -> list[list[Note]]:
    grouped: dict[float, list[Note]] = defaultdict(list)
    for note in notes:
        grouped[note.start].append(note)
    return [grouped[start] for start in sorted(grouped)]


def test_the_figures_are_the_promised_ones() -> None:
    assert sorted(FIGURES) == sorted(NAMES)


@pytest.mark.parametrize("meter", METERS)
@pytest.mark.parametrize("figure", NAMES)
def test_every_figure_plays_in_every_meter_within_its_bounds(figure: str, meter: str) -> None:
    beats = 18 * METERS[meter].beats
    for low, high in ((43, 79), (36, 96), (52, 70)):
        for seed in range(2):
            notes = comped(figure, meter, seed, low, high)
            assert len(notes) >= 8
            assert all(0.0 <= n.start < beats and n.length > 0.0 for n in notes)
            assert all(n.start + n.length <= beats + 0.2 for n in notes)
            assert all(low <= n.pitch <= high and 1 <= n.velocity <= 127 for n in notes)
            assert len({(n.start, n.pitch) for n in notes}) == len(notes)


@pytest.mark.parametrize("figure", [name for name in NAMES if name not in ("drone", "harp glissandi")])
def test_notes_belong_to_a_sounding_or_coming_chord(figure: str) -> None:
    strange = 0
    notes = comped(figure)
    for note in notes:
        allowed = set()
        for time in (note.start, note.start + 0.51):
            root, quality, bass = CHORDS[int(time // 4) % 4]
            allowed |= {*chord_tones(Chord(0.0, 1.0, root, quality, bass)), bass, (root + 7) % 12}
        strange += note.pitch % 12 not in allowed
    assert strange == 0


def test_block_chords_move_by_small_steps() -> None:
    chords = [[n.pitch for n in attack] for attack in attacks(comped("whole notes"))]
    moves = [abs(b - a) for one, other in pairwise(chords) for a, b in zip(one, other, strict=True)]
    assert sum(moves) / len(moves) < 3.0


def test_a_pad_holds_its_common_tones() -> None:
    assert any(note.length > 4.0 for note in comped("pad"))
    assert sum(note.length for note in comped("pad")) == pytest.approx(18 * 4.0 * 4)


def test_strums_go_down_and_up() -> None:
    notes = [note for note in comped("strum", seed=1) if 40.0 <= note.start < 52.0]
    steps = [b.pitch - a.pitch for a, b in pairwise(notes) if 0.0 < b.start - a.start < 0.05]
    assert any(step > 0 for step in steps) and any(step < 0 for step in steps)


def test_the_skank_stays_off_the_beat() -> None:
    assert all(note.start % 1.0 > 0.4 for note in comped("skank"))


def test_freddie_green_plays_four_to_the_bar() -> None:
    starts = {int(note.start) for note in comped("freddie green") if note.start < 68.0}
    assert starts == set(range(68))


def test_stride_puts_the_bass_under_the_chords() -> None:
    notes = [note for note in comped("stride") if 8.0 <= note.start < 36.0]
    bass = [note.pitch for note in notes if note.start % 4 == 0]
    after = [note.pitch for note in notes if note.start % 4 == 1]
    assert after and max(bass) < min(after)
    assert all(n.pitch % 12 == CHORDS[int(n.start // 4) % 4][2] for n in notes if n.start % 4 == 0)


def test_power_chords_have_no_third() -> None:
    for note in comped("power chords", low=40, high=76):
        root, _, _ = CHORDS[int(note.start // 4) % 4]
        assert note.pitch % 12 in {root, (root + 7) % 12}


def test_a_chord_change_inside_a_held_chord_is_struck() -> None:
    chords = [Chord(0.0, 2.0, 0, "maj", 0), Chord(2.0, 6.0, 7, "maj", 7)]
    notes = play("whole notes", chords, [Section("A", 0, 2, 0.4)], METERS["4/4"], random.Random(0), 48, 72)
    assert [attack[0].start for attack in attacks(notes)] == [0.0, 2.0, 4.0]
    assert {n.pitch % 12 for n in notes if n.start == 2.0} == {7, 11, 2}


def test_a_chord_that_stays_is_not_left_early() -> None:
    chords = [Chord(0.0, 8.0, 0, "maj", 0), Chord(8.0, 8.0, 6, "maj", 6)]
    for figure in ("jazz comp", "montuno", "stride", "bossa guitar"):
        for seed in range(4):
            sections = [Section("A", 0, 4, 0.9)]
            notes = play(figure, chords, sections, METERS["4/4"], random.Random(seed), 43, 79)
            assert {note.pitch % 12 for note in notes if note.start < 6.9} <= {0, 4, 7}, figure


def test_louder_sections_are_louder() -> None:
    for figure in NAMES:
        notes = comped(figure)
        calm = [n.velocity for n in notes if n.start < 8.0]
        full = [n.velocity for n in notes if 40.0 <= n.start < 56.0]
        assert sum(full) / len(full) > sum(calm) / max(1, len(calm)), figure


def test_sections_of_one_name_share_their_rhythm() -> None:
    for figure in NAMES:
        notes = comped(figure)
        first = sorted({round(n.start - 8.0, 6) for n in notes if 8.0 <= n.start < 16.0})
        again = sorted({round(n.start - 56.0, 6) for n in notes if 56.0 <= n.start < 64.0})
        if figure not in ("pad", "jazz comp"):
            assert first == again, figure


def test_the_same_seed_plays_the_same_notes() -> None:
    for figure in NAMES:
        assert comped(figure, seed=4) == comped(figure, seed=4)


def test_an_unknown_figure_is_named_in_the_error() -> None:
    with pytest.raises(ValueError, match="boogie"):
        comped("boogie")
