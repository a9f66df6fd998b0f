"""Phase reconstruction: consistent, better than random starts, seamless as a stream."""

import librosa
import numpy as np
import pytest
import torch

from songloom.audio.griffin_lim import GriffinLimStream, griffin_lim, guess_phases
from songloom.audio.spectrogram import Stft

STFT = Stft(512, 128)
RATE = 8000


def tune(seconds: float = 2.0) -> torch.Tensor:
    """Decaying harmonic notes and soft noise, [1, T]."""
    generator = np.random.default_rng(0)
    time = np.arange(int(RATE * seconds)) / RATE
    wave = 0.003 * generator.standard_normal(len(time))
    for onset, pitch in zip(np.arange(0, seconds, 0.25), [220, 277, 330, 440, 392, 294, 247, 196] * 4, strict=False):
        age = np.maximum(time - onset, 0)
        for harmonic in (1, 2, 3, 4):
            wave += (time >= onset) * 0.2 / harmonic * np.exp(-4 * age) * np.sin(2 * np.pi * pitch * harmonic * age)
    return torch.from_numpy(wave.astype(np.float32))[None]


def distance(wave: torch.Tensor, magnitude: torch.Tensor) -> float:
    """Spectral convergence: relative error of the magnitudes."""
    return float((STFT.magnitude(wave) - magnitude).norm() / magnitude.norm())


def test_twelve_iterations_beat_librosas_thirty_two() -> None:
    wave = tune()
    magnitude = STFT.magnitude(wave)
    ours = griffin_lim(magnitude, STFT, samples=wave.shape[1])
    theirs = librosa.griffinlim(
        magnitude[0].numpy(),
        n_iter=32,
        hop_length=128,
        n_fft=512,
        random_state=0,
        length=wave.shape[1],
        pad_mode="constant",
    )
    assert ours.shape == wave.shape
    assert distance(ours, magnitude) < 0.06
    assert distance(ours, magnitude) < distance(torch.from_numpy(theirs)[None], magnitude)


def test_more_iterations_come_closer() -> None:
    magnitude = STFT.magnitude(tune())
    errors = [distance(griffin_lim(magnitude, STFT, iterations=n, samples=16000), magnitude) for n in (0, 4, 16)]
    assert errors[0] > errors[1] > errors[2]


@pytest.mark.parametrize("piece", [1, 7, 40])
@pytest.mark.parametrize("padding", ["centre", "same"])
def test_a_stream_has_no_seams(piece: int, padding: str) -> None:
    stft = Stft(512, 128, padding)  # type: ignore[arg-type]
    wave = tune()
    magnitude = stft.magnitude(wave)
    stream = GriffinLimStream(stft)
    pieces = [stream.push(part) for part in magnitude.split(piece, dim=2)]
    streamed = torch.cat([*pieces, stream.finish(wave.shape[1])], 1)
    assert streamed.shape == wave.shape
    assert distance(streamed, STFT.magnitude(wave)) < 0.06
    assert float(streamed.diff().abs().max()) < 1.2 * float(wave.diff().abs().max())


def test_a_stream_emits_all_but_the_lookahead() -> None:
    stream = GriffinLimStream(STFT, iterations=1, lookahead=8)
    emitted = sum(stream.push(torch.rand(1, 257, 10)).shape[1] for _ in range(5))
    assert emitted == (50 - 8) * 128 - STFT.lead


def test_a_steady_sine_keeps_its_phase_coherent_without_iterations() -> None:
    time = torch.arange(8000) / RATE
    wave = torch.sin(2 * torch.pi * 445.3 * time)[None]
    again = griffin_lim(STFT.magnitude(wave), STFT, iterations=0, samples=8000)
    inner = again[0, 1000:7000]
    assert float(inner.abs().unfold(0, 64, 64).amax(1).min()) > 0.9


def test_the_guess_goes_on_where_the_last_piece_ended() -> None:
    magnitude = STFT.magnitude(tune()).transpose(1, 2)
    whole, _ = guess_phases(magnitude, STFT)
    first, tracks = guess_phases(magnitude[:, :50], STFT)
    second, _ = guess_phases(magnitude[:, 50:], STFT, tracks)
    turn = torch.cat([first, second], 1) - whole
    assert float((torch.cos(turn) - 1).abs().max()) < 1e-3


def test_results_repeat_and_clips_do_not_mix() -> None:
    magnitude = torch.cat([STFT.magnitude(tune()), STFT.magnitude(tune().flip(1))])
    both = griffin_lim(magnitude, STFT, iterations=4)
    assert torch.equal(both, griffin_lim(magnitude, STFT, iterations=4))
    torch.testing.assert_close(both[1:], griffin_lim(magnitude[1:], STFT, iterations=4))


def test_silence_stays_silent() -> None:
    assert torch.equal(griffin_lim(torch.zeros(1, 257, 20), STFT), torch.zeros(1, 19 * 128))


@pytest.mark.parametrize(
    "make",
    [
        lambda: griffin_lim(torch.zeros(257, 20), STFT),
        lambda: griffin_lim(torch.zeros(1, 256, 20), STFT),
        lambda: griffin_lim(torch.zeros(1, 257, 0), STFT),
        lambda: GriffinLimStream(STFT, iterations=-1),
        lambda: GriffinLimStream(STFT).finish(),
    ],
)
def test_wrong_input_is_refused(make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError):
        make()
