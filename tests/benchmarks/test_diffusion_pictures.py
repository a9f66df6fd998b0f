"""The pictures of latent diffusion come from an untrained tiny model as from any other."""

from __future__ import annotations

import importlib
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib import image

from songloom import checkpoint
from songloom.audio.clip import Audio
from songloom.inference.song import open_model
from songloom.systems import registry

FOLDER = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def model(tmp_path: Path) -> str:
    torch.manual_seed(0)
    settings = registry.presets()["stable-audio-tiny"]
    checkpoint.save(settings.build().eval(), tmp_path / "model")
    return str(tmp_path / "model")


def test_it_draws_and_fills_the_document(monkeypatch: pytest.MonkeyPatch, model: str, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    bench = importlib.import_module("diffusion_pictures")
    page = tmp_path / "page.md"
    page.write_text("<!-- diffusion pictures:begin -->\n<!-- diffusion pictures:end -->\n", encoding="utf-8")
    bench.main(model=model, prompts=("a harp", "a drum"), seconds=1.5, windows=0.2, steps=1, docs=page)
    text = page.read_text(encoding="utf-8")
    assert text.count("\n| ") == 5 + 2 and "| a loop, twice | 3.0 |" in text
    picture = tmp_path / "pictures" / bench.NAME
    assert picture.stat().st_size > 1000 and f"(pictures/{bench.NAME})" in text


def test_only_the_middle_third_is_made_anew(monkeypatch: pytest.MonkeyPatch, model: str) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    bench = importlib.import_module("diffusion_pictures")
    opened = open_model(model)
    (_, request), *_ = bench.requests(("a harp",), 1.5, 3.0, 0, 2)
    before = bench.made(opened, request, None)
    after = bench.made(opened, request, before)
    assert isinstance(after, Audio)
    outside = slice(200, before.wave.shape[-1] // 3 - 400)  # without the edge, which is faded each time
    ours, theirs = (audio.wave[:, outside].diff().flatten() for audio in (after, before))
    gain = (ours @ theirs) / (theirs @ theirs)  # finishing sets the loudness anew
    torch.testing.assert_close(ours, gain * theirs, atol=2e-2 * float(theirs.std()), rtol=0)
    inside = slice(before.wave.shape[-1] // 3 + 400, 2 * before.wave.shape[-1] // 3 - 400)
    assert float((after.wave[:, inside] - gain * before.wave[:, inside]).std()) > 0.1 * float(before.wave.std())


def test_a_model_of_tokens_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    bench = importlib.import_module("diffusion_pictures")
    torch.manual_seed(0)
    checkpoint.save(registry.presets()["musicgen-tiny"].build().eval(), tmp_path / "tokens")
    with pytest.raises(ValueError, match="denoises no latents"):
        bench.main(model=str(tmp_path / "tokens"), folder=tmp_path)
    with pytest.raises(ValueError, match="give --docs or --folder"):
        bench.main(model=str(tmp_path / "tokens"))


def test_each_spectrogram_is_as_wide_as_its_sound_is_long(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(FOLDER)
    pictures = importlib.import_module("control_pictures")
    noise = 0.1 * torch.randn(1, 64_000)
    sounds = {"long": Audio(noise, 32_000), "short": Audio(noise[:, :32_000], 32_000)}
    pictures.draw_spectra(tmp_path / "both.png", sounds)
    long, short = np.array_split(image.imread(tmp_path / "both.png")[..., :3], 2)
    coloured = [float((part.max(-1) - part.min(-1) > 0.1).any(0).mean()) for part in (long, short)]
    assert coloured[0] > 0.9 and coloured[1] == pytest.approx(coloured[0] / 2, abs=0.05)
