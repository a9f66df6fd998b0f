"""What every system promises, at its tiny size: shapes, gradients, learning, saving, repeating under a seed.

Systems are found by the registry, so a new one is tested by being there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
import torch
from torch import Tensor

from songloom import checkpoint
from songloom.data.batch import Batch
from songloom.systems import registry
from songloom.systems.listeners.tagger import Tagger
from songloom.systems.request import Request
from songloom.systems.roles import Codec, Embedder, Generator, System
from songloom.training.log import summed
from songloom.training.optimisation import (
    make_optimizers,
    opponent_parameters,
    rate_factor,
    set_rates,
    trained_parameters,
)
from songloom.training.samples import write_samples

OWNERS = {
    name: cls
    for cls in registry.system_classes().values()
    if cls.__module__.startswith("songloom.")
    for name in cls.presets()
    if name.endswith("-tiny")
}
CODECS = [name for name, cls in OWNERS.items() if issubclass(cls, Codec)]
GENERATORS = [name for name, cls in OWNERS.items() if issubclass(cls, Generator)]
EMBEDDERS = [name for name, cls in OWNERS.items() if issubclass(cls, Embedder)]
LABELS = {
    "tempo": 120.0,
    "downbeats": [0.0, 2.0],
    "tonic": 9,
    "mode": "minor",
    "drums": True,
    "meter": "4/4",
    "style": "techno",
    "mood": "calm",
    "families": ["synth", "drums"],
}
TEXTS = ("calm piano", "furious metal", "", "slow waltz")
GAME = {"adversarial", "features", "adversary"}
"""Losses of two sides that work against each other: neither has to fall."""
BALANCED = "balanced"
"""A loss whose gradient is balanced, of parts that are only reported: these have to fall, apart from the game's."""


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def build(name: str) -> System:
    torch.manual_seed(0)
    system: System = registry.presets()[name].build()
    for part in system.frozen:
        getattr(system, part).requires_grad_(False)
    system.call_opponents()
    return system.train()


def music(system: System, seconds: float, items: int = 4) -> Tensor:
    """Decaying tones of several pitches, with a little noise: [B, C, T]."""
    samples = max(1, round(seconds * system.sample_rate))
    time = torch.arange(samples) / system.sample_rate
    pitches = 110.0 * 2 ** (torch.arange(items * system.channels) * 5 / 12)
    tones = torch.sin(2 * math.pi * pitches[:, None] * time) * torch.exp(-4 * (time % 0.25))
    noise = torch.randn(tones.shape, generator=torch.Generator().manual_seed(1))
    return (0.4 * tones + 0.01 * noise).reshape(items, system.channels, samples)


def batch(name: str, system: System) -> Batch:
    wave = music(system, OWNERS[name].recipe(name).seconds)
    return Batch(
        texts=TEXTS,
        labels=(LABELS, {}, {**LABELS, "drums": False}, {**LABELS, "meter": "3/4"}),
        ids=TEXTS,
        start=torch.zeros(4),
        seconds=torch.full((4,), wave.shape[-1] / system.sample_rate),
        total=torch.full((4,), 4.0),
        mask=torch.ones(4, wave.shape[-1], dtype=torch.bool),
        sample_rate=system.sample_rate,
        wave=wave,
    )


def step_losses(system: System, data: Batch, step: int) -> tuple[Tensor, float]:
    """What is minimised, and the sum of what has to fall."""
    losses = system.losses(data, step=step)
    for part, value in losses.items():
        assert value.ndim == 0 and bool(value.isfinite()), part
    total = torch.stack([losses[part] for part in summed(list(losses))]).sum()
    falling = {part for part in summed(list(losses)) if part not in GAME}
    if BALANCED in falling:
        falling = falling - {BALANCED} | ({"~wave", "~mel"} & losses.keys())
    return total, sum(float(losses[part].detach()) for part in falling)


def train(name: str, system: System, data: Batch, steps: int) -> Iterator[float]:
    """Steps of the preset's own recipe on one batch, at most as many; gives of each the sum of the losses that have
    to fall."""
    recipe = OWNERS[name].recipe(name)
    optimizers = make_optimizers(system, recipe)
    torch.manual_seed(1)
    system.prepare([data])
    for step in range(steps):
        torch.manual_seed(step)
        total, falling = step_losses(system, data, step)
        total.backward()
        yield falling
        set_rates(optimizers, rate_factor(step, recipe))
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad()


@pytest.mark.parametrize("name", OWNERS)
def test_a_system_has_published_presets_beside_its_tiny_one(name: str) -> None:
    owner, settings = registry.preset(name)
    assert owner is OWNERS[name] and owner.summary
    names = list(owner.presets())
    assert not names[0].endswith("-tiny"), "the first preset is the published one"
    for preset in names:
        recipe = owner.recipe(preset)
        assert recipe.seconds > 0 and recipe.steps > 0
    assert settings != owner.presets()[names[0]]


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("frames", [0.01, 1, 1.01, 7.5])
def test_a_codec_gives_the_shapes_that_it_promises(name: str, frames: float) -> None:
    codec = build(name).eval()
    assert isinstance(codec, Codec)
    samples = max(1, round(frames * codec.hop_length))
    wave = music(codec, samples / codec.sample_rate, 2)
    with torch.no_grad():
        latents = codec.encode(wave)
        assert latents.shape == (2, codec.latent_width, codec.frames(samples))
        assert codec.decode(latents, length=samples).shape == wave.shape
        whole = codec.decode(latents)
        assert whole.shape[:2] == (2, codec.channels) and whole.shape[-1] >= samples
        assert codec.decode(latents, length=5 * samples).shape[-1] == 5 * samples


@pytest.mark.parametrize("name", CODECS)
def test_codes_are_whole_numbers_below_the_size_of_the_book(name: str) -> None:
    codec = build(name).eval()
    assert isinstance(codec, Codec)
    wave = music(codec, 0.2, 2)
    with torch.no_grad():
        if not codec.streams:
            with pytest.raises(ValueError, match="no codes"):
                codec.tokenize(wave)
            return
        codes = codec.tokenize(wave)
        assert codes.shape == (2, codec.streams, codec.frames(wave.shape[-1]))
        assert codes.dtype == torch.int64 and int(codes.min()) >= 0 and int(codes.max()) < codec.codebook_size
        for streams in {1, codec.streams}:
            fewer = codec.tokenize(wave, streams=streams)
            assert torch.equal(fewer, codes[:, :streams])
            assert codec.dequantize(fewer).shape == (2, codec.latent_width, codes.shape[-1])
            assert codec.detokenize(fewer, length=wave.shape[-1]).shape == wave.shape
        for wrong in (0, codec.streams + 1):
            with pytest.raises(ValueError, match="streams"):
                codec.tokenize(wave, streams=wrong)
        with pytest.raises(ValueError, match="codes"):
            codec.dequantize(torch.full_like(codes, codec.codebook_size))


@pytest.mark.parametrize("name", CODECS)
def test_a_codec_refuses_what_is_no_wave_and_no_latent(name: str) -> None:
    codec = build(name).eval()
    assert isinstance(codec, Codec)
    channels, width = codec.channels, codec.latent_width
    for shape in ((1, channels + 1, 500), (1, channels, 0), (channels, 500)):
        with pytest.raises(ValueError, match="wave"):
            codec.encode(torch.zeros(shape))
    for shape in ((1, width + 1, 4), (1, width, 0), (width, 4)):
        with pytest.raises(ValueError, match="latents"):
            codec.decode(torch.zeros(shape))


@pytest.mark.parametrize("name", CODECS)
def test_a_run_leaves_copies_that_are_as_long_as_their_originals(name: str, tmp_path: Path) -> None:
    system = build(name).eval()
    data = batch(name, system)
    assert data.wave is not None
    for path in write_samples(system, data, tmp_path, 3):
        assert soundfile.info(path).frames == data.wave.shape[-1]
    assert len(list(tmp_path.iterdir())) == len(data.wave)


@pytest.mark.parametrize("name", GENERATORS)
def test_a_generator_gives_as_many_samples_as_were_asked(name: str) -> None:
    system = build(name).eval()
    assert isinstance(system, Generator)
    wave = system.generate(Request(seconds=0.3, seed=3, candidates=2))
    assert wave.shape == (2, system.channels, round(0.3 * system.sample_rate))
    assert bool(wave.isfinite().all()) and float(wave.abs().max()) <= 1.0


@pytest.mark.parametrize("name", EMBEDDERS)
def test_an_embedder_gives_vectors_of_length_1_for_music_of_any_length_and_for_texts(name: str) -> None:
    system = build(name).eval()
    assert isinstance(system, Embedder)
    texts = system.embed_text(["calm piano", "", "furious metal with a long solo, 180 bpm"])
    assert texts.shape == (3, system.width)
    for seconds in (0.3 * system.window_seconds, system.window_seconds, 2.5 * system.window_seconds):
        heard = system.embed_audio(music(system, seconds, 2))
        assert heard.shape == (2, system.width) and bool(heard.isfinite().all())
        assert torch.allclose(heard.norm(dim=-1), torch.ones(2), atol=1e-5)
    assert torch.allclose(texts.norm(dim=-1), torch.ones(3), atol=1e-5)


@pytest.mark.parametrize("name", EMBEDDERS)
def test_a_text_is_embedded_the_same_whatever_stands_beside_it(name: str) -> None:
    system = build(name).eval()
    assert isinstance(system, Embedder)
    alone = system.embed_text(["calm piano"])
    among = system.embed_text(["furious metal with a long solo, 180 bpm", "calm piano"])
    assert torch.allclose(alone[0], among[1], atol=1e-5)


@pytest.mark.parametrize("name", OWNERS)
def test_the_gradient_reaches_every_trained_weight(name: str) -> None:
    system = build(name)
    weights = trained_parameters(system) | opponent_parameters(system)
    waiting = set(weights)
    with torch.no_grad():  # a hinge that all scores are inside pulls the last bias both ways, until scores differ
        for weight in opponent_parameters(system).values():
            weight.add_(5 * torch.randn_like(weight) if weight.ndim == 1 else 0)
    for _ in train(name, system, batch(name, system), 30):
        waiting -= {part for part in waiting if (grad := weights[part].grad) is not None and bool(grad.any())}
        if not waiting:
            break
    assert not waiting, f"no gradient for {', '.join(sorted(waiting))}"


@pytest.mark.parametrize("name", OWNERS)
def test_one_batch_is_learned(name: str) -> None:
    system = build(name)
    totals: list[float] = []
    for total in train(name, system, batch(name, system), 200):
        totals.append(total)
        if sum(totals[-5:]) < 0.7 * sum(totals[:5]):
            return
    raise AssertionError(f"from {totals[0]:.3g} to {totals[-1]:.3g} in {len(totals)} steps")


@pytest.mark.parametrize("name", OWNERS)
def test_a_saved_system_gives_the_same_when_it_is_loaded(name: str, tmp_path: Path) -> None:
    system = build(name)
    list(train(name, system, batch(name, system), 2))
    system.eval()
    checkpoint.save(system, tmp_path / "model")
    loaded = checkpoint.load(tmp_path / "model")
    assert loaded.config == system.config
    with torch.no_grad():
        for mine, other in zip(answers(system), answers(loaded), strict=True):
            assert torch.equal(mine, other)


def answers(system: System) -> list[Tensor]:
    """What a system gives: latents, a wave, codes; a piece of music; or vectors."""
    if isinstance(system, Generator):
        return [system.generate(Request(seconds=0.2, seed=3))]
    if isinstance(system, Embedder):
        return [system.embed_audio(music(system, 0.2, 2)), system.embed_text(["calm piano", "waltz"])]
    if isinstance(system, Tagger):
        return list(system.tag(music(system, 0.2, 2)))
    assert isinstance(system, Codec)
    wave = music(system, 0.2, 2)
    latents = system.encode(wave)
    return [latents, system.decode(latents), *([system.quantize(latents)] if system.streams else [])]


@pytest.mark.parametrize("name", OWNERS)
def test_training_repeats_under_a_seed(name: str) -> None:
    first, second = build(name), build(name)
    data = batch(name, first)
    assert list(train(name, first, data, 3)) == list(train(name, second, data, 3))
    for mine, other in zip(first.state_dict().values(), second.state_dict().values(), strict=True):
        assert torch.equal(mine, other)
