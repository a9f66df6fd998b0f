"""Files: round trips, recipes inside them, and one-line errors that leave older files alone."""

import base64
import io
import math
import os
import wave as stdlib_wave
import zlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from songloom.audio.files import info, read, read_metadata, write
from songloom.audio.metadata import MOST_TEXT, PACKED, unpacked
from songloom.audio.wav_stream import WavStream

RATE = 48000


def sine(seconds: float = 0.5, channels: int = 2, rate: int = RATE) -> torch.Tensor:
    time = torch.arange(int(rate * seconds)) / rate
    return torch.stack([0.5 * torch.sin(2 * math.pi * (440 + 110 * c) * time) for c in range(channels)])


@pytest.mark.parametrize(
    ("suffix", "bits", "step"),
    [
        (".wav", 16, 2**-15),
        (".wav", 24, 2**-23),
        (".wav", 32, 0.0),
        (".flac", 16, 2**-15),
        (".flac", 24, 2**-23),
        (".aiff", 16, 2**-15),
    ],
)
def test_lossless_files_give_the_wave_back(tmp_path: Path, suffix: str, bits: int, step: float) -> None:
    wave = sine()
    write(tmp_path / f"a{suffix}", wave, RATE, bits=bits)
    again, rate = read(tmp_path / f"a{suffix}")
    assert rate == RATE
    assert again.dtype == torch.float32
    assert float((again - wave).abs().max()) <= step


@pytest.mark.parametrize("suffix", [".mp3", ".ogg", ".opus"])
def test_lossy_files_keep_length_and_sound(tmp_path: Path, suffix: str) -> None:
    wave = sine()
    write(tmp_path / f"a{suffix}", wave, RATE, quality=0.8)
    again, _ = read(tmp_path / f"a{suffix}")
    assert again.shape == wave.shape
    assert float((again - wave)[:, 4000:-4000].abs().max()) < 0.05


@pytest.mark.parametrize("suffix", [".mp3", ".ogg", ".opus"])
def test_quality_costs_bytes(tmp_path: Path, suffix: str) -> None:
    noise = 0.1 * torch.randn(1, RATE, generator=torch.Generator().manual_seed(0))
    sizes = []
    for quality in (0.1, 0.9):
        write(tmp_path / f"a{suffix}", noise, RATE, quality=quality)
        sizes.append((tmp_path / f"a{suffix}").stat().st_size)
    assert sizes[0] < sizes[1]


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".ogg", ".opus", ".mp3", ".aiff"])
@pytest.mark.parametrize("size", [1, 300, 15_999, 120_000])
def test_recipes_of_any_size_come_back(tmp_path: Path, suffix: str, size: int) -> None:
    text = ('{"prompt": "Trüb, 雨 \\"low\\"", "seed": 7} ' * (size // 40 + 1))[:size]
    write(tmp_path / f"a{suffix}", sine(0.1, 1), RATE, metadata=text)
    assert read_metadata(tmp_path / f"a{suffix}") == text
    assert info(tmp_path / f"a{suffix}").frames == 4800


def test_a_file_without_recipe_has_none(tmp_path: Path) -> None:
    for name in ("a.wav", "a.mp3"):
        write(tmp_path / name, sine(0.1), RATE)
        assert read_metadata(tmp_path / name) is None


def test_other_programs_read_a_wav_with_recipe(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", sine(), RATE, metadata="x" * 5001)
    with stdlib_wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnframes(), file.getnchannels(), file.getframerate()) == (24000, 2, RATE)


def test_a_part_resampled_to_mono(tmp_path: Path) -> None:
    wave = sine(1.0)
    write(tmp_path / "a.wav", wave, RATE, bits=32)
    part, rate = read(tmp_path / "a.wav", sample_rate=16000, channels=1, start=0.25, seconds=0.5)
    assert (rate, tuple(part.shape)) == (16000, (1, 8000))
    expected = wave[:, 12000:36000].mean(0)[::3]
    assert float((part[0] - expected)[500:-500].abs().max()) < 1e-3
    assert read(tmp_path / "a.wav", start=0.9, seconds=5)[0].shape == (2, 4800)
    assert read(tmp_path / "a.wav")[0].shape == (2, 48000)


def test_a_mono_file_can_be_asked_for_in_stereo(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", sine(0.1, 1), RATE)
    stereo, _ = read(tmp_path / "a.wav", channels=2)
    assert torch.equal(stereo[0], stereo[1])
    with pytest.raises(ValueError, match="channels"):
        write(tmp_path / "b.wav", sine(0.1, 3), RATE)
        read(tmp_path / "b.wav", channels=2)


def test_opus_takes_any_rate(tmp_path: Path) -> None:
    write(tmp_path / "a.opus", sine(0.5, 1, 32000), 32000)
    assert info(tmp_path / "a.opus").seconds == pytest.approx(0.5)


def unreadable(folder: Path, kind: str) -> Path:
    path = folder / f"{kind}.wav"
    if kind == "text":
        path.write_text("not a sound")
    elif kind == "nothing":
        path.write_bytes(b"")
    elif kind == "empty":
        soundfile.write(path, np.zeros((0, 1)), RATE)
    elif kind == "nan":
        soundfile.write(path, np.array([0.0, math.nan]), RATE, subtype="FLOAT")
    elif kind == "folder":
        path.mkdir()
    return path


@pytest.mark.parametrize("kind", ["text", "nothing", "empty", "nan", "folder", "missing"])
def test_what_cannot_be_read_is_said_in_one_line(tmp_path: Path, kind: str) -> None:
    path = unreadable(tmp_path, kind)
    with pytest.raises((ValueError, FileNotFoundError)) as error:
        read(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "wave", "settings"),
    [
        ("a.xyz", sine(), {}),
        ("a", sine(), {}),
        ("a.wav", torch.zeros(2, 0), {}),
        ("a.wav", torch.zeros(10), {}),
        ("a.wav", torch.tensor([[math.nan]]), {}),
        ("a.flac", sine(), {"bits": 32}),
        ("a.mp3", sine(), {"quality": 2.0}),
        ("a.mp3", sine(0.1, 3), {}),
        ("none/a.wav", sine(), {}),
    ],
)
def test_what_cannot_be_written_is_refused_and_leaves_nothing(tmp_path: Path, name, wave, settings) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError) as error:
        write(tmp_path / name, wave, RATE, **settings)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_an_older_file_survives_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.wav"
    write(path, sine(), RATE)
    before = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="space"):
        write(path, sine(1.0), RATE)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


class Pipe(io.BytesIO):
    def seekable(self) -> bool:
        return False


@pytest.mark.parametrize("kind", [io.BytesIO, Pipe])
def test_a_stream_is_a_wav_while_it_grows(kind: type[io.BytesIO]) -> None:
    wave, target = sine(), kind()
    with WavStream(target, RATE, 2) as stream:
        for piece in torch.split(wave, 7000, dim=1):
            stream.write(piece)
    data = target.getvalue()
    assert len(data) == 44 + wave.numel() * 2
    samples, rate = soundfile.read(io.BytesIO(data))
    assert rate == RATE
    assert np.abs(samples.T - wave.numpy()).max() < 2**-14


def test_a_comment_that_unpacks_to_gigabytes_is_left_packed() -> None:
    bomb = PACKED + base64.b64encode(zlib.compress(b"0" * (MOST_TEXT + 1))).decode()
    assert unpacked(bomb) == bomb
    fine = PACKED + base64.b64encode(zlib.compress(b"0" * 50_000)).decode()
    assert unpacked(fine) == "0" * 50_000


def test_a_comment_that_claims_gigabytes_is_read_only_as_far_as_it_goes(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", sine(), RATE, metadata="hello")
    data = (tmp_path / "a.wav").read_bytes()
    at = data.rindex(b"LIST")
    (tmp_path / "a.wav").write_bytes(data[: at + 4] + b"\xff\xff\xff\xff" + data[at + 8 :])
    assert read_metadata(tmp_path / "a.wav") == "hello"
