from __future__ import annotations

import dataclasses

import pytest
import torch

from songloom.layers.transformer import Transformer
from songloom.tokens.decoding import StepDecoder
from songloom.tokens.generation import CodeStream, Plan, Turn, chunk_ends, code_chunks
from songloom.tokens.patterns import Delay
from songloom.tokens.sampling import Sampling
from songloom.tokens.token_lm import TokenLM

V, K, D, L = 24, 3, 64, 4


def model(key_heads: int = 2) -> TokenLM:
    torch.manual_seed(0)
    transformer = Transformer(width=D, depth=2, heads=4, key_heads=key_heads, hidden=96)
    for name, parameter in transformer.named_parameters():
        if "norm" in name:
            torch.nn.init.uniform_(parameter, 0.5, 1.5)
    return TokenLM(transformer, streams=K, codebook_size=V, width=D).eval()


@pytest.mark.parametrize("key_heads", [1, 2, 4])
@torch.no_grad()
def test_steps_equal_teacher_forcing(key_heads: int) -> None:
    lm = model(key_heads)
    grid, prefix, aligned = torch.randint(V, (2, K, 11)), torch.randn(2, L, D), torch.randn(2, 11, D)
    expected = lm(grid, prefix, aligned)
    decoder = StepDecoder(lm, rows=2, positions=L + 11)
    before = torch.cat([torch.full_like(grid[..., :1], lm.empty), grid], -1)
    found = [decoder.open(prefix, before[..., :4], aligned[:, :4])]
    found += [decoder.step(before[..., step], aligned[:, step]) for step in range(4, 11)]
    assert torch.allclose(torch.stack(found, 1), expected[:, 3:], atol=1e-5)


@torch.no_grad()
def test_int8_steps_stay_near_the_exact_ones() -> None:
    lm, prefix, aligned = model(), torch.randn(1, L, D), torch.randn(1, 6, D)
    exact, rounded = (StepDecoder(lm, 1, L + 6, precision) for precision in ("float32", "int8"))
    codes = torch.randint(V, (1, K, 1))
    for decoder in (exact, rounded):
        decoder.open(prefix, codes, aligned[:, :1])
    first, second = (decoder.step(codes[..., 0], aligned[:, 1]) for decoder in (exact, rounded))
    assert (first - second).std() < 0.03 * first.std()


def stream(lm: TokenLM, frames: int, context: int, guidance: float = 1.0, rows: int = 1) -> CodeStream:
    torch.manual_seed(1)
    pattern = Delay(Delay.Config())
    prefix, aligned = torch.randn(rows, L, D), torch.randn(rows, pattern.steps(K, frames), D)
    plan = Plan(frames=frames, context=context, sampling=Sampling(temperature=0.0), guidance=guidance, seeds=(4,))
    return CodeStream(lm, pattern, prefix, aligned, plan)


def test_greedy_decoding_repeats_the_models_own_choice() -> None:
    lm, drawn = model(), stream(model(), 9, 20)
    codes = torch.cat(list(code_chunks(drawn, chunk_ends(9, first=2))), -1)
    grid = drawn.pattern.lay_out(codes, lm.empty)
    with torch.no_grad():
        best = lm(grid, drawn.prefix, torch.stack(drawn.steps, 1)).argmax(-1).transpose(1, 2)
    inside = drawn.source >= 0
    assert torch.equal(best[:, inside], grid[:, inside])


def test_the_chunks_do_not_change_the_codes() -> None:
    whole = list(code_chunks(stream(model(), 40, 50), [40]))
    parts = list(code_chunks(stream(model(), 40, 50), [1, 2, 17, 40]))
    assert torch.equal(torch.cat(parts, -1), whole[0])


def test_beyond_the_context_it_goes_on_and_remembers_the_later_half() -> None:
    codes = torch.cat(list(code_chunks(stream(model(), 60, 12), chunk_ends(60))), -1)
    assert codes.shape == (1, K, 60)
    assert int(codes.max()) < V
    within = torch.cat(list(code_chunks(stream(model(), 60, 80), chunk_ends(60))), -1)
    assert torch.equal(codes[..., :12], within[..., :12])


def test_at_a_turn_the_kept_steps_are_read_again_under_other_conditions() -> None:
    lm, plain = model(), stream(model(), 20, 30)
    before = next(code_chunks(stream(model(), 20, 30), [20]))
    plan = dataclasses.replace(plain.plan, kept=4)
    prefix, aligned = torch.randn(1, L, D), torch.randn(1, len(plain.steps) - 5, D)
    first = torch.stack(plain.steps, 1)
    turned = CodeStream(lm, plain.pattern, plain.prefix, first, plan, {9: Turn(prefix, aligned, torch.tensor([True]))})
    codes = next(code_chunks(turned, [20]))
    assert torch.equal(codes[..., 0, :9], before[..., 0, :9]) and not torch.equal(codes, before)
    # By teacher forcing: from step 9 on a stretch that begins at step 5, as if nothing had been before.
    grid = turned.grid[:, :, 5:].masked_fill(turned.source[:, 5:] < 5, lm.empty)
    with torch.no_grad():
        best = lm(grid, prefix, aligned).argmax(-1).transpose(1, 2)
    inside = turned.source[:, 9:] >= 0
    assert torch.equal(best[:, :, 4:][:, inside], turned.grid[:, :, 9:][:, inside])


def test_guidance_with_equal_halves_is_no_guidance() -> None:
    one = stream(model(), 12, 20)
    two = stream(model(), 12, 20, guidance=3.0, rows=2)
    two.prefix = one.prefix.expand(2, -1, -1)
    two.steps = [step.expand(2, -1) for step in one.steps]
    assert torch.equal(next(code_chunks(one, [12])), next(code_chunks(two, [12])))


def test_chunks_start_small_and_double() -> None:
    assert chunk_ends(1000, first=32, largest=256) == [32, 96, 224, 480, 736, 992, 1000]
    assert chunk_ends(5) == [5]
