from __future__ import annotations

import pytest
import torch
from transformers import T5Config, T5EncoderModel
from transformers.models.t5.modeling_t5 import T5Attention

from songloom.layers.t5 import buckets
from songloom.published.t5 import from_tensors, settings_of_hub


@pytest.mark.parametrize(("count", "furthest", "length"), [(32, 128, 300), (8, 20, 40), (32, 128, 1)])
def test_distances_fall_into_the_published_buckets(count: int, furthest: int, length: int) -> None:
    places = torch.arange(length)
    expected = T5Attention._relative_position_bucket(
        places - places[:, None], bidirectional=True, num_buckets=count, max_distance=furthest
    )
    assert torch.equal(buckets(length, count, furthest, torch.device("cpu")), expected)


@pytest.mark.parametrize("activation", ["relu", "gated-gelu"])
@torch.no_grad()
def test_it_is_transformers_encoder_with_padding_too(activation: str) -> None:
    torch.manual_seed(0)
    config = T5Config(
        vocab_size=50, d_model=24, d_kv=6, d_ff=40, num_layers=3, num_heads=4, feed_forward_proj=activation
    )
    theirs = T5EncoderModel(config).eval()
    for parameter in theirs.parameters():
        parameter.normal_(std=0.3)
    ours = from_tensors(theirs.state_dict(), settings_of_hub(config.to_dict()), None, "a test").eval()
    ids = torch.randint(50, (3, 30))
    mask = torch.arange(30) < torch.tensor([[30], [17], [1]])
    expected = theirs(input_ids=ids, attention_mask=mask.long()).last_hidden_state
    found = ours.encoder(ids, mask)
    torch.testing.assert_close(found[mask], expected[mask], atol=1e-4, rtol=1e-4)
