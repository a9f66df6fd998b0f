from __future__ import annotations

import torch

from songloom.layers.text_towers import Bert, bert_weights


@torch.no_grad()
def test_the_encoder_equals_transformers_bert() -> None:
    from transformers import BertConfig, BertModel

    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=60, hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40,
        max_position_embeddings=32, layer_norm_eps=1e-12,
    )  # fmt: skip
    reference = BertModel(config, add_pooling_layer=False).eval()
    for parameter in reference.parameters():
        parameter.normal_(std=0.3)
    ours = Bert(vocabulary=60, width=24, depth=2, heads=3, hidden=40, positions=32)
    ours.load_state_dict(bert_weights(reference.state_dict(), 2))
    ids = torch.randint(60, (3, 11))
    mask = torch.arange(11) < torch.tensor([[11], [4], [7]])
    expected = reference(input_ids=ids, attention_mask=mask.long()).last_hidden_state
    assert torch.allclose(ours(ids, mask)[mask], expected[mask], atol=1e-5)
