"""How well an embedder finds music by text and text by music, against chance, and how fast it listens: one table.

    python benchmarks/retrieval.py --corpus FOLDER [--model shuttle] [--splits valid test] [--speed-clips 1000]

Clips are those of the splits that no training saw. Their captions are searched in both directions: a caption's own clip
is right (and any clip with an equal caption), a clip's own captions are right. Styles are searched by their names, and
by wordings that no caption uses where `--held-out` gives the band's own. Zero-shot style: the style whose name is
nearest to a clip. Speed is the time of embedding ten-second clips of noise at the model's rate, by all threads.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from figures import publish
from machine import machine
from torch import Tensor

from songloom.audio import files
from songloom.band import composer
from songloom.band.captions import held_out_prompts
from songloom.data.dataset import clips_of
from songloom.data.manifest import Clip
from songloom.metrics.confidence import Estimate, mean
from songloom.metrics.retrieval import average_precision, chance_precision, chance_recall, recall
from songloom.published.load import load
from songloom.systems.roles import Embedder

HEADERS = ("what is asked", "of", "recall@1", "recall@10", "mAP@10", "chance @1", "chance @10", "chance mAP@10")
CLIP_SECONDS = 10.0
PROMPTS = 3
"""Held-out wordings of a clip."""


def heard(model: Embedder, folder: Path, clips: Sequence[Clip]) -> Tensor:
    """The clips' vectors [N, E]."""
    rows = []
    for clip in clips:
        wave, _ = files.read(folder / clip.audio, sample_rate=model.sample_rate, channels=model.channels)
        rows.append(model.embed_audio(wave[None]))
    return torch.cat(rows)


def measured(similarity: Tensor, relevant: Tensor) -> dict[str, Estimate | float]:
    """The figures of one question's row."""
    return {
        "recall@1": mean(recall(similarity, relevant, 1).double().tolist()),
        "recall@10": mean(recall(similarity, relevant, 10).double().tolist()),
        "mAP@10": mean(average_precision(similarity, relevant, 10).tolist()),
        "chance @1": float(chance_recall(relevant, 1).mean()),
        "chance @10": float(chance_recall(relevant, 10).mean()),
        "chance mAP@10": float(chance_precision(relevant, 10).mean()),
    }


def questions(
    model: Embedder, vectors: Tensor, clips: Sequence[Clip], length: float | None
) -> dict[str, tuple[Tensor, Tensor]]:
    """Similarity and which answers are right, [Q, N] each, by what is asked."""
    found = {}
    captions = [caption.text for clip in clips for caption in clip.captions]
    own = torch.tensor([[text in {c.text for c in clip.captions} for clip in clips] for text in captions])
    table = model.embed_text(captions) @ vectors.mT
    found["captions -> music"] = (table, own)
    found["music -> captions"] = (table.mT, own.mT)
    styles = [str(clip.labels.get("style", "")) for clip in clips]
    names = sorted(set(styles) - {""})
    if names:
        table = model.embed_text(names) @ vectors.mT
        found["style names -> music"] = (table, torch.tensor([[style == name for style in styles] for name in names]))
        kept = torch.tensor([bool(style) for style in styles])
        found["music -> style names"] = (table.mT[kept], found["style names -> music"][1].mT[kept])
    if length is not None:
        told, places = [], []
        for place, clip in enumerate(clips):
            piece = composer.draw(clip.labels["seed"], seconds=length)
            texts = held_out_prompts(piece, random.Random(place), PROMPTS)
            told += texts
            places += [place] * len(texts)
        right = torch.tensor(places)[:, None] == torch.arange(len(clips))
        found["held-out words -> music"] = (model.embed_text(told) @ vectors.mT, right)
    return found


def speed(model: Embedder, count: int) -> tuple[float, float]:
    """Seconds to embed `count` clips of ten seconds one after the other, and how many times real time that is."""
    wave = 0.1 * torch.randn(1, model.channels, round(CLIP_SECONDS * model.sample_rate))
    model.embed_audio(wave)
    begin = time.perf_counter()
    for _ in range(count):
        model.embed_audio(wave)
    taken = time.perf_counter() - begin
    return taken, count * CLIP_SECONDS / taken


def shown(figure: Estimate | float) -> str:
    """A figure of a cell."""
    return str(figure) if isinstance(figure, Estimate) else f"{figure:.3f}"


def main() -> None:
    """Reads the options, measures, prints."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--corpus", type=Path, required=True)
    options.add_argument("--model", default="shuttle")
    options.add_argument("--splits", nargs="+", default=["valid", "test"])
    options.add_argument("--clips", type=int, help="no more clips than this")
    options.add_argument(
        "--held-out", action="store_true", help="also wordings that captions never use (band's corpora)"
    )
    options.add_argument("--speed-clips", type=int, default=1000)
    options.add_argument("--threads", type=int)
    options.add_argument("--out", type=Path)
    options.add_argument("--docs", type=Path)
    given = options.parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    model = load(given.model)
    if not isinstance(model, Embedder):
        raise SystemExit(f"{given.model} is no embedder")
    clips = [clip for clip in clips_of(given.corpus) if clip.split in given.splits][: given.clips]
    length = json.loads((given.corpus / "corpus.json").read_text())["seconds"] if given.held_out else None
    figures = {
        asked: (similarity.shape, measured(similarity, right))
        for asked, (similarity, right) in questions(model, heard(model, given.corpus, clips), clips, length).items()
    }
    taken, times = speed(model, given.speed_clips)
    rows = [
        (asked, f"{shape[0]} of {shape[1]}", *(shown(figure) for figure in row.values()))
        for asked, (shape, row) in figures.items()
    ]
    known = machine()
    note = (
        f"`{given.model}` on {len(clips)} clips of {', '.join(given.splits)}; {given.speed_clips} clips of ten seconds "
        f"in {taken:.1f} s, {times:.0f} times real time ({known['cpu']}, {torch.get_num_threads()} threads, torch "
        f"{known['torch']})."
    )
    plain = {
        asked: {name: figure.value if isinstance(figure, Estimate) else figure for name, figure in row.items()}
        for asked, (_, row) in figures.items()
    }
    result = {"model": given.model, "figures": plain, "seconds": taken, "times real time": times, "machine": known}
    publish("retrieval", HEADERS, rows, note, result=result, out=given.out, docs=given.docs)


if __name__ == "__main__":
    main()
