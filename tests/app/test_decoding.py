"""An upload's decoder is a process of its own: it gives the same samples, and whatever it dies of is one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from songloom.app.service.bounds import Bounds
from songloom.app.service.decoding import decoded
from songloom.audio import files

HOSTILE = Path(__file__).parent / "hostile"


def sound(path: Path, seconds: float = 1.0, channels: int = 2) -> Path:
    noise = torch.rand(channels, round(8000 * seconds), generator=torch.Generator().manual_seed(0)) - 0.5
    files.write(path, noise, 8000)
    return path


@pytest.mark.parametrize("kind", ["wav", "flac", "ogg", "mp3", "aiff"])
def test_a_decoded_upload_has_the_samples_of_the_file(kind: str, tmp_path: Path) -> None:
    upload = sound(tmp_path / f"x.{kind}")
    info = decoded(upload, tmp_path / "plain.wav", Bounds())
    expected, rate = files.read(upload)
    wave, again = files.read(tmp_path / "plain.wav")
    assert torch.allclose(wave, expected, rtol=0, atol=1e-6 if kind == "mp3" else 0) and rate == again
    assert info == files.info(upload)


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        (Bounds(sound_seconds=0.5), "has 1 s of sound; more than 0 and at most 0.5"),
        (Bounds(sound_channels=1), "has 2 channels at 8000 Hz; 1 to 1"),
        (Bounds(sound_bytes=10_000), "becomes 64000 bytes; at most 10000"),
    ],
)
def test_what_would_become_too_much_is_refused(bounds: Bounds, said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=said):
        decoded(sound(tmp_path / "x.flac"), tmp_path / "plain.wav", bounds)
    assert not (tmp_path / "plain.wav").exists()


@pytest.mark.parametrize(
    ("word", "seconds", "said"),
    [
        ("KILLS", 300, "its decoder ended with code -11"),
        ("HOLDS", 1, "takes longer than 1 s to decode"),
        ("SPINS", 1, "takes longer than 1 s to decode"),
        ("EATS", 300, "more memory to decode than it may have"),
    ],
)
def test_a_file_that_kills_or_holds_its_decoder_is_refused_in_one_line(
    word: str, seconds: float, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", f"{HOSTILE}:{Path(files.__file__).parents[2]}")
    (tmp_path / "x.flac").write_bytes(b"fLaC" + word.encode() + bytes(100))
    with pytest.raises(ValueError, match=said):
        decoded(tmp_path / "x.flac", tmp_path / "plain.wav", Bounds(decoder_seconds=seconds))


def test_the_decoder_loads_nothing_that_it_does_not_need() -> None:
    code = "import sys, songloom.app.service.decoder; print('torch' in sys.modules)"

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"
