from __future__ import annotations

import pytest
import torch

from songloom.band.moods import MOODS
from songloom.conditioning.attributes import AttributeReader, Vocabulary
from songloom.conditioning.reading import CLAUSES, OUTSIDE, SURE, brightness, clauses, described, found, read, suits
from songloom.conditioning.text import minilm

WORDS = Vocabulary(styles=("techno", "solo piano"), moods=("calm", "dark"), families=("piano", "drums"))


class Says(AttributeReader):
    """Answers with these logits of styles, and of moods where they are given, whatever it is asked."""

    def __init__(self, *style: list[float], moods: list[float] | None = None) -> None:
        super().__init__(WORDS)
        self.style, self.moods = style, moods

    def forward(self, pooled: torch.Tensor) -> object:  # type: ignore[override]
        answers = super().forward(pooled)._replace(style=torch.tensor(self.style))
        return answers if self.moods is None else answers._replace(mood=torch.tensor([self.moods]))


def test_clauses_hold_words_and_no_numbers_and_are_bounded() -> None:
    assert clauses("Warm piano, 90 bpm; slow and very sleepy.") == ["Warm piano", "slow", "very sleepy"]
    assert clauses("warm piano") == clauses("") == clauses("?!") == []
    assert len(clauses("one word, " * 100)) == CLAUSES


def test_the_stops_of_initials_end_no_clause() -> None:
    assert clauses("very B.B. King style, sad") == ["very B.B. King style", "sad"]
    assert clauses("by J. S. Somebody. Then slow") == ["by J. S. Somebody", "Then slow"]


def test_what_stands_before_a_colon_is_a_heading() -> None:
    assert clauses("For a film; orchestration: harp; mood: sad") == ["For a film", "harp", "sad"]
    assert clauses("Style: techno") == []


def test_a_prompt_of_one_clause_is_found_as_it_stands() -> None:
    torch.manual_seed(0)
    reader = AttributeReader(WORDS).eval()
    expected = reader(minilm().embed(["a warm evening"], 16).pooled).chances()[0]
    assert torch.allclose(found(reader, "a warm evening", 16), expected)


def test_a_clause_that_is_sure_outweighs_a_vague_whole() -> None:
    reader = Says([0.1, 0.0], [0.0, 0.0], [0.0, 9.0]).eval()
    chances = found(reader, "please something, solo piano", 16)
    whole = torch.tensor([0.1, 0.0]).softmax(0)[1].item()
    assert chances[1].item() > 0.5 > whole
    assert chances[:2].sum().item() == pytest.approx(1.0, abs=1e-5)
    assert chances[2:4].sum().item() == pytest.approx(1.0, abs=1e-5)


def test_what_leads_is_heard_as_leading_by_more_and_what_is_level_as_level() -> None:
    vague = Says([0.4, 0.0]).eval()
    assert read(vague, "something", 16)[0] > found(vague, "something", 16)[0] > 0.5
    level = Says([0.0, 0.0]).eval()
    assert read(level, "something", 16)[:2].tolist() == pytest.approx([0.5, 0.5])
    heard, plain = read(vague, "something", 16), found(vague, "something", 16)
    assert heard[:2].sum().item() == pytest.approx(1.0) and heard[4:].tolist() == plain[4:].tolist()


def test_a_tempo_speaks_for_the_styles_that_have_it_and_outshouts_no_word() -> None:
    assert suits(("techno", "solo piano"), 130.0).tolist() == [1.0, 1.0]
    slow = suits(("techno", "solo piano"), 60.0).tolist()
    assert slow == pytest.approx([OUTSIDE, 1.0])
    assert OUTSIDE < suits(("techno",), 121.0).item() < 1.0
    assert described(Says([0.4, 0.0]).eval(), "something", 16)[0] == "techno"
    assert described(Says([0.4, 0.0]).eval(), "something at 60 bpm", 16)[0] == "solo piano"
    assert described(Says([4.0, 0.0]).eval(), "techno at 60 bpm", 16)[0] == "techno"


def test_a_mood_is_named_where_one_is_sure() -> None:
    vague, sure = Says([0.4, 0.0], moods=[0.1, 0.0]).eval(), Says([0.4, 0.0], moods=[0.0, 3.0]).eval()
    assert described(vague, "something", 16) == ("techno", None)
    assert described(sure, "something", 16) == ("techno", WORDS.moods[1])
    assert read(sure, "something", 16)[3] > SURE > read(vague, "something", 16)[2:4].max()


def test_a_family_whose_instrument_is_named_is_found_for_certain() -> None:
    torch.manual_seed(0)
    reader = AttributeReader(WORDS).eval()
    assert found(reader, "techno with a grand piano", 16)[WORDS.size - 2] == 1
    assert found(reader, "techno without a grand piano", 16)[WORDS.size - 2] < 1


def test_drums_that_are_named_or_asked_for_are_what_is_read_of_drums() -> None:
    torch.manual_seed(0)
    reader = AttributeReader(WORDS).eval()
    place = WORDS.size - 1
    assert 0 < found(reader, "loud techno", 16)[place] < 1
    assert read(reader, "loud techno", 16)[place] == found(reader, "loud techno", 16)[place]
    assert read(reader, "techno without drums", 16)[place] == 0 and read(reader, "techno with drums", 16)[place] == 1
    assert read(reader, "techno with drums", 16, False)[place] == 0 and read(reader, "techno", 16, True)[place] == 1


def test_the_brightness_of_a_prompt_is_that_of_its_moods() -> None:
    dark = brightness(Says([0.0, 0.0], moods=[0.0, 9.0]), "night", 16)
    assert dark == pytest.approx(MOODS["dark"].brightness - 0.5, abs=0.01)
    both = brightness(Says([0.0, 0.0], moods=[0.0, 0.0]), "night", 16)
    assert both == pytest.approx((MOODS["dark"].brightness + MOODS["calm"].brightness) / 2 - 0.5, abs=0.01)
    assert brightness(Says([0.0, 0.0], moods=[0.0, 9.0]), " ", 16) == 0.0
