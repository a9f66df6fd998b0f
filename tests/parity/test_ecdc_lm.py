"""`.ecdc` files coded with EnCodec's language model are the encodec package's to the last bit."""

from __future__ import annotations

import importlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from encodec_package import package
from torch import Tensor

from songloom.published import ecdc, ecdc_entropy, ecdc_lm
from songloom.published.ecdc import EcdcHeader, Piece

MODELS = {"encodec_24khz": 75, "encodec_48khz": 150}


class Codec:
    """Stands for the package's codec where it only carries codes: its wave is the first book's codes."""

    def __init__(self, name: str, lm: Any) -> None:
        layout = ecdc.LAYOUTS[name]
        self.name, self.sample_rate, self.channels = name, layout.sample_rate, layout.channels
        self.normalize, self.frame_rate, self.bits_per_codebook = layout.normalised, MODELS[name], 10
        self.segment_length, self.segment_stride = layout.segment, layout.stride
        self.frames: list[tuple[Tensor, Tensor | None]] = []
        self.heard: list[tuple[Tensor, Tensor | None]] = []
        self.lm = lm

    def to(self, _device: str) -> Codec:
        return self

    def get_lm_model(self) -> Any:
        return self.lm

    def encode(self, _wave: Tensor) -> list[tuple[Tensor, Tensor | None]]:
        return self.frames

    def decode(self, frames: list[tuple[Tensor, Tensor | None]]) -> Tensor:
        self.heard = frames
        return torch.zeros(1, self.channels, 10**6)


@pytest.fixture(params=[(name, sharp) for name in MODELS for sharp in (1.0, 30.0)], ids=str)
def pair(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> tuple[Codec, ecdc_lm.EncodecLm]:
    """The package with a small language model at random weights, and ours from its file; `sharp` ones are sure."""
    package()
    name, sharp = request.param
    torch.set_num_threads(1)
    torch.manual_seed(0)
    lm = importlib.import_module("encodec.model").LMModel(
        8, 1024, num_layers=2, dim=32, past_context=int(3.5 * MODELS[name])
    )
    with torch.no_grad():
        for layer in lm.linears:
            layer.weight.mul_(sharp)
    torch.save(lm.state_dict(), tmp_path / "lm.th")
    codec = Codec(name, lm.eval())
    monkeypatch.setitem(importlib.import_module("encodec.compress").MODELS, name, lambda: codec)
    return codec, ecdc_lm.load(tmp_path / "lm.th", name)


def filled(codec: Codec, samples: int, streams: int) -> list[Piece]:
    """Random codes for a wave of so many samples, in the package's hands and in ours."""
    header, random = EcdcHeader(codec.name, samples, streams), np.random.default_rng(samples)
    pieces = [
        Piece(random.integers(0, 1024, (streams, header.frames(n))), 0.25 if codec.normalize else None)
        for n in range(header.segments)
    ]
    codec.frames = [
        (torch.from_numpy(codes)[None], None if scale is None else torch.tensor([[scale]])) for codes, scale in pieces
    ]
    return pieces


@pytest.mark.parametrize(("seconds", "streams"), [(0.001, 1), (0.2, 8), (1.1, 1)])
def test_bytes_are_the_same_and_codes_come_back(
    pair: tuple[Codec, ecdc_lm.EncodecLm], tmp_path: Path, seconds: float, streams: int
) -> None:
    codec, lm = pair
    samples = round(seconds * codec.sample_rate)
    pieces = filled(codec, samples, streams)
    compress = importlib.import_module("encodec.compress")
    theirs = compress.compress(codec, torch.zeros(codec.channels, samples), use_lm=True)
    path = tmp_path / "a.ecdc"
    ecdc.write(path, EcdcHeader(codec.name, samples, streams, lm=True), pieces, lm)
    assert path.read_bytes() == theirs
    found = list(ecdc.EcdcReader(path).pieces(lm))
    assert np.array_equal(np.concatenate([p.codes for p in found], 1), np.concatenate([p.codes for p in pieces], 1))
    compress.decompress(path.read_bytes())
    for (codes, _), piece in zip(codec.heard, pieces, strict=True):
        assert np.array_equal(codes[0], piece.codes)


def test_chances_are_the_packages_beyond_what_the_model_sees(tmp_path: Path) -> None:
    package()
    torch.manual_seed(0)
    theirs = importlib.import_module("encodec.model").LMModel(3, 1024, num_layers=3, dim=32, past_context=20).eval()
    torch.save(theirs.state_dict(), tmp_path / "lm.th")
    ours = ecdc_lm.load(tmp_path / "lm.th", "encodec_24khz")
    ours.reach = 20
    chances, states, offset, before = ours.begin(3), None, 0, None
    shown = torch.zeros(1, 3, 1, dtype=torch.int64)
    for frame in torch.randint(1024, (60, 3), generator=torch.Generator().manual_seed(1)):
        with torch.no_grad():
            expected, states, offset = theirs(shown, states, offset)
        assert np.array_equal(chances.after(before), expected[0, :, :, 0].T.numpy())
        before, shown = frame.tolist(), 1 + frame.view(1, 3, 1)


def test_likely_codes_cost_fewer_bits(pair: tuple[Codec, ecdc_lm.EncodecLm], tmp_path: Path) -> None:
    codec, lm = pair
    chances, before, rows = lm.begin(4), None, []
    for _ in range(75):
        before = chances.after(before).argmax(1).tolist()
        rows.append(before)
    codes, samples = np.array(rows).T, 75 * 320
    pieces = [Piece(codes, 0.5 if codec.normalize else None)]
    ecdc.write(tmp_path / "lm.ecdc", EcdcHeader(codec.name, samples, 4, lm=True), pieces, lm)
    ecdc.write(tmp_path / "plain.ecdc", EcdcHeader(codec.name, samples, 4), pieces)
    assert (tmp_path / "lm.ecdc").stat().st_size < (tmp_path / "plain.ecdc").stat().st_size
    found = next(ecdc.EcdcReader(tmp_path / "lm.ecdc").pieces(lm))
    assert np.array_equal(found.codes, codes)


def test_damaged_files_and_other_models_end_in_one_line(pair: tuple[Codec, ecdc_lm.EncodecLm], tmp_path: Path) -> None:
    codec, lm = pair
    pieces = filled(codec, 4_000, 3)
    path = tmp_path / "a.ecdc"
    ecdc.write(path, EcdcHeader(codec.name, 4_000, 3, lm=True), pieces, lm)
    whole = path.read_bytes()
    for length in range(60, len(whole), 29):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"a\.ecdc"):
            list(ecdc.EcdcReader(path).pieces(lm))
    for place in range(70, len(whole), 43):  # codes may come out wrong, for there is no checksum, but nothing breaks
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 16]) + whole[place + 1 :])
        try:
            list(ecdc.EcdcReader(path).pieces(lm))
        except ValueError as error:
            assert "\n" not in str(error)
    huge = io.BytesIO()
    ecdc.write_header(huge, EcdcHeader(codec.name, 10**10, 3, lm=True))
    path.write_bytes(huge.getvalue() + whole[-100:])
    with pytest.raises(ValueError, match="but 100 are there"):
        ecdc.EcdcReader(path)
    path.write_bytes(whole)
    with pytest.raises(ValueError, match="weights are needed"):
        list(ecdc.EcdcReader(path).pieces())
    with pytest.raises(ValueError, match="knows 8 codebooks"):
        lm.begin(9)
    torch.save({"a": torch.zeros(1)}, tmp_path / "no.th")
    with pytest.raises(ValueError, match="no language model"):
        ecdc_lm.load(tmp_path / "no.th", codec.name)


def test_shares_are_the_packages_for_any_chances() -> None:
    package()
    theirs = importlib.import_module("encodec.quantization.ac").build_stable_quantized_cdf
    generator = torch.Generator().manual_seed(0)
    for sharp in (0.1, 1.0, 5.0, 40.0):
        chances = torch.softmax(sharp * torch.randn(200, 1024, generator=generator), 1)
        for row, sums in zip(chances, ecdc_entropy.bounds(chances.numpy()), strict=True):
            assert sums[1:] == theirs(row, 24, check=False).tolist()
