"""Fine-tuning: a LoRA learns a folder of clips, its base stays to the bit, and a killed run goes on exactly."""

from __future__ import annotations

import math
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from songloom import checkpoint
from songloom.audio import files
from songloom.layers.lora import Lora
from songloom.systems import loras, registry
from songloom.systems.request import Request
from songloom.systems.roles import Generator, System
from songloom.training import session
from songloom.training.run_folder import RunFolder
from songloom.training.trainer import Pace, Trainer

QUIET = Pace(log_steps=1, valid_steps=0, sample_steps=0)
HERE = Path(__file__).parent
KILLED = """
import sys, os, signal, torch
torch.set_num_threads(1)
sys.path.insert(0, {tests!r})
from test_finetuning import begun
from pathlib import Path
trainer = begun({model!r}, Path({data!r}), Path({out!r}))
def tell(report):
    if report.step == 3:
        trainer._save()
    if report.step == 4:
        os.kill(os.getpid(), signal.SIGKILL)
trainer.run(tell=tell)
"""


def begun(model: str, data: Path, out: Path, *, steps: int = 6, resume: bool = False, rank: int = 4) -> Trainer:
    changes = {"recipe.steps": str(steps), "recipe.batch_size": "2", "recipe.ema": "0.5", "recipe.warmup": "1"}
    plan = session.resumed_tuning(out, model, {}) if resume else session.tuning_plan(model, changes, Lora(rank=rank))
    return session.start(plan, data, out, pace=QUIET, resume=resume)


def write_tones(folder: Path, rate: int = 16_000, seconds: float = 2.0) -> Path:
    """A plain folder of three tones that pulse, each with its words beside it."""
    folder.mkdir()
    time = torch.arange(round(seconds * rate)) / rate
    for number, pitch in enumerate((220.0, 330.0, 440.0)):
        wave = 0.4 * torch.sin(2 * math.pi * pitch * time) * torch.exp(-6 * (time % 0.5))
        files.write(folder / f"tone-{number}.wav", wave[None], rate)
        (folder / f"tone-{number}.txt").write_text(f"pulses of {pitch:.0f} hertz")
    return folder


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_tones(tmp_path_factory.mktemp("data") / "tones")


@pytest.fixture(scope="module", params=["loom-tiny", "stable-audio-tiny"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A checkpoint of a token model, and one of a diffusion model."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("model") / request.param
    checkpoint.save(registry.presets()[request.param].build(), folder)
    return str(folder)


def error_on(system: System, data: Path, seconds: float) -> float:
    """What a system loses on the clips themselves, without dropout or hidden conditions; means of a few draws."""
    recipe = replace(type(system).recipe(f"{system.config.kind}-tiny"), seconds=seconds)
    source = session.open_data(system.eval(), recipe, data, "train")
    assert source is not None
    found = []
    for place in range(4):
        torch.manual_seed(place)
        with torch.no_grad():
            losses = system.losses(source.batch(place, batch_size=4, crop_seconds=seconds), step=0)
        found.append(sum(float(value) for name, value in losses.items() if not name.startswith("~")))
    return sum(found) / len(found)


def test_a_lora_learns_the_clips_and_its_base_stays(model: str, data: Path, tmp_path: Path) -> None:
    trainer = begun(model, data, tmp_path / "run", steps=60, rank=8)
    before = {n: p.detach().clone() for n, p in trainer.system.named_parameters() if n not in trainer.held.own}
    assert all(name.endswith((".down", ".up")) for name in trainer.held.own)
    assert trainer.run()
    after = dict(trainer.system.named_parameters())
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())
    plain, tuned = registry.load(model), registry.load(model)
    loras.apply(tuned, [str(tmp_path / "run")])
    assert error_on(tuned, data, 1.0) < 0.9 * error_on(plain, data, 1.0)


def test_the_run_holds_one_small_file_and_no_copy_of_the_model(model: str, data: Path, tmp_path: Path) -> None:
    begun(model, data, tmp_path / "run", steps=1).run()
    held = {path.name for path in (tmp_path / "run" / "checkpoint").rglob("*") if path.is_file()}
    training = {"state.json", "optimizer.safetensors", "weights.safetensors"}
    assert held == {"lora.safetensors", "README.md"} | training
    card = (tmp_path / "run" / "README.md").read_text()
    assert "LoRA of rank 4" in card and loras.read(tmp_path / "run/checkpoint/lora.safetensors").base.name == model


def test_a_killed_run_goes_on_to_the_same_lora(model: str, data: Path, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    assert begun(model, data, whole).run()
    code = KILLED.format(tests=str(HERE), model=model, data=str(data), out=str(broken))
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert RunFolder.reopen(broken).state().step == 3
    assert begun(model, data, broken, resume=True).run()
    for name in ("lora", "training/weights", "training/optimizer"):
        expected, found = (load_file(run / f"checkpoint/{name}.safetensors") for run in (whole, broken))
        assert expected.keys() == found.keys()
        assert all(torch.equal(expected[key], found[key]) for key in expected), name


def test_products_in_half_precision_leave_base_and_lora_in_single(model: str, data: Path, tmp_path: Path) -> None:
    plan = session.tuning_plan(model, {"recipe.steps": "3", "recipe.batch_size": "2"}, Lora(rank=2))
    trainer = session.start(plan, data, tmp_path / "run", pace=QUIET, precision="bf16")
    before = checkpoint.weights_hash(registry.load(model))
    trainer.run()
    assert {p.dtype for p in trainer.system.parameters()} == {torch.float32}
    learned = loras.read(tmp_path / "run/checkpoint/lora.safetensors")
    assert learned.base.sha256 == before
    network = [tensor for name, tensor in learned.learned.items() if name.startswith(("lm.", "dit.blocks."))]
    assert network and all(tensor.abs().sum() > 0 for tensor in network)


def test_samples_of_a_run_are_those_of_the_file_that_it_leaves(model: str, data: Path, tmp_path: Path) -> None:
    trainer = begun(model, data, tmp_path / "run", steps=3)
    trainer.pace = replace(QUIET, sample_steps=3)
    heard: list[torch.Tensor] = []
    system = trainer.system
    assert isinstance(system, Generator)
    original = system.generate
    system.generate = lambda request: heard.append(original(replace(request, seconds=0.5))) or heard[-1]  # type: ignore
    for name, parameter in trainer.held.own.items():
        torch.manual_seed(len(name))
        parameter.data.normal_(std=0.05)  # so that it can be heard after three steps
    trainer.run()
    tuned = loras.apply(registry.load(model), [str(tmp_path / "run")])
    prompts = [text for text in trainer._heard().texts if text]
    again = tuned.generate(Request(prompt=prompts[0], seconds=0.5))
    torch.testing.assert_close(heard[0], again, rtol=1e-3, atol=1e-3)
    assert not torch.allclose(
        heard[0], registry.load(model).generate(Request(prompt=prompts[0], seconds=0.5)), atol=1e-2
    )


def test_what_cannot_be_is_said_in_one_line(model: str, data: Path, tmp_path: Path) -> None:
    def refused(message: str, run: str, settings: Lora, folder: Path = data) -> None:
        with pytest.raises(ValueError, match=message) as caught:
            session.start(session.tuning_plan(model, {}, settings), folder, tmp_path / run)
        assert "\n" not in str(caught.value)

    refused("the rank is 0", "a", Lora(rank=0))
    refused("must be from 1 to", "b", Lora(rank=5000))
    refused("no linear layer is named", "c", Lora(layers="drums"))
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "words.txt").write_text("a piano")
    refused("empty holds no audio", "d", Lora(rank=2), tmp_path / "empty")
    with pytest.raises(ValueError, match="no model"):
        session.tuning_plan("nothing-like-it", {}, Lora())


def test_a_run_is_not_resumed_on_other_weights(model: str, data: Path, tmp_path: Path) -> None:
    base = tmp_path / "base"
    checkpoint.save(registry.load(model), base)
    begun(str(base), data, tmp_path / "run", steps=1).run()
    system = registry.load(model)
    with torch.no_grad():
        next(p for n, p in system.named_parameters() if not n.startswith(system.frozen)).add_(0.1)
    checkpoint.save(system, base)
    with pytest.raises(ValueError, match="belongs to other weights"):
        begun(str(base), data, tmp_path / "run", resume=True)
    with pytest.raises(ValueError, match="holds a LoRA of"):
        begun(model, data, tmp_path / "run", resume=True)


def test_a_codec_has_no_lora(tmp_path: Path, data: Path) -> None:
    with pytest.raises(ValueError, match="is a codec; a LoRA is for generators"):
        session.start(session.tuning_plan("spectral-codec", {}, Lora()), data, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_the_embedded_model_moves_towards_a_handful_of_clips(data: Path, tmp_path: Path) -> None:
    changes = {"recipe.steps": "40", "recipe.batch_size": "2", "recipe.seconds": "1", "recipe.long_share": "0"}
    plan = session.tuning_plan("loom", {**changes, "recipe.learning_rate": "3e-3"}, Lora(rank=8))
    session.start(plan, data, tmp_path / "run", pace=QUIET).run()
    plain = registry.load("loom")
    tuned = loras.apply(registry.load("loom"), [str(tmp_path / "run")])
    assert error_on(tuned, data, 1.0) < 0.9 * error_on(plain, data, 1.0)
