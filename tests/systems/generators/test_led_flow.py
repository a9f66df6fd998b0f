"""A flow that learns to go where it goes when it is led away from drums: without them where they are ruled out."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from lessons import trained
from torch import Tensor

from songloom import checkpoint
from songloom.conditioning.opposite import Away, otherwise_minded
from songloom.conditioning.otherwise import Otherwise
from songloom.conditioning.told import Dropped, Told
from songloom.data.batch import Batch
from songloom.systems.generators.flow import Flow
from songloom.training.finetuning import learning

COUNT, FRAMES = 16, 32


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def settings(**changes: object) -> Flow.Config:
    found = Flow.presets()["flow-tiny"]
    assert isinstance(found, Flow.Config)
    dropped = Dropped(all=0.0, words=0.0, told=0.0, drums=0.0)
    return dataclasses.replace(found, straight=2, dropped=dropped, **changes)  # type: ignore[arg-type]


def batch(width: int, rate: float, drums: tuple[bool, bool] = (True, False)) -> Batch:
    """Waves that go fast with drums and slowly without."""
    paces = torch.tensor([0.9 if one else 0.2 for one in drums]).repeat(COUNT // 2)[:, None, None]
    phases = 6.28 * torch.rand(COUNT, width, 1, generator=torch.Generator().manual_seed(3))
    families = {True: ["drums", "piano"], False: ["piano"]}
    return Batch(
        texts=tuple("funk with drums" if one else "funk without drums" for one in drums) * (COUNT // 2),
        labels=tuple({"style": "funk", "drums": one, "families": families[one]} for one in drums) * (COUNT // 2),
        ids=("",) * COUNT,
        start=torch.zeros(COUNT),
        seconds=torch.full((COUNT,), FRAMES / rate),
        total=torch.full((COUNT,), FRAMES / rate),
        mask=torch.ones(COUNT, FRAMES, dtype=torch.bool),
        latents=torch.sin(paces * torch.arange(FRAMES) + phases),
    )


@pytest.fixture(scope="module")
def habitual() -> Flow:
    """It has heard what drums do, mostly with them."""
    torch.set_num_threads(1)
    torch.manual_seed(1)
    system = Flow(dataclasses.replace(settings(), straight=0))
    data = batch(system.codec.latent_width, system.codec.frame_rate)
    system.prepare([data])
    trained(system, data, 80, 4e-3)
    return system


def student(habitual: Flow, **changes: object) -> Flow:
    system = Flow(settings(**changes))
    system.load_state_dict(habitual.state_dict())
    return system


def paces(system: Flow, data: Batch) -> Tensor:
    """How fast what it makes of noise goes, [B]."""
    with torch.no_grad():
        asked, told, noise, _ = system.eval().otherwise_told(data)
        predict, x = system.of_batch(asked, told), noise
        visited = system.visited(FRAMES)
        for here, there in pairwise(visited):
            x = x + (there - here) * predict(x, here.expand(len(x)))
    return (x[..., 1:] - x[..., :-1]).square().mean((1, 2)) / x.square().mean((1, 2))


def test_it_learns_to_go_where_it_is_led(habitual: Flow) -> None:
    system = student(habitual, away=Away(drums=1.0))
    data = batch(system.codec.latent_width, system.codec.frame_rate)
    found = [one["led"] for one in trained(system, data, 60, 1e-3)]
    assert found[0] > 1e-4 and sum(found[-5:]) < 0.4 * sum(found[:5])
    kinds = torch.tensor([True, False]).repeat(COUNT // 2)
    torch.manual_seed(9)
    before = paces(student(habitual), data)
    torch.manual_seed(9)
    after = paces(system, data)
    assert after[~kinds].mean() < before[~kinds].mean()  # without drums more so
    assert torch.allclose(after[kinds].mean(), before[kinds].mean(), rtol=0.1)  # with them as before


def test_who_rules_no_drums_out_is_led_nowhere(habitual: Flow) -> None:
    system = student(habitual, away=Away(drums=1.0)).train()
    data = batch(system.codec.latent_width, system.codec.frame_rate, (True, True))
    data = dataclasses.replace(data, texts=("funk",) * COUNT)
    torch.manual_seed(0)
    assert system.losses(data, step=0)["led"].item() < 1e-9
    system.config = dataclasses.replace(system.config, otherwise=Otherwise(undrummed=1.0))
    torch.manual_seed(0)
    assert system.losses(data, step=0)["led"].item() > 1e-4  # no recording without drums is needed


def test_a_mood_leads_away_from_all_others_where_one_is_read(habitual: Flow) -> None:
    """As far as it is told: of hidden texts nothing is read, and where all moods are level nothing changes."""
    system = student(habitual, away=Away(mood=1.0)).eval()
    names, data = system.config.vocabulary, batch(system.codec.latent_width, system.codec.frame_rate)
    told = Told.all_of(data, system.codec.frame_rate, FRAMES, curves=True, device=torch.device("cpu"))
    read, first = torch.zeros(COUNT, names.size), len(names.styles)
    read[:, first : first + len(names.moods)] = 1 / len(names.moods)
    read[0, first : first + len(names.moods)] = 0.0
    read[:2, first] = 1.0
    hidden = torch.zeros(COUNT, dtype=torch.bool)
    hidden[1] = True
    told = dataclasses.replace(told, read=read, hidden=hidden)
    x, time = torch.randn(COUNT, system.codec.latent_width, FRAMES), torch.full((COUNT,), 0.9)
    with torch.no_grad():
        plain, led = system.taught().of_batch(data, told)(x, time), system.led(data, told)(x, time)
    moved = (led - plain).abs().amax((1, 2))
    assert moved[0] > 1e-4 and moved[1] == 0 and float(moved[2:].max()) < 1e-6
    minded = otherwise_minded(told, names).read
    assert (
        minded is not None
        and minded[0, first] == 0
        and minded[0, first + 1 : first + 3].tolist() == pytest.approx([1 / (len(names.moods) - 1)] * 2)
    )


def test_only_a_straight_flow_is_led() -> None:
    with pytest.raises(ValueError, match="only a straight flow"):
        Flow(dataclasses.replace(settings(away=Away(drums=0.5)), straight=0))
    with pytest.raises(ValueError, match=r"away.mood is -1"):
        Away(mood=-1.0)
    Flow(settings(away=Away(drums=0.5), otherwise=Otherwise(undrummed=0.5))).check_start(trained=True)


def test_what_ships_learns_new_music_as_it_did_before(habitual: Flow, tmp_path: Path) -> None:
    checkpoint.save(student(habitual, away=Away(drums=0.5)).eval(), tmp_path / "model")
    free = learning(checkpoint.load(tmp_path / "model").config)
    assert isinstance(free, Flow.Config) and (free.straight, free.away) == (0, Away())
