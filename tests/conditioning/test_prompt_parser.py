from __future__ import annotations

import random

import pytest

from songloom.conditioning.musical import key_number, of_labels
from songloom.conditioning.prompt_parser import drums_of, families_of, is_minor_key, key_of, meter_of, parse, tempo_of


@pytest.mark.parametrize(
    ("text", "tempo"),
    [
        ("warm lo-fi piano, 75 bpm", 75),
        ("house at 128 BPM", 128),
        ("a tempo of 90", 90),
        ("roughly 95BPM", 95),
        ("80-90 bpm", 85),
        ("BPM: 100", 100),
        ("120 beats a minute", 120),
        ("one hundred and twenty-five beats per minute", 125),
        ("ninety beats per minute", 90),
        ("1999 bpm", None),
        ("a song from 1984", None),
        ("five beats per minute", None),
        ("fast", None),
        ("", None),
    ],
)
def test_tempo_is_read_in_all_its_spellings(text: str, tempo: float | None) -> None:
    assert tempo_of(text) == tempo


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("A minor", "A minor"),
        ("slow, in a minor, 70 bpm", "A minor"),
        ("a ballad in Am", "A minor"),
        ("in F#", "F# major"),
        ("a rock song in B flat major", "Bb major"),
        ("key of c sharp minor", "C# minor"),
        ("D dorian", "D minor"),
        ("G mixolydian groove", "G major"),
        ("in E with drums", "E major"),
        ("an E-flat minor ballad", "Eb minor"),
        ("key: G", "G major"),
        ("a minor key", None),
        ("A minor key gives it gloom", None),
        ("a major hit", None),
        ("with a minor, haunting melody", None),
        ("Am I happy", None),
        ("made in America", None),
        ("minor-key waltz", None),
        ("in a hurry", None),
        ("", None),
    ],
)
def test_keys_are_told_from_the_word_a(text: str, key: str | None) -> None:
    assert key_of(text) == (None if key is None else key_number(key))


@pytest.mark.parametrize(
    ("text", "drums"),
    [
        ("no drums", False),
        ("without any drums", False),
        ("no bass or drums", False),
        ("drumless ambient", False),
        ("without a beat", False),
        ("drums leave", False),
        ("the drums stop, a harp goes on", False),
        ("drums drop out", False),
        ("the drums fade away", False),
        ("drums enter", True),
        ("the drums drop in", True),
        ("drums come back", True),
        ("drum and bass", True),
        ("no vocals, drum & bass", True),
        ("soft drums", True),
        ("drum machine", True),
        ("trap beat", None),
        ("120 beats per minute", None),
        ("no beats per minute given", None),
        ("hand percussion", None),
        ("", None),
    ],
)
def test_drums_are_asked_for_ruled_out_or_left_open(text: str, drums: bool | None) -> None:
    assert drums_of(text) is drums


def test_meters_and_bare_modes_are_read() -> None:
    assert [meter_of(text) for text in ("a 3/4 waltz", "in 6/8", "four-four", "13/4", "")] == [
        "3/4", "6/8", "4/4", None, None,
    ]  # fmt: skip
    assert [is_minor_key(text) for text in ("a minor-key tune", "in a major key", "minor")] == [True, False, None]


def test_a_prompt_of_any_kind_is_read() -> None:
    for text in ("", " ", "😀🎹", "悲伤的钢琴曲", "word " * 10_000, "\0", "a" * 100_000):
        parse(text)


def test_what_the_bands_captions_name_is_read_as_it_is() -> None:
    from songloom.band.captions import captions, held_out_prompts
    from songloom.band.corpus import compose_piece
    from songloom.band.labels import labels

    read = 0
    for index in range(12):
        piece, rng = compose_piece(7, index, 10.0), random.Random(index)
        true = of_labels(labels(piece))
        for text in [caption.text for caption in captions(piece, rng)] + list(held_out_prompts(piece, rng)):
            found = parse(text)
            assert found.tempo is None or true.tempo is None or abs(found.tempo - true.tempo) <= 2.6, text
            for name in ("key", "drums", "meter"):
                assert getattr(found, name) in (None, getattr(true, name)), text
            read += (found.tempo is not None) + (found.key is not None) + (found.drums is not None)
    assert read > 40


def test_instruments_are_named_by_their_longest_name_and_may_be_ruled_out() -> None:
    for text, families in (
        ("sad Cello and bass guitar", {"strings", "bass"}),
        ("a pipe organ, no piano, without any strings", {"organ"}),
        ("electric guitar", set()),
        ("good vibes, pianos, guitarist", set()),
        ("brushes; 808s; lead guitar", {"drums", "bass", "distorted guitar"}),
        ("", set()),
    ):
        assert families_of(text) == families, text
