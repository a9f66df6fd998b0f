"""Fine-tuning at the command line: from a folder of clips to music by a LoRA of a strength."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
import torch
from command_runs import Run

from songloom import checkpoint
from songloom.audio import files
from songloom.layers.lora import Lora, attach, factors
from songloom.published.load import load
from songloom.systems import loras
from songloom.systems.loras import LoraFile

QUICK = ("--set", "recipe.steps=2", "--set", "recipe.batch_size=2", "--sample-steps", 0, "--device", "cpu")


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """A plain folder: two sounds, the words of one as text, of the other as JSON."""
    folder = tmp_path / "clips"
    folder.mkdir()
    time = torch.arange(16_000) / 16_000
    for name, pitch in (("a", 220), ("b", 330)):
        files.write(folder / f"{name}.wav", 0.4 * torch.sin(2 * math.pi * pitch * time)[None], 16_000)
    (folder / "a.txt").write_text("a low hum")
    (folder / "b.json").write_text(json.dumps({"caption": "a higher hum", "tags": ["hum"]}))
    return folder


@pytest.fixture
def tuned(model: Path, tmp_path: Path) -> Path:
    """A LoRA of the tiny model that can be heard."""
    system = load(model)
    base = loras.base_of(system, str(model))
    attach(system, Lora(rank=2), system.frozen)
    torch.manual_seed(1)
    learned = {name: torch.randn_like(tensor) / 3 for name, tensor in factors(system).items()}
    loras.write(tmp_path / "mine.safetensors", learned, Lora(rank=2), base)
    return tmp_path / "mine.safetensors"


def samples(path: Path) -> torch.Tensor:
    return files.read(path)[0]


def test_a_folder_becomes_a_lora_that_generation_takes(run: Run, model: Path, clips: Path, tmp_path: Path) -> None:
    learn = ("finetune", model, "--data", clips, "--out", "mine", "--rank", 2, "--examples", 0, *QUICK)
    code, out, err = run(*learn)
    assert code == 0 and out.splitlines()[0] == "mine/checkpoint/lora.safetensors: trained for 2 steps", err
    file: LoraFile = loras.read(tmp_path / "mine/checkpoint/lora.safetensors")
    assert file.settings.rank == 2 and file.base.name == str(model)
    words = ("generate", "hum", "--seconds", 0.5, "--model", model, "--lora", "mine:0.5", "--json")
    code, out, err = run(*words, "-o", "a.wav")
    assert (code, err) == (0, "")
    told = json.loads(out)["loras"]
    assert [(one["file"], one["strength"], len(one["sha256"])) for one in told] == [("mine", 0.5, 64)]
    assert run("replay", "a.wav")[1].strip() == "a.wav: the same samples"
    assert "trained for 3 steps" in run(*learn, "--set", "recipe.steps=3")[1]
    code, _, err = run("finetune", model, "--data", clips, "--out", "mine", "--rank", 3, *QUICK)
    assert code == 2 and "holds a LoRA of" in err and "choose another folder" in err


def test_train_does_the_same_by_its_lora_option(run: Run, model: Path, clips: Path, tmp_path: Path) -> None:
    words = ("--data", clips, "--out", "mine", "--init", model, "--lora", "rank=3", "--lora", "layers=lm.*")
    code, out, err = run("train", "loom", "--preset", "tiny", *words, *QUICK)
    assert code == 0 and "lora.safetensors" in out, err
    names = loras.read(tmp_path / "mine/checkpoint/lora.safetensors").learned
    assert names and all(name.startswith("lm.") for name in names)


def test_a_dry_run_counts_what_would_learn_and_writes_nothing(
    run: Run, model: Path, clips: Path, tmp_path: Path
) -> None:
    before = sorted(tmp_path.rglob("*"))
    code, out, _ = run("finetune", model, "--data", clips, "--rank", 2, "--dry-run", *QUICK)
    system = load(model)
    layers = [m for n, m in system.named_modules() if type(m) is torch.nn.Linear and not n.startswith("codec.")]
    count = sum(2 * sum(layer.weight.shape) for layer in layers)
    assert code == 0 and f"of which {count:,} are trained" in out and "memory" in out and "in all" in out
    assert "2 clips" in out and "captions    3 in the folder; of 0 pieces they will be estimated" in out
    assert sorted(tmp_path.rglob("*")) == before


def test_strength_0_makes_the_samples_of_the_base_and_1_others(
    run: Run, model: Path, tuned: Path, tmp_path: Path
) -> None:
    words = ("generate", "hum", "--seconds", 0.5, "--model", model)
    assert run(*words, "-o", "base.wav")[0] == 0
    for name, strength in (("none.wav", "0"), ("all.wav", "1")):
        assert run(*words, "-o", name, "--lora", f"{tuned}:{strength}")[0] == 0
    base = samples(tmp_path / "base.wav")
    assert torch.equal(base, samples(tmp_path / "none.wav"))
    assert not torch.equal(base, samples(tmp_path / "all.wav"))


def test_a_lora_brings_its_model_where_none_is_named(run: Run, model: Path, tuned: Path, tmp_path: Path) -> None:
    words = ("generate", "hum", "--seconds", 0.5, "--lora", tuned)
    assert run(*words, "--model", model, "-o", "named.wav")[0] == 0
    assert run(*words, "-o", "found.wav")[0] == 0
    assert torch.equal(samples(tmp_path / "named.wav"), samples(tmp_path / "found.wav"))
    told = json.loads(run(*words, "--dry-run")[1])
    assert told["model"] == str(model)


def test_loras_that_take_each_other_back_leave_the_base(run: Run, model: Path, tuned: Path, tmp_path: Path) -> None:
    words = ("generate", "hum", "--seconds", 0.5, "--model", model, "--temperature", 0)
    assert run(*words, "-o", "base.wav")[0] == 0
    assert run(*words, "-o", "both.wav", "--lora", f"{tuned}:0.7", "--lora", f"{tuned}:-0.7")[0] == 0
    torch.testing.assert_close(samples(tmp_path / "both.wav"), samples(tmp_path / "base.wav"), atol=1e-3, rtol=0)


def test_a_converted_model_has_the_lora_in_its_weights(run: Run, model: Path, tuned: Path, tmp_path: Path) -> None:
    assert run("convert", model, "-o", "merged", "--lora", f"{tuned}:0.5")[0] == 0
    merged, expected = load(tmp_path / "merged"), loras.apply(load(model), [f"{tuned}:0.5"])
    assert checkpoint.weights_hash(merged) == checkpoint.weights_hash(expected)
    code, _, err = run("generate", "hum", "--seconds", 0.5, "--model", "merged", "--lora", tuned, "-o", "a.wav")
    assert code == 2 and "belongs to other weights" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("finetune", "{model}", "--data", "clips", "--out", "o", "--yes", "--rank", 0), "the rank is 0"),
        (("finetune", "{model}", "--data", "clips", "--out", "o", "--yes", "--rank", 999), "must be from 1 to"),
        (("finetune", "{model}", "--data", "clips", "--out", "o", "--lora", "rank=x"), "Lora.rank cannot be 'x'"),
        (("finetune", "{model}", "--data", "clips", "--out", "o", "--lora", "rang=2"), "no setting 'rang'"),
        (("finetune", "{model}", "--data", "clips", "--yes", "--review"), "give one of both"),
        (("finetune", "{model}", "--data", "clips", "--examples", "-1"), "examples must be 0 or more"),
        (("finetune", "{model}", "--data", ".", "--out", "o"), "holds no audio files"),
        (("finetune", "{model}", "--data", "nowhere", "--out", "o"), "nowhere is not a folder"),
        (("finetune", "nothing", "--data", "clips", "--out", "o"), "no model 'nothing'"),
        (("train", "musicgen", "--data", "clips", "--out", "o", "--lora", "rank=4"), "a LoRA needs a trained model"),
        (("generate", "x", "--model", "{model}", "--lora", "none"), "there is no LoRA none"),
        (("generate", "x", "--model", "{model}", "--lora", "mine.safetensors:99"), "from -10 to 10"),
        (("generate", "x", "--model", "loom", "--lora", "mine.safetensors"), "belongs to other weights"),
        (("generate", "x", "--lora", "none"), "there is no LoRA none"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    run: Run, model: Path, tuned: Path, words: tuple[object, ...], said: str, tmp_path: Path
) -> None:
    if "." not in words:
        (tmp_path / "clips").mkdir()
        files.write(tmp_path / "clips" / "a.wav", 0.1 * torch.randn(1, 16_000), 16_000)
    code, _, err = run(*(str(word).replace("{model}", str(model)) for word in words))
    assert code == 2 and said in err and len(err.strip().splitlines()) == 1, err
