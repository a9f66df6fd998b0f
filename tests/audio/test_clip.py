"""The audio object: files with recipes, a plot, a player."""

import base64
import io
from pathlib import Path

import pytest
import soundfile
import torch

from songloom.audio.clip import Audio

WAVE = 0.3 * torch.sin(torch.arange(2 * 8000) / 20).reshape(2, 8000)
RECIPE = {"prompt": "slow Bläser, 雨", "seed": 7, "guidance": 3.0}


def test_length_and_channels_follow_from_the_wave() -> None:
    audio = Audio(WAVE, 16000)
    assert (audio.seconds, audio.channels) == (0.5, 2)
    assert repr(audio) == "Audio(2 channels, 0.50 s at 16000 Hz)"


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
def test_a_saved_file_knows_its_recipe(tmp_path: Path, name: str) -> None:
    assert Audio(WAVE, 16000, RECIPE).save(tmp_path / name) == tmp_path / name
    again = Audio.load(tmp_path / name)
    assert again.recipe == RECIPE
    assert again.wave.shape == WAVE.shape


def test_a_file_of_others_has_an_empty_recipe(tmp_path: Path) -> None:
    with soundfile.SoundFile(tmp_path / "a.flac", "w", 16000, 2) as file:
        file.comment = "ripped by someone"
        file.write(WAVE.T.numpy())
    assert Audio.load(tmp_path / "a.flac").recipe == {}


@pytest.mark.parametrize("samples", [1, 100, 8000])
def test_a_plot_is_written(tmp_path: Path, samples: int) -> None:
    figure = Audio(WAVE[:, :samples], 16000, RECIPE | {"prompt": "a tone"}).plot(tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert figure.axes[0].get_title() == "a tone"


def test_a_notebook_gets_a_player_with_the_samples() -> None:
    html = Audio(WAVE, 16000)._repr_html_()
    data = base64.b64decode(html.split("base64,")[1].split('"')[0])
    samples, rate = soundfile.read(io.BytesIO(data))
    assert rate == 16000
    assert abs(samples.T - WAVE.numpy()).max() < 2**-14


@pytest.mark.parametrize(("wave", "rate"), [(WAVE[0], 16000), (WAVE.int(), 16000), (WAVE, 0)])
def test_what_is_no_wave_is_refused(wave: torch.Tensor, rate: int) -> None:
    with pytest.raises(ValueError):
        Audio(wave, rate)


def test_audio_fits_another_rate_and_other_channels() -> None:
    stereo = Audio(torch.randn(2, 1600).clamp(-1, 1), 16_000)
    assert stereo.fitted(16_000, 2) is stereo.wave
    assert stereo.fitted(8_000, 1).shape == (1, 800)
    torch.testing.assert_close(stereo.fitted(16_000, 1), stereo.wave.mean(0, keepdim=True))
    with pytest.raises(ValueError, match="channels"):
        stereo.fitted(16_000, 3)


def test_a_summary_tells_audio_from_other_audio() -> None:
    one = Audio(torch.zeros(1, 100), 100)
    assert one.summary() == Audio(torch.zeros(1, 100), 100).summary()
    assert one.summary()["seconds"] == 1.0
    assert one.summary()["sha256"] != Audio(torch.ones(1, 100), 100).summary()["sha256"]
