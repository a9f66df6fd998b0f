"""`encode` and `decode` of the files of other packages: `.ecdc` both ways, `.dac` to sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from command_runs import Run

from songloom import checkpoint
from songloom.audio import files
from songloom.bottlenecks.residual import ResidualQuantizer
from songloom.layers.seanet import Seanet
from songloom.published.ecdc_lm import EncodecLm
from songloom.systems.codecs.dac import Dac, quantizer
from songloom.systems.codecs.encodec import Encodec
from songloom.systems.codecs.encodec_segments import EncodecSegments


@pytest.fixture(scope="module")
def codecs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with small codecs of the published shapes, at random weights."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("codecs")
    mono = ResidualQuantizer.Config(streams=32, codebook_size=1024, width=16)
    stereo = ResidualQuantizer.Config(streams=16, codebook_size=1024, width=16)
    for name, settings in (
        ("24", Encodec.Config(network=Seanet(filters=4), quantizer=mono)),
        ("48", EncodecSegments.Config(network=Seanet(filters=4, causal=False, norm="group"), quantizer=stereo)),
        ("dac", Dac.Config(encoder_width=4, decoder_width=64, quantizer=quantizer(9, width=16))),
        ("small", Encodec.presets()["encodec-tiny"]),
    ):
        checkpoint.save(settings.build().eval(), folder / name)
    return folder


def noise(path: Path, samples: int, rate: int, channels: int) -> None:
    files.write(path, 0.2 * torch.randn(channels, samples, generator=torch.Generator().manual_seed(0)), rate)


@pytest.mark.parametrize(("name", "rate", "channels"), [("24", 24_000, 1), ("48", 48_000, 2)])
def test_ecdc_files_sound_as_loom_files_do(
    run: Run, codecs: Path, tmp_path: Path, name: str, rate: int, channels: int
) -> None:
    noise(tmp_path / "a.wav", 2 * rate + 7, rate, channels)
    codec = codecs / name
    assert run("encode", "a.wav", "-o", "a.ecdc", "--codec", codec, "--streams", 4)[0] == 0
    assert run("encode", "a.wav", "-o", "a.loom", "--codec", codec, "--streams", 4)[0] == 0
    assert run("decode", "a.ecdc", "-o", "e.wav", "--codec", codec)[0] == 0
    assert run("decode", "a.loom", "-o", "l.wav")[0] == 0
    (found, _), (expected, _) = files.read(tmp_path / "e.wav"), files.read(tmp_path / "l.wav")
    assert found.shape == (channels, 2 * rate + 7)
    torch.testing.assert_close(found, expected, atol=2e-4, rtol=0)
    assert run("decode", "a.ecdc", "-o", "p.wav", "--codec", codec, "--start", 0.5, "--end", 1.75)[0] == 0
    part, _ = files.read(tmp_path / "p.wav")
    torch.testing.assert_close(part, found[:, rate // 2 : rate // 2 + part.shape[1]], atol=1e-4, rtol=0)
    assert part.shape[1] == round(1.25 * rate)


def test_a_language_model_squeezes_ecdc_files_without_loss(run: Run, codecs: Path, tmp_path: Path) -> None:
    torch.save(EncodecLm(32, 1024, depth=1, width=32, inner=64, reach=262).state_dict(), tmp_path / "lm.th")
    noise(tmp_path / "a.wav", 12_000, 24_000, 1)
    words = ("--codec", codecs / "24", "--streams", 2)
    assert run("encode", "a.wav", "-o", "plain.ecdc", *words)[0] == 0
    assert run("encode", "a.wav", "-o", "lm.ecdc", *words, "--lm", "lm.th")[0] == 0
    assert run("decode", "plain.ecdc", "-o", "p.wav", "--codec", codecs / "24")[0] == 0
    assert "weights are needed" in run("decode", "lm.ecdc", "-o", "l.wav", "--codec", codecs / "24")[2]
    assert run("decode", "lm.ecdc", "-o", "l.wav", "--codec", codecs / "24", "--lm", "lm.th")[0] == 0
    assert (tmp_path / "l.wav").read_bytes() == (tmp_path / "p.wav").read_bytes()
    assert "only" in run("encode", "a.wav", "-o", "a.loom", *words, "--lm", "lm.th")[2]
    assert "entropy coded    yes" in run("inspect", "lm.ecdc")[1]


def test_dac_files_become_sound_by_the_dac_that_is_named(run: Run, codecs: Path, tmp_path: Path) -> None:
    metadata = {
        "input_db": np.array([-20], np.float32),
        "original_length": 48_000,
        "sample_rate": 48_000,
        "chunk_length": 30,
        "channels": 2,
        "padding": False,
        "dac_version": "1.0.0",
    }
    codes = np.random.default_rng(0).integers(0, 1024, (2, 9, 240)).astype(np.uint16)
    with (tmp_path / "a.dac").open("wb") as file:
        np.save(file, {"codes": codes, "metadata": metadata}, allow_pickle=True)
    assert run("decode", "a.dac", "--codec", codecs / "dac")[0] == 0
    info = files.info(tmp_path / "a.wav")
    assert (info.frames, info.sample_rate, info.channels) == (48_000, 48_000, 2)
    for words, message in (
        (("a.dac", "-o", "x.wav"), "--codec"),
        (("a.dac", "-o", "x.wav", "--codec", codecs / "24"), "files are of DAC"),
        (("a.dac", "-o", "x.wav", "--codec", codecs / "dac", "--streams", 10), "1 to 9 streams"),
        (("a.dac", "-o", "x.wav", "--codec", codecs / "dac", "--start", 1), "it has 1 s"),
    ):
        code, _, err = run("decode", *words)
        assert (code, err.count("\n")) == (2, 1)
        assert message in err
    assert not (tmp_path / "x.wav").exists()


def test_wrong_wishes_are_one_line_and_leave_nothing(run: Run, codecs: Path, tmp_path: Path) -> None:
    noise(tmp_path / "a.wav", 24_000, 24_000, 1)
    run("encode", "a.wav", "-o", "a.ecdc", "--codec", codecs / "24", "--streams", 2)
    before = set(tmp_path.iterdir())
    for words, message in (
        (("encode", "a.wav", "-o", "b.ecdc", "--codec", codecs / "small"), "this codec is neither"),
        (("encode", "a.wav", "-o", "b.ecdc", "--codec", codecs / "24", "--entropy"), "--entropy does not go"),
        (("encode", "a.wav", "-o", "b.ecdc", "--codec", codecs / "24", "--bitrate", 0), "bitrate is 0"),
        (("decode", "a.ecdc", "-o", "b.wav", "--codec", codecs / "48"), "the codec is another"),
        (("decode", "a.ecdc", "-o", "b.wav"), "facebook/encodec_24khz"),
        (("decode", "a.ecdc", "-o", "b.wav", "--codec", codecs / "24", "--streams", 3), "1 to 2 streams"),
    ):
        code, out, err = run(*words)
        assert (code, out, err.count("\n")) == (2, "", 1), words
        assert message in err
    assert set(tmp_path.iterdir()) == before
