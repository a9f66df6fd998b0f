"""`.ecdc` files are the encodec package's, byte for byte: it reads ours and we read its."""

from __future__ import annotations

import importlib
import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from encodec_package import package, with_codebooks
from torch import Tensor

from songloom.bottlenecks.residual import ResidualQuantizer
from songloom.layers.seanet import Seanet
from songloom.published import ecdc, ecdc_audio
from songloom.published.encodec import from_tensors
from songloom.systems.codecs.encodec import Encodec
from songloom.systems.codecs.encodec_segments import EncodecSegments

LENGTHS = (1, 319, 320, 24_000, 47_520, 48_000, 48_001, 95_100, 120_077)


def reference(name: str) -> Any:
    """The package's model of this name with few filters, at random weights."""
    encodec = package()
    from encodec.modules import SEANetDecoder, SEANetEncoder
    from encodec.quantization import ResidualVectorQuantizer

    stereo = name == "encodec_48khz"
    shape = {
        "channels": 1 + stereo,
        "dimension": 16,
        "n_filters": 4,
        "causal": not stereo,
        "norm": "time_group_norm" if stereo else "weight_norm",
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # its weight norm
        model = encodec.EncodecModel(
            SEANetEncoder(**shape),
            SEANetDecoder(**shape),
            ResidualVectorQuantizer(dimension=16, n_q=16 if stereo else 32, bins=1024),
            [3.0, 6.0] if stereo else [1.5, 6.0],
            48_000 if stereo else 24_000,
            1 + stereo,
            normalize=stereo,
            segment=1.0 if stereo else None,
            name=name,
        )
    return with_codebooks(model.eval())


def ours(model: Any) -> Encodec:
    """Our codec with the package's weights."""
    stereo = model.name == "encodec_48khz"
    network = Seanet(filters=4, causal=not stereo, norm="group" if stereo else "none")
    quantizer = ResidualQuantizer.Config(streams=16 if stereo else 32, codebook_size=1024, width=16)
    config: Encodec.Config = (
        EncodecSegments.Config(network=network, quantizer=quantizer)
        if stereo
        else Encodec.Config(network=network, quantizer=quantizer)
    )
    return from_tensors(model.state_dict(), config, "the reference")


@pytest.fixture(scope="module", params=["encodec_24khz", "encodec_48khz"])
def pair(request: pytest.FixtureRequest) -> tuple[Any, Encodec]:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = reference(request.param)
    return model, ours(model)


@pytest.fixture(autouse=True)
def offline(pair: tuple[Any, Encodec], monkeypatch: pytest.MonkeyPatch) -> None:
    """The package decodes with this model instead of one that it would fetch."""
    module = importlib.import_module("encodec.compress")
    monkeypatch.setitem(module.MODELS, pair[0].name, lambda: pair[0])


def wave(channels: int, samples: int) -> Tensor:
    return 0.3 * torch.randn(channels, samples, generator=torch.Generator().manual_seed(samples)).cumsum(1).sin()


def written(path: Path, codec: Encodec, sound: Tensor, streams: int) -> bytes:
    """Our file of a wave that comes in pieces."""
    header = ecdc_audio.header_for(codec, sound.shape[1], streams)
    ecdc.write(path, header, ecdc_audio.coded(codec, torch.split(sound[None], 10_007, -1), streams))
    return path.read_bytes()


@pytest.mark.parametrize("samples", LENGTHS)
def test_the_same_codes_become_the_same_bytes(pair: tuple[Any, Encodec], tmp_path: Path, samples: int) -> None:
    from encodec.compress import compress

    model, codec = pair
    sound = wave(codec.channels, samples)
    for bandwidth in model.target_bandwidths:
        model.set_target_bandwidth(bandwidth)
        with torch.no_grad():
            frames = model.encode(sound[None])
            theirs = compress(model, sound)
        pieces = [ecdc.Piece(codes[0].numpy(), None if scale is None else float(scale)) for codes, scale in frames]
        ecdc.write(tmp_path / "a.ecdc", ecdc_audio.header_for(codec, samples, len(pieces[0].codes)), pieces)
        assert (tmp_path / "a.ecdc").read_bytes() == theirs


@pytest.mark.parametrize("samples", LENGTHS)
def test_the_package_plays_what_we_coded(pair: tuple[Any, Encodec], tmp_path: Path, samples: int) -> None:
    from encodec.compress import decompress

    model, codec = pair
    model.set_target_bandwidth(6.0)
    sound = wave(codec.channels, samples)
    data = written(tmp_path / "a.ecdc", codec, sound, 4 if codec.channels == 2 else 8)
    with torch.no_grad():
        theirs = torch.cat([codes for codes, _ in model.encode(sound[None])], -1)[0]
    pieces = list(ecdc.EcdcReader(tmp_path / "a.ecdc").pieces())
    equal = np.concatenate([piece.codes for piece in pieces], 1) == theirs.numpy()
    assert equal.mean() > 0.99  # all but ties
    found, rate = decompress(data)
    assert rate == codec.sample_rate
    expected = torch.cat(list(ecdc_audio.waves(codec, pieces)), -1)[0, :, :samples]
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("samples", LENGTHS)
def test_we_read_the_packages(pair: tuple[Any, Encodec], tmp_path: Path, samples: int) -> None:
    from encodec.compress import compress, decompress

    model, codec = pair
    path = tmp_path / "a.ecdc"
    for bandwidth in model.target_bandwidths:
        model.set_target_bandwidth(bandwidth)
        with torch.no_grad():
            path.write_bytes(compress(model, wave(codec.channels, samples)))
            frames = model.encode(wave(codec.channels, samples)[None])
        reader = ecdc.EcdcReader(path)
        ecdc_audio.check(codec, reader.header)
        pieces = list(reader.pieces())
        assert reader.header == ecdc_audio.header_for(codec, samples, frames[0][0].shape[1])
        assert np.array_equal(np.concatenate([p.codes for p in pieces], 1), torch.cat([f for f, _ in frames], -1)[0])
        found = torch.cat(list(ecdc_audio.waves(codec, pieces)), -1)[0, :, :samples]
        torch.testing.assert_close(found, decompress(path.read_bytes())[0], atol=1e-4, rtol=0)


def test_fewer_streams_decode_as_a_smaller_file_would(pair: tuple[Any, Encodec], tmp_path: Path) -> None:
    _, codec = pair
    sound = wave(codec.channels, 60_000)
    written(tmp_path / "few.ecdc", codec, sound, 2)
    written(tmp_path / "all.ecdc", codec, sound, 16)
    few = torch.cat(list(ecdc_audio.waves(codec, ecdc.EcdcReader(tmp_path / "few.ecdc").pieces())), -1)
    all_of = torch.cat(list(ecdc_audio.waves(codec, ecdc.EcdcReader(tmp_path / "all.ecdc").pieces(), 2)), -1)
    torch.testing.assert_close(few, all_of)


def test_every_sample_count_has_the_frames_that_the_package_expects() -> None:
    for samples in [*range(1, 2000), *range(47_000, 50_000), 10**9 + 7]:
        assert ecdc.EcdcHeader("encodec_24khz", samples, 1).frames(0) == -(-samples // 320)
    header = ecdc.EcdcHeader("encodec_48khz", 100_000, 2)
    starts = range(0, 100_000, 47_520)
    assert [header.frames(n) for n in range(header.segments)] == [-(-min(48_000, 100_000 - s) // 320) for s in starts]


def test_a_codec_of_another_kind_is_refused(pair: tuple[Any, Encodec]) -> None:
    other = Encodec.presets()["encodec-tiny"].build()
    with pytest.raises(ValueError, match="neither"):
        ecdc_audio.header_for(other, 100)
    with pytest.raises(ValueError, match="another"):
        ecdc_audio.check(other, ecdc.EcdcHeader("encodec_24khz", 100, 1))


def test_the_header_is_the_packages() -> None:
    package()
    from encodec.binary import write_ecdc_header

    theirs, file = io.BytesIO(), io.BytesIO()
    write_ecdc_header(theirs, {"m": "encodec_48khz", "al": 1234, "nc": 4, "lm": False})
    ecdc.write_header(file, ecdc.EcdcHeader("encodec_48khz", 1234, 4))
    assert file.getvalue() == theirs.getvalue()
