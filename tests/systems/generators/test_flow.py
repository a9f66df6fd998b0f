from __future__ import annotations

import dataclasses

import pytest
import torch

from songloom.audio.clip import Audio
from songloom.conditioning import musical
from songloom.data.batch import Batch
from songloom.systems.generators.flow import Flow
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
        {"negative_prompt": "furious metal"},
        {"continuation": Audio(0.1 * torch.randn(1, 4000, generator=torch.Generator().manual_seed(0)), 16_000)},
    ],
    ids=str,
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
    given = system.conditions(["a"], known, shown, torch.zeros(1), torch.ones(1), 6)
    # At the start blocks are the identity, so each position is made of its own frames alone.
    x = torch.randn(1, system.codec.latent_width, 6)
    moved = x.clone()
    moved[..., 3] += 1
    with torch.no_grad():
        predict = system.under(given)
        changed = (predict(moved, torch.tensor(0.5)) - predict(x, torch.tensor(0.5))).abs().amax((0, 1)) > 1e-6
        assert predict(x[..., :5], torch.tensor(0.5)).shape == (1, system.codec.latent_width, 5)
    assert changed.tolist() == [False, False, True, True, False, False]


def test_what_it_cannot_do_is_said() -> None:
    with pytest.raises(ValueError, match="at most 16"):
        tiny().generate(Request(seconds=60.0))
    with pytest.raises(ValueError, match="patch is 3"):
        tiny(patch=3)
    with pytest.raises(ValueError, match="does not use top_k"):
        tiny().generate(Request(top_k=3))
