"""Whole pieces: deterministic, complete, in range, and as asked; style tables that name only what exists."""

from __future__ import annotations

from collections import Counter

import pytest

from songloom.band import basslines, characters, comping, counter, drums
from songloom.band.composer import compose, draw
from songloom.band.form import PLANS
from songloom.band.moods import MOODS
from songloom.band.piece import METERS, ROLES, Piece
from songloom.band.sounds import SOUNDS, Sound
from songloom.band.styles.style import Seat
from songloom.band.styles.table import STYLES
from songloom.band.theory import scale


def is_kit(sound: Sound) -> bool:
    return sound.family == "drums" or sound.name == "hand percussion"


def allowed(seat: Seat, sound: Sound) -> set[str]:
    if is_kit(sound):
        return set(drums.GROOVES)
    if seat.role in ("bass", "percussion"):
        return set(basslines.LINES)
    own = {"melody": characters.CHARACTERS, "counter": counter.COUNTERS}.get(seat.role, {})
    return {*own, *comping.FIGURES}


@pytest.fixture(scope="module")
def corpus() -> list[Piece]:
    return [draw(seed) for seed in range(120)]


@pytest.mark.parametrize("name", STYLES)
def test_a_style_names_only_what_exists(name: str) -> None:
    style = STYLES[name]
    assert set(style.moods) <= set(MOODS)
    assert set(style.meters) <= set(METERS)
    assert set(style.forms) <= {*PLANS, "blues"}
    assert 40 <= style.tempo[0] < style.tempo[1] <= 220
    for lineup in style.lineups:
        for seat in lineup:
            assert seat.role in ROLES
            for sound in seat.sounds:
                assert sound in SOUNDS
                assert set(seat.plays) <= allowed(seat, SOUNDS[sound])


def test_there_are_enough_styles_and_moods() -> None:
    assert len(STYLES) >= 32
    assert len(MOODS) >= 12


@pytest.mark.parametrize("name", STYLES)
def test_every_style_composes_a_sound_piece(name: str) -> None:
    for seed in range(2):
        piece = compose(seed, style=name)
        assert piece.style == name
        assert 28.0 <= piece.seconds <= 34.0
        assert piece.parts
        assert sum(chord.length for chord in piece.chords) == pytest.approx(piece.beats)
        for part in piece.parts:
            sound = SOUNDS[part.sound]
            assert part.notes
            assert list(part.notes) == sorted(part.notes)
            assert all(0.0 <= note.start < piece.beats and 1 <= note.velocity <= 127 for note in part.notes)
            assert all(note.length > 0 and note.start + note.length <= piece.beats + 1e-3 for note in part.notes)
            assert all(sound.low <= note.pitch <= sound.high for note in part.notes)


def test_the_same_seed_gives_the_same_piece_and_another_seed_another() -> None:
    assert compose(11) == compose(11)
    assert compose(11) != compose(12)
    assert draw(5) == draw(5)


def test_what_is_asked_for_is_what_the_piece_has() -> None:
    piece = compose(1, style="folk", mood="sad", tempo=97.0, tonic=6, mode="lydian", seconds=20.0)
    assert (piece.style, piece.mood, piece.tempo, piece.tonic, piece.mode) == ("folk", "sad", 97.0, 6, "lydian")
    assert 18.0 <= piece.seconds <= 23.0


def test_another_tonic_transposes_the_chords_and_leaves_the_drums_alone() -> None:
    one, other = compose(3, style="rock", tonic=0), compose(3, style="rock", tonic=5)
    assert [(chord.root + 5) % 12 for chord in one.chords] == [chord.root for chord in other.chords]
    beats = [next(part.notes for part in piece.parts if part.role == "drums") for piece in (one, other)]
    assert beats[0] == beats[1]


@pytest.mark.parametrize(
    ("wish", "match"),
    [
        ({"style": "polka"}, "polka"),
        ({"mood": "hungry"}, "hungry"),
        ({"mode": "locrian"}, "locrian"),
        ({"tempo": 5.0}, "tempo"),
        ({"tempo": float("nan")}, "tempo"),
        ({"tonic": 12}, "tonic"),
        ({"seconds": 0.0}, "seconds"),
        ({"seconds": float("nan")}, "seconds"),
    ],
)
def test_impossible_wishes_are_refused(wish: dict, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        compose(0, **wish)


def test_a_corpus_covers_keys_meters_tempi_and_moods(corpus: list[Piece]) -> None:
    assert {piece.tonic for piece in corpus} == set(range(12))
    assert {piece.meter.name for piece in corpus} == set(METERS)
    assert {piece.mood for piece in corpus} == set(MOODS)
    assert min(piece.tempo for piece in corpus) < 60
    assert max(piece.tempo for piece in corpus) > 165
    assert len({piece.style for piece in corpus}) > 0.8 * len(STYLES)
    assert max(Counter(piece.style for piece in corpus).values()) < 12


def test_melodies_are_in_key_but_for_passing_and_blue_notes(corpus: list[Piece]) -> None:
    inside = total = 0
    for piece in corpus:
        degrees = scale(piece.tonic, piece.mode)
        for part in piece.parts:
            if part.role == "melody":
                total += len(part.notes)
                inside += sum(note.pitch % 12 in degrees for note in part.notes)
    assert inside / total > 0.93


def test_low_notes_of_the_bass_land_on_chord_roots_at_bar_lines(corpus: list[Piece]) -> None:
    hits = total = 0
    for piece in corpus:
        for part in piece.parts:
            if part.role != "bass" or part.sound == "acid bass":
                continue
            for chord in piece.chords:
                first = [note for note in part.notes if abs(note.start - chord.start) < 0.08]
                total += bool(first)
                hits += any(note.pitch % 12 == chord.bass for note in first)
    assert hits / total > 0.85


def test_bass_and_kick_meet_in_funk_and_rock() -> None:
    for style in ("funk", "rock", "soul"):
        together = played = 0
        for seed in range(4):
            piece = compose(seed, style=style)
            notes = {part.role: part.notes for part in piece.parts}
            kicks = [note.start for note in notes["drums"] if note.pitch in (35, 36)]
            bass = notes["bass"]
            audible = [kick for kick in kicks if any(abs(note.start - kick) < 4 for note in bass)]
            played += len(audible)
            together += sum(any(abs(note.start - kick) < 0.12 for note in bass) for kick in audible)
        assert together / played > 0.5


def test_arrangements_breathe(corpus: list[Piece]) -> None:
    """In most pieces of four players or more somebody waits in some section."""
    breathing = []
    for piece in corpus:
        if len(piece.parts) < 4 or len(piece.sections) < 2:
            continue
        beats = piece.meter.beats
        counts = [
            sum(
                any(section.start_bar <= note.start / beats < section.start_bar + section.bars for note in part.notes)
                for part in piece.parts
            )
            for section in piece.sections
        ]
        breathing.append(len(set(counts)) > 1)
    assert sum(breathing) / len(breathing) > 0.75


def test_a_closing_piece_holds_its_last_bar() -> None:
    closing = [piece for piece in (compose(seed, style="string quartet") for seed in range(12)) if holds(piece)]
    assert 3 <= len(closing) <= 11


def holds(piece: Piece) -> bool:
    last = piece.beats - piece.meter.beats
    return all(note.start < last + 0.2 for part in piece.parts for note in part.notes)


def test_mood_moves_tempo_and_loudness() -> None:
    def figures(mood: str) -> tuple[float, float]:
        pieces = [compose(seed, style="pop", mood=mood) for seed in range(12)]
        velocities = [note.velocity for piece in pieces for part in piece.parts for note in part.notes]
        return sum(piece.tempo for piece in pieces) / 12, sum(velocities) / len(velocities)

    fast, loud = figures("energetic")
    slow, soft = figures("calm")
    assert fast > slow + 8
    assert loud > soft + 10


def test_roles_leave_only_their_players_and_drums_alone_have_no_chords() -> None:
    piece = compose(4, style="rock", roles=("drums",))
    assert {part.role for part in piece.parts} == {"drums"}
    assert piece.chords == ()


@pytest.mark.parametrize(
    ("style", "seed", "seconds"), [("solo cello", 186517688319994, 6.0), ("ambient", 176851730138015, 8.0)]
)
def test_a_piece_of_one_slow_bar_is_made_longer_rather_than_silent(style: str, seed: int, seconds: float) -> None:
    piece = compose(seed, style=style, seconds=seconds)
    assert any(part.notes for part in piece.parts)


def test_one_piece_in_six_or_so_plays_with_fewer(corpus: list[Piece]) -> None:
    fewer = sum(piece != compose(piece.seed, style=piece.style) for piece in corpus[:50])
    assert 2 <= fewer <= 15


def test_some_pieces_of_styles_with_drums_play_without_them_and_keep_the_rest(corpus: list[Piece]) -> None:
    whole = {piece.seed: compose(piece.seed, style=piece.style) for piece in corpus[:80]}
    without = [piece for piece in corpus[:80] if whole[piece.seed].has_drums and not piece.has_drums]
    left = [{part.role for part in piece.parts} - {"drums", "percussion"} for piece in without]
    full = [{part.role for part in whole[piece.seed].parts} - {"drums", "percussion"} for piece in without]
    assert sum(roles == those for roles, those in zip(left, full, strict=True)) >= 3


def test_swing_is_heard_only_where_the_piece_says_so(corpus: list[Piece]) -> None:
    for piece in corpus:
        low, high = STYLES[piece.style].swing
        assert low <= piece.swing <= high
