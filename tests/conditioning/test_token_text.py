from __future__ import annotations

import pytest
import torch

from songloom.conditioning.bert_text import BertText
from songloom.conditioning.clap_text import ClapText
from songloom.conditioning.gpt2_text import Gpt2Text
from songloom.conditioning.token_text import LETTERS, SPELLED, VectorText
from songloom.layers.gpt2 import Gpt2Shape

SMALL = {"vocabulary": SPELLED, "longest": 12, "spelled": True}
TOWERS = [
    ClapText.Config(**SMALL, width=8, depth=2, heads=2, hidden=16, positions=12, joint=6),  # type: ignore[arg-type]
    BertText.Config(**SMALL, size=8, depth=2, heads=2, hidden=16, positions=12),  # type: ignore[arg-type]
    Gpt2Text.Config(  # type: ignore[arg-type]
        **SMALL, shape=Gpt2Shape(width=8, depth=2, heads=2, hidden=16, positions=12), closing="."
    ),
]


def tower(config: object) -> VectorText:
    torch.manual_seed(0)
    made: VectorText = config.build()  # type: ignore[attr-defined]
    with torch.no_grad():
        for parameter in made.parameters():
            if parameter.ndim > 1:
                parameter.normal_(std=0.7)
    return made.eval()


def test_a_spelled_text_is_its_bytes_between_two_marks_and_is_cut_to_the_longest() -> None:
    made = tower(TOWERS[0])
    assert made.tokens("aé") == [1, LETTERS + 97, LETTERS + 0xC3, LETTERS + 0xA9, 2]
    assert made.tokens("") == [1, 2]
    assert len(made.tokens(40 * "a")) == 12 and made.tokens(40 * "a")[-1] == 2


@torch.no_grad()
@pytest.mark.parametrize("config", TOWERS, ids=lambda config: config.kind)
def test_a_vector_does_not_depend_on_the_texts_beside_it(config: object) -> None:
    made, texts = tower(config), ["piano", "", "a long one of letters"]
    together = made.embed(texts)
    assert together.shape == (3, made.width) and (together[0] - together[2]).abs().max() > 1e-2
    for text, row in zip(texts, together, strict=True):
        torch.testing.assert_close(made.embed([text])[0], row, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(made.encode(text)[0], row, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("config", TOWERS, ids=lambda config: config.kind)
def test_gradients_flow_to_every_weight(config: object) -> None:
    made = tower(config)
    made.embed(["piano", "waltz"]).square()[:, 0].sum().backward()
    for name, parameter in made.named_parameters():
        assert parameter.grad is not None and bool(parameter.grad.any()), name


@torch.no_grad()
def test_a_text_that_ends_otherwise_has_another_state_of_its_last_token() -> None:
    made = tower(TOWERS[2])
    first, second = made.embed(["abc", "abd"])
    assert (first - second).abs().max() > 1e-2


def test_without_a_tokenizer_texts_are_refused() -> None:
    made = BertText(BertText.Config(vocabulary=10, size=8, depth=1, heads=1, hidden=8))
    with pytest.raises(ValueError, match=r"this bert-text has no tokenizer: texts need the tokenizer\.json"):
        made.embed(["piano"])
