"""The server keeps to its own OpenAPI description, whatever schemathesis sends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from served import Served

from songloom import checkpoint
from songloom.systems import registry

NOT_ALL_IN_THE_SCHEMA = "positive_data_acceptance"
"""What music may be asked for also depends on the model, and what is sound only its bytes tell."""


def test_schemathesis_finds_nothing(model: Path, tmp_path: Path) -> None:
    pytest.importorskip("schemathesis")
    checkpoint.save(registry.preset("shuttle-tiny")[1].build(), tmp_path / "ear")
    checkpoint.save(registry.preset("spectral-codec-tiny")[1].build(), tmp_path / "codec")
    (tmp_path / "tokens").write_text("a-token-of-16-characters\n", encoding="utf-8")
    models = [word for name in (f"tiny={model}", "ear=./ear", "codec=./codec") for word in ("--model", name)]
    bounds = ("--seconds", 2, "--waiting", 3, "--rate", 1000, "--tokens", "tokens")
    with Served(tmp_path, "serve", *models, "--port", 0, *bounds) as server:
        words = [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{server.url}openapi.json"),
            *("--header", "Authorization: Bearer a-token-of-16-characters"),
            *("--phases", "fuzzing", "--max-examples", "4", "--generation-deterministic", "--no-color"),
            *("--exclude-checks", NOT_ALL_IN_THE_SCHEMA, "--continue-on-failure", "--request-timeout", "300"),
        ]
        found = subprocess.run(words, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert found.returncode == 0 and "34 selected / 34 total" in found.stdout, (
        found.stdout[-5000:] + found.stderr[-2000:]
    )
