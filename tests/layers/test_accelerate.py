from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
import torch
from torch._dynamo.testing import CompileCounter

from songloom.diffusion.latent_diffusion import guided
from songloom.layers import accelerate as module
from songloom.layers.accelerate import Accelerated, accelerate, compiled
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
@pytest.mark.parametrize("timing", ["token", "modulation"])
def test_a_whole_step_is_one_graph_that_is_compiled_once_for_all_times(timing: Literal["token", "modulation"]) -> None:
    """Nothing in it breaks the graph (`fullgraph`), and no time of a run compiles it anew."""
    torch.manual_seed(0)
    shape = replace(SHAPE, timing=timing)
    dit = Dit(shape, channels=4, token_width=8, vector_width=8).eval()
    dit.blocks.to(torch.bfloat16)
    tokens = torch.randn(2, 3, 8)
    tokens[1] = 0
    given = dit.given(tokens=tokens, vector=torch.randn(2, 8))
    step, counter = guided(lambda x, time: dit(x, time, given), 3.0), CompileCounter()
    torch.compiler.reset()
    once = torch.compile(step, fullgraph=True, backend=counter)
    for time in torch.linspace(1, 0.1, 5, dtype=torch.float64):
        torch.testing.assert_close(once(X, time), step(X, time))
    assert counter.frame_count == 1


@torch.no_grad()
def test_pieces_of_many_lengths_need_no_more_than_a_graph_for_one_and_one_for_all_others(dit: Dit) -> None:
    counter = CompileCounter()
    torch.compiler.reset()
    assert compiled(dit, backend=counter) == ""
    for frames in range(9, 30, 2):
        x = torch.randn(1, 4, frames)
        dit(x, TIME)
    assert counter.frame_count == 2


@torch.no_grad()
def test_on_a_gpu_what_is_not_compiled_is_warned_of(dit: Dit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "on_cpu", lambda network: False)
    monkeypatch.setattr(module, "compiled", lambda network: "no compiler here")
    with pytest.warns(UserWarning, match="blocks are not compiled: no compiler here"):
        report = accelerate(dit, "bfloat16")
    assert report == Accelerated("bfloat16", False, "no compiler here") and dit.working == torch.bfloat16
    assert dit(X, TIME).dtype == torch.float32
    with pytest.raises(ValueError, match="int8 is for a CPU"):
        accelerate(dit, "int8")


@torch.no_grad()
def test_what_cannot_be_compiled_runs_as_it_is_written_and_says_why(dit: Dit) -> None:
    plain = dit(X, TIME)

    def without_compiler(graph: object, inputs: object) -> None:
        raise RuntimeError("no compiler here")

    assert "no compiler here" in compiled(dit, backend=without_compiler)
    assert all(block._compiled_call_impl is None for block in dit.each_block())
    assert torch.equal(dit(X, TIME), plain)
