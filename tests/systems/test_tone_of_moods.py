"""Moods that words ask for are heard in the tone, and what a model's mix lacks: the same music, tilted and equalised; a
stream's, too; never a recording's."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from songloom.audio.bands import BANDS
from songloom.audio.clip import Audio
from songloom.audio.tone import Tone, toned
from songloom.inference import song
from songloom.systems import registry
from songloom.systems.request import Request
from songloom.systems.roles import Generator

SECONDS = 2.0
TONE = Tone(-3.0, (1.0,) * 8 + (-1.0,) * (BANDS - 8))


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def tiny(kind: str, tone: Tone, monkeypatch: pytest.MonkeyPatch) -> Generator:
    """A model that is asked for this tone by any words."""
    torch.manual_seed(0)
    system = registry.presets()[f"{kind}-tiny"].build().eval()
    assert isinstance(system, Generator)
    monkeypatch.setattr(type(system), "tone", lambda *_: tone)
    return system


def recording() -> Audio:
    return Audio(0.1 * torch.randn(1, 16_000, generator=torch.Generator().manual_seed(0)), 16_000)


@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize("kind", ["flow", "loom"])
def test_what_is_made_is_tilted_and_streamed_the_same(kind: str, loop: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    request = Request(prompt="calm piano", seconds=SECONDS, loop=loop, seed=3)
    plain = tiny(kind, Tone(), monkeypatch).generate(request)
    system = tiny(kind, TONE, monkeypatch)
    made = system.generate(request)
    assert made.shape == plain.shape
    assert torch.equal(torch.cat(list(system.stream(request)), dim=-1), made)
    if not loop:
        by_hand = torch.cat(list(toned([plain], system.sample_rate, TONE)), dim=-1).clamp(-1, 1)
        torch.testing.assert_close(made, by_hand, atol=1e-5, rtol=0)
    assert not torch.allclose(made, plain, atol=1e-4)


def test_a_story_and_music_from_a_recording_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Request(prompt="calm piano", seconds=SECONDS, steps=1)
    for changes in ({"init": recording()}, {"continuation": recording()}, {"story": ((1.0, "dark"),)}):
        request = dataclasses.replace(asked, **changes)
        made, plain = (tiny("flow", tone, monkeypatch).generate(request) for tone in (Tone(-3.0), Tone()))
        assert torch.equal(made, plain)


MIX = Tone(mix=(-3.0,) * 8 + (3.0,) * (BANDS - 8))


def test_a_story_is_mixed_and_what_a_recording_is_changed_into_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Request(prompt="calm piano", seconds=SECONDS, steps=1)
    for changes, mixed in (({"init": recording()}, False), ({"story": ((1.0, "dark"),)}, True)):
        request = dataclasses.replace(asked, **changes)
        made, plain = (tiny("flow", tone, monkeypatch).generate(request) for tone in (MIX, Tone()))
        assert torch.equal(made, plain) is not mixed


def test_beside_what_is_kept_of_a_recording_what_is_made_is_mixed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Request(prompt="calm piano", seconds=SECONDS, continuation=recording(), steps=1)
    made, plain = (tiny("flow", tone, monkeypatch).generate(asked)[0] for tone in (MIX, Tone()))
    rate = registry.presets()["flow-tiny"].build().sample_rate
    kept, beyond = rate // 2, rate + rate // 4  # the recording lasts a second
    assert torch.equal(made[:, :kept], plain[:, :kept])
    wanted = torch.cat(list(toned([plain], rate, MIX)), dim=-1)
    torch.testing.assert_close(made[:, beyond:], wanted[:, beyond:].clamp(-1, 1), atol=1e-4, rtol=0)
    assert not torch.allclose(made[:, beyond:], plain[:, beyond:], atol=1e-4)


@pytest.mark.parametrize("kind", ["flow", "loom"])
def test_a_mix_for_other_bands_is_refused_when_a_model_is_made(kind: str) -> None:
    with pytest.raises(ValueError, match="the mix has 2 gains"):
        dataclasses.replace(registry.presets()[f"{kind}-tiny"], mix=(1.0, 2.0)).build()


@pytest.mark.parametrize("kind", ["flow", "loom"])
def test_the_mix_of_the_settings_is_heard(kind: str) -> None:
    mix = (0.0,) * 8 + (2.0,) * (BANDS - 8)
    settings = dataclasses.replace(registry.presets()[f"{kind}-tiny"], mix=mix)
    system = settings.build()
    assert system.tone(Request(prompt=" ")) == Tone(0.0, mix)


@pytest.mark.parametrize("name", ["flow", "loom"])
def test_embedded_models_read_how_bright_a_mood_is(name: str) -> None:
    system = song.open_model(name).system
    happy, dark, none = (
        system.tone(Request(prompt=words)).slope for words in ("happy folk", "a dark techno track", " ")
    )
    assert happy > 0.5 > -0.5 > dark
    assert none == 0.0


def test_a_control_net_s_tone_is_its_base_s(monkeypatch: pytest.MonkeyPatch) -> None:
    system = registry.presets()["music-controlnet-tiny"].build()
    monkeypatch.setattr(type(system.base), "tone", lambda *_: TONE)
    assert system.tone(Request(prompt="calm piano")) == TONE
