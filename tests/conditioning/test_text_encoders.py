from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers

from songloom.conditioning.attributes import Vocabulary
from songloom.conditioning.conditioners import TextConditioner
from songloom.conditioning.cut import cut
from songloom.conditioning.t5 import T5
from songloom.conditioning.text import minilm
from songloom.conditioning.text_encoders import MiniLMEncoder, TextEncoder
from songloom.conditioning.token_text import SPELLED
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


@pytest.mark.parametrize("longest", [2, 3, 8])
def test_a_text_is_cut_where_it_has_more_tokens_than_are_read(longest: int) -> None:
    words = "calm piano rain calm piano"
    for encoder, marks in ((t5(longest), 0), (MiniLMEncoder(MiniLMEncoder.Config(longest=longest)), 2)):
        tokens = 5 + marks
        for model in (encoder, torch.nn.ModuleList([torch.nn.Linear(1, 1), encoder])):
            found = cut(model, words)
            assert found == ((tokens, longest) if tokens > longest else None)
        assert len(encoder.encode(words)) == min(tokens, longest)  # counting leaves the reading as it was
        assert cut(encoder, " ") is None
    spelled = T5(
        T5.Config(spelled=True, vocabulary=SPELLED, width=16, depth=1, heads=2, hidden=24, longest=longest + 2)
    )
    assert cut(spelled, "é" * longest) == (2 * longest + 2, longest + 2)
    both = torch.nn.ModuleList([t5(4), TextConditioner(8, longest, Vocabulary())])
    assert cut(both, words) == min((5, 4), (7, longest), key=lambda one: one[1] / one[0])


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
