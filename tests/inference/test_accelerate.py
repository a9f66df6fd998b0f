from __future__ import annotations

import pytest
import torch

from songloom.inference.accelerate import accelerate, compiled
from songloom.layers.dit import Dit, DitShape
from songloom.layers.matrices import Packed

SHAPE = DitShape(width=64, depth=2, heads=4, hidden=96, context_width=32, time_features=16, timing="modulation")
X, TIME = torch.randn(1, 4, 12, generator=torch.Generator().manual_seed(0)), torch.tensor(0.5)


@pytest.fixture
def dit() -> Dit:
    torch.manual_seed(0)
    return Dit(SHAPE, channels=4).eval()


@torch.no_grad()
def test_on_a_cpu_the_matrices_are_packed_and_the_result_stays(dit: Dit) -> None:
    plain = dit(X, TIME)
    report = accelerate(dit, "float32")
    assert (report.precision, report.compiled) == ("float32", False)
    assert isinstance(dit.each_block()[0].expand, Packed)
    torch.testing.assert_close(dit(X, TIME), plain)


@torch.no_grad()
def test_compiled_blocks_give_the_same(dit: Dit) -> None:
    plain = dit(X, TIME)
    assert compiled(dit, backend="eager") == ""
    assert all(block._compiled_call_impl is not None for block in dit.each_block())
    torch.testing.assert_close(dit(X, TIME), plain)


@torch.no_grad()
@pytest.mark.parametrize("lowered", [False, True])
def test_all_blocks_are_one_compiled_graph_that_gives_what_they_give(lowered: bool) -> None:
    """Under conditions and guidance, with blocks in bfloat16 as on a GPU too."""
    torch.manual_seed(0)
    shape = DitShape(width=64, depth=5, heads=4, hidden=96, context_width=32, time_features=16)
    dit = Dit(shape, channels=4, token_width=8, vector_width=8).eval()
    if lowered:
        dit.blocks.to(torch.bfloat16)
    tokens = torch.randn(2, 3, 8)
    tokens[1] = 0  # the half without a text
    given, both = dit.given(tokens=tokens, vector=torch.randn(2, 8)), torch.cat([X, X])
    plain, graphs = dit(both, TIME, given), []

    def counting(graph: torch.fx.GraphModule, inputs: object) -> torch.fx.GraphModule:
        graphs.append(graph)
        return graph

    torch.compiler.reset()
    assert compiled(dit, backend=counting) == "" and len(graphs) == 1  # tried once, without conditions
    torch.testing.assert_close(dit(both, TIME, given), plain)
    dit(both, TIME, given)
    assert len(graphs) == 2


@torch.no_grad()
def test_what_cannot_be_compiled_runs_as_it_is_written_and_says_why(dit: Dit) -> None:
    plain = dit(X, TIME)

    def without_compiler(graph: object, inputs: object) -> None:
        raise RuntimeError("no compiler here")

    assert "no compiler here" in compiled(dit, backend=without_compiler)
    assert all(block._compiled_call_impl is None for block in dit.each_block())
    assert torch.equal(dit(X, TIME), plain)
