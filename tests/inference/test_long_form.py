"""Files of any length through a codec give what the whole wave gives, in memory that stays."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from songloom.audio import files
from songloom.inference.long_form import detokenize_file, encode_file, samples_of, tokenize_file
from songloom.systems import registry
from songloom.systems.roles import Codec


@pytest.fixture(params=["encodec-tiny", "encodec-48khz-tiny", "soundstream-tiny"])
def codec(request: pytest.FixtureRequest) -> Codec:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    system: Codec = registry.presets()[request.param].build()
    return system.eval()


@pytest.fixture
def song(tmp_path: Path) -> Path:
    torch.manual_seed(1)
    files.write(tmp_path / "song.wav", 0.2 * torch.randn(2, 250_000), 44_100, bits=32)
    return tmp_path / "song.wav"


@torch.no_grad()
def test_codes_of_a_file_are_those_of_its_wave(codec: Codec, song: Path) -> None:
    wave, _ = files.read(song, sample_rate=codec.sample_rate, channels=codec.channels)
    told: list[float] = []
    latents = torch.cat(list(encode_file(codec, song, progress=told.append)), -1)
    torch.testing.assert_close(latents, codec.encode(wave[None])[0], atol=1e-3, rtol=0)  # resampling rounds, too
    codes, whole = torch.cat(list(tokenize_file(codec, song, streams=2)), -1), codec.tokenize(wave[None], streams=2)[0]
    assert codes.shape == whole.shape and float((codes == whole).float().mean()) > 0.99
    assert samples_of(codec, song) == wave.shape[-1]
    assert told == sorted(told) and told[-1] == 1.0


@torch.no_grad()
def test_the_file_of_codes_is_their_wave(codec: Codec, song: Path, tmp_path: Path) -> None:
    codes = list(tokenize_file(codec, song))
    samples = samples_of(codec, song)
    assert detokenize_file(codec, codes, tmp_path / "made.wav", samples=samples) == samples
    made, rate = files.read(tmp_path / "made.wav")
    whole = codec.detokenize(torch.cat(codes, -1)[None], length=samples)[0].clamp(-1, 1)
    assert rate == codec.sample_rate
    torch.testing.assert_close(made, whole, atol=1e-4, rtol=0)


def test_a_file_that_cannot_be_made_leaves_nothing(codec: Codec, tmp_path: Path) -> None:
    wrong = [torch.full((codec.streams, codec.frames(4000)), codec.codebook_size)]
    with pytest.raises(ValueError, match="codes"):
        detokenize_file(codec, wrong, tmp_path / "made.wav")
    assert not list(tmp_path.iterdir())


STREAM = """
import resource, torch
from songloom.systems import registry
torch.set_num_threads(1)
codec = registry.presets()["encodec-tiny"].build().eval()
def peak(seconds):
    pieces = (0.1 * torch.randn(1, 1, 4000) for _ in range(2 * seconds))
    frames = sum(wave.shape[-1] for wave in codec.detokenize_stream(codec.tokenize_stream(pieces)))
    assert frames == 8000 * seconds
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
peak(10)
print(peak(20), peak(300))
"""


def test_memory_does_not_grow_with_the_length() -> None:
    told = subprocess.run([sys.executable, "-c", STREAM], check=True, capture_output=True, text=True).stdout
    short, long = map(float, told.split())
    assert long - short < 8  # megabytes; the wave alone has 10, its widest activations four times as many
