from __future__ import annotations

import pytest
import torch

from songloom.systems import registry
from songloom.systems.codecs.encodec import Encodec
from songloom.systems.codecs.stereo import StereoCodec


def codec() -> StereoCodec:
    torch.manual_seed(0)
    system = StereoCodec(StereoCodec.Config(codec=Encodec.presets()["encodec-tiny"]))
    with torch.no_grad():
        for book in system.codec.quantizer.books:  # type: ignore[union-attr]
            book.entries.normal_()
    return system.eval()


def wave(items: int = 2, samples: int = 400) -> torch.Tensor:
    return torch.randn(items, 2, samples, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
def test_stream_2k_plus_c_is_book_k_of_channel_c_alone() -> None:
    system, sound = codec(), wave()
    codes = system.tokenize(sound)
    assert codes.shape == (2, 8, 10)
    for channel in range(2):
        alone = system.codec.tokenize(sound[:, channel : channel + 1])
        assert torch.equal(codes[:, channel::2], alone)


@torch.no_grad()
def test_each_channel_is_decoded_from_its_own_codes() -> None:
    system, sound = codec(), wave()
    codes = system.tokenize(sound)
    made = system.detokenize(codes)
    for channel in range(2):
        alone = system.codec.detokenize(codes[:, channel::2])
        torch.testing.assert_close(made[:, channel : channel + 1], alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("streams", [1, 3, 5])
@torch.no_grad()
def test_with_an_odd_number_of_streams_left_has_one_book_more(streams: int) -> None:
    system = codec()
    codes = system.tokenize(wave(), streams=streams)
    assert torch.equal(codes, system.tokenize(wave())[:, :streams])
    left, right = system.dequantize(codes).chunk(2, dim=1)
    torch.testing.assert_close(left, system.codec.dequantize(codes[:, 0::2]))
    if streams > 1:
        torch.testing.assert_close(right, system.codec.dequantize(codes[:, 1::2]))
    else:
        assert not bool(right.any())


def test_it_is_made_of_a_mono_codec() -> None:
    with pytest.raises(ValueError, match="1 channel, not 2"):
        StereoCodec(StereoCodec.Config(codec=registry.presets()["encodec-48khz-tiny"]))
