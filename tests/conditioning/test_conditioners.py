from __future__ import annotations

import torch

from songloom.conditioning.attributes import Vocabulary
from songloom.conditioning.conditioners import TextConditioner
from songloom.conditioning.text import minilm

WORDS = Vocabulary(styles=("techno", "solo piano"), moods=("calm", "dark"), families=("piano", "drums"))
NONE, ALL = torch.tensor([False, False]), torch.tensor([True, True])


def conditioner() -> TextConditioner:
    torch.manual_seed(0)
    return TextConditioner(16, 8, WORDS).eval()


def test_without_text_all_items_hear_the_same_and_with_it_each_its_own() -> None:
    text, system = minilm().embed(["calm piano", "dark techno"], 8), conditioner()
    silent, spoken = system(text, ALL), system(text, NONE)
    assert torch.equal(silent.prefix[0], silent.prefix[1]) and torch.equal(silent.whole[0], silent.whole[1])
    assert not torch.allclose(spoken.prefix[0], spoken.prefix[1])
    assert not torch.allclose(spoken.whole[0], spoken.whole[1])


def test_where_words_are_left_out_only_what_was_read_in_them_is_heard() -> None:
    text, system = minilm().embed(["calm piano", "dark techno"], 8), conditioner()
    read, silent = system(text, NONE, ALL), system(text, ALL)
    assert torch.equal(read.prefix, silent.prefix)
    heard = system.attributes_norm(system.to_attributes(read.answers.chances()))
    assert torch.allclose(read.whole - silent.whole, heard, atol=1e-6)


def test_what_is_told_stands_for_what_was_read_where_it_is_known() -> None:
    text, system = minilm().embed(["calm piano", "dark techno"], 8), conditioner()
    told = WORDS.truth([{"style": "techno"}, {}])
    plain, given = system(text, NONE), system(text, NONE, None, told)
    assert torch.equal(plain.whole[1], given.whole[1])
    chances = plain.answers.chances()[:1].clone()
    chances[0, :2] = torch.tensor([1.0, 0.0])
    moved = system.to_attributes(chances), system.to_attributes(plain.answers.chances()[:1])
    difference = system.attributes_norm(moved[0]) - system.attributes_norm(moved[1])
    assert torch.allclose(given.whole[:1] - plain.whole[:1], difference, atol=1e-6)
