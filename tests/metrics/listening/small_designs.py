"""Small listening tests, with files and without."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from songloom.audio import files
from songloom.metrics.listening.design import ANCHOR, BEEPS, REFERENCE, Clip, Design, Mode, Prompt
from songloom.metrics.listening.plan import Trial, plan
from songloom.metrics.listening.storage import Answer

RATE = 16000


def design(
    systems: Sequence[str] = ("x", "y"),
    prompts: int = 4,
    *,
    mode: Mode = "ratings",
    trials: int = 60,
    reference: bool = True,
) -> Design:
    """A design whose clips are named after what they are."""
    texts = tuple(Prompt(f"p{number}", f"words {number}") for number in range(prompts))
    names = [*systems, *([REFERENCE] if reference else []), ANCHOR]
    source = REFERENCE if reference else systems[0]
    clips = [
        Clip(f"{name}-{p.id}", p.id, name, 1.0, -23.0, 0.0, source if name == ANCHOR else "")
        for p in texts
        for name in names
    ]
    if mode == "ratings":
        clips += [Clip(f"beeps-{count}", "p0", BEEPS, 1.0, -23.0, 0.0, "x", count) for count in (3, 5, 7)]
    return Design("Small", mode, 7, trials, -23.0, tuple(systems), texts, tuple(clips))


def answers_of(
    test: Design,
    raters: int,
    value: Callable[[int, Trial, str], int],
    *,
    attentive: Callable[[int], bool] = lambda _: True,
) -> list[Answer]:
    """All answers of raters who answer by `value(rater, trial, question)`; the attentive ones pass every check."""
    found = []
    for rater in range(raters):
        for position, trial in enumerate(plan(test, rater)):
            first, second = (*trial.clips, "")[:2]
            for question in ("quality", "relevance"):
                given = _passing(test, trial) if trial.check and attentive(rater) else value(rater, trial, question)
                found.append(Answer(rater, position, question, first, second, given, 1.0))
    return found


def _passing(test: Design, trial: Trial) -> int:
    clip = test.by_id[trial.clips[0]]
    return 10 * clip.beeps if test.mode == "ratings" else (-1 if clip.system == ANCHOR else 1)


def folders(root: Path, names: Sequence[str], prompts: int = 2, seconds: float = 0.5) -> tuple[Path, list[Path]]:
    """A file of prompts and a folder of tones for each name, each folder louder than the one before."""
    lines = [json.dumps({"prompt": f"tone number {number}"}) for number in range(1, prompts + 1)]
    (root / "prompts.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    times = torch.arange(round(seconds * RATE)) / RATE
    for place, name in enumerate(names):
        (root / name).mkdir(parents=True)
        for number in range(1, prompts + 1):
            tone = torch.sin(2 * torch.pi * (220 + 40 * number) * times) * 0.1 * (place + 1)
            files.write(root / name / f"{number:04d}-tone.wav", tone[None], RATE, metadata=f"made by {name}")
    return root / "prompts.jsonl", [root / name for name in names]
