import random
import re
from collections.abc import Iterable
from functools import cache

import pytest

from songloom.band.captions import COUNTS, captions, held_out_prompts
from songloom.band.composer import compose, draw
from songloom.band.facts import FAST, SLOW, in_words
from songloom.band.labels import labels
from songloom.band.moods import MOODS as ALL_MOODS
from songloom.band.phrases import HELD_OUT
from songloom.band.piece import PITCH_NAMES, Piece
from songloom.band.sounds import SOUNDS
from songloom.band.styles.table import STYLES as ALL_STYLES
from songloom.band.words import MOODS, REDUCED, STYLES

PITCHES = {**{name: number for number, name in enumerate(PITCH_NAMES)}, "Db": 1, "D#": 3, "Gb": 6, "G#": 8, "A#": 10}
KEY = re.compile(
    r"\b([a-g])(#|b| sharp| flat)? ?(m\b|(?:harmonic |melodic )?minor|major|dorian|mixolydian|lydian|phrygian)(?!-)"
)
DENIAL = re.compile(r"\b(no|without)( any| a)? (drums|percussion|beat)")
NUMBER = re.compile(r"(around|about|roughly)? ?(\d+) ?(?:bpm|beats per minute)", re.IGNORECASE)


@cache
def written() -> list[tuple[Piece, dict, list[str]]]:
    """Every style in several moods, and pieces as the corpus draws them, with their captions."""
    pieces = [compose(n, style=style, seconds=12.0) for n in range(3) for style in ALL_STYLES]
    pieces += [compose(n, mood=mood, seconds=12.0) for n in range(3) for mood in ALL_MOODS]
    pieces += [draw(seed, seconds=12.0) for seed in range(80)]
    return [
        (piece, labels(piece), [caption.text for caption in captions(piece, random.Random(piece.seed))])
        for piece in pieces
    ]


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    ordered = sorted({word.lower() for word in words}, key=len, reverse=True)
    return re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, ordered)) + r")(?![\w-])")


def without_scenes(piece: Piece, text: str) -> str:
    scenes = (*MOODS[piece.mood].scenes, *STYLES[piece.style].scenes)
    return any_of(scenes).sub("_", text.lower())


def instrument_words(piece: Piece) -> set[str]:
    return {word.lower() for part in piece.parts if part.notes for word in SOUNDS[part.sound].words}


def bare(piece: Piece, text: str) -> str:
    """The text in lower case without scenes and without the instruments that play."""
    return any_of(instrument_words(piece)).sub("_", without_scenes(piece, text))


def style_words(style: str) -> tuple[str, ...]:
    return (*STYLES[style].words, *REDUCED.get(style, (0, ()))[1])


def test_every_style_and_mood_has_its_words() -> None:
    assert set(ALL_STYLES) <= set(STYLES) and set(ALL_MOODS) <= set(MOODS)
    for name, wording in STYLES.items():
        assert len(wording.words) >= 4 and len(wording.held_out) >= 3 and wording.things, name
    for name, wording in MOODS.items():
        assert len(wording.words) >= 8 and len(wording.held_out) >= 3 and len(wording.scenes) >= 3, name


def test_captions_are_of_every_kind_and_all_different() -> None:
    for seed in range(20):
        made = captions(draw(seed), random.Random(0))
        assert {caption.kind for caption in made} == set(COUNTS)
        assert 7 <= len(made) == len({caption.text for caption in made})
        assert all(caption.text and "{" not in caption.text and "(n)" not in caption.text for caption in made)


def test_only_instruments_that_play_are_named() -> None:
    every = {word.lower() for sound in SOUNDS.values() for word in sound.words}
    for piece, _, texts in written():
        style = {word.lower() for word in style_words(piece.style)}
        for text in texts:
            said = DENIAL.sub("_", without_scenes(piece, text))
            assert set(any_of(every | style).findall(said)) <= instrument_words(piece) | style, text


def test_only_the_style_of_the_piece_is_named() -> None:
    every = any_of(word for style in STYLES for word in style_words(style))
    for piece, _, texts in written():
        own = {word.lower() for word in style_words(piece.style)}
        for text in texts:
            said = any_of(style_words(piece.style)).sub("_", without_scenes(piece, text)).replace("waltz time", "")
            assert not set(every.findall(bare(piece, said))) - own, text


def test_only_the_mood_of_the_piece_is_named() -> None:
    every = any_of(word for mood in MOODS.values() for word in mood.words)
    for piece, _, texts in written():
        own = {word.lower() for word in MOODS[piece.mood].words}
        for text in texts:
            assert set(every.findall(bare(piece, text))) <= own, text


def test_every_tempo_named_is_the_tempo() -> None:
    named = 0
    for piece, _, texts in written():
        for text in texts:
            for about, number in NUMBER.findall(text):
                named += 1
                assert abs(float(number) - piece.tempo) <= (2.5 if about else 0.5), text
            if "beats per minute" in text and not NUMBER.search(text):
                assert in_words(round(piece.tempo)) in text.lower()
            assert piece.tempo < SLOW or not re.search(r"\b(slow|unhurried|low-tempo)", bare(piece, text)), text
            assert piece.tempo > FAST or not re.search(r"\b(fast|quick|up-?tempo)", bare(piece, text)), text
    assert named > 300


def test_every_key_named_is_the_key() -> None:
    named = 0
    for piece, known, texts in written():
        for text in texts:
            for letter, accidental, mode in KEY.findall(bare(piece, text)):
                sign = {"": "", "#": "#", "b": "b", " sharp": "#", " flat": "b"}[accidental]
                named += 1
                assert PITCHES[letter.upper() + sign] == known["tonic"], text
                assert mode == "m" or mode.lower() in (piece.mode, piece.mode.split()[-1]), text
    assert named > 300


def test_drums_are_named_when_they_play_and_denied_when_nothing_is_struck() -> None:
    denied = 0
    for _, known, texts in written():
        struck = known["drums"] or {"drums", "percussion"} & set(known["families"])
        for text in texts:
            if DENIAL.search(text.lower()):
                denied += 1
                assert not struck, text
            else:
                assert struck or not re.search(r"\bdrums?\b(?!'| ?(and|&|n) ?bass)", text.lower()), text
    assert denied > 50


def test_a_piece_of_drums_alone_has_no_key() -> None:
    piece = compose(1, style="techno", roles=("drums",))
    assert labels(piece)["key"] is None and labels(piece)["chords"] == []
    for seed in range(20):
        for caption in captions(piece, random.Random(seed)):
            assert not KEY.search(caption.text) and "-key" not in caption.text


def test_training_captions_never_use_a_held_out_wording() -> None:
    wordings = [*STYLES.values(), *MOODS.values()]
    held = [word for one in wordings for word in (*one.held_out, *one.held_out_scenes)]
    pattern = any_of([*held, "banger"])
    stems = {re.sub(r"\{\w+\}", "", template).strip(" .,:;!?").lower() for template in HELD_OUT}
    for _, _, texts in written():
        for text in texts:
            assert not pattern.search(text.lower()), text
            assert not any(stem in text.lower() for stem in stems), text
    training = [word for one in wordings for word in (*one.words, *one.scenes)]
    assert not [word for word in training if pattern.search(word.lower())]


def test_held_out_prompts_use_only_the_held_out_words_of_style_and_mood() -> None:
    taught = any_of(word for mood in MOODS.values() for word in mood.words)
    for seed in range(60):
        piece = draw(seed, seconds=12.0)
        for prompt in held_out_prompts(piece, random.Random(seed)):
            styles = any_of(STYLES[piece.style].held_out)
            words = any_of((*MOODS[piece.mood].held_out, *MOODS[piece.mood].held_out_scenes))
            assert styles.search(prompt.lower()) or words.search(prompt.lower())
            said = any_of((*STYLES[piece.style].held_out, *MOODS[piece.mood].held_out)).sub("_", bare(piece, prompt))
            assert not taught.search(any_of(MOODS[piece.mood].held_out_scenes).sub("_", said)), prompt


def test_the_same_seed_writes_the_same_captions() -> None:
    piece = draw(5)
    assert captions(piece, random.Random(1)) == captions(piece, random.Random(1))
    assert captions(piece, random.Random(1)) != captions(piece, random.Random(2))


def test_counts_choose_the_kinds() -> None:
    made = captions(draw(5), random.Random(0), counts={"tags": 3})
    assert [caption.kind for caption in made] == ["tags"] * 3
    with pytest.raises(ValueError, match="haiku"):
        captions(draw(5), random.Random(0), counts={"haiku": 1})


def test_some_captions_tell_tempo_and_key_and_others_do_not() -> None:
    texts = [text for _, _, texts in written() for text in texts]
    for pattern, least, most in ((NUMBER, 0.15, 0.5), (KEY, 0.15, 0.5)):
        assert least < sum(bool(pattern.search(text.lower())) for text in texts) / len(texts) < most


@pytest.mark.parametrize(("number", "text"), [(7, "seven"), (40, "forty"), (128, "one hundred and twenty-eight")])
def test_numbers_are_spelled_out(number: int, text: str) -> None:
    assert in_words(number) == text
