"""Files in pieces hold what whole files hold."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
import soundfile
import torch

from songloom.audio import file_stream, files


def noise(samples: int, channels: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(samples)
    return 0.3 * torch.randn(channels, samples, generator=generator).cumsum(1).sin()


def joined(path: Path, rate: int, channels: int) -> torch.Tensor:
    return torch.cat(list(file_stream.pieces(path, sample_rate=rate, channels=channels)), 1)


@pytest.mark.parametrize("samples", [1, 10, 65_535, 65_536, 200_001])
@pytest.mark.parametrize(("inside", "wanted"), [(1, 1), (1, 2), (2, 1), (2, 2)])
def test_pieces_are_the_whole_file(tmp_path: Path, samples: int, inside: int, wanted: int) -> None:
    path = tmp_path / "a.wav"
    files.write(path, noise(samples, inside), 24_000)
    whole, _ = files.read(path, channels=wanted)
    assert torch.equal(joined(path, 24_000, wanted), whole)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000, 192_000])
def test_resampled_pieces_are_the_resampled_whole(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "a.wav"
    files.write(path, noise(150_000, 2), rate)
    whole, _ = files.read(path, sample_rate=24_000, channels=1)
    found = joined(path, 24_000, 1)
    assert found.shape == whole.shape
    torch.testing.assert_close(found, whole, atol=2e-4, rtol=0)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".aiff"])
def test_written_pieces_are_the_written_whole(tmp_path: Path, suffix: str) -> None:
    wave = noise(100_000, 2)
    files.write(tmp_path / f"whole{suffix}", wave, 44_100)
    with file_stream.writing(tmp_path / f"a{suffix}", 44_100, 2) as writer:
        for piece in torch.split(wave, 33_333, 1):
            writer.add(piece)
    assert torch.equal(files.read(tmp_path / f"a{suffix}")[0], files.read(tmp_path / f"whole{suffix}")[0])


@pytest.mark.parametrize("suffix", [".mp3", ".ogg", ".opus"])
def test_lossy_formats_take_pieces_too(tmp_path: Path, suffix: str) -> None:
    wave = 0.5 * torch.sin(torch.arange(64_000) * 0.05)[None]
    with file_stream.writing(tmp_path / f"a{suffix}", 32_000, 1) as writer:
        for piece in torch.split(wave, 10_000, 1):
            writer.add(piece)
    found, _ = files.read(tmp_path / f"a{suffix}", sample_rate=32_000)
    assert found.shape == wave.shape
    assert float((found - wave)[:, 4000:-4000].abs().mean()) < 0.05


def test_an_hour_is_read_in_the_memory_of_a_second(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    with file_stream.writing(path, 8_000, 1) as writer:
        for _ in range(360):
            writer.add(torch.zeros(1, 80_000))
    tracemalloc.start()
    total = sum(piece.shape[1] for piece in file_stream.pieces(path, sample_rate=8_000, channels=1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == 3600 * 8_000
    assert peak < 5e6


def test_a_file_that_claims_one_sample_a_second_costs_no_memory_either(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "slow.wav", torch.zeros(5, 1).numpy(), 1)
    pieces = file_stream.pieces(tmp_path / "slow.wav", sample_rate=44_100, channels=1)
    sizes = [piece.shape[1] for piece in pieces]
    assert sum(sizes) == 5 * 44_100
    assert max(sizes) < 4 * file_stream.BLOCK


def test_wrong_files_are_one_line(tmp_path: Path) -> None:
    text, empty, broken = tmp_path / "text.wav", tmp_path / "empty.wav", tmp_path / "nan.wav"
    text.write_text("hello")
    soundfile.write(empty, torch.zeros(0, 1).numpy(), 8_000)
    soundfile.write(broken, torch.full((10, 1), float("nan")).numpy(), 8_000, subtype="FLOAT")
    for path, message in ((text, "text.wav is not audio"), (empty, "no audio"), (broken, "not numbers")):
        with pytest.raises(ValueError, match=message):
            joined(path, 8_000, 1)
    soundfile.write(tmp_path / "six.wav", torch.zeros(10, 6).numpy(), 8_000)
    with pytest.raises(ValueError, match=r"six.wav has 6 channels"):
        joined(tmp_path / "six.wav", 8_000, 2)


def test_what_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not numbers"), file_stream.writing(tmp_path / "a.wav", 8_000, 1) as writer:
        writer.add(torch.full((1, 5), float("nan")))
    with pytest.raises(KeyboardInterrupt), file_stream.writing(tmp_path / "a.flac", 8_000, 1) as writer:
        writer.add(torch.zeros(1, 5))
        raise KeyboardInterrupt
    with pytest.raises(ValueError, match="channels"), file_stream.writing(tmp_path / "a.mp3", 8_000, 6):
        pass
    assert list(tmp_path.iterdir()) == []
