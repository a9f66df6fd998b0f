"""Sound files through an embedder are what their whole waves are, and names find embedders alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from songloom import checkpoint
from songloom.audio import files
from songloom.inference import embedding
from songloom.systems import registry

RATE = 4000


@pytest.mark.parametrize("seconds", [0.3, 1.0, 1.001, 2.5, 3.0, 20.7])
def test_a_file_is_the_mean_of_the_windows_of_its_wave(tones: Path, tmp_path: Path, seconds: float) -> None:
    embedder = embedding.open_space(str(tones)).system
    generator = torch.Generator().manual_seed(0)
    wave = (torch.randn(1, round(seconds * RATE), generator=generator) / 8).cumsum(-1) % 0.5  # its spectrum wanders
    files.write(tmp_path / "a.wav", wave, RATE, bits=32)
    starts, vectors = embedding.embed_file(embedder, tmp_path / "a.wav")
    assert len(starts) == len(vectors) == max(1, -(-wave.shape[1] // RATE))
    assert starts[0] == 0 and starts[-1] == pytest.approx(max(0.0, seconds - 1), abs=1e-3)
    with torch.inference_mode():
        assert torch.allclose(embedding.mean(vectors), embedder.embed_audio(wave[None])[0], atol=1e-5)
        for start, vector in zip(starts, vectors, strict=True):
            first = round(start * RATE)
            assert torch.allclose(vector, embedder.embed_window(wave[None, :, first : first + RATE])[0], atol=1e-5)


def test_the_hash_tells_other_weights_and_other_settings(tones: Path, tmp_path: Path) -> None:
    first = embedding.open_space(str(tones))
    other = type(first.system)(first.system.config)
    checkpoint.save(other, tmp_path / "same")
    assert embedding.open_space(str(tmp_path / "same")).sha256 == first.sha256
    torch.nn.init.zeros_(other.weight)
    checkpoint.save(other, tmp_path / "weights")
    longer = type(first.system)(type(first.system.config)(seconds=2.0))  # type: ignore[call-arg]
    checkpoint.save(longer, tmp_path / "settings")
    assert len({embedding.open_space(str(tmp_path / name)).sha256 for name in ("same", "weights", "settings")}) == 3


def test_without_a_name_the_embedded_one_is_opened(
    tones: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "EMBEDDED", tmp_path)
    with pytest.raises(ValueError, match="no embedder is embedded; name one"):
        embedding.open_space()
    checkpoint.save(registry.presets()["spectral-codec-tiny"].build(), tmp_path / "a-codec")
    checkpoint.save(checkpoint.load(tones), tmp_path / "tones")
    assert embedding.embedded() == ["tones"] and embedding.open_space().name == "tones"
    with pytest.raises(ValueError, match="a-codec does not embed texts and music: it is a SpectralCodec"):
        embedding.open_space("a-codec")
