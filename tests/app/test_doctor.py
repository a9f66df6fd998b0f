"""`songloom doctor`, in a process of its own: it must not live on what others have imported."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_runs import Run

from songloom import checkpoint
from songloom.band import soundfonts
from songloom.conditioning import text
from songloom.conditioning.text import minilm
from songloom.systems import registry


def test_the_doctor_finds_all_that_ships_whole_with_its_hash() -> None:
    program = "import sys; from songloom.app.cli import main; sys.argv = ['songloom', 'doctor']; main()"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=os.environ, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for name, folder in registry.embedded().items():
        line = next(line for line in done.stdout.splitlines() if line.startswith(f"model {name}: "))
        assert "whole" in line and line.endswith(checkpoint.model_hash(folder)[:16])


def test_what_is_damaged_or_missing_is_named_and_the_exit_code_says_so(
    run: Run, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "weights"
    shutil.copytree(model, weights / "tiny")
    shutil.copytree(model, weights / "worn")
    with (weights / "worn" / "model.safetensors").open("r+b") as file:
        file.seek(-3, os.SEEK_END)
        file.write(b"xyz")
    monkeypatch.setattr(registry, "EMBEDDED", weights)
    monkeypatch.setattr(soundfonts, "find_soundfonts", lambda: (soundfonts.Soundfont(Path("a.sf2"), "other"),))
    monkeypatch.setattr(soundfonts, "library_is_installed", lambda: False)
    code, out, _ = run("doctor")
    lines = dict(line.split(": ", 1) for line in out.splitlines() if ": " in line)
    assert code == 1 and lines["model tiny"].startswith("whole")
    assert lines["model worn"].startswith("not usable: ") and "SHA-256" in lines["model worn"]
    assert "apt-get install libfluidsynth3" in lines["band"]


def test_a_missing_text_encoder_is_named_with_what_brings_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    minilm.cache_clear()
    monkeypatch.setattr(text, "PACKAGE", "no_such_package_here")
    code, out, _ = run("doctor")
    assert code == 1 and "text encoder: not usable: the text encoder is missing: pip install" in out


def test_a_package_without_models_says_so(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "EMBEDDED", tmp_path)
    code, out, _ = run("doctor")
    assert code == 1 and "no embedded model" in out
