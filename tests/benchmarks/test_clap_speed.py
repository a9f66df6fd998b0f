"""The benchmark of CLAP's embeddings, on two small stages and one layer of text."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks"
SMALL = {
    "depths": [1, 1],
    "num_attention_heads": [1, 2],
    "patch_embeds_hidden_size": 8,
    "hidden_size": 16,
    "num_hidden_layers": 2,
}
TEXT = {
    "hidden_size": 16,
    "num_attention_heads": 2,
    "intermediate_size": 16,
    "num_hidden_layers": 1,
}


def test_one_run_times_both_and_states_the_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    bench = importlib.import_module("clap_speed")
    monkeypatch.setattr(bench, "SIZES", {"tiny": SMALL, "tiny, fused": {**SMALL, "enable_fusion": True}})
    monkeypatch.setattr(bench, "TEXT", TEXT)
    page, out = tmp_path / "page.md", tmp_path / "speed.json"
    page.write_text("<!-- clap speed:begin -->\n<!-- clap speed:end -->\n")
    bench.main(clips=1, fused_seconds=11.0, texts=2, words=5, rounds=1, threads=1, out=out, docs=page)
    rows = json.loads(out.read_text())["rows"]
    assert [row["tower"] for row in rows] == ["tiny", "text tower", "tiny, fused"]
    assert all(row["transformers"] > 0 and row["songloom"] > 0 for row in rows)
    assert rows[0]["error"] < 1e-4 and rows[1]["error"] < 1e-4 and rows[2]["error"] is None
    assert "| tiny, fused | 1 x 11 s of music |" in page.read_text()


def test_sizes_that_cannot_be_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    with pytest.raises(ValueError, match="counts are 1 or more"):
        importlib.import_module("clap_speed").main(rounds=0)
