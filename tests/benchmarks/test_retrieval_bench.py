"""The retrieval bench runs from end to end on a tiny embedder, and what it counts as right is right."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import soundfile
import torch
from torch import Tensor

from songloom import checkpoint
from songloom.band.composer import draw
from songloom.band.labels import labels
from songloom.data import manifest
from songloom.data.manifest import Caption, Clip
from songloom.systems import registry

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "retrieval.py"
RATE = 16_000


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder, clips = tmp_path / "corpus", []
    folder.mkdir()
    for seed in range(4):
        wave = 0.1 * torch.randn(RATE, generator=torch.Generator().manual_seed(seed))
        soundfile.write(folder / f"{seed}.wav", wave.numpy(), RATE)
        captions = (Caption("tags", "the same" if seed < 2 else f"noise {seed}"), Caption("phrase", f"hiss {seed}"))
        known = {**labels(draw(seed, seconds=2.0)), "seed": seed}
        split = "test" if seed < 3 else "train"
        clips.append(Clip(str(seed), f"{seed}.wav", 1.0, RATE, 1, split, captions, known))
    manifest.write(folder, clips)
    (folder / "corpus.json").write_text(json.dumps({"seconds": 2.0}))
    return folder


def test_the_bench_prints_a_table_and_writes_its_figures(corpus: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    checkpoint.save(registry.preset("shuttle-tiny")[1].build(), tmp_path / "model")
    page, out = tmp_path / "page.md", tmp_path / "out.json"
    page.write_text("<!-- retrieval:begin -->\n<!-- retrieval:end -->\n")
    options = ["--corpus", corpus, "--model", tmp_path / "model", "--splits", "test", "--held-out", "--speed-clips", 2]
    command = [sys.executable, str(SCRIPT), *map(str, [*options, "--out", out, "--docs", page])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    result = json.loads(out.read_text())
    assert set(result["figures"]) >= {"captions -> music", "music -> captions", "held-out words -> music"}
    assert result["figures"]["captions -> music"]["recall@10"] == 1.0  # there are three clips
    assert result["figures"]["captions -> music"]["chance @1"] == pytest.approx((2 * 2 / 3 + 4 / 3) / 6)
    assert result["times real time"] > 0 and "| captions -> music | 6 of 3 |" in page.read_text()


def test_an_equal_caption_of_another_clip_is_right_too(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    import retrieval

    class Known:
        def embed_text(self, texts: list[str]) -> Tensor:
            return torch.ones(len(texts), 2)

    clips = [clip for clip in manifest.read(corpus) if clip.split == "test"]
    found = retrieval.questions(Known(), torch.ones(3, 2), clips, None)  # type: ignore[arg-type]
    right = found["captions -> music"][1].tolist()
    assert right == [[1, 1, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1], [0, 0, 1]]
    assert torch.equal(found["music -> captions"][1], found["captions -> music"][1].T)
