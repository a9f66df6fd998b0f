"""What a generator's mix lacks is found by its own captions, and heard once it is set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from songloom.audio import files
from songloom.audio.bands import BANDS, colour
from songloom.audio.tone import LARGEST
from songloom.data.manifest import Caption, Clip
from songloom.systems import registry
from songloom.systems.request import Request
from songloom.systems.roles import Generator
from songloom.training.mix import lacking

SECONDS = 2.0


@pytest.fixture
def system() -> Generator:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    system = registry.presets()["flow-tiny"].build().eval()
    assert isinstance(system, Generator)
    return system


def clip(name: str, text: str) -> Clip:
    captions = (Caption("tags", text),) if text else ()
    return Clip(name, f"{name}.wav", SECONDS, 32_000, 1, captions=captions)


def test_what_is_set_is_what_lacks(system: Generator, tmp_path: Path) -> None:
    """Clips that are the model's own music, five decibels louder in its upper bands."""
    rate, wanted = system.sample_rate, (-2.0,) * 8 + (3.0,) * (BANDS - 8)
    louder = type(system)(replace(system.config, mix=wanted)).eval()
    louder.load_state_dict(system.state_dict())
    clips = [clip(name, words) for name, words in (("a", "calm piano"), ("b", ""), ("c", "furious metal"))]
    for number, words in enumerate(("calm piano", "furious metal")):
        wave = louder.generate(Request(prompt=words, seconds=SECONDS, seed=number))[0]
        files.write(tmp_path / f"{'ac'[number]}.wav", wave / wave.abs().max(), rate)
    heard: list[tuple[int, int]] = []
    found = lacking(system, tmp_path, clips, lambda done, count: heard.append((done, count)))
    assert heard == [(1, 2), (2, 2)]
    wanted_colour = torch.tensor(wanted).double() - torch.tensor(wanted).double().mean()
    assert (torch.tensor(found).double() - wanted_colour)[2:].abs().max() < 1.0
    assert max(map(abs, found)) <= LARGEST and all(gain == round(gain, 1) for gain in found)
    own, _ = files.read(tmp_path / "a.wav", sample_rate=rate, channels=1)
    system.config = replace(system.config, mix=found)
    mixed = system.generate(Request(prompt="calm piano", seconds=SECONDS, seed=0))[0]
    assert (colour(mixed, rate) - colour(own, rate)).abs().mean() < 0.6


def test_clips_without_captions_are_refused(system: Generator, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="have none"):
        lacking(system, tmp_path, [clip("a", "")])
