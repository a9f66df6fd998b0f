"""`encode` and `decode` as a user meets them: files, folders, parts, and one line for everything that is wrong."""

from __future__ import annotations

import math
import re
import signal
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from command_runs import Run

from songloom import checkpoint
from songloom.app import folders
from songloom.audio import file_stream, files
from songloom.data.token_file import TokenReader
from songloom.systems import registry
from songloom.systems.codecs.dac import Dac, quantizer
from songloom.systems.roles import Codec

RATE = 16_000


@pytest.fixture(scope="session")
def codec(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of the tiny embedded codec with random weights."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("codec") / "tiny"
    checkpoint.save(registry.preset("spectral-codec-tiny")[1].build(), folder)
    return folder


def tone(path: Path, samples: int, *, rate: int = RATE, channels: int = 1) -> Path:
    time = torch.arange(samples) / rate
    files.write(path, 0.3 * torch.sin(2 * math.pi * 440 * time).repeat(channels, 1), rate)
    return path


def codes_of(path: Path) -> np.ndarray:
    with TokenReader(path) as reader:
        return np.concatenate(list(reader.pieces()), 1)


def test_sound_goes_to_tokens_and_back_at_its_exact_length(run: Run, codec: Path, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav", RATE + 7)
    code, out, _ = run("encode", "a.wav", "--codec", codec)
    assert code == 0
    assert re.search(r"a\.loom: 1\.0 s, \d+ frames of 4 codes, [\d.]+ kbps", out)
    assert run("decode", "a.loom", "-o", "b.wav")[0] == 0
    assert files.info(tmp_path / "b.wav").frames == RATE + 7
    assert "exists" in run("decode", "a.loom", "-o", "b.wav")[2]
    assert run("decode", "a.loom", "-o", "b.wav", "--overwrite")[0] == 0


def test_the_codes_are_those_of_the_whole_wave(run: Run, codec: Path, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav", 3 * RATE)
    run("encode", "a.wav", "-o", "plain.loom", "--codec", codec)
    run("encode", "a.wav", "-o", "small.loom", "--codec", codec, "--entropy")
    loaded: Codec = registry.load(str(codec))
    with torch.inference_mode():
        expected = loaded.tokenize(files.read(tmp_path / "a.wav")[0][None])[0].numpy()
    assert np.array_equal(codes_of(tmp_path / "plain.loom"), expected)
    assert np.array_equal(codes_of(tmp_path / "small.loom"), expected)
    assert (tmp_path / "small.loom").stat().st_size < (tmp_path / "plain.loom").stat().st_size


def test_streams_or_a_bitrate_say_how_many_codes_there_are(run: Run, codec: Path, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav", RATE)
    loaded: Codec = registry.load(str(codec))
    run("encode", "a.wav", "-o", "two.loom", "--codec", codec, "--streams", 2)
    run("encode", "a.wav", "-o", "rate.loom", "--codec", codec, "--bitrate", loaded.bitrate(2) + 0.01)
    run("encode", "a.wav", "-o", "all.loom", "--codec", codec)
    assert np.array_equal(codes_of(tmp_path / "two.loom"), codes_of(tmp_path / "all.loom")[:2])
    assert np.array_equal(codes_of(tmp_path / "rate.loom"), codes_of(tmp_path / "two.loom"))
    assert run("decode", "all.loom", "-o", "one.wav", "--streams", 1)[0] == 0
    for words, message in (
        (("encode", "a.wav", "-o", "x.loom", "--codec", codec, "--streams", 5), "1 to 4 streams, not 5"),
        (("encode", "a.wav", "-o", "x.loom", "--codec", codec, "--bitrate", 1000), "kbps"),
        (("encode", "a.wav", "-o", "x.loom", "--codec", codec, "--bitrate", 1, "--streams", 1), "does not go with"),
        (("decode", "two.loom", "-o", "x.wav", "--streams", 3), "1 to 2 streams, not 3"),
    ):
        code, _, err = run(*words)
        assert (code, err.count("\n")) == (2, 1)
        assert message in err


@pytest.mark.parametrize(("samples", "channels", "rate"), [(10, 1, RATE), (5000, 2, 8_000), (40_000, 1, 192_000)])
def test_any_rate_and_any_length_and_two_channels_are_taken(
    run: Run, codec: Path, tmp_path: Path, samples: int, channels: int, rate: int
) -> None:
    tone(tmp_path / "a.wav", samples, rate=rate, channels=channels)
    assert run("encode", "a.wav", "--codec", codec)[0] == 0
    assert run("decode", "a.loom", "-o", "b.wav")[0] == 0
    assert files.info(tmp_path / "b.wav").frames == math.ceil(samples * RATE / rate)


def test_a_part_of_the_time_is_decoded_from_its_own_frames(run: Run, codec: Path, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav", 9 * RATE)
    run("encode", "a.wav", "--codec", codec)
    assert run("decode", "a.loom", "-o", "b.wav", "--start", 6.25, "--end", 7.5)[0] == 0
    assert files.info(tmp_path / "b.wav").frames == round(1.25 * RATE)
    assert run("decode", "a.loom", "-o", "c.wav", "--start", 8.5)[0] == 0
    assert files.info(tmp_path / "c.wav").frames == RATE // 2
    for part in (("--start", 9), ("--start", -1), ("--start", 3, "--end", 3), ("--start", "nan"), ("--end", "nan")):
        code, _, err = run("decode", "a.loom", "-o", "d.wav", *part)
        assert (code, err.count("\n")) == (2, 1)
        assert "a.loom: it has 9 s" in err
    assert not (tmp_path / "d.wav").exists()


def test_folders_go_in_and_come_out(run: Run, codec: Path, tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    tone(tmp_path / "in" / "a.wav", 4000)
    tone(tmp_path / "in" / "deep" / "b.flac", 5000)
    (tmp_path / "in" / "notes.txt").write_text("no music")
    (tmp_path / "in" / "text.wav").write_text("no music either")
    code, out, err = run("encode", "in", "-o", "out", "--codec", codec)
    assert code == 2
    assert "text.wav is not audio" in err
    assert "1 of 3 files" in err
    assert out.count("\n") == 2
    made = sorted(str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*"))
    assert made == ["a.loom", "deep/b.loom"]
    assert "kept" in run("encode", "in", "-o", "out", "--codec", codec)[2]
    assert run("decode", "out", "-o", "back")[0] == 0
    assert files.info(tmp_path / "back" / "deep" / "b.wav").frames == 5000
    (tmp_path / "in" / "a.mp3").write_bytes(b"")
    assert "would both become" in run("encode", "in", "-o", "out", "--codec", codec)[2]
    assert "--output" in run("encode", "in", "--codec", codec)[2]
    (tmp_path / "none").mkdir()
    assert "no file that ends in" in run("encode", "none", "-o", "out", "--codec", codec)[2]


def test_a_folder_of_one_file_is_a_folder(run: Run, codec: Path, tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    tone(tmp_path / "in" / "deep" / "a.wav", 4000)
    assert run("encode", "in", "-o", "out", "--codec", codec)[0] == 0
    code, out, err = run("encode", "in", "-o", "out", "--codec", codec)
    assert (code, out) == (0, "") and "a.loom is there already, kept" in " ".join(err.split())
    assert run("decode", "out", "-o", "back")[0] == 0
    assert files.info(tmp_path / "back" / "deep" / "a.wav").frames == 4000


def test_wrong_files_are_one_line_and_leave_nothing(run: Run, codec: Path, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("hello")
    (tmp_path / "zero.wav").write_bytes(b"")
    soundfile.write(tmp_path / "empty.wav", np.zeros((0, 1)), RATE)
    soundfile.write(tmp_path / "nan.wav", np.full((RATE, 1), np.nan), RATE, subtype="FLOAT")
    (tmp_path / "text.loom").write_text("hello")
    before = set(tmp_path.iterdir())
    for words, message in (
        (("encode", "text.wav", "-o", "a.loom"), "text.wav is not audio"),
        (("encode", "zero.wav", "-o", "a.loom"), "zero.wav"),
        (("encode", "empty.wav", "-o", "a.loom"), "no audio"),
        (("encode", "nan.wav", "-o", "a.loom"), "not numbers"),
        (("encode", "nan.wav", "-o", "a.wav"), "should end in .loom"),
        (("decode", "text.loom", "-o", "b.wav"), "not a .loom file"),
        (("decode", "text.loom", "-o", "a.txt"), "a.txt"),
    ):
        code, out, err = run(*words, *(("--codec", codec) if words[0] == "encode" else ()))
        assert (code, out, err.count("\n")) == (2, "", 1), words
        assert message in err
        assert set(tmp_path.iterdir()) == before


def test_what_is_not_there_is_said_before_anything_about_the_result(run: Run, tmp_path: Path) -> None:
    for command in ("encode", "decode"):
        code, _, error = run(command, "nowhere", "-o", "results")
        assert code == 1 and error == "songloom: nowhere: no such file or folder\n"
    assert not (tmp_path / "results").exists()


def test_a_file_is_decoded_only_by_the_codec_that_made_it(run: Run, codec: Path, model: Path, tmp_path: Path) -> None:
    tone(tmp_path / "a.wav", 4000)
    torch.manual_seed(1)
    checkpoint.save(registry.preset("spectral-codec-tiny")[1].build(), tmp_path / "other")
    run("encode", "a.wav", "--codec", "other")
    assert run("decode", "a.loom", "-o", "b.wav")[0] == 0
    (tmp_path / "other").rename(tmp_path / "moved")
    assert "'other'" in run("decode", "a.loom", "-o", "c.wav")[2]
    assert run("decode", "a.loom", "-o", "c.wav", "--codec", "moved")[0] == 0
    assert (tmp_path / "b.wav").read_bytes() == (tmp_path / "c.wav").read_bytes()
    for wrong, message in ((codec, "other weights"), (model, "is no codec"), ("spectral-codec", "sample rate")):
        code, _, err = run("decode", "a.loom", "-o", "d.wav", "--codec", wrong)
        assert (code, err.count("\n")) == (2, 1)
        assert message in err


def test_ctrl_c_leaves_no_half_written_file(
    run: Run, codec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tone(tmp_path / "a.wav", 4000)
    run("encode", "a.wav", "--codec", codec)
    before = set(tmp_path.iterdir())

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(file_stream.AudioWriter, "add", interrupted)
    assert run("decode", "a.loom", "-o", "b.wav") == (130, "", "songloom: stopped\n")
    monkeypatch.setattr("songloom.data.token_file.TokenWriter.finish", interrupted)
    assert run("encode", "a.wav", "-o", "b.loom", "--codec", codec) == (130, "", "songloom: stopped\n")
    assert set(tmp_path.iterdir()) == before


def test_sigterm_leaves_no_half_written_file_either(
    run: Run, codec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tone(tmp_path / "a.wav", 4000)
    before = set(tmp_path.iterdir())
    ending = signal.getsignal(signal.SIGTERM)

    def ended(*_: object, **__: object) -> None:
        assert any(path.suffix == ".part" for path in tmp_path.iterdir())
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr("songloom.data.token_file.TokenWriter.finish", ended)
    assert run("encode", "a.wav", "--codec", codec) == (143, "", "songloom: stopped\n")
    assert set(tmp_path.iterdir()) == before and signal.getsignal(signal.SIGTERM) is ending


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_folder_that_is_stopped_in_the_middle_has_whole_files_only(
    run: Run, codec: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    (tmp_path / "in").mkdir()
    for place in range(6):
        tone(tmp_path / "in" / f"{place}.wav", 4000)
    monkeypatch.setattr(folders, "print", lambda *_, **__: signal.raise_signal(number), raising=False)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    code, _, err = run("encode", "in", "-o", "out", "--codec", codec, "--jobs", 2)
    signal.signal(signal.SIGINT, before)
    assert (code, err) == (128 + number, "songloom: stopped\n")
    monkeypatch.undo()
    made = sorted((tmp_path / "out").iterdir())
    assert made and all(path.suffix == ".loom" for path in made)
    for path in made:
        assert run("decode", path, "-o", tmp_path / "b.wav", "--overwrite")[0] == 0


def test_bfloat16_is_taken_by_codecs_of_wide_convolutions_only(run: Run, codec: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    tone(tmp_path / "a.wav", RATE)
    books = quantizer(2, width=16, codebook_size=64)
    wide = Dac.Config(sample_rate=RATE, strides=(2, 4), encoder_width=64, decoder_width=256, quantizer=books)
    checkpoint.save(wide.build(), tmp_path / "wide")
    options = ("--codec", tmp_path / "wide", "--precision", "bfloat16")
    assert run("encode", "a.wav", "-o", "rough.loom", *options)[0] == 0
    assert run("decode", "rough.loom", "-o", "rough.wav", "--precision", "bfloat16")[0] == 0
    assert run("decode", "rough.loom", "-o", "exact.wav")[0] == 0
    made, exact = (files.read(tmp_path / name)[0] for name in ("rough.wav", "exact.wav"))
    assert 0 < float((made - exact).norm() / exact.norm()) < 0.03
    code, _, err = run("encode", "a.wav", "-o", "x.loom", "--codec", codec, "--precision", "bfloat16")
    assert (code, err.count("\n")) == (2, 1)
    assert "no wide convolutions" in err
