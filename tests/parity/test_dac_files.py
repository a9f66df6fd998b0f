"""`.dac` files sound as the dac package makes them sound, window by window."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from dac_package import dac_class

from songloom.audio.loudness import loudness
from songloom.audio.resample import resample
from songloom.published import dac_audio, dac_file
from songloom.published.dac_file import DacFile
from songloom.published.load import load
from songloom.systems.codecs.dac import Dac

CHUNK = 40


@pytest.fixture(scope="module", params=[(2, 4, 8, 8), (2, 4, 5, 8)])
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Dac]:
    """The package's model at random weights, and ours from its file."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rates = list(request.param)
    settings = {
        "encoder_rates": rates,
        "decoder_rates": rates[::-1],
        "encoder_dim": 4,
        "decoder_dim": 64,
        "sample_rate": 24_000,
        "n_codebooks": 5,
    }
    model = dac_class()(**settings).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    path = tmp_path_factory.mktemp("dac") / "weights_24khz.pth"
    torch.save({"state_dict": model.state_dict(), "metadata": {"kwargs": settings}}, path)
    codec = load(path)
    assert isinstance(codec, Dac)
    return model, codec


def some_file(frames: int, *, padding: bool, channels: int = 2) -> DacFile:
    codes = np.random.default_rng(frames).integers(0, 1024, (channels, 5, frames))
    chunk = frames if padding else CHUNK
    return DacFile(codes, loudness=-20.0, samples=6000, sample_rate=24_000, chunk_length=chunk, padding=padding)


def theirs(model: Any, file: DacFile) -> torch.Tensor:
    """The wave [C, T] of the package's `decompress` before its loudness is restored."""
    model.padding = file.padding
    try:
        with torch.no_grad():
            pieces = [
                model.decode(model.quantizer.from_codes(torch.from_numpy(codes))[0])
                for codes in np.split(file.codes, range(file.chunk_length, file.codes.shape[2], file.chunk_length), 2)
            ]
    finally:
        model.padding = True
    return torch.cat(pieces, -1)[:, 0]


@pytest.mark.parametrize("padding", [True, False])
def test_the_wave_is_the_packages_at_the_loudness_of_the_file(pair: tuple[Any, Dac], padding: bool) -> None:
    model, codec = pair
    file = some_file(CHUNK * (1 if padding else 3), padding=padding)
    expected = theirs(model, file)
    gain = 10 ** ((-20.0 - loudness(expected, 24_000)) / 20)
    found = dac_audio.wave_of(codec, file)
    assert found.shape == (2, 6000)
    torch.testing.assert_close(found, (gain * expected)[:, :6000], atol=1e-4, rtol=1e-4)


def test_windows_that_do_not_pad_are_the_packages(pair: tuple[Any, Dac]) -> None:
    model, codec = pair
    latents = torch.randn(2, codec.latent_width, CHUNK)
    model.padding = False
    with torch.no_grad():
        expected, found = model.decode(latents), dac_audio.unpadded(codec.decoder, latents).tanh()
    model.padding = True
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_a_file_goes_through_the_disk_at_its_own_rate(pair: tuple[Any, Dac], tmp_path: Path) -> None:
    _, codec = pair
    made = some_file(CHUNK * 3, padding=False)
    metadata = {
        "input_db": np.array([-20], np.float32),
        "original_length": 11_000,
        "sample_rate": 44_100,
        "chunk_length": CHUNK,
        "channels": 2,
        "padding": False,
        "dac_version": "1.0.0",
    }
    with (tmp_path / "a.dac").open("wb") as file:
        np.save(file, {"codes": made.codes.astype(np.uint16), "metadata": metadata}, allow_pickle=True)
    found = dac_file.read(tmp_path / "a.dac")
    wave = dac_audio.wave_of(codec, found)
    assert wave.shape == (2, 11_000)
    plain = dac_audio.wave_of(codec, dataclasses.replace(found, sample_rate=24_000, samples=8_000))
    torch.testing.assert_close(wave, resample(plain, 24_000, 44_100)[:, :11_000], atol=1e-3, rtol=0)
    assert not torch.equal(wave, dac_audio.wave_of(codec, found, 1))


def test_a_file_that_does_not_fit_is_refused(pair: tuple[Any, Dac]) -> None:
    _, codec = pair
    file = some_file(CHUNK, padding=True)
    for bent, message in (
        (dataclasses.replace(file, samples=10**12), "fewer than"),
        (dataclasses.replace(file, codes=file.codes + 1000), "codes up to"),
        (dataclasses.replace(file, codes=np.repeat(file.codes, 2, 1)), "10 codebooks"),
        (dataclasses.replace(file, padding=False, chunk_length=1), "too short"),
    ):
        with pytest.raises(ValueError, match=message):
            dac_audio.wave_of(codec, bent)
