"""Listening tests of systems that only hum, with one tone for each prompt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch

from songloom.audio import files
from songloom.metrics.listening.design import Mode, Settings
from songloom.metrics.listening.material import gather
from songloom.metrics.listening.preparation import prepare
from songloom.metrics.listening.storage import Storage

RATE = 16000
WORDS = ("warm lo-fi piano with soft drums, 75 bpm", "a bright harp over slow strings")


def write(root: Path, systems: Sequence[str], prompts: int = 2, seconds: float = 0.5) -> None:
    """`prompts.jsonl` of one or two prompts, and a folder for each system."""
    lines = [json.dumps({"prompt": words}) + "\n" for words in WORDS[:prompts]]
    (root / "prompts.jsonl").write_text("".join(lines), encoding="utf-8")
    times = torch.arange(round(seconds * RATE)) / RATE
    for place, name in enumerate(systems):
        (root / name).mkdir()
        for number in range(1, prompts + 1):
            tone = 0.1 * torch.sin(2 * torch.pi * (200 * number + 60 * place) * times)
            files.write(root / name / f"{number:04d}.wav", tone[None], RATE)


def prepared(
    root: Path, systems: Sequence[str], prompts: int = 2, mode: Mode = "ratings", *, seconds: float = 0.5
) -> Storage:
    """A test in `root/listening` that `songloom listen` goes on with."""
    write(root, systems, prompts, seconds)
    material = gather(root / "prompts.jsonl", [root / name for name in systems])
    design = prepare(material, Settings(mode=mode), root / "listening" / "clips")
    return Storage.create(root / "listening" / "answers.sqlite", design)
