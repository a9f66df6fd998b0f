"""A flow that learns by what a tagger hears: its music is heard as it was asked for more often than before."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from lessons import trained

from songloom import checkpoint
from songloom.conditioning.otherwise import Otherwise
from songloom.conditioning.told import Dropped
from songloom.data.batch import Batch
from songloom.systems.generators.flow import Flow
from songloom.systems.listeners.tagger import Tagger
from songloom.training.finetuning import learning

STYLES = ("techno", "solo piano")
COUNT, FRAMES = 16, 32


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def settings(heard: float = 0.0) -> Flow.Config:
    found = Flow.presets()["flow-tiny"]
    assert isinstance(found, Flow.Config)
    tagger = Tagger.presets()["tagger-tiny"]
    assert isinstance(tagger, Tagger.Config)
    return dataclasses.replace(
        found, straight=2, heard=heard, tagger=tagger, dropped=Dropped(all=0.0, words=0.0, told=1.0)
    )


def batch(width: int, rate: float) -> Batch:
    """Waves that go faster in one style than in the other."""
    paces = torch.tensor([0.2, 0.9]).repeat(COUNT // 2)[:, None, None]
    phases = 6.28 * torch.rand(COUNT, width, 1, generator=torch.Generator().manual_seed(3))
    return Batch(
        texts=("music",) * COUNT,
        labels=tuple({"style": style} for style in STYLES) * (COUNT // 2),
        ids=("",) * COUNT,
        start=torch.zeros(COUNT),
        seconds=torch.full((COUNT,), FRAMES / rate),
        total=torch.full((COUNT,), FRAMES / rate),
        mask=torch.ones(COUNT, FRAMES, dtype=torch.bool),
        latents=torch.sin(paces * torch.arange(FRAMES) + phases),
    )


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    system = Tagger(settings().tagger)
    data = batch(system.codec.latent_width, system.codec.frame_rate)
    system.prepare([data])
    trained(system, data, 60, 5e-3)
    assert system.losses(data, step=0)["~style right"] == 1
    return system


def flow_beside(tagger: Tagger, heard: float) -> Flow:
    torch.manual_seed(1)
    system = Flow(settings(heard))
    system.scale.load_state_dict(tagger.scale.state_dict())
    system.call_opponents()
    assert system.tagger is not None
    system.tagger.load_state_dict(tagger.state_dict())
    return system


def test_music_is_heard_as_it_was_asked_for_more_often_than_before(tagger: Tagger) -> None:
    system = flow_beside(tagger, 10.0)
    data = batch(system.codec.latent_width, system.codec.frame_rate)
    before = {name: tensor.clone() for name, tensor in system.tagger.state_dict().items()}  # type: ignore[union-attr]
    found = trained(system, data, 60, 3e-3)
    first, last = (sum(one["style"] for one in part) for part in (found[:5], found[-5:]))
    assert last < 0.5 * first
    assert found[0]["strayed"] == 0 < found[-1]["strayed"]
    after = system.tagger.state_dict()  # type: ignore[union-attr]
    assert all(torch.equal(tensor, after[name]) for name, tensor in before.items())


def test_it_stays_the_nearer_to_where_it_began_the_less_what_is_heard_weighs(tagger: Tagger) -> None:
    strayed = {}
    for heard in (0.01, 10.0):
        system = flow_beside(tagger, heard)
        data = batch(system.codec.latent_width, system.codec.frame_rate)
        strayed[heard] = trained(system, data, 30, 3e-3)[-1]["strayed"]
    assert strayed[0.01] < 0.3 * strayed[10.0]


def test_a_tagger_that_has_learned_nothing_is_refused() -> None:
    system = Flow(settings(1.0))
    data = batch(system.codec.latent_width, system.codec.frame_rate)
    with pytest.raises(ValueError, match="--part tagger=FOLDER"):
        system.losses(data, step=0)


def test_only_a_straight_flow_with_a_tagger_of_its_own_latents_is_heard() -> None:
    with pytest.raises(ValueError, match="only a straight flow"):
        Flow(dataclasses.replace(settings(1.0), straight=0))
    with pytest.raises(ValueError, match="of another codec"):
        Flow(dataclasses.replace(settings(1.0), tagger=Tagger.Config()))


def test_what_is_asked_otherwise_is_refused_where_nothing_is_heard() -> None:
    with pytest.raises(ValueError, match="set heard or away too"):
        Flow(dataclasses.replace(settings(), otherwise=Otherwise(undrummed=0.5))).check_start(trained=True)


def test_what_ships_has_no_tagger_and_learns_new_music_without_one(tagger: Tagger, tmp_path: Path) -> None:
    system = flow_beside(tagger, 1.0).eval()
    system.config = dataclasses.replace(system.config, otherwise=Otherwise(worded=0.5))
    checkpoint.save(system, tmp_path / "model")
    loaded = checkpoint.load(tmp_path / "model")
    assert loaded.config.heard == 1.0 and loaded.tagger is None
    assert not any(name.startswith(("tagger", "teacher")) for name in loaded.state_dict())
    free = learning(loaded.config)
    assert isinstance(free, Flow.Config)
    assert (free.straight, free.heard, free.otherwise) == (0, 0.0, Otherwise())
