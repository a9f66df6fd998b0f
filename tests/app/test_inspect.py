"""`inspect`, `codecs` and `convert`: what they tell is what the files and codecs are."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from command_runs import Run

from songloom import checkpoint
from songloom.app.inspect import shown
from songloom.audio import files
from songloom.published import ecdc
from songloom.published.load import load
from songloom.systems import registry
from songloom.systems.codecs.encodec import Encodec
from songloom.systems.roles import Codec


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of the tiny embedded codec with random weights."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("inspected") / "tiny"
    checkpoint.save(registry.preset("spectral-codec-tiny")[1].build(), folder)
    return folder


def told(run: Run, *words: object) -> dict[str, Any]:
    code, out, err = run("inspect", *words, "--json")
    assert (code, err) == (0, "")
    assert run("inspect", *words)[0] == 0
    found: dict[str, Any] = json.loads(out)
    return found


def test_a_token_file_tells_its_codec_its_rate_and_its_usage(run: Run, tiny: Path, tmp_path: Path) -> None:
    files.write(tmp_path / "a.wav", 0.3 * torch.sin(torch.arange(32_000) * 0.1)[None], 16_000)
    run("encode", "a.wav", "--codec", tiny)
    found, size = told(run, "a.loom"), (tmp_path / "a.loom").stat().st_size
    codec: Codec = registry.load(str(tiny))
    with torch.inference_mode():
        codes = codec.tokenize(files.read(tmp_path / "a.wav")[0][None])[0]
    assert found["kind"] == "songloom tokens"
    assert (found["codec"], found["codec_kind"]) == (str(tiny), "spectral-codec")
    assert (found["seconds"], found["frames"], found["frame_rate"]) == (2.0, 125, 62.5)
    assert found["kbps"] == pytest.approx(8 * size / 2 / 1000)
    assert found["compression"] == pytest.approx(64_000 / size)
    assert found["used"] == [round(len(set(row.tolist())) / 32, 4) for row in codes]
    shares = torch.bincount(codes[0]) / 125
    assert found["entropy_bits"][0] == pytest.approx(float(torch.special.entr(shares).sum()) / math.log(2), abs=1e-3)


def test_sound_and_checkpoints_tell_what_they_are(run: Run, tiny: Path, model: Path, tmp_path: Path) -> None:
    files.write(tmp_path / "a.flac", torch.zeros(2, 44_100), 44_100)
    sound = told(run, "a.flac")
    assert (sound["kind"], sound["format"], sound["seconds"]) == ("sound", "FLAC PCM_16", 1.0)
    assert sound["compression"] > 10
    assert told(run, tiny)["system"] == "spectral-codec"
    assert told(run, model)["parts"] == ["codec"]
    torch.save({"encoder.model.0.conv.conv.bias": torch.zeros(4)}, tmp_path / "encodec.th")
    assert told(run, "encodec.th")["family"] == "encodec"


def test_files_of_other_packages_tell_what_they_are(run: Run, tmp_path: Path) -> None:
    header = ecdc.EcdcHeader("encodec_48khz", 60_000, 2)
    pieces = [ecdc.Piece(np.full((2, header.frames(n)), n), 0.5) for n in range(header.segments)]
    ecdc.write(tmp_path / "a.ecdc", header, pieces)
    found = told(run, "a.ecdc")
    assert (found["codec"], found["segments"], found["seconds"]) == ("encodec_48khz", 2, 1.25)
    assert found["used"] == [round(2 / 1024, 4)] * 2
    metadata = {
        "input_db": np.array([-20], np.float32),
        "original_length": 22_050,
        "sample_rate": 44_100,
        "chunk_length": 10,
        "channels": 1,
        "padding": False,
        "dac_version": "1.0.0",
    }
    with (tmp_path / "a.dac").open("wb") as file:
        np.save(file, {"codes": np.zeros((1, 9, 30), np.uint16), "metadata": metadata}, allow_pickle=True)
    found = told(run, "a.dac")
    assert (found["kind"], found["seconds"], found["frames"], found["chunks"]) == ("DAC tokens", 0.5, 30, 3)


def test_what_is_nothing_known_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("hello")
    (tmp_path / "a.loom").write_bytes(b"\x8bLOOM\r\n\x1a")
    for suffix in ("loom", "ecdc", "dac"):
        (tmp_path / f"text.{suffix}").write_text("hello, this is nothing of the kind")
    (tmp_path / "empty").mkdir()
    torch.save({"other": torch.zeros(1)}, tmp_path / "other.pth")
    for name, message in (
        ("text.wav", "not audio"),
        ("a.loom", "truncated"),
        ("text.loom", "not a .loom file"),
        ("text.ecdc", "text.ecdc"),
        ("text.dac", "not a .dac file"),
        ("empty", "neither sound, nor tokens, nor a checkpoint"),
        ("other.pth", "neither sound, nor tokens, nor a checkpoint"),
    ):
        code, out, err = run("inspect", name)
        assert (code, out, err.count("\n")) == (2, "", 1)
        assert message in err
    assert run("inspect", "none")[0] == 1


def test_the_table_of_codecs_holds_every_preset_as_it_is_built(run: Run) -> None:
    rows = {row["name"]: row for row in json.loads(run("codecs", "--json")[1])}
    presets = {
        name: settings
        for cls in registry.system_classes().values()
        if issubclass(cls, Codec)
        for name, settings in cls.presets().items()
    }
    assert set(rows) == set(presets)
    for name, settings in presets.items():
        if name.endswith("-tiny"):
            codec: Codec = settings.build()
            row = rows[name]
            assert row["parameters"] == sum(parameter.numel() for parameter in codec.parameters())
            assert (row["sample_rate"], row["channels"]) == (codec.sample_rate, codec.channels)
            assert (row["streams"], row["frame_rate"]) == (codec.streams, codec.frame_rate)
    assert rows["encodec-24khz"]["bitrates"] == [1.5, 3, 6, 12, 24]
    assert rows["dac-44khz"]["decoder_seconds"] == pytest.approx(11 * 512 / 44_100)
    code, out, _ = run("codecs")
    assert code == 0
    assert "9x1024" in out


def test_a_converted_checkpoint_codes_as_the_published_one(run: Run, tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config = transformers.EncodecConfig(
        num_filters=4, upsampling_ratios=[5, 4, 2], hidden_size=16, codebook_size=32, target_bandwidths=[1.0, 4.0]
    )
    transformers.EncodecModel(config).save_pretrained(tmp_path / "hub")
    code, out, _ = run("convert", "hub", "-o", "ours")
    assert code == 0
    assert "encodec" in out
    assert "24000 Hz" in out
    wave = torch.randn(1, 1, 4000)
    before, after = load(tmp_path / "hub"), registry.load(str(tmp_path / "ours"))
    assert isinstance(before, Encodec)
    with torch.inference_mode():
        assert torch.equal(before.tokenize(wave), after.tokenize(wave))
    files.write(tmp_path / "a.wav", 0.3 * wave[0], 24_000)
    run("encode", "a.wav", "--codec", "hub")
    assert run("decode", "a.loom", "-o", "b.wav", "--codec", "ours")[0] == 0  # the same weights, so the same hash
    assert "exists" in run("convert", "hub", "-o", "ours")[2]
    assert run("convert", "hub", "-o", "ours", "--overwrite")[0] == 0
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    for words, message in (
        (("hub", "-o", "mine", "--overwrite"), "not replaced"),
        (("nothing", "-o", "x"), "nothing"),
        (("some/model", "-o", "x"), "some/model"),
    ):
        code, _, err = run("convert", *words)
        assert (code, err.count("\n")) == (2, 1)
        assert message in err
    assert (tmp_path / "mine" / "thesis.txt").is_file()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("seconds", 10_800.0, "10,800 s"),
        ("seconds", 1.25, "1.25 s"),
        ("entropy_bits", [-0.0, 9.8765], "0 9.877"),
        ("frames", 337_500, "337,500"),
    ],
)
def test_numbers_are_shown_as_a_person_reads_them(name: str, value: object, words: str) -> None:
    assert shown(name, value) == words
