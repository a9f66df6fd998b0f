from __future__ import annotations

import pytest
import torch

from songloom.conditioning.attributes import AttributeReader, Vocabulary
from songloom.conditioning.reading import CLAUSES, clauses, read
from songloom.conditioning.text import minilm

WORDS = Vocabulary(styles=("techno", "solo piano"), moods=("calm", "dark"), families=("piano", "drums"))


def test_clauses_hold_words_and_no_numbers_and_are_bounded() -> None:
    assert clauses("Warm piano, 90 bpm; slow and very sleepy.") == ["Warm piano", "slow", "very sleepy"]
    assert clauses("warm piano") == clauses("") == clauses("?!") == []
    assert len(clauses("one word, " * 100)) == CLAUSES


def test_a_prompt_of_one_clause_is_read_as_it_stands() -> None:
    torch.manual_seed(0)
    reader = AttributeReader(WORDS).eval()
    expected = reader(minilm().embed(["warm piano"], 16).pooled).chances()[0]
    assert torch.allclose(read(reader, "warm piano", 16), expected)


def test_a_clause_that_is_sure_outweighs_a_vague_whole() -> None:
    class Sure(AttributeReader):
        def forward(self, pooled: torch.Tensor) -> object:  # type: ignore[override]
            answers = super().forward(pooled)
            style = torch.tensor([[0.1, 0.0], [0.0, 0.0], [0.0, 9.0]])
            return answers._replace(style=style)

    chances = read(Sure(WORDS).eval(), "please something, solo piano", 16)
    whole = torch.tensor([0.1, 0.0]).softmax(0)[1].item()
    assert chances[1].item() > 0.5 > whole
    assert chances[:2].sum().item() == pytest.approx(1.0, abs=1e-5)
    assert chances[2:4].sum().item() == pytest.approx(1.0, abs=1e-5)
