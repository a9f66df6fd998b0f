"""Frozen parts: named models, embedded ones, and what stands in for them; a name that does not fit is refused."""

from __future__ import annotations

import pytest
import torch

from songloom.conditioning.text_encoders import MiniLMEncoder
from songloom.systems import registry
from songloom.training import session
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


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"codec": "loom"}, "loom is a loom, which cannot be the codec of musicgen"),
        ({"drums": "loom"}, "musicgen has no part 'drums'"),
        ({"width": "loom"}, "musicgen has no part 'width'"),
        ({"codec": "nowhere"}, "no model 'nowhere'"),
        ({"text": "nowhere"}, "text encoder nowhere is not here"),
    ],
)
def test_a_part_that_does_not_fit_is_refused(parts: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        session.plan("musicgen", "tiny", {}, parts)
