"""Frozen parts: named models, embedded ones, and what stands in for them; a name that does not fit is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from songloom import checkpoint
from songloom.conditioning.text_encoders import MiniLMEncoder
from songloom.systems import registry
from songloom.training import session
from songloom.training.optimisation import trained_parameters
from songloom.training.parts import settings_of


@pytest.mark.parametrize("system", ["musicgen", "stable_audio", "musicgen_melody"])
def test_a_tiny_preset_needs_no_codec_to_be_named(system: str) -> None:
    plan = session.plan(system, "tiny", {}, {})
    assert plan.stand_ins == {"codec": "spectral-codec"}
    built = session.build(plan)
    known = registry.load("spectral-codec").state_dict()
    assert all(torch.equal(tensor, known[name]) for name, tensor in built.codec.state_dict().items())
    assert session.product_of(built, plan).tensors(built).keys().isdisjoint(f"codec.{name}" for name in known)


def test_the_published_size_reads_texts_by_what_comes_with_the_package() -> None:
    plan = session.plan("musicgen", "small", {}, {})
    assert plan.stand_ins == {"codec": "spectral-codec", "text": "minilm"}
    assert plan.settings.text == MiniLMEncoder.Config()
    assert plan.settings.codec == settings_of("spectral-codec")
    assert (plan.settings.width, plan.settings.depth) == (1024, 24)


def test_a_model_whose_codec_is_embedded_needs_no_stand_in() -> None:
    assert session.plan("loom", None, {}, {}).stand_ins == {}


def test_a_part_that_is_named_is_taken() -> None:
    plan = session.plan("musicgen", "tiny", {}, {"codec": "random"})
    assert plan.stand_ins == {} and plan.settings == registry.presets()["musicgen-tiny"]


def test_a_controlnet_without_a_base_learns_the_base_too() -> None:
    plan = session.plan("music_controlnet", "tiny", {}, {})
    assert plan.new == ("base",) and plan.settings.learns == "all"  # type: ignore[attr-defined]
    assert plan.stand_ins == {"base.codec": "spectral-codec"}
    built, known = session.build(plan), registry.load("spectral-codec").state_dict()
    assert all(torch.equal(tensor, known[name]) for name, tensor in built.base.codec.state_dict().items())
    learned = trained_parameters(built)
    assert {"base.dit.enter.weight", "control.out.0.weight"} < learned.keys()
    assert not any(name.startswith("base.codec.") for name in learned)


def test_a_base_that_is_named_stays_as_it_is_with_all_of_its_parts(tmp_path: Path) -> None:
    settings = session.plan("music_controlnet", "tiny", {}, {}).settings.base  # type: ignore[attr-defined]
    base = settings.build()
    checkpoint.save(base, tmp_path / "base")
    for learns in ("control", "all"):  # with all of them it is where both begin
        plan = session.plan("music_controlnet", "tiny", {"learns": learns}, {"base": str(tmp_path / "base")})
        assert plan.new == () and plan.stand_ins == {} and plan.settings.learns == learns  # type: ignore[attr-defined]
        found = session.build(plan).base.state_dict()
        assert all(torch.equal(tensor, found[name]) for name, tensor in base.state_dict().items())
    assert session.plan("music_controlnet", "tiny", {}, {"base": "random"}).settings.learns == "control"  # type: ignore[attr-defined]


def test_whoever_wants_a_frozen_base_has_to_name_it() -> None:
    with pytest.raises(ValueError, match="needs a trained base: give --part base=FOLDER"):
        session.build(session.plan("music_controlnet", "tiny", {"learns": "control"}, {}))


def test_a_stand_in_that_a_system_cannot_work_with_is_none() -> None:
    for system, part in (("musicldm-tiny", "codec"), ("mel-vae", "vocoder")):
        with pytest.raises(ValueError, match=f"needs a trained {part}: give --part {part}=FOLDER"):
            session.build(session.plan(system, None, {}, {}))


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"codec": "loom"}, "loom is a loom, which cannot be the codec of musicgen"),
        ({"drums": "loom"}, "musicgen has no part 'drums'"),
        ({"width": "loom"}, "musicgen has no part 'width'"),
        ({"codec.drums": "loom"}, "has no part 'drums'"),
        ({"codec": "nowhere"}, "no model 'nowhere'"),
        ({"text": "nowhere"}, "text encoder nowhere is not here"),
    ],
)
def test_a_part_that_does_not_fit_is_refused(parts: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        session.plan("musicgen", "tiny", {}, parts)
