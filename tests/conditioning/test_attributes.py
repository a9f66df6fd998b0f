from __future__ import annotations

import pytest
import torch

from songloom.conditioning.attributes import Answers, AttributeReader, Vocabulary, attribute_losses
from songloom.conditioning.text import minilm

WORDS = Vocabulary(styles=("techno", "solo piano"), moods=("calm", "dark"), families=("piano", "drums", "synth"))


def test_chances_stand_side_by_side_and_those_of_a_choice_sum_to_one() -> None:
    chances = Answers(torch.randn(3, 2), torch.randn(3, 2), torch.randn(3, 3)).chances()
    assert chances.shape == (3, WORDS.size)
    assert torch.allclose(chances[:, :2].sum(1), torch.ones(3)) and torch.allclose(
        chances[:, 2:4].sum(1), torch.ones(3)
    )
    assert ((chances >= 0) & (chances <= 1)).all()


def test_settled_texts_stand_around_zero_at_mean_square_one() -> None:
    pooled = 0.05 * torch.randn(200, 384, generator=torch.Generator().manual_seed(0)) + 0.3
    reader = AttributeReader(WORDS)
    reader.settle(pooled)
    standard = reader.standard(pooled)
    assert standard.mean(0).abs().max() < 1e-4
    assert standard.square().mean().item() == pytest.approx(1.0, rel=1e-3)


def test_the_truth_is_what_labels_say_and_open_where_they_say_nothing() -> None:
    truth = WORDS.truth([{"style": "solo piano", "families": ["synth"]}, {"mood": "dark", "style": "polka"}])
    assert truth[0, :2].tolist() == [0.0, 1.0] and truth[0, 4:].tolist() == [0.0, 0.0, 1.0]
    assert truth[0, 2:4].isnan().all() and truth[1, :2].isnan().all() and truth[1, 4:].isnan().all()
    assert truth[1, 2:4].tolist() == [0.0, 1.0]


def test_missing_and_unknown_labels_are_not_trained() -> None:
    reader = AttributeReader(WORDS).eval()
    answers = reader(torch.randn(2, 384))
    assert all(loss == 0 for loss in attribute_losses(WORDS, answers, [{}, {"style": "polka"}]).values())
    one = attribute_losses(WORDS, answers, [{"style": "techno", "families": []}, {}])
    expected = torch.nn.functional.cross_entropy(answers.style[:1], torch.tensor([0]))
    assert one["style"].item() == pytest.approx(expected.item(), rel=1e-5)
    assert one["families"] > 0


def test_it_learns_words_and_carries_them_to_a_paraphrase() -> None:
    torch.manual_seed(0)
    texts = ["calm piano", "a quiet piano piece", "dark techno", "pounding electronic club music"]
    labels = [{"style": "solo piano", "mood": "calm", "families": ["piano"]}] * 2
    labels += [{"style": "techno", "mood": "dark", "families": ["drums", "synth"]}] * 2
    reader, pooled = AttributeReader(WORDS), minilm().embed(texts, 32).pooled
    reader.settle(pooled)
    optimizer = torch.optim.AdamW(reader.parameters(), 3e-3)
    for _ in range(60):
        optimizer.zero_grad()
        torch.stack(list(attribute_losses(WORDS, reader(pooled), labels).values())).sum().backward()
        optimizer.step()
    heard = reader.eval()(minilm().embed(["gentle keyboard lullaby", "a rave in a warehouse"], 32).pooled)
    assert heard.style.argmax(1).tolist() == [1, 0]
    assert (heard.families[1] > 0).tolist() == [False, True, True]
