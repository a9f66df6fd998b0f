from __future__ import annotations

import dataclasses

import pytest
import torch
from curve_toys import errors, toy

from songloom.audio.clip import Audio
from songloom.conditioning import musical
from songloom.conditioning.curve_batch import Curves, unknown
from songloom.conditioning.curves import Curve
from songloom.conditioning.told import Told
from songloom.data.batch import Batch
from songloom.diffusion import times
from songloom.diffusion.latent_diffusion import denoiser
from songloom.diffusion.samplers import heun
from songloom.systems.generators import flow
from songloom.systems.generators.flow import Flow
from songloom.systems.latent_generator import Stretch
from songloom.systems.request import Request

TEXTS = ("calm piano", "furious metal", "slow waltz", "drum and bass")
SECONDS = 0.8


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def tiny(**changes: object) -> Flow:
    torch.manual_seed(0)
    system: Flow = dataclasses.replace(Flow.presets()["flow-tiny"], **changes).build()  # type: ignore[type-var]
    return system.eval()


def batch(system: Flow, frames: int = 41) -> Batch:
    """Each text has latents of its own, an odd number of frames of them; tempo and key are known of the first half."""
    count = len(TEXTS)
    generator = torch.Generator().manual_seed(3)
    rates = torch.rand(count, system.codec.latent_width, 1, generator=generator) * 0.3
    phases = 6.3 * torch.rand(count, system.codec.latent_width, 1, generator=generator)
    seconds = torch.full((count,), frames / system.codec.frame_rate)
    labels = {"tempo": 120.0, "downbeats": [0.0, 2.0], "tonic": 9, "mode": "minor", "drums": True, "meter": "4/4"}
    return Batch(
        texts=TEXTS,
        labels=(labels, labels, {}, {}),
        ids=TEXTS,
        start=torch.zeros(count),
        seconds=seconds,
        total=seconds,
        mask=torch.ones(count, frames, dtype=torch.bool),
        latents=2 * torch.sin(rates * torch.arange(frames) + phases),
    )


def trained(system: Flow, data: Batch, steps: int) -> Flow:
    system.prepare([data])
    optimizer = torch.optim.AdamW([p for p in system.parameters() if p.requires_grad], 4e-3)
    system.train()
    for step in range(steps):
        torch.manual_seed(step)
        optimizer.zero_grad()
        system.losses(data, step=step)["denoising"].backward()
        optimizer.step()
    return system.eval()


def scored(system: Flow, data: Batch) -> dict[str, float]:
    with torch.no_grad():
        many = []
        for seed in range(16):
            torch.manual_seed(seed)
            many.append(system.losses(data, step=0))
    return {name: sum(float(one[name]) for one in many) / len(many) for name in many[0]}


def request(**fields: object) -> Request:
    return Request(**({"prompt": "calm piano, 120 bpm", "seconds": SECONDS, "seed": 3} | fields))  # type: ignore[arg-type]


def test_it_learns_and_the_right_conditions_beat_the_wrong_ones() -> None:
    system = tiny()
    data = batch(system)
    trained(system, data, 150)
    right = scored(system, data)
    assert right["~explained"] > 0.5
    wrong = scored(system, dataclasses.replace(data, texts=TEXTS[1:] + TEXTS[:1]))
    assert wrong["denoising"] > 1.1 * right["denoising"]
    other = scored(system, dataclasses.replace(data, labels=data.labels[::-1]))
    assert other["denoising"] > 1.02 * right["denoising"]


@pytest.mark.parametrize("seconds", [0.1, 0.777, 1.9])
def test_music_has_the_length_that_was_asked_and_repeats_under_its_seed(seconds: float) -> None:
    system = tiny()
    wave = system.generate(request(seconds=seconds))
    assert wave.shape == (1, 1, round(seconds * system.sample_rate))
    assert torch.equal(wave, system.generate(request(seconds=seconds)))
    assert not torch.equal(wave, system.generate(request(seconds=seconds, seed=4)))


@pytest.mark.parametrize(
    "change",
    [
        {"tempo": 70.0},
        {"key": "F# minor"},
        {"drums": False},
        {"guidance": 1.0},
        {"guidance": 5.0},
        {"steps": 3},
        {"melody": Curve.of_values("melody", ["A"], 1 / SECONDS)},
        {"dynamics": Curve.of_values("dynamics", [-60.0], 1 / SECONDS)},
        {"rhythm": Curve.of_values("rhythm", [[1.0, 0.0]], 1 / SECONDS)},
        {"negative_prompt": "furious metal"},
        {"continuation": Audio(0.1 * torch.randn(1, 4000, generator=torch.Generator().manual_seed(0)), 16_000)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_field_that_it_uses_is_heard(change: dict[str, object]) -> None:
    system = trained(tiny(), batch(tiny()), 12)
    plain = system.draw(request(key="C major"), None, 3)
    asked = request(**{"key": "C major"} | change)
    changed = system.draw(asked, system.source(asked, plain.shape[-1]), 3)
    assert not torch.allclose(plain, changed, atol=1e-5)


def test_patches_fold_frames_and_give_them_back_in_order() -> None:
    system = tiny()
    known, shown = musical.stack([musical.Musical()]), torch.zeros(1, dtype=torch.bool)
    given = system.conditions(Told(["a"], known, unknown(1, 6), shown), torch.zeros(1), torch.ones(1))
    # At the start blocks are the identity, so each position is made of its own frames alone.
    x = torch.randn(1, system.codec.latent_width, 6)
    moved = x.clone()
    moved[..., 3] += 1
    with torch.no_grad():
        predict = system.under(given)
        changed = (predict(moved, torch.tensor(0.5)) - predict(x, torch.tensor(0.5))).abs().amax((0, 1)) > 1e-6
        assert predict(x[..., :5], torch.tensor(0.5)).shape == (1, system.codec.latent_width, 5)
    assert changed.tolist() == [False, False, True, True, False, False]


@torch.no_grad()
def test_curves_that_are_trained_in_halve_the_error_of_a_run_without() -> None:
    with torch.enable_grad():
        system = tiny()
        system.prepare([toy(system, 16)[0]])
        optimizer = torch.optim.AdamW([p for p in system.parameters() if p.requires_grad], 6e-3)
        system.train()
        for step in range(200):
            torch.manual_seed(step)
            optimizer.param_groups[0]["lr"] = 6e-3 * min(1, 2 * (1 - step / 200))
            optimizer.zero_grad()
            system.losses(toy(system, 16)[0], step=step)["denoising"].backward()
            optimizer.step()
        system.eval()
    torch.manual_seed(99)
    data, truth = toy(system, 12)
    assert data.curves is not None
    scores = []
    for asked in (True, False):
        curves = Curves(data.curves, torch.full((12, 3, 40), asked))
        shown = torch.zeros(12, dtype=torch.bool)
        known = musical.stack([musical.Musical()] * 12)
        given = system.conditions(Told(data.texts, known, curves, shown), data.start, data.total)
        noise = torch.randn(12, system.codec.latent_width, 40, generator=torch.Generator().manual_seed(0))
        predict = denoiser(system.under(given), system.process)
        scores.append(errors(system.scale.undo(heun(predict, noise, times.linear(8), system.process))[:, :2], truth))
    assert bool((scores[0] < 0.5 * scores[1]).all()), f"{scores[0].tolist()} against {scores[1].tolist()}"


def test_a_rhythm_that_is_asked_for_is_not_told_another_tempo() -> None:
    system = tiny()
    seen: list[musical.MusicalBatch] = []
    whole = system.conditions
    system.conditions = lambda told, *more: seen.append(told.known) or whole(told, *more)  # type: ignore[method-assign, func-returns-value]
    beats = Curve.of_values("rhythm", [1.0], 1 / SECONDS)
    for asked in (request(prompt="rock"), request(prompt="rock", rhythm=beats), request(rhythm=beats, tempo=90.0)):
        system.network([asked], Stretch(0, 40), 1.0)
    assert [float(known.tempo[0]) > 0 for known in seen] == [True, False, True] and float(seen[2].tempo[0]) == 90


def test_a_melody_that_is_asked_for_keeps_its_own_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow, "described", lambda *_: ("rock", "sad"))
    system = tiny()
    seen: list[musical.MusicalBatch] = []
    whole = system.conditions
    system.conditions = lambda told, *more: seen.append(told.known) or whole(told, *more)  # type: ignore[method-assign, func-returns-value]
    tune = Curve.of_values("melody", ["A"], 1 / SECONDS)
    for asked in (request(prompt="sad rock"), request(prompt="sad rock", melody=tune)):
        system.network([asked], Stretch(0, 40), 1.0)
    assert 12 <= int(seen[0].key[0]) < musical.NO_KEY and int(seen[1].key[0]) == musical.NO_KEY


def test_a_flow_without_curves_refuses_them_and_one_with_curves_hides_some_in_training() -> None:
    with pytest.raises(ValueError, match=r"flow does not use melody.*music-controlnet"):
        tiny(curves=None).generate(request(melody=Curve.of_values("melody", ["A"], 1 / SECONDS)))
    system = tiny()
    seen: list[Curves] = []
    assert system.curves is not None
    system.curves.register_forward_hook(lambda module, given, left: seen.append(given[0]))
    data, _ = toy(system, 64)
    system.losses(data, step=0)
    system.train().losses(data, step=0)
    assert bool(seen[0].known.all()) and 0.2 < float(seen[1].known.float().mean()) < 0.8


def test_what_it_cannot_do_is_said() -> None:
    with pytest.raises(ValueError, match="patch is 3"):
        tiny(patch=3)
    with pytest.raises(ValueError, match="does not use top_k"):
        tiny().generate(Request(top_k=3))


def test_what_is_read_in_a_text_is_heard_even_without_its_words() -> None:
    system = tiny()
    size = system.config.vocabulary.size
    known = musical.stack([musical.Musical()] * 3)
    read = torch.zeros(3, size)
    read[1:, 0] = 1.0
    hidden = torch.tensor([False, False, True])
    told = Told(["a", "b", "c"], known, unknown(3, 4), hidden, torch.ones(3, dtype=torch.bool), read)
    given = system.conditions(told, torch.zeros(3), torch.ones(3))
    same = system.conditions(dataclasses.replace(told, texts=["x", "y", "z"]), torch.zeros(3), torch.ones(3))
    assert given.vector is not None and same.vector is not None
    assert torch.equal(given.vector, same.vector)  # no words
    assert not torch.allclose(given.vector[0], given.vector[1])  # what was read
    nothing = system.conditions(told.nothing(), torch.zeros(3), torch.ones(3))
    assert nothing.vector is not None and torch.equal(nothing.vector[2], given.vector[2])  # hidden is nothing
