"""A task comes back from its JSON and files as it was, sounds and curves to the last bit."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
import torch

from songloom.app.job_kinds import task_of
from songloom.app.job_music import Music
from songloom.audio.clip import Audio
from songloom.conditioning.curves import Curve
from songloom.inference.song import told
from songloom.systems.request import Request


def again(task: Music, folder: Path) -> Music:
    return task_of(json.loads(json.dumps(task.stored(folder))), folder)


def test_plain_requests_come_back_equal(tmp_path: Path) -> None:
    requests = [
        Request(prompt="calm harp", seconds=3.5, seed=2**40, tempo=90.0, key="Am", drums=False, candidates=3),
        Request(prompt="x", story=((0.0, "a"), (4.0, "b")), negative_prompt="noise", top_k=5),
        Request(prompt="house, 120 bpm", bars=4, loop=True),
    ]
    for request in requests:
        task = Music(request=request, model="m", loras=("a:0.5",), precision="int8", loudness=-20.0, suffix=".mp3")
        assert again(task, tmp_path) == task
    assert list(tmp_path.iterdir()) == []


def test_sounds_and_curves_come_back_to_the_last_bit(tmp_path: Path) -> None:
    wave = 3 * torch.randn(2, 5000, generator=torch.Generator().manual_seed(0))
    request = Request(
        seconds=2.0,
        init=Audio(wave, 22_050),
        inpaint=((0.05, 1.0),),
        melody=Audio(wave[:1], 16_000),
        dynamics=Curve.of_values("dynamics", [-30.0, None, -10.0, -20.0], 2.0),
        rhythm=Curve.of_values("rhythm", [0.0, 1.0] * 50),
    )
    back = again(Music(request=request), tmp_path).request
    for field in dataclasses.fields(request):
        assert told(getattr(back, field.name)) == told(getattr(request, field.name)), field.name


@pytest.mark.parametrize(("name", "value", "said"), [("loudness", 3.0, "loudness"), ("suffix", ".xyz", "ends in")])
def test_what_cannot_be_written_is_refused(name: str, value: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Music(request=Request(), **{name: value})  # type: ignore[arg-type]
