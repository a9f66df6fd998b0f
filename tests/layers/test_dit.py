from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor

from songloom.layers.dit import TILE_ROWS, Dit, DitShape, turned
from songloom.layers.matrices import Precision
from songloom.layers.positions import rotary_tables

TOKEN = DitShape(width=64, depth=2, heads=4, hidden=96, context_width=32, time_features=16)
SHAPES = {
    "token": TOKEN,
    "normed heads": dataclasses.replace(TOKEN, normed_heads=True),
    "modulation": dataclasses.replace(TOKEN, timing="modulation"),
}


def build(shape: DitShape = TOKEN) -> Dit:
    """At random weights everywhere, those that begin at 0 too."""
    torch.manual_seed(0)
    dit = Dit(shape, channels=5, token_width=12, vector_width=7).eval()
    with torch.no_grad():
        for name, parameter in dit.named_parameters():
            if not parameter.any() or name.endswith("bias"):
                parameter.normal_(std=0.1)
    return dit


def conditions(items: int = 2, frames: int = 9) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(1)
    shapes = {"tokens": (items, 6, 12), "vector": (items, 7), "prefix": (items, 3, 64), "aligned": (items, frames, 64)}
    return {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}


X = torch.randn(2, 5, 9, generator=torch.Generator().manual_seed(2))
TIMES = torch.tensor([0.2, 0.9])


@pytest.mark.parametrize("name", SHAPES)
def test_every_frame_sees_every_frame_and_every_condition(name: str) -> None:
    dit = build(SHAPES[name])
    given = conditions()
    plain = dit(X, TIMES, dit.given(**given))
    assert plain.shape == X.shape
    moved = X.clone()
    moved[:, :, 0] += 1
    assert bool(((dit(moved, TIMES, dit.given(**given)) - plain).abs().amax(1) > 1e-6).all())
    assert bool(((dit(X, 1 - TIMES, dit.given(**given)) - plain).abs().amax((1, 2)) > 1e-5).all())
    for part, value in given.items():
        changed = dit(X, TIMES, dit.given(**given | {part: value.flip(-1)}))
        assert bool(((changed - plain).abs().amax((1, 2)) > 1e-6).all()), part


@pytest.mark.parametrize("name", SHAPES)
def test_items_do_not_see_one_another_and_one_time_serves_all(name: str) -> None:
    dit = build(SHAPES[name])
    given = conditions()
    both = dit(X, TIMES, dit.given(**given))
    for item in range(2):
        one = {part: value[item : item + 1] for part, value in given.items()}
        torch.testing.assert_close(dit(X[item : item + 1], TIMES[item], dit.given(**one)), both[item : item + 1])


def test_conditions_that_are_not_there_cost_nothing() -> None:
    torch.manual_seed(0)
    dit = Dit(TOKEN, channels=5).eval()
    assert dit.to_context is None and all(block.cross is None for block in dit.each_block())
    assert dit(X, TIMES).shape == X.shape


@pytest.mark.parametrize("name", SHAPES)
def test_cross_attention_to_zeros_adds_nothing(name: str) -> None:
    dit = build(SHAPES[name])
    zeros = dit(X, TIMES, dit.given(tokens=torch.zeros(2, 6, 12)))
    torch.testing.assert_close(zeros, dit(X, TIMES))


@torch.no_grad()
@pytest.mark.parametrize("name", SHAPES)
def test_items_without_conditions_are_left_out_of_cross_attention_and_nothing_changes(name: str) -> None:
    dit = build(SHAPES[name])
    tokens = conditions()["tokens"]
    tokens[1] = 0
    short = dit.given(tokens=tokens)
    assert len(short.cross[0][0]) == 1
    with torch.enable_grad():
        whole = dit.given(tokens=tokens)
    assert len(whole.cross[0][0]) == 2
    torch.testing.assert_close(dit(X, TIMES, short), dit(X, TIMES, whole))
    assert len(dit.given(tokens=tokens.flip(0)).cross[0][0]) == 2


@torch.no_grad()
def test_tiles_of_rows_make_the_same_of_more_rows_than_one_has() -> None:
    block = build().each_block()[0]
    x = torch.randn(2, TILE_ROWS // 2 + 9, 64)
    torch.testing.assert_close(block.feed_forward(x), block.gated(x))


@torch.no_grad()
@pytest.mark.parametrize(("precision", "least"), [("float32", 100.0), ("bfloat16", 40.0), ("int8", 25.0)])
@pytest.mark.parametrize("name", SHAPES)
def test_packed_matrices_give_the_same_to_their_precision(name: str, precision: Precision, least: float) -> None:
    dit = build(SHAPES[name])
    given = dit.given(**conditions())
    exact = dit(X, TIMES, given)
    dit.pack(precision)
    error = dit(X, TIMES, given) - exact
    assert 10 * torch.log10(exact.square().mean() / error.square().mean()) > least


@torch.no_grad()
def test_lowered_blocks_leave_times_and_frames_in_float32() -> None:
    dit = build(SHAPES["modulation"])
    exact = dit(X, TIMES, dit.given(**conditions()))
    dit.blocks.to(torch.bfloat16)
    made = dit(X, TIMES, dit.given(**conditions()))
    assert made.dtype == torch.float32
    assert 10 * torch.log10(exact.square().mean() / (made - exact).square().mean()) > 30


def test_attention_is_that_of_the_formula_with_heads_shared_in_groups() -> None:
    dit = build()
    block = dit.each_block()[0]
    assert block.cross is not None
    x, context = torch.randn(1, 4, 64), torch.randn(1, 6, 32)
    keys, values = block.cross.keys_values(context)
    queries = block.cross.to_queries(x)[0]
    projected = block.cross.to_keys_values(context)[0]
    rows = []
    for head in range(4):
        q = queries[:, 16 * head : 16 * head + 16]
        shared = head // 2  # 32 / 16 = 2 heads of keys for 4 of queries
        k, v = projected[:, 16 * shared : 16 * shared + 16], projected[:, 32 + 16 * shared : 48 + 16 * shared]
        rows.append((q @ k.T / 4).softmax(-1) @ v)
    torch.testing.assert_close(block.cross(x, keys, values)[0], block.cross.to_out(torch.cat(rows, -1)))


def test_turning_keeps_the_last_dimensions_and_depends_on_distances_alone() -> None:
    cosines, sines = rotary_tables(torch.arange(20), 8)
    query, key = torch.randn(2, 12).unsqueeze(1).expand(2, 20, 12)
    queries, keys = turned(query, cosines, sines), turned(key, cosines, sines)
    assert torch.equal(queries[:, 8:], query[:, 8:])
    products = queries @ keys.T
    torch.testing.assert_close(products[3, 1], products[17, 15], rtol=1e-4, atol=1e-4)


def test_a_modulated_block_begins_as_the_identity() -> None:
    torch.manual_seed(0)
    dit = Dit(dataclasses.replace(TOKEN, timing="modulation"), channels=5).eval()
    torch.testing.assert_close(dit(X, TIMES), dit.leave(dit.enter(X.transpose(1, 2))).transpose(1, 2))


def test_shapes_that_cannot_be_are_refused() -> None:
    for change in ({"heads": 5}, {"context_width": 24}, {"heads": 2, "context_width": 96}):
        with pytest.raises(ValueError, match="heads"):
            Dit(dataclasses.replace(TOKEN, **change), channels=5, token_width=12)  # type: ignore[arg-type]
