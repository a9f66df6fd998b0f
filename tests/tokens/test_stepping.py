"""On a GPU a step is one graph; elsewhere the same steps are taken one operation after the other."""

from __future__ import annotations

import pytest
import torch

from songloom.conditioning.conditions import Conditions
from songloom.layers.captured import Captured
from songloom.layers.decoder import Decoder
from songloom.layers.decoder_step import DecoderStep, Fixed, Past
from songloom.tokens.conditioned_lm import ConditionedLM
from songloom.tokens.stepping import stepping

K, V, D = 3, 20, 32


def language_model() -> ConditionedLM:
    torch.manual_seed(0)
    lm = ConditionedLM(Decoder(width=D, depth=2, heads=4, hidden=48), streams=K, codebook_size=V, width=D)
    return lm.eval()


@torch.no_grad()
def test_without_a_gpu_what_its_graph_would_hold_runs_as_it_is_and_gives_the_same() -> None:
    """Fixed shapes, the place in a tensor that counts itself on: the function that is captured, on a CPU."""
    lm, conditions = language_model(), Conditions(cross=torch.randn(2, 5, D))
    codes = torch.randint(V, (2, K, 8))
    expected = lm(codes, conditions)
    assert conditions.cross is not None
    memories, caches = lm.transformer.remember(conditions.cross), lm.transformer.empty_caches(2, 8)
    decoder = DecoderStep(lm.transformer, [Past(memories, caches)], Fixed)
    step = stepping(lm, decoder)
    assert not isinstance(step, Captured)
    known = lm.before(codes)
    found = torch.stack([step(known[..., place]) for place in range(8)], 1)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    (reach,) = decoder.reaches
    assert isinstance(reach, Fixed) and reach.place.tolist() == [7]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@torch.no_grad()
def test_a_graph_gives_the_logits_of_the_plain_forward() -> None:
    lm, conditions = language_model().cuda(), Conditions(cross=torch.randn(2, 5, D, device="cuda"))
    codes = torch.randint(V, (2, K, 8), device="cuda")
    logits, after = lm.open(codes[..., :2], [conditions], 8)
    assert isinstance(after, Captured)
    found = torch.stack([logits, *(after(codes[..., place]).clone() for place in range(2, 7))], 1)
    torch.testing.assert_close(found, lm(codes, conditions)[:, 2:], atol=1e-3, rtol=1e-3)
