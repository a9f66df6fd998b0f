"""Steps equal the whole sequence, whether they look at what is there or, for a GPU's graph, always at all places."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from songloom.layers.decoder import Decoder
from songloom.layers.decoder_step import DecoderStep, Fixed, Growing, Past, Reach
from songloom.layers.matrices import Precision, pack_linears


def decoder(*, cross: bool = True) -> Decoder:
    torch.manual_seed(0)
    made = Decoder(width=32, depth=2, heads=4, hidden=48, cross=cross).eval()
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    return made


def inputs() -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(1)
    return torch.randn(2, 9, 32), torch.randn(2, 5, 32), torch.arange(5) < torch.tensor([[5], [2]])


@torch.no_grad()
def stepped(model: Decoder, known: int, reach: type[Reach], *, cross: bool = True) -> Tensor:
    """The whole sequence: the first `known` at once, the others one by one."""
    x, conditions, mask = inputs()
    memories = model.remember(conditions, mask) if cross else None
    caches = model.empty_caches(2, 9)
    opened = model(x[:, :known], memories, caches)
    step = DecoderStep(model, [Past(memories, caches)], reach)
    return torch.cat([opened, *(step(x[:, place])[:, None] for place in range(known, 9))], 1)


@pytest.mark.parametrize("reach", [Growing, Fixed])
@pytest.mark.parametrize("known", [1, 4])
@pytest.mark.parametrize("cross", [True, False])
@torch.no_grad()
def test_steps_equal_the_whole(reach: type[Reach], known: int, cross: bool) -> None:
    model = decoder(cross=cross)
    x, conditions, mask = inputs()
    expected = model(x, model.remember(conditions, mask) if cross else None)
    torch.testing.assert_close(stepped(model, known, reach, cross=cross), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("precision", "error"), [("float32", 1e-5), ("bfloat16", 0.05), ("int8", 0.1)])
def test_steps_of_packed_weights_are_near(precision: Precision, error: float) -> None:
    model = decoder()
    expected = stepped(model, 4, Growing)
    pack_linears(model, precision)
    found = stepped(model, 4, Growing)
    assert float((found - expected).std() / expected.std()) < error


def test_a_place_past_the_last_is_refused() -> None:
    model = decoder()
    x, conditions, _ = inputs()
    with torch.no_grad():
        step = DecoderStep(model, [Past(model.remember(conditions), model.empty_caches(2, 1))], Growing)
        step(x[:, 0])
        with pytest.raises(ValueError, match="holds 1 positions; 2"):
            step(x[:, 1])
