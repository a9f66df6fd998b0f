"""AudioLDM 2, MusicLDM and TANGO at their tiny sizes: they learn what a text means, and use all that they are given."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor

from songloom.audio.clip import Audio
from songloom.data.batch import Batch
from songloom.diffusion import times
from songloom.diffusion.processes import Ddpm, Flow
from songloom.systems import registry
from songloom.systems.codecs.hifigan import HifiGan
from songloom.systems.generators.mel_diffusion import MelDiffusion
from songloom.systems.request import Request

TINY = ("audioldm2-tiny", "musicldm-tiny", "tango-tiny")
TEXTS = ("calm piano", "furious metal", "slow waltz", "drum and bass")
FRAMES = 16


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def tiny(name: str) -> MelDiffusion:
    torch.manual_seed(0)
    system = registry.presets()[name].build()
    assert isinstance(system, MelDiffusion)
    return system.eval()


def batch(system: MelDiffusion) -> Batch:
    """Each text has latents of its own: a few slow waves."""
    count, width = len(TEXTS), system.codec.latent_width
    generator = torch.Generator().manual_seed(3)
    rates, phases = (scale * torch.rand(count, width, 1, generator=generator) for scale in (0.3, 6.3))
    seconds = torch.full((count,), FRAMES / system.codec.frame_rate)
    return Batch(
        texts=TEXTS,
        labels=({},) * count,
        ids=TEXTS,
        start=torch.zeros(count),
        seconds=seconds,
        total=seconds,
        mask=torch.ones(count, FRAMES, dtype=torch.bool),
        latents=4 * torch.sin(rates * torch.arange(FRAMES) + phases) + 1,
    )


def trained(system: MelDiffusion, data: Batch, steps: int) -> MelDiffusion:
    system.prepare([data])
    optimizer = torch.optim.AdamW([p for p in system.parameters() if p.requires_grad], 3e-3, fused=True)
    system.train()
    for step in range(steps):
        torch.manual_seed(step)
        optimizer.zero_grad()
        system.losses(data, step=step)["denoising"].backward()
        optimizer.step()
    return system.eval()


@torch.no_grad()
def scored(system: MelDiffusion, data: Batch) -> dict[str, float]:
    """Losses of many draws of noise and times."""
    many = []
    for seed in range(16):
        torch.manual_seed(seed)
        many.append(system.losses(data, step=0))
    return {name: sum(float(one[name]) for one in many) / len(many) for name in many[0]}


def request(**fields: object) -> Request:
    return Request(**({"prompt": "calm piano", "seconds": 0.5, "seed": 3, "steps": 4} | fields))  # type: ignore[arg-type]


def tone(seconds: float) -> Audio:
    return Audio(0.3 * torch.sin(torch.arange(round(seconds * 8000)) / 5)[None], 8000)


@pytest.mark.parametrize("name", TINY)
def test_it_learns_what_its_texts_mean_and_makes_it(name: str) -> None:
    system = tiny(name)
    data = batch(system)
    system.prepare([data])
    assert scored(system, data)["~explained"] < 0.1  # nothing is learned yet
    trained(system, data, 60)
    right = scored(system, data)
    wrong = scored(system, dataclasses.replace(data, texts=TEXTS[1:] + TEXTS[:1]))
    assert right["~explained"] > 0.25
    assert wrong["denoising"] > 1.4 * right["denoising"]
    assert data.latents is not None
    for index, text in enumerate(TEXTS):
        asked = request(prompt=text, seconds=FRAMES / system.codec.frame_rate, steps=12)
        distances = (system.draw(asked, None, 1) - data.latents).square().mean((1, 2))
        assert int(distances.argmin()) == index


@pytest.mark.parametrize("name", TINY)
@pytest.mark.parametrize(
    "change",
    [
        {"guidance": 1.0},
        {"guidance": 5.0},
        {"steps": 9},
        {"seed": 4},
        {"negative_prompt": "furious metal"},
        {"prompt": "furious metal"},
        {"init": tone(0.5)},
        {"init": tone(0.5), "inpaint": ((0.2, 0.4),)},
        {"continuation": tone(0.3)},
    ],
    ids=str,
)
def test_every_field_that_it_uses_is_heard(name: str, change: dict[str, object]) -> None:
    system = tiny(name)
    wave = system.generate(request())
    assert wave.shape == (1, 1, 4000) and torch.equal(wave, system.generate(request()))
    assert not torch.allclose(wave, system.generate(request(**change)), atol=1e-6)


@pytest.mark.parametrize("name", TINY)
def test_music_longer_than_the_window_is_made_window_by_window_and_loops_are_not(name: str) -> None:
    system = tiny(name)
    longest = system.longest * system.codec.hop_length / system.sample_rate
    made = system.generate(request(seconds=1.5 * longest))
    assert made.shape[-1] == round(1.5 * longest * system.sample_rate) and made.isfinite().all()
    with pytest.raises(ValueError, match="at once"):
        system.check(request(prompt="calm piano, 60 bpm", loop=True, seconds=256.0, bars=64))


@pytest.mark.parametrize("name", TINY)
def test_a_prompt_is_hidden_as_the_empty_text_is(name: str) -> None:
    system = tiny(name)
    data = batch(system)
    always = dataclasses.replace(system.config, condition_dropout=1.0)
    system.prepare([data])
    losses: list[Tensor] = []
    for texts, training in ((TEXTS, True), (("",) * 4, False)):
        system.config = always
        system.train(training)
        torch.manual_seed(1)
        predict = system.training_network(dataclasses.replace(data, texts=texts), FRAMES)
        with torch.no_grad():
            losses.append(predict(system.scale(data.latents), torch.tensor(500.0)))  # type: ignore[arg-type]
    torch.testing.assert_close(*losses)


def test_another_codec_is_refused() -> None:
    settings = registry.presets()["musicldm-tiny"]
    with pytest.raises(ValueError, match="latents of a mel-vae, not of hifi-gan"):
        dataclasses.replace(settings, codec=HifiGan.presets()["hifi-gan-tiny"]).build()  # type: ignore[call-arg]


def test_ddim_visits_its_own_steps_and_ends_at_the_noise_of_the_first() -> None:
    process = Ddpm.Config().build()
    visited = times.schedule("ddim", process, 200, least=0.0, most=0.0)
    steps = visited * 1000 - 1
    assert steps[0] == 996 and steps[-2] == 1 and steps[-1] == 0
    torch.testing.assert_close(steps[:-2].diff(), torch.full((198,), -5.0, dtype=torch.float64))
    assert float(times.schedule("ddim", process, 1000, least=0.0, most=0.0).max()) == 1.0
    assert times.schedule("leading", process, 4, least=0.0, most=0.0).tolist() == [0.751, 0.501, 0.251, 0.001, 0.0]
    with pytest.raises(ValueError, match="chooses among steps; flow-process has none"):
        times.schedule("ddim", Flow.Config().build(), 200, least=0.0, most=0.0)
    with pytest.raises(ValueError, match="leading, ddim"):
        times.schedule("none", process, 200, least=0.0, most=0.0)


@pytest.mark.parametrize("name", TINY)
def test_the_precisions_that_it_has_make_nearly_the_same_music(name: str) -> None:
    expected = tiny(name).draw(request(), None, 3).detach()
    for precision, limit in (("float32", 1e-4), ("bfloat16", 0.1)):
        system = tiny(name)
        system.hold(precision)  # type: ignore[arg-type]
        made = system.draw(request(), None, 3).detach()
        assert float((made - expected).std() / expected.std()) < limit
    with pytest.raises(ValueError, match="works in float32, bfloat16, not in int8"):
        system.hold("int8")
