"""Resampling: exact lengths, sines stay sines, pieces equal the whole."""

import math

import pytest
import torch

from songloom.audio.resample import ResampleStream, resample

RATES = [(44100, 32000), (32000, 44100), (48000, 16000), (22050, 48000), (44100, 44100)]


@pytest.mark.parametrize(("source", "target"), RATES)
def test_a_sine_stays_a_sine(source: int, target: int) -> None:
    before = torch.sin(2 * math.pi * 1000 * torch.arange(source, dtype=torch.float64) / source)
    after = resample(before, source, target)
    expected = torch.sin(2 * math.pi * 1000 * torch.arange(target, dtype=torch.float64) / target)
    assert after.dtype == torch.float64
    assert float((after - expected)[2000:-2000].abs().max()) < 1e-4


@pytest.mark.parametrize(("source", "target"), RATES)
@pytest.mark.parametrize("samples", [0, 1, 2, 441, 12345])
def test_the_length_is_exact_and_axes_stay(source: int, target: int, samples: int) -> None:
    assert resample(torch.ones(2, 3, samples), source, target).shape == (2, 3, math.ceil(samples * target / source))


@pytest.mark.parametrize(("source", "target"), RATES)
@pytest.mark.parametrize("piece", [100, 5000])
def test_pieces_equal_the_whole(source: int, target: int, piece: int) -> None:
    wave = torch.randn(2, 12345, generator=torch.Generator().manual_seed(0))
    stream = ResampleStream(source, target, 2)
    pieces = [stream.push(part) for part in torch.split(wave, piece, dim=1)]
    streamed = torch.cat([*pieces, stream.finish()], 1)
    torch.testing.assert_close(streamed, resample(wave, source, target), atol=1e-5, rtol=0)


def test_wrong_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="above 0"):
        resample(torch.ones(1, 10), 0, 100)
    with pytest.raises(ValueError, match="quality"):
        resample(torch.ones(1, 10), 10, 100, quality="best")
    with pytest.raises(ValueError, match="takes"):
        ResampleStream(10, 20, 2).push(torch.ones(1, 10))
