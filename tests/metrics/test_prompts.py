"""What a prompt names is read from its words, and the fullest wordings are chosen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from songloom.band.composer import draw
from songloom.band.labels import sounding_parts
from songloom.band.piece import Piece
from songloom.band.words import mood_wording, style_wording
from songloom.metrics.prompts import FACTS, asked, caption_prompt, held_out_prompt


@pytest.fixture(scope="module")
def pieces() -> list[Piece]:
    return [draw(seed, seconds=8.0) for seed in range(12)]


def test_an_empty_prompt_names_nothing(pieces: list[Piece]) -> None:
    for piece in pieces:
        assert asked(piece, "").named == frozenset()


def test_tempo_and_key_are_found_in_their_spellings() -> None:
    piece = next(p for p in (draw(seed, seconds=8.0) for seed in range(200)) if p.key in ("Eb minor", "F# minor"))
    sharp, flat = ("D#", "Eb") if piece.key == "Eb minor" else ("F#", "Gb")
    for text in (f"in {sharp} minor", f"{flat} minor", f"{flat}m, slow", f"{flat[0]} flat minor"):
        assert asked(piece, text).named == {"key"}, text
    for text in ("in A minor", f"{flat} major", "a minor change", f"{flat}more"):
        assert "key" not in asked(piece, text).named, text
    for text in ("75 bpm", "120BPM", "ninety beats per minute"):
        assert "tempo" in asked(piece, text).named, text
    assert "tempo" not in asked(piece, "a slow tempo").named


def test_style_and_mood_are_found_in_both_vocabularies(pieces: list[Piece]) -> None:
    for piece in pieces:
        style, mood = style_wording(piece.style, len(sounding_parts(piece))), mood_wording(piece.mood)
        for words, moods in ((style.words, mood.words), (style.held_out or style.words, mood.held_out or mood.words)):
            assert {"style", "mood"} <= asked(piece, f"Some {words[0]}, {moods[0]} thing").named


def test_captions_are_full_and_repeat_under_a_seed(pieces: list[Piece]) -> None:
    prompts = [caption_prompt(piece, "7") for piece in pieces]
    assert prompts == [caption_prompt(piece, "7") for piece in pieces]
    assert all(len(prompt.named) >= 4 for prompt in prompts)
    assert sum("tempo" in prompt.named for prompt in prompts) >= 8


def test_held_out_prompts_use_other_sentences(pieces: list[Piece]) -> None:
    for piece in pieces:
        prompt = held_out_prompt(piece, "7")
        assert prompt.prompt != caption_prompt(piece, "7").prompt
        assert prompt.named <= FACTS
        assert len(prompt.named) >= 2


def test_keys_are_major_or_minor_by_their_third(pieces: list[Piece]) -> None:
    for piece in pieces:
        key = asked(piece, "").key
        assert key is None or key.split(" ")[1] in ("major", "minor")


def test_the_longer_name_of_an_instrument_names_no_style_and_no_mood() -> None:
    def a(style: str) -> Piece:
        return next(piece for piece in (draw(seed, seconds=8.0) for seed in range(2000)) if piece.style == style)

    rock, organ = a("rock"), a("church organ")
    assert "style" not in asked(rock, "Theme for two; orchestration: rock drums, rock organ").named
    assert "style" in asked(rock, "rock with rock drums").named
    assert "style" in asked(organ, "orchestration: church organ").named
    assert "mood" not in named_in_mood(rock, "epic", "powerful drums") and "mood" in named_in_mood(
        rock, "epic", "powerful"
    )


def named_in_mood(piece: Piece, mood: str, prompt: str) -> frozenset[str]:
    """What a prompt names of a piece in another mood."""
    return asked(replace(piece, mood=mood), prompt).named
