"""Two towers: chunks of a batch give the gradient of the whole, words for labels hold for all that have them, and
after a little training the right text is nearest."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import torch
from embedder_toys import TEXTS, build, settings_of, sounds, taught
from torch import Tensor

from songloom.systems import registry
from songloom.systems.embedders.audio_towers import striped
from songloom.systems.embedders.two_tower import TwoTowerSettings
from songloom.systems.embedders.wordings import holds, label_words, matches, worded

TINY = [
    name
    for name, settings in registry.presets().items()
    if isinstance(settings, TwoTowerSettings) and name.endswith("-tiny")
]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("name", TINY)
def test_the_right_text_is_nearest_after_a_little_training(name: str) -> None:
    system = taught(name, steps=60)
    held_out = sounds(system, 999, 2)
    assert held_out.wave is not None
    products = system.embed_audio(held_out.wave) @ system.embed_text(TEXTS).T
    right = products.argmax(1) == torch.arange(12) % 6
    assert int(right.sum()) >= 8, f"{int(right.sum())} of 12; chance is 2"
    shuffled = products[torch.arange(12), (torch.arange(12) + 1) % 6]
    assert bool(products[torch.arange(12), torch.arange(12) % 6].mean() > shuffled.mean() + 0.1)


def gradients(settings: TwoTowerSettings) -> list[Tensor]:
    system = build(settings).train()
    data = sounds(system, 0)
    system.prepare([data])
    system.losses(data, step=0)["contrast"].backward()
    return [parameter.grad for parameter in system.parameters() if parameter.grad is not None]


@pytest.mark.parametrize("objective", ["softmax", "sigmoid"])
def test_chunks_of_a_batch_give_the_gradient_of_the_whole(objective: str) -> None:
    settings = replace(settings_of("mulan-resnet-tiny"), objective=objective, chunk=0)
    whole, chunked = gradients(settings), gradients(replace(settings, chunk=2))
    assert len(whole) == len(chunked) > 10
    for one, other in zip(whole, chunked, strict=True):
        assert torch.allclose(one, other, atol=1e-5)


def test_mel_frames_of_a_cache_are_heard_as_the_waves_that_they_were_made_of() -> None:
    system = build(settings_of("shuttle-tiny")).eval()
    data = sounds(system, 0)
    assert data.wave is not None
    frames = system.audio.log_mel(data.wave[:, 0])
    cached = replace(data, wave=None, latents=frames, mask=torch.ones(len(frames), frames.shape[-1], dtype=torch.bool))
    torch.manual_seed(1)
    heard = system.losses(data, step=0)["contrast"]
    torch.manual_seed(1)
    assert torch.allclose(system.losses(cached, step=0)["contrast"], heard, atol=1e-6)
    with pytest.raises(ValueError, match="has neither"):
        system.losses(replace(data, wave=None), step=0)


def test_a_short_wave_is_played_again_until_the_window_is_full() -> None:
    system = build(settings_of("shuttle-tiny")).eval()
    wave = sounds(system, 0).wave
    assert wave is not None
    half = wave[..., : wave.shape[-1] // 2]
    assert torch.allclose(system.embed_window(half), system.embed_window(half.repeat(1, 1, 2)), atol=1e-6)
    with pytest.raises(ValueError, match="a window holds"):
        system.embed_window(wave.repeat(1, 1, 2))


def test_stripes_hide_as_many_bands_and_frames_as_they_may() -> None:
    torch.manual_seed(0)
    hidden = striped(torch.ones(200, 20, 50), 6, 10) == 0
    bands, frames = hidden.all(2).sum(1), hidden.all(1).sum(1)
    assert set(bands.tolist()) == set(range(7)) and set(frames.tolist()) == set(range(11))
    places = hidden.all(2).nonzero()[:, 1]
    assert int(places.min()) == 0 and int(places.max()) == 19


LABELS = {"style": "jazz trio", "mood": "happy", "instruments": ["piano", "ride cymbal"], "drums": False}


def test_words_for_labels_hold_for_all_clips_that_have_them() -> None:
    rng = random.Random(0)
    for _ in range(200):
        words = label_words(LABELS, rng)
        assert words is not None
        text, asked = words
        assert text and 1 <= len(asked) <= 2 and holds(asked, LABELS)
    assert not holds({"style": "techno"}, LABELS) and not holds({"instruments": "harp"}, LABELS)
    assert not holds({"drums": False}, {}) and label_words({}, rng) is None


def test_matches_are_equal_texts_clips_and_labels() -> None:
    system = build(settings_of("shuttle-tiny"))
    data = replace(sounds(system, 0), ids=("a", "a", "b", "c", "d", "e"), labels=(LABELS, {}, LABELS, {}, {}, LABELS))
    texts = ["x", "y", "jazz", "z", "z", "w"]
    found = matches(data, texts, [{}, {}, {"style": "jazz trio"}, {}, {}, {}])
    expected = torch.eye(6, dtype=torch.bool)
    expected[0, 1] = expected[1, 0] = expected[3, 4] = expected[4, 3] = True
    expected[0, 2] = expected[5, 2] = True
    assert torch.equal(found, expected)


def test_the_share_of_worded_texts_is_what_was_asked() -> None:
    system = build(settings_of("shuttle-tiny"))
    data = replace(sounds(system, 0, 100), labels=(LABELS,) * 600)
    for share in (0.0, 0.25, 1.0):
        torch.manual_seed(0)
        texts, found = worded(data, share)
        changed = sum(new != old for new, old in zip(texts, data.texts, strict=True)) / 600
        assert changed == pytest.approx(share, abs=0.05) and bool(found.diagonal().all())
