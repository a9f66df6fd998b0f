"""From names to a trainer, the embedded chain, the rehearsal, the command."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from training_toys import ToyCodec, ToyModel, write_sines

from songloom import checkpoint
from songloom.app import train as command
from songloom.app import training as shared
from songloom.app.training import Running
from songloom.audio.bands import BANDS
from songloom.systems import registry
from songloom.training import measure, session
from songloom.training.embedded import Chain, Table, Training
from songloom.training.reader import Lessons
from songloom.training.run_folder import RunFolder
from songloom.training.trainer import Pace, Report

QUIET = Pace(log_steps=5, valid_steps=5, sample_steps=0)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_sines(tmp_path_factory.mktemp("data"))


def test_a_plan_is_a_preset_with_changes_of_settings_and_recipe() -> None:
    plan = session.plan("toy-model", None, {"width": "16", "recipe.steps": "7"}, {"codec": "random"})
    assert plan.settings == ToyModel.Config(width=16)
    assert plan.recipe.steps == 7 and plan.recipe.optimizer == "muon"
    assert session.plan("toy-codec-tiny", None, {}, {}).settings == ToyCodec.Config()


@pytest.mark.parametrize(
    ("system", "preset", "changes", "parts", "message"),
    [
        ("nothing", None, {}, {}, "no system or preset"),
        ("toy-codec", "other", {}, {}, "has no preset 'other'"),
        ("toy-codec", None, {"depth": "3"}, {}, "no setting 'depth'"),
        ("toy-codec", None, {"recipe.depth": "3"}, {}, "no setting 'depth'"),
        ("toy-codec", None, {"recipe.steps": "0"}, {}, "at least 1"),
        ("toy-codec", None, {"recipe.ema": "1.5"}, {}, "ema"),
        ("toy-codec", None, {}, {"codec": "random"}, "has no part"),
        ("toy-model", None, {}, {"codec": "nowhere"}, "no model 'nowhere'"),
    ],
)
def test_a_wrong_plan_is_refused_in_one_line(
    system: str, preset: str | None, changes: dict[str, str], parts: dict[str, str], message: str
) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        session.plan(system, preset, changes, parts)
    assert "\n" not in str(caught.value)


def test_a_system_whose_codec_is_not_trained_says_what_to_give() -> None:
    with pytest.raises(ValueError, match="--part codec=FOLDER"):
        session.build(session.plan("toy-model", None, {}, {}))


def test_what_cannot_be_learned_from_where_it_begins_is_refused_before_anything_is_written(
    data: Path, tmp_path: Path
) -> None:
    tagger = registry.preset("tagger-tiny")[1]
    straight = replace(registry.preset("flow-tiny")[1], straight=2, tagger=tagger)  # type: ignore[call-arg]
    model = str(tmp_path / "model")
    checkpoint.save(straight.build(), Path(model))
    heard, told = {"straight": "2", "heard": "0.1"}, "--part tagger=FOLDER"
    before = sorted(data.rglob("*"))
    for order, message in (
        (session.plan("toy-model", None, {}, {}), "--part codec=FOLDER"),
        (session.plan("flow-tiny", None, {"straight": "2"}, {"codec": "random"}), "give one with --init"),
        (session.plan("flow-tiny", None, heard, {}, model), told),
        (session.plan("flow-tiny", None, heard, {"tagger": "random"}, model), told),
    ):
        with pytest.raises(ValueError, match=message):
            session.start(order, data, tmp_path / "run")
        with pytest.raises(ValueError, match=message):
            measure.estimate(order, data)
    assert not (tmp_path / "run").exists() and sorted(data.rglob("*")) == before


def test_the_rehearsal_counts_and_times_and_writes_nothing(data: Path) -> None:
    before = sorted(data.rglob("*"))
    found = measure.estimate(session.plan("toy-model", None, {}, {"codec": "random"}), data)
    assert sorted(data.rglob("*")) == before
    system = ToyModel(ToyModel.Config())
    assert found.parameters == sum(p.numel() for p in system.parameters())
    assert found.trained == found.parameters - sum(p.numel() for p in system.codec.parameters())
    assert found.clips == 6 and found.hours == pytest.approx(6 / 3600) and found.step_seconds > 0
    assert "4 x 0.5 s of codes" in shared.describe(found, "cpu")


def test_the_chain_makes_a_model_from_a_corpus_and_a_second_one_makes_nothing(data: Path, tmp_path: Path) -> None:
    (tmp_path / "corpus").symlink_to(data)
    table = Table(codec="toy-codec-tiny", generator="toy-model-tiny", codec_changes={"noise": "0.2"})
    chain = Chain(out=tmp_path, table=table, pace=QUIET)
    ran: list[str] = []
    for stage in chain.stages():
        if not stage.done():
            ran.append(stage.name)
            stage.run(None) if stage.name in ("waves", "codes", "weights") else stage.run(None, lambda: False)  # type: ignore[call-arg]
    assert ran == ["waves", "codec", "codes", "generator", "weights"]
    model = registry.load(str(tmp_path / "weights" / "toy-model-tiny"))
    codec = checkpoint.load(tmp_path / "codec" / "checkpoint")
    assert model.codec.config.noise == 0.2
    shipped = model.codec.state_dict()  # stored in float16
    assert all(
        torch.allclose(shipped[name], tensor, rtol=1e-3, atol=1e-6) for name, tensor in codec.state_dict().items()
    )
    assert not list((tmp_path / "weights").rglob("training"))
    assert all(stage.done() for stage in chain.stages())
    assert "to do" not in chain.describe()


def test_a_training_may_begin_with_a_models_weights_and_then_prepares_nothing(data: Path, tmp_path: Path) -> None:
    checkpoint.save(session.build(session.plan("toy-codec", None, {"noise": "0.3"}, {})), tmp_path / "model")
    model = str(tmp_path / "model")
    order = session.plan("toy-codec", None, {"recipe.steps": "1", "recipe.learning_rate": "0.0"}, {}, model)
    assert order.settings == ToyCodec.Config(noise=0.3)
    trainer = session.start(order, data, tmp_path / "run", pace=QUIET)
    trainer.system.prepare = lambda batches: pytest.fail("prepared")  # type: ignore[method-assign]
    trainer.run()
    known = checkpoint.load(tmp_path / "model").state_dict()
    found = checkpoint.load(tmp_path / "run" / "checkpoint").state_dict()
    assert all(torch.allclose(found[name], known[name]) for name in known if name != "seen")
    with pytest.raises(ValueError, match="other weights"):
        session.build(session.plan("toy-codec", None, {"width": "8"}, {}, model))
    with pytest.raises(ValueError, match="is a toy-codec"):
        session.plan("toy-model", None, {}, {}, model)


def test_the_chains_decoder_goes_on_from_the_codec_and_is_what_ships(data: Path, tmp_path: Path) -> None:
    (tmp_path / "corpus").symlink_to(data)
    table = Table(codec="toy-codec-tiny", generator="toy-model-tiny", decoder_changes={"recipe.steps": "2"})
    chain = Chain(out=tmp_path, table=table, pace=QUIET)
    for stage in chain.stages():
        if isinstance(stage, Training):
            assert stage.run(None, lambda: False)
        elif stage.name != "corpus":
            stage.run(None)
    shipped = registry.load(str(tmp_path / "weights" / "toy-model-tiny")).codec.outside.weight
    later, first = (checkpoint.load(tmp_path / n / "checkpoint").outside.weight for n in ("decoder", "codec"))
    assert torch.allclose(shipped, later, atol=1e-3) and not torch.equal(later, first)


def test_the_chain_ships_an_embedder_beside_the_generator(data: Path, tmp_path: Path) -> None:
    (tmp_path / "corpus").symlink_to(data)
    table = Table(codec="toy-codec-tiny", generator="toy-model-tiny", embedder="shuttle-tiny")
    chain = Chain(out=tmp_path, table=table, pace=QUIET)
    training, shipping = chain.stages()[-2:]
    assert isinstance(training, Training) and training.run(None, lambda: False) and training.done()
    assert not isinstance(shipping, Training) and not shipping.done()
    shipping.run(None)
    assert shipping.done() and registry.load(str(tmp_path / "weights" / "shuttle-tiny")).width == 16


def test_the_chain_ships_a_straightened_and_heard_flow_that_hears_and_reads_as_the_generator_does(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("songloom.training.reader.alone", lambda styles, moods: [("a rave", {"style": "techno"})])
    (tmp_path / "corpus").symlink_to(data)
    short = {"recipe.steps": "2", "recipe.batch_size": "2", "recipe.learning_rate": "0.0", "recipe.muon_rate": "0.0"}
    table = Table(
        codec="spectral-codec-tiny",
        codec_changes=short,
        generator="loom-tiny",
        generator_changes=short,
        flow="flow-tiny",
        flow_changes=short,
        straight_changes={**short, "straight": "2"},
        tagger="tagger-tiny",
        tagger_changes=short,
        heard_changes={**short, "heard": "0.1"},
        away_changes={**short, "away.drums": "0.5"},
        lessons=Lessons(steps=5),
        mixed=1,
    )
    chain = Chain(out=tmp_path, table=table, pace=QUIET)
    names = [stage.name for stage in chain.stages()]
    assert names[-10:-8] == ["generator", "reader"] and names[-8:] == [
        "weights",
        "latents",
        "flow",
        "straight",
        "tagger",
        "heard",
        "away",
        "flow weights",
    ]
    for stage in chain.stages():
        if isinstance(stage, Training):
            assert stage.run(None, lambda: False)
        elif stage.name != "corpus":
            stage.run(None)
    flow, loom = (registry.load(str(tmp_path / "weights" / name)) for name in ("flow-tiny", "loom-tiny"))
    for system in (flow, loom):
        assert len(system.config.mix) == BANDS and any(system.config.mix)
    assert flow.config.straight == 2 and flow.config.away.drums == 0.5 and flow.tagger is None
    taught, learned = flow.text.reader.outside.weight, registry.load(str(tmp_path / "generator" / "checkpoint"))
    assert torch.equal(taught, loom.text.reader.outside.weight)
    assert not torch.equal(taught, learned.text.reader.outside.weight.half().float())
    assert torch.allclose(flow.musical.state_dict()["drums.weight"], loom.musical.state_dict()["drums.weight"])
    assert torch.equal(
        flow.codec.state_dict()[key := next(iter(flow.codec.state_dict()))], loom.codec.state_dict()[key]
    )


def test_a_part_that_the_other_model_lacks_cannot_begin_as_its_own(tmp_path: Path) -> None:
    checkpoint.save(ToyCodec(ToyCodec.Config()), tmp_path / "model")
    for name in ("inside", "codec"):
        with pytest.raises(ValueError, match=f"no part '{name}' in common"):
            session.build(
                session.plan("toy-model", None, {}, {"codec": "random"}, begin={name: str(tmp_path / "model")})
            )
    wide = session.plan("toy-codec", None, {"width": "8"}, {}, begin={"outside": str(tmp_path / "model")})
    with pytest.raises(ValueError, match="has other weights"):
        session.build(wide)


def test_the_chain_stopped_in_a_training_goes_on_there(data: Path, tmp_path: Path) -> None:
    (tmp_path / "corpus").symlink_to(data)
    chain = Chain(out=tmp_path, table=Table(codec="toy-codec-tiny", generator="toy-model-tiny"), pace=QUIET)
    codec = chain.stages()[2]
    assert not codec.run(None, lambda: True)  # type: ignore[call-arg]
    assert not codec.done() and RunFolder.reopen(tmp_path / "codec").state().step == 1
    assert codec.run(None, lambda: False)  # type: ignore[call-arg]
    assert codec.done()


def test_the_command_trains_and_resumes_with_the_recipe_that_the_run_was_begun_with(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    changes = ("recipe.steps=3", "recipe.ema=0.5")
    command.train("toy-codec", data=data, out=out, changes=changes, running=Running(device="cpu", sample_steps=2))
    assert "trained for 3 steps" in capsys.readouterr().out
    more = ("recipe.steps=5",)
    command.train(
        "toy-codec",
        data=data,
        out=out,
        changes=more,
        resume=True,
        running=Running(device="cpu"),
        init="x",
        preset="tiny",
    )
    told = "the run goes on with its own settings, weights and parts; --preset, --init is not read again"
    assert told in capsys.readouterr().err
    state = RunFolder.reopen(out).state()
    assert (state.step, state.recipe.ema) == (5, 0.5)
    names = {path.name for path in (out / "samples").iterdir()}
    assert {"original-0.wav", "step-0000002-0.wav", "step-0000003-1.wav"} <= names
    with pytest.raises(ValueError, match="other settings"):
        command.train("toy-codec", data=data, out=out, changes=("noise=0.3",), resume=True)
    with pytest.raises(ValueError, match="a run of toy-codec, not of toy-model"):
        command.train("toy-model", data=data, out=out, resume=True)


def test_the_line_of_progress_tells_losses_and_the_doubt_of_every_stream() -> None:
    losses = {"loss": 5.0, "book0": 2.0, "~perplexity0": 54.6, "~perplexity1": 20.1, "~usage": 0.5, "valid loss": 6.0}
    line = shared.status(Report(7, 10, losses, 2.0, 1.5))
    assert line == "7/10 loss 5 book0 2 perplexity 54.6 20.1 (valid 6) 2.00 steps/s"


@pytest.mark.parametrize(
    ("seconds", "told"), [(1.0, "1.0 seconds"), (150, "2.5 minutes"), (9000, "2.5 hours"), (10**6, "11.6 days")]
)
def test_a_length_of_time_has_its_own_unit(seconds: float, told: str) -> None:
    assert shared.duration(seconds) == told


def test_an_estimate_that_does_not_fit_says_what_to_do(data: Path) -> None:
    found = measure.estimate(session.plan("toy-model", None, {}, {"codec": "random"}), data)
    assert "lower recipe.batch_size" in shared.describe(found, "cpu", found.memory - 1)
    assert "lower" not in shared.describe(found, "cpu", found.memory)


def test_a_stopped_command_ends_with_130_and_says_how_to_go_on(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import os
    import signal

    original = shared.status
    monkeypatch.setattr(shared, "QUIET_SECONDS", -1.0)

    def killed(report: object) -> str:
        os.kill(os.getpid(), signal.SIGTERM)
        return original(report)  # type: ignore[arg-type]

    monkeypatch.setattr(shared, "status", killed)
    with pytest.raises(SystemExit) as ended:
        command.train("toy-codec", data=data, out=tmp_path / "run", running=Running(device="cpu", sample_steps=0))
    assert ended.value.code == 130
    assert "saved after step 1" in capsys.readouterr().err
