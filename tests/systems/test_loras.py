"""LoRA files, and LoRAs on every generator: what was learned beside a model does the same inside its weights."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from songloom import checkpoint
from songloom.data.batch import Batch
from songloom.layers.lora import Lora, attach, factors
from songloom.systems import loras, registry
from songloom.systems.loras import Strength
from songloom.systems.roles import Generator, System

GENERATORS = {
    name: cls
    for cls in registry.system_classes().values()
    if issubclass(cls, Generator) and cls.__module__.startswith("songloom.")
    for name in cls.presets()
    if name.endswith("-tiny")
}


def built(name: str) -> System:
    torch.manual_seed(0)
    system: System = registry.presets()[name].build()
    with torch.no_grad():
        for weight in system.parameters():
            if weight.dim() == 4 and not weight.any():  # through convolutions that begin at zero nothing would be heard
                weight.normal_(std=0.05)
    return system.eval()


def adapted(system: System, settings: Lora, size: float = 0.1) -> System:
    """A copy with a LoRA of random numbers attached."""
    system = copy.deepcopy(system)
    attach(system, settings, system.frozen)
    torch.manual_seed(2)
    for tensor in factors(system).values():
        tensor.normal_(std=size)
    return system


def heard(name: str, system: System) -> Batch:
    """Two items of noise, as long as the preset's crops."""
    seconds = GENERATORS[name].recipe(name).seconds
    wave = 0.1 * torch.randn(2, system.channels, round(seconds * system.sample_rate))
    whole = torch.full((2,), wave.shape[-1] / system.sample_rate)
    texts = ("calm piano", "furious metal")
    inside = torch.ones(2, wave.shape[-1], dtype=torch.bool)
    return Batch(texts, ({}, {}), texts, torch.zeros(2), whole, whole, inside, system.sample_rate, wave=wave)


@pytest.fixture
def tiny(tmp_path: Path) -> tuple[System, Path]:
    """A tiny generator and the file of a LoRA of it."""
    system, settings = built("loom-tiny"), Lora(rank=4, alpha=8.0)
    path = tmp_path / "mine.safetensors"
    loras.write(path, factors(adapted(system, settings)), settings, loras.base_of(system, "loom-tiny"))
    return system, path


@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator_loses_the_same_with_a_lora_beside_it_as_with_one_in_its_weights(
    name: str, tmp_path: Path
) -> None:
    system, settings = built(name), Lora(rank=3, alpha=6.0)
    beside = adapted(system, settings)
    path = tmp_path / "lora.safetensors"
    loras.write(path, factors(beside), settings, loras.base_of(system, name))
    inside = loras.apply(copy.deepcopy(system), [str(path)], name)
    torch.manual_seed(3)
    batch, found = heard(name, system), []
    for one in (system, beside, inside):
        torch.manual_seed(4)
        with torch.no_grad():
            found.append(torch.stack(list(one.losses(batch, step=0).values())))
    torch.testing.assert_close(found[1], found[2], rtol=2e-4, atol=2e-5)
    assert (found[0] - found[1]).abs().max() > 5e-4


def test_a_file_says_what_it_is_and_to_which_weights_it_belongs(tiny: tuple[System, Path]) -> None:
    system, path = tiny
    file = loras.read(path)
    assert file.settings == Lora(rank=4, alpha=8.0)
    assert file.base == loras.Base("loom-tiny", "loom", checkpoint.weights_hash(system))
    assert path.stat().st_size < 0.6 * 4 * sum(p.numel() for p in checkpoint.weights(system).values())


def test_strength_0_leaves_every_bit_and_two_files_add_up(tiny: tuple[System, Path], tmp_path: Path) -> None:
    system, path = tiny
    before = checkpoint.weights_hash(system)
    assert checkpoint.weights_hash(loras.apply(system, [f"{path}:0"])) == before
    other = tmp_path / "other.safetensors"
    settings = Lora(rank=2, layers="*.attention.*")
    loras.write(other, factors(adapted(system, settings, 0.2)), settings, loras.base_of(system, "loom-tiny"))
    one, two, both = (
        checkpoint.weights(loras.apply(copy.deepcopy(system), chosen))
        for chosen in ([f"{path}:0.5"], [f"{other}:-2"], [f"{path}:0.5", f"{other}:-2"])
    )
    base = checkpoint.weights(system)
    for name, tensor in both.items():
        expected = one[name].double() + two[name].double() - base[name].double()
        torch.testing.assert_close(tensor.double(), expected, rtol=1e-5, atol=1e-6)


def test_other_weights_are_refused_and_stay_as_they_are(tiny: tuple[System, Path]) -> None:
    system, path = tiny
    with torch.no_grad():
        next(system.lm.parameters()).add_(1e-3)
    before = checkpoint.weights_hash(system)
    with pytest.raises(ValueError, match="belongs to other weights") as caught:
        loras.apply(system, [str(path)], "another")
    assert "\n" not in str(caught.value) and checkpoint.weights_hash(system) == before
    with pytest.raises(ValueError, match=r"belongs to a loom \(loom-tiny\), not to a musicgen"):
        loras.apply(built("musicgen-tiny"), [str(path)])


def test_a_second_call_is_refused_since_the_base_has_changed(tiny: tuple[System, Path]) -> None:
    system, path = tiny
    loras.apply(system, [str(path)])
    with pytest.raises(ValueError, match="other weights"):
        loras.apply(system, [str(path)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a.safetensors", ("a.safetensors", 1.0)), ("a:0.5", ("a", 0.5)), ("a:-1", ("a", -1.0)), ("a:b", ("a:b", 1.0))],
)
def test_a_strength_stands_behind_the_file(text: str, expected: tuple[str, float]) -> None:
    assert Strength.of(text) == Strength(*expected)


def test_a_file_with_a_colon_in_its_name_is_itself(tmp_path: Path) -> None:
    (tmp_path / "take:2").write_bytes(b"")
    assert Strength.of(str(tmp_path / "take:2")) == Strength(str(tmp_path / "take:2"))


@pytest.mark.parametrize("text", ["a:11", "a:nan", "a:inf"])
def test_a_strength_out_of_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="from -10 to 10"):
        Strength.of(text)


def test_a_run_folder_stands_for_its_file(tiny: tuple[System, Path], tmp_path: Path) -> None:
    run = tmp_path / "run"
    (run / "checkpoint").mkdir(parents=True)
    tiny[1].rename(run / "checkpoint" / "lora.safetensors")
    assert Strength(str(run)).path == run / "checkpoint" / "lora.safetensors"
    with pytest.raises(ValueError, match="there is no LoRA"):
        _ = Strength(str(tmp_path)).path


@pytest.mark.parametrize("kind", ["damaged", "foreign", "bare"])
def test_a_file_that_is_none_is_refused_in_one_line(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    if kind == "damaged":
        path.write_bytes(b"nothing of this kind")
    else:
        about = json.dumps({"format": 1, "lora": {"rank": 2}}) if kind == "bare" else None
        save_file({"a.up": torch.zeros(2, 2)}, path, metadata=about and {"songloom": about})
    with pytest.raises(ValueError, match=r"cannot be read|is no LoRA|is damaged") as caught:
        loras.read(path)
    assert "\n" not in str(caught.value)
