from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from songloom.conditioning.t5 import T5
from songloom.conditioning.text import minilm
from songloom.conditioning.text_encoders import MiniLMEncoder, TextEncoder
from songloom.published.t5 import load_t5


def t5(longest: int = 512) -> T5:
    tokenizer = Tokenizer(models.WordLevel({"<unk>": 0, "calm": 1, "piano": 2, "rain": 3}, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    data = tokenizer.to_str().encode()
    torch.manual_seed(0)
    size = T5.Config(vocabulary=8, width=16, depth=2, heads=2, head_width=8, hidden=24, longest=longest)
    encoder = T5(T5.Config(**{**vars(size), "tokenizer_bytes": len(data)}))
    encoder.tokenizer.copy_(torch.frombuffer(bytearray(data), dtype=torch.uint8))
    return encoder.eval()


@pytest.mark.parametrize("encoder", [t5(), MiniLMEncoder(MiniLMEncoder.Config())], ids=["t5", "minilm"])
def test_a_text_does_not_depend_on_the_others_and_nothing_has_no_token(encoder: TextEncoder) -> None:
    both = encoder(("calm piano rain", "", "calm"))
    assert both.mask.sum(1).tolist()[1] == 0
    assert both.mask[0].all() and both.mask[0].sum() > both.mask[2].sum() > 0
    assert both.vectors.shape == (*both.mask.shape, encoder.width)
    assert not bool(both.vectors[~both.mask].any())
    alone = encoder(("calm",))
    assert torch.equal(both.vectors[2, : alone.mask.sum()], alone.vectors[0])
    nothing = encoder(("", " "))
    assert nothing.mask.shape == (2, 1) and not bool(nothing.mask.any())


def test_minilm_is_the_embedded_encoder() -> None:
    found = MiniLMEncoder(MiniLMEncoder.Config(longest=8))(("calm piano",))
    expected = minilm().embed(["calm piano"], 8)
    assert torch.equal(found.vectors[0], expected.tokens[0, expected.mask[0]].float())


def test_long_texts_are_cut() -> None:
    assert t5(longest=5)(("calm " * 1000,)).mask.shape == (1, 5)


def test_a_t5_without_its_tokenizer_says_what_it_needs() -> None:
    encoder = T5(T5.Config(vocabulary=8, width=16, depth=1, heads=2, head_width=8, hidden=24))
    with pytest.raises(ValueError, match=r"tokenizer\.json"):
        encoder(("calm",))
    assert not bool(encoder(("",)).mask.any())


def test_a_text_encoder_that_is_not_here_is_named_with_the_way_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("songloom.published.t5.hub_cache", lambda: tmp_path)
    monkeypatch.setattr("songloom.published.files.hub_cache", lambda: tmp_path)
    with pytest.raises(ValueError, match="hf download google-t5/t5-base"):
        load_t5("t5-base")
