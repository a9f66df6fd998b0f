"""How fast LAION's CLAP embeds music and texts beside transformers' ClapModel, on the same weights of published sizes.

    python benchmarks/clap_speed.py --threads 2 --clips 4 --rounds 3 --out runs/clap_speed.json

Preparing the sound counts on both sides: transformers' ClapFeatureExtractor, our mel bands. Both run in one process in
turns, and medians count. Weights are random; the error is the largest difference between embeddings of the two.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cyclopts
import torch
from figures import publish
from machine import machine
from torch import Tensor
from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

from songloom.published.load import load

HEADERS = ["audio tower", "what", "transformers, s", "songloom, s", "times as fast", "times real time", "largest error"]
RATE = 48_000
SIZES: dict[str, dict[str, Any]] = {
    "tiny": {},
    "tiny, fused": {"enable_fusion": True},
    "base": {"depths": [2, 2, 12, 2], "patch_embeds_hidden_size": 128, "hidden_size": 1024},
}
"""Of the audio tower, by what the published ones are called."""
TEXT: dict[str, Any] = {}
"""Of the text tower."""


def main(
    *,
    clips: int = 4,
    seconds: float = 10.0,
    fused_seconds: float = 30.0,
    texts: int = 32,
    words: int = 20,
    rounds: int = 3,
    threads: int = 2,
    out: Path | None = None,
    docs: Path | None = None,
) -> None:
    """Time embeddings of CLAP beside transformers.

    Parameters
    ----------
    clips:
        In a batch.
    seconds:
        Of each clip.
    fused_seconds:
        Of each clip for the model with feature fusion.
    texts:
        In a batch.
    words:
        Tokens of each text, without its marks.
    rounds:
        How often each is run; medians count.
    threads:
        Of torch, for both.
    out:
        A JSON file for all figures.
    docs:
        A document with the markers of this table, to be filled in.
    """
    if min(clips, texts, words, rounds, threads) < 1 or seconds <= 0 or fused_seconds <= 10:
        raise ValueError("counts are 1 or more, clips have a length, and fused ones are longer than 10 s")
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    with torch.no_grad(), tempfile.TemporaryDirectory() as folder:
        rows = [
            row
            for place, name in enumerate(SIZES)
            for row in compared(
                Path(folder),
                name,
                clips,
                fused_seconds if "fused" in name else seconds,
                rounds,
                texts=None if place else (texts, words),
            )
        ]
    how = {"machine": machine(), "threads": threads, "rounds": rounds, "clips": clips, "texts": texts, "words": words}
    note = f"{how['machine']['cpu']}, {threads} threads, medians of {rounds} runs in turns; batches of {clips} clips"
    publish("clap speed", HEADERS, [line(row) for row in rows], note, result=how | {"rows": rows}, out=out, docs=docs)


def compared(
    folder: Path,
    name: str,
    clips: int,
    seconds: float,
    rounds: int,
    *,
    texts: tuple[int, int] | None,
) -> Iterator[dict[str, Any]]:
    """A row for music, and one for texts where their number and length are given."""
    text = TEXT if texts else TEXT | {"num_hidden_layers": 1}
    model = stirred(ClapModel(ClapConfig(text_config=text, audio_config=SIZES[name])))
    model.save_pretrained(folder)
    system: Any = load(folder)
    fused = "fused" in name
    features = ClapFeatureExtractor(frequency_min=50, truncation="fusion" if fused else "rand_trunc")
    waves = 0.1 * torch.randn(clips, round(seconds * RATE))

    def theirs() -> Tensor:
        given = features(list(waves.numpy()), sampling_rate=RATE, return_tensors="pt")
        given["input_features"] = given["input_features"].float()
        return model.get_audio_features(**given).pooler_output

    def ours() -> Tensor:
        return system.embed_audio(waves[:, None])

    yield row(name, f"{clips} x {seconds:g} s of music", theirs, ours, rounds, seconds=clips * seconds, exact=not fused)
    if texts:
        ids = torch.randint(5, 50_000, texts)
        mask = torch.ones_like(ids)
        system.text.rows = lambda *_: (ids, mask.bool())
        yield row(
            "text tower",
            f"{texts[0]} texts of {texts[1]} tokens",
            lambda: model.get_text_features(input_ids=ids, attention_mask=mask).pooler_output,
            lambda: system.embed_text([""] * texts[0]),
            rounds,
        )


def stirred(model: Any) -> Any:
    """Statistics and tables that are no zeros and ones."""
    for name, tensor in model.state_dict().items():
        if name.endswith("batch_norm.running_mean"):
            tensor.normal_(-40, 5)
        elif name.endswith("batch_norm.running_var"):
            tensor.uniform_(200, 400)
        elif name.endswith("bias_table"):
            tensor.normal_()
    return model.eval()


def row(
    name: str,
    what: str,
    theirs: Callable[[], Tensor],
    ours: Callable[[], Tensor],
    rounds: int,
    *,
    seconds: float = 0.0,
    exact: bool = True,
) -> dict[str, Any]:
    """Median seconds of both in turns, after a run that does not count; the error where nothing is drawn at random."""
    taken: tuple[list[float], list[float]] = ([], [])
    error = float((theirs() - ours()).abs().max())
    for _ in range(rounds):
        for run, found in zip((theirs, ours), taken, strict=True):
            started = time.perf_counter()
            run()
            found.append(time.perf_counter() - started)
    slow, fast = (statistics.median(found) for found in taken)
    return {
        "tower": name,
        "what": what,
        "transformers": slow,
        "songloom": fast,
        "real_time": seconds / fast if seconds else None,
        "error": error if exact else None,
    }


def line(row: dict[str, Any]) -> list[str]:
    """The row as a table shows it."""
    return [
        row["tower"],
        row["what"],
        f"{row['transformers']:.3f}",
        f"{row['songloom']:.3f}",
        f"{row['transformers'] / row['songloom']:.2f}",
        f"{row['real_time']:.0f}" if row["real_time"] else "",
        f"{row['error']:.1e}" if row["error"] is not None else "pieces at random",
    ]


if __name__ == "__main__":
    cyclopts.run(main)
