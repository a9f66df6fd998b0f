"""Work that a GPU replays as one graph: on a CPU a stand-in for the graph shows when it is captured and replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import torch
from torch import Tensor

from songloom.layers import captured
from songloom.layers.captured import WARMING, Captured, Replayed


class Stream:
    def wait_stream(self, other: Stream) -> None:
        pass


class Tape:
    """What a CUDA graph does: the work that was run while it was captured is run again on the same tensors."""

    def __init__(self) -> None:
        self.again: Callable[[], object] = lambda: None
        self.replays = 0

    def replay(self) -> None:
        self.replays += 1
        self.again()


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> list[Tape]:
    """Tensors of a CPU may be captured; the graphs that were."""
    graphs: list[Tape] = []

    @contextmanager
    def capturing(graph: Tape) -> Iterator[None]:
        graphs.append(graph)
        yield

    @contextmanager
    def stream(one: Stream) -> Iterator[None]:
        yield

    monkeypatch.setattr(torch.cuda, "CUDAGraph", Tape)
    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", stream)
    monkeypatch.setattr(torch.cuda, "graph", capturing)
    monkeypatch.setattr(captured, "capturable", lambda *inputs: not torch.is_grad_enabled())
    return graphs


class Doubling:
    """Twice a number, into the same place every time, as a graph's output is."""

    def __init__(self) -> None:
        self.calls, self.made = 0, torch.zeros(2)

    def __call__(self, x: Tensor, more: Tensor) -> Tensor:
        self.calls += 1
        return self.made.copy_(2 * x + more)


def replaying(work: Doubling, run: Replayed) -> None:
    """Lets the graph's replay do what was captured."""
    assert isinstance(run.graph, Captured)
    inputs, tape = run.graph.inputs, run.graph.graph
    assert isinstance(tape, Tape)
    tape.again = lambda: work.made.copy_(2 * inputs[0] + inputs[1])


@torch.no_grad()
def test_the_first_calls_warm_up_and_the_rest_replay_what_they_did(gpu: list[Tape]) -> None:
    work = Doubling()
    run = Replayed(work)
    for call in range(WARMING):
        assert run(torch.full((2,), float(call)), torch.tensor(1.0)).tolist() == [2 * call + 1] * 2
    assert not gpu and work.calls == WARMING  # each of them counted: none was only a trial
    run(torch.ones(2), torch.tensor(1.0))
    assert len(gpu) == 1 and work.calls == WARMING + 1
    replaying(work, run)
    first, second = (run(torch.full((2,), value), torch.tensor(0.5)) for value in (3.0, 4.0))
    assert first.tolist() == [6.5, 6.5] and second.tolist() == [8.5, 8.5]  # the first is not overwritten by the second
    assert len(gpu) == 1 and gpu[0].replays == 3 and work.calls == WARMING + 1


@torch.no_grad()
def test_tensors_of_another_shape_run_as_it_is_written(gpu: list[Tape]) -> None:
    run = Replayed(lambda x: 2 * x)
    for _ in range(WARMING + 1):
        run(torch.ones(2))
    assert run(torch.ones(3)).tolist() == [2.0] * 3
    assert run(torch.ones(2, dtype=torch.float64)).dtype == torch.float64
    assert gpu[0].replays == 1


def test_what_learns_is_never_captured(gpu: list[Tape]) -> None:
    run = Replayed(lambda x: 2 * x)
    for _ in range(WARMING + 3):
        run(torch.ones(2, requires_grad=True)).sum().backward()
    assert not gpu


@torch.no_grad()
def test_what_cannot_be_captured_runs_as_it_is_written_and_a_warning_says_why(
    gpu: list[Tape], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused() -> Tape:
        raise RuntimeError("operation not permitted\nwhen stream is capturing")

    monkeypatch.setattr(torch.cuda, "CUDAGraph", refused)
    run = Replayed(lambda x: 2 * x)
    for _ in range(WARMING):
        run(torch.ones(2))
    with pytest.warns(UserWarning, match="no CUDA graph: operation not permitted when stream is capturing"):
        assert run(torch.ones(2)).tolist() == [2.0, 2.0]
    assert run(torch.ones(2)).tolist() == [2.0, 2.0] and run.graph is None


@torch.no_grad()
def test_places_that_work_counts_on_by_are_where_they_were_after_its_trials(gpu: list[Tape]) -> None:
    place = torch.tensor([5])
    made = Captured(lambda x: x + place.add_(1), [torch.zeros(1)], [place])
    assert place.tolist() == [6]  # by the capture, which on a GPU runs nothing; the trials left no trace
    assert made.made.tolist() == [6.0]


@torch.no_grad()
def test_on_a_cpu_nothing_is_captured() -> None:
    run = Replayed(lambda x: 2 * x)
    assert all(run(torch.ones(2)).tolist() == [2.0, 2.0] for _ in range(WARMING + 3)) and run.graph is None


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@torch.no_grad()
def test_on_a_gpu_a_graph_gives_what_the_work_gives() -> None:
    layer = torch.nn.Linear(8, 8).cuda()
    run = Replayed(layer)
    for _ in range(WARMING + 3):
        x = torch.randn(4, 8, device="cuda")
        torch.testing.assert_close(run(x), layer(x))
    assert run.graph is not None
