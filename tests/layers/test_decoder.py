from __future__ import annotations

import pytest
import torch

from songloom.layers.decoder import Decoder
from songloom.layers.positions import sinusoids


def test_the_first_position_is_ones_and_zeros_and_rates_fall_to_the_base() -> None:
    table = sinusoids(torch.arange(3), 8)
    assert table[0].tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
    rates = torch.tensor([1.0, 10_000 ** (-1 / 3), 10_000 ** (-2 / 3), 1e-4])
    torch.testing.assert_close(table[2], torch.cat([(2 * rates).cos(), (2 * rates).sin()]))


@pytest.mark.parametrize("width", [2, 7])
def test_sinusoids_need_an_even_width(width: int) -> None:
    with pytest.raises(ValueError, match="even width"):
        sinusoids(torch.arange(3), width)


@pytest.mark.parametrize("cross", [True, False])
def test_it_is_torchs_own_decoder(cross: bool) -> None:
    """`nn.TransformerDecoder` without biases in its matrices, on what our positions are added to."""
    torch.manual_seed(0)
    ours = Decoder(width=16, depth=2, heads=4, hidden=24, cross=cross).eval()
    for parameter in ours.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    layer = torch.nn.TransformerDecoderLayer(16, 4, 24, 0.0, "gelu", batch_first=True, norm_first=True)
    theirs = torch.nn.TransformerDecoder(layer, 2, torch.nn.LayerNorm(16)).eval()
    state = {name: torch.zeros_like(value) for name, value in theirs.state_dict().items()}
    for index, block in enumerate(ours.each_block()):
        at = f"layers.{index}."
        state[at + "self_attn.in_proj_weight"] = block.attention.to_qkv.weight
        state[at + "self_attn.out_proj.weight"] = block.attention.to_out.weight
        state[at + "linear1.weight"], state[at + "linear2.weight"] = block.expand.weight, block.contract.weight
        norms = [(1, block.attention_norm), (3, block.hidden_norm)]
        if block.cross is not None and block.cross_norm is not None:
            queries, keys_values = block.cross.to_queries.weight, block.cross.to_keys_values.weight
            state[at + "multihead_attn.in_proj_weight"] = torch.cat([queries, keys_values])
            state[at + "multihead_attn.out_proj.weight"] = block.cross.to_out.weight
            norms.append((2, block.cross_norm))
        for number, norm in norms:
            state[f"{at}norm{number}.weight"], state[f"{at}norm{number}.bias"] = norm.weight, norm.bias
    state["norm.weight"], state["norm.bias"] = ours.norm.weight, ours.norm.bias
    theirs.load_state_dict(state)
    x, conditions = torch.randn(2, 7, 16), torch.randn(2, 5, 16)
    hidden = torch.ones(7, 7, dtype=torch.bool).triu(1)
    with torch.no_grad():
        found = ours(x, ours.remember(conditions) if cross else None)
        # Without cross-attention theirs is there too, but all its weights are zero.
        expected = theirs(x + sinusoids(torch.arange(7), 16), conditions, tgt_mask=hidden)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
