"""Short-time spectra against librosa, torch and formulas."""

import math

import librosa
import numpy as np
import pytest
import torch

from songloom.audio.spectrogram import (
    Stft,
    hertz_to_mel,
    log_mel,
    mel_decibels,
    mel_filters,
    mel_spectrogram,
    mel_to_hertz,
    overlap_add,
)


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("n_fft", "hop", "samples"), [(256, 64, 1000), (512, 100, 999), (64, 32, 10)])
def test_a_centred_spectrum_agrees_with_librosa(n_fft: int, hop: int, samples: int) -> None:
    wave = noise(samples)
    expected = librosa.stft(wave.numpy(), n_fft=n_fft, hop_length=hop, pad_mode="constant")
    torch.testing.assert_close(Stft(n_fft, hop).transform(wave), torch.from_numpy(expected), atol=1e-4, rtol=0)


@pytest.mark.parametrize(("n_fft", "hop", "samples"), [(256, 64, 1000), (512, 100, 999), (64, 16, 33)])
def test_a_mirrored_spectrum_agrees_with_torch(n_fft: int, hop: int, samples: int) -> None:
    wave = noise(2, 3, samples)
    window = torch.hann_window(n_fft)
    expected = torch.stft(wave.flatten(0, 1), n_fft, hop, window=window, pad_mode="reflect", return_complex=True)
    found = Stft(n_fft, hop, "reflect").transform(wave)
    torch.testing.assert_close(found, expected.unflatten(0, (2, 3)), atol=1e-4, rtol=0)
    with pytest.raises(ValueError, match="mirrored"):
        Stft(n_fft, hop, "reflect").transform(noise(n_fft // 2))


@pytest.mark.parametrize("padding", ["centre", "same"])
@pytest.mark.parametrize(("n_fft", "hop", "samples"), [(256, 64, 1000), (512, 100, 999), (128, 64, 1), (256, 64, 64)])
def test_the_inverse_gives_the_wave_back(padding: str, n_fft: int, hop: int, samples: int) -> None:
    stft = Stft(n_fft, hop, padding)  # type: ignore[arg-type]
    wave = noise(2, 3, samples)
    spectrum = stft.transform(wave)
    assert spectrum.shape == (2, 3, n_fft // 2 + 1, stft.frames(samples))
    again = stft.inverse(spectrum, samples)
    # Under "same" the outermost samples stand on the window's feet, hence the loose tolerance.
    torch.testing.assert_close(again, wave, atol=2e-3, rtol=0)


def test_the_frames_of_same_padding_tile_the_samples() -> None:
    stft = Stft(256, 64, "same")
    assert [stft.frames(n) for n in (1, 64, 65, 640)] == [1, 1, 2, 10]
    assert stft.samples(10) == 640


def test_overlap_add_equals_a_loop() -> None:
    frames = noise(2, 5, 10)
    expected = torch.zeros(2, (5 - 1 + 3) * 4)
    for index in range(5):
        expected[:, index * 4 : index * 4 + 10] += frames[:, index]
    torch.testing.assert_close(overlap_add(frames, 4), expected)


def test_transform_and_inverse_carry_gradients() -> None:
    stft = Stft(16, 4)
    wave = noise(1, 40).double().requires_grad_()
    assert torch.autograd.gradcheck(stft.magnitude, wave)
    assert torch.autograd.gradcheck(lambda x: stft.inverse(stft.transform(x), 40), wave)


@pytest.mark.parametrize("scale", ["slaney", "htk"])
@pytest.mark.parametrize(
    ("rate", "n_fft", "bands", "low", "high"), [(32000, 2048, 128, 0, None), (22050, 512, 40, 50, 8000)]
)
@pytest.mark.parametrize("equal_area", [True, False])
def test_mel_filters_agree_with_librosa(scale, rate, n_fft, bands, low, high, equal_area) -> None:  # type: ignore[no-untyped-def]
    ours = mel_filters(rate, n_fft, bands, low=low, high=high, scale=scale, equal_area=equal_area)
    theirs = librosa.filters.mel(
        sr=rate,
        n_fft=n_fft,
        n_mels=bands,
        fmin=low,
        fmax=high,
        htk=scale == "htk",
        norm="slaney" if equal_area else None,
    )
    assert np.abs(ours.numpy() - theirs).max() < 1e-6


@pytest.mark.parametrize("scale", ["slaney", "htk"])
def test_mel_scales_invert(scale) -> None:  # type: ignore[no-untyped-def]
    hertz = np.array([0.0, 440.0, 999.0, 1000.0, 8000.0])
    np.testing.assert_allclose(mel_to_hertz(hertz_to_mel(hertz, scale), scale), hertz, atol=1e-9)


def test_mel_spectrogram_agrees_with_librosa() -> None:
    wave = noise(4000)
    ours = mel_spectrogram(Stft(512, 128).magnitude(wave), mel_filters(16000, 512, 40))
    theirs = librosa.feature.melspectrogram(
        y=wave.numpy(), sr=16000, n_fft=512, hop_length=128, n_mels=40, pad_mode="constant"
    )
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-3, atol=1e-5)
    np.testing.assert_allclose(
        mel_decibels(Stft(512, 128).magnitude(wave), mel_filters(16000, 512, 40)).numpy(),
        librosa.power_to_db(theirs, ref=np.max),
        atol=1e-2,
    )


def test_silence_gives_the_floor() -> None:
    magnitude = Stft(512, 128).magnitude(torch.zeros(1, 1000))
    assert torch.all(log_mel(magnitude, mel_filters(16000, 512, 20)) == math.log(1e-5))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Stft(511, 128),
        lambda: Stft(512, 300),
        lambda: Stft(512, 128, "left"),  # type: ignore[arg-type]
        lambda: Stft(512, 128).transform(torch.zeros(1, 0)),
        lambda: Stft(512, 128).inverse(torch.zeros(1, 10, 4, dtype=torch.complex64)),
        lambda: mel_filters(16000, 512, 40, high=9000),
        lambda: mel_filters(16000, 512, 40, scale="bark"),  # type: ignore[arg-type]
    ],
)
def test_wrong_settings_are_refused_in_one_line(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError) as error:
        make()
    assert "\n" not in str(error.value)
