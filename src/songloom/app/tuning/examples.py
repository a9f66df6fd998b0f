"""Before and after: the same prompts and seeds by a model as it was and with what it learned, and what that measures.

The loss is that on held-out pieces, where there are any, so it tells what was understood rather than remembered. The
distance is that of the examples to the folder's music in an embedder's space (KAD; see metrics/kernel_distance.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from songloom import checkpoint
from songloom.audio.clip import Audio
from songloom.conditioning.language import is_foreign
from songloom.config import parsed
from songloom.data.manifest import Caption, Clip, read, text_of, write_atomically
from songloom.inference import candidates, song
from songloom.inference.embedding import Space, embed_file
from songloom.inference.text_similarity import TextSimilarity
from songloom.metrics.kernel_distance import kernel_distance
from songloom.recipe import Recipe
from songloom.systems.loras import Strength
from songloom.systems.request import DEFAULT_SECONDS, Request
from songloom.training import held_out, session
from songloom.training.finetuning import learner

FOLDER, RECORD = "examples", "examples.json"
KINDS = ("sentence", "phrase", "tags")
"""Of captions, those first that make the best prompts."""
HEARD = 100
"""Pieces of the folder, evenly taken, that stand for it in a distance."""
Report = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Example:
    """One prompt's music by one model: `measured` as candidates are (tempo, key, drums, loudness), and `similarity` of
    sound and words, -1..1."""

    prompt: str
    seed: int
    file: str
    measured: dict[str, Any]
    similarity: float


@dataclass(frozen=True, slots=True)
class Side:
    """A model before or after: the loss on pieces of the folder, the examples, and their distance to the folder (None
    where there are too few of either)."""

    loss: float
    examples: tuple[Example, ...]
    distance: float | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Both sides. `loss_on` says whether these pieces were held out or learned; `within` is the distance between two
    halves of the folder, below which nothing can be asked; `lora_sha256` is that of the file that was heard."""

    model: str
    lora_sha256: str
    embedder: str
    loss_on: Literal["held out", "learned"]
    pieces: int
    within: float | None
    before: Side
    after: Side


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What is asked: a model and what it learned from the data set `data` by a recipe; so many examples are made."""

    model: str
    lora: Path
    recipe: Recipe
    data: Path
    count: int = 3
    seconds: float = DEFAULT_SECONDS
    device: str = "cpu"


def compare(trial: Trial, space: Space, out: Path, *, report: Report = lambda _: None) -> Outcome:
    """Makes and measures the examples in `out`, unless those of this LoRA are there."""
    digest = checkpoint.file_hash(trial.lora)
    known = written(out)
    if known is not None and known.lora_sha256 == digest and len(known.after.examples) == trial.count:
        return known
    out.mkdir(parents=True, exist_ok=True)
    clips = read(trial.data)
    split = "valid" if any(clip.split == "valid" for clip in clips) else "train"
    asked = prompts(clips, split, trial.count)
    rows = folder_rows(space, trial.data, clips)
    every = np.concatenate(rows)
    sides = []
    loras: tuple[tuple[Strength, str], ...]
    for place, (name, loras) in enumerate((("before", ()), ("after", ((Strength(str(trial.lora)), digest),)))):
        tell = partial(_share, report, place)
        sides.append(_side(trial, song.read(trial.model, loras), name, split, asked, space, every, out, tell))
    outcome = Outcome(
        trial.model,
        digest,
        space.name,
        "held out" if split == "valid" else "learned",
        sum(clip.split == split for clip in clips),
        distance(np.concatenate(rows[::2]), np.concatenate(rows[1::2])) if len(rows) > 1 else None,
        *sides,
    )
    write_atomically(out / RECORD, json.dumps(asdict(outcome), indent=1, ensure_ascii=False) + "\n")
    return outcome


def prompts(clips: Sequence[Clip], split: str, count: int) -> list[str]:
    """Captions of so many pieces, those of the split first, each once; "music" where nobody says anything."""
    ordered = sorted(clips, key=lambda clip: clip.split != split)
    found = [min(clip.captions, key=_unfit).text for clip in ordered if clip.captions]
    different = list(dict.fromkeys(found)) or ["music"]
    return [different[place % len(different)] for place in range(count)]


def _unfit(caption: Caption) -> tuple[bool, int]:
    """What makes a caption a worse prompt than another."""
    return is_foreign(caption.text), KINDS.index(caption.kind) if caption.kind in KINDS else 0


def folder_rows(space: Space, data: Path, clips: Sequence[Clip]) -> list[np.ndarray]:
    """The windows [n, E] of some pieces of a data set as an embedder hears them."""
    places = np.linspace(0, len(clips) - 1, min(len(clips), HEARD)).round().astype(int)
    return [embed_file(space.system, data / clips[place].audio)[1].numpy() for place in places]


def distance(reference: np.ndarray, made: np.ndarray) -> float | None:
    """KAD of rows [N, E]; None where there are too few."""
    return kernel_distance(reference, made) if min(len(reference), len(made)) > 1 and len(reference) > 2 else None


def written(out: Path) -> Outcome | None:
    """The outcome that a folder holds; None where there is none."""
    path = out / RECORD
    if not path.is_file():
        return None
    told = parsed(text_of(path))
    sides = {
        name: Side(told[name]["loss"], tuple(Example(**one) for one in told[name]["examples"]), told[name]["distance"])
        for name in ("before", "after")
    }
    return Outcome(**{**told, **sides})


def _share(report: Report, place: int, done: float) -> None:
    report((place + done) / 2)


def _side(
    trial: Trial,
    model: song.Model,
    name: str,
    split: str,
    asked: Sequence[str],
    space: Space,
    folder: np.ndarray,
    out: Path,
    report: Report,
) -> Side:
    """One of the two models: its loss first, then its music."""
    model.system.to(trial.device)
    source = session.open_data(model.system, trial.recipe, trial.data, split)
    assert source is not None
    loss = held_out.mean_loss(learner(model.system), trial.recipe, source)
    if trial.device == "cpu":
        model.system.hold()
    similarity, made, vectors = TextSimilarity(space), [], []
    for seed, prompt in enumerate(asked):
        request = Request(prompt=prompt, seconds=trial.seconds, seed=seed)
        with torch.inference_mode():
            wave = model.system.generate(request)[0].float().cpu()
        audio: Audio = song.finished(model, wave, request, song.DEFAULT_LOUDNESS)
        path = audio.save(out / f"{seed + 1}-{name}.flac")
        vectors.append(embed_file(space.system, path)[1].numpy())
        made.append(Example(prompt, seed, path.name, candidates.measure(audio), similarity(audio, request)))
        report((seed + 1) / len(asked))
    return Side(loss, tuple(made), distance(folder, np.concatenate(vectors)) if vectors else None)
