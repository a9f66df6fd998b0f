"""`songloom train --recipe embedded`: all stages in their order, what is done is left, what was stopped goes on."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from training_toys import write_sines

from songloom import checkpoint
from songloom.app import train as command
from songloom.app import training as shared
from songloom.app.training import Running
from songloom.data.workers import Workers
from songloom.training import embedded
from songloom.training.embedded import EMBEDDED, Chain, Making, Table
from songloom.training.trainer import Pace, Report

SHORT = {"recipe.steps": "4"}
TABLE = Table(
    codec="toy-codec-tiny",
    codec_changes=SHORT,
    generator="toy-model-tiny",
    generator_changes=SHORT,
    decoder_changes=SHORT,
)


@pytest.fixture
def chain(tmp_path: Path) -> Callable[[str], Chain]:
    """A chain of a name over one corpus."""
    torch.set_num_threads(1)
    data = write_sines(tmp_path / "data")

    def made(name: str) -> Chain:
        (tmp_path / name).mkdir(exist_ok=True)
        if not (corpus := tmp_path / name / "corpus").exists():
            corpus.symlink_to(data)
        return Chain(out=tmp_path / name, table=TABLE, pace=Pace(log_steps=1, valid_steps=5, sample_steps=0))

    return made


def shipped(chain: Chain) -> dict[str, bytes]:
    """The weights that ship, by their place."""
    weights = chain.out / "weights"
    return {str(path.relative_to(weights)): path.read_bytes() for path in sorted(weights.rglob("*.safetensors"))}


def test_everything_is_made_once(chain: Callable[[str], Chain], capsys: pytest.CaptureFixture[str]) -> None:
    command.make_embedded(chain("run"))
    first = shipped(chain("run"))
    places = ("toy-model-tiny", "toy-model-tiny/parts/codec")
    assert sorted(first) == [f"{place}/{checkpoint.WEIGHTS}" for place in places]
    assert "weights/toy-model-tiny: made" in capsys.readouterr().out
    command.make_embedded(chain("run"))
    told = capsys.readouterr().err.splitlines()
    assert told == [f"{stage.name}: done already" for stage in chain("run").stages()]
    assert shipped(chain("run")) == first


def test_a_stopped_chain_goes_on_to_the_weights_of_one_that_was_not_stopped(
    chain: Callable[[str], Chain], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command.make_embedded(chain("whole"))
    with monkeypatch.context() as patch:
        original = shared.status
        seen: list[Report] = []

        def ended(report: Report) -> str:
            seen.append(report)
            if len(seen) == 2:
                os.kill(os.getpid(), signal.SIGTERM)
            return original(report)

        patch.setattr(shared, "status", ended)
        patch.setattr(shared, "QUIET_SECONDS", -1.0)
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            command.make_embedded(chain("stopped"))
    assert stop.value.code == 130
    assert "stopped and saved in codec; the same command goes on" in capsys.readouterr().err
    command.make_embedded(chain("stopped"))
    assert shipped(chain("stopped")) == shipped(chain("whole"))


def test_a_dry_run_tells_every_stage_and_makes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.train(recipe="embedded", out=tmp_path / "run", dry_run=True)
    told = capsys.readouterr().out.splitlines()
    names = [stage.name for stage in Chain(out=tmp_path, table=EMBEDDED).stages()]
    assert len(told) == len(names) and all(line.startswith(name) for line, name in zip(told, names, strict=True))
    assert all(" to do " in line for line in told) and not (tmp_path / "run").exists()


def test_the_recipe_names_its_systems_itself(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="leave the system away"):
        command.train("flow", recipe="embedded", out=tmp_path / "run")


def test_all_processors_make_the_corpus_unless_somebody_says_who_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chains: list[Chain] = []
    seen: list[Workers] = []
    monkeypatch.setattr(command, "make_embedded", chains.append)
    monkeypatch.setattr(embedded, "write_corpus", lambda *_, workers, **__: seen.append(workers))
    for jobs in (None, 1, 3):
        command.train(recipe="embedded", out=tmp_path, running=Running(device="cpu", jobs=jobs))
        corpus = chains[-1].stages()[0]
        assert isinstance(corpus, Making)
        corpus.run(None)
    assert seen == [Workers(0), Workers(1), Workers(3)]
