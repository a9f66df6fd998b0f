"""SEANet: mirror-image shapes, a reach that is what gradients say, and streams that equal the whole."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from songloom.layers.recurrent import ResidualLstm
from songloom.layers.seanet import Seanet, SeanetDecoder, SeanetEncoder

SMALL = Seanet(filters=4, ratios=(5, 4, 2))
VARIANTS = {
    "causal": SMALL,
    "not causal": replace(SMALL, causal=False),
    "zero padded": replace(SMALL, causal=False, padding="zeros"),
    "dilated, without an LSTM": replace(
        SMALL, residual_kernel=7, dilations=(1, 3, 9), compress=1, shortcut=False, lstm_layers=0, last_kernel=3
    ),
    "dilated and not causal": replace(SMALL, dilations=(1, 2, 4), causal=False, lstm_layers=1),
}


def noise(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(sum(shape)))


@pytest.fixture(params=VARIANTS)
def networks(request: pytest.FixtureRequest) -> tuple[SeanetEncoder, SeanetDecoder]:
    torch.manual_seed(0)
    settings = VARIANTS[request.param]
    return SeanetEncoder(settings, 1, 8).double(), SeanetDecoder(settings, 1, 8).double()


def test_latents_and_waves_have_their_lengths(networks: tuple[SeanetEncoder, SeanetDecoder]) -> None:
    encoder, decoder = networks
    for samples in (1, 39, 40, 41, 400):
        latents = encoder(noise(2, 1, samples))
        assert latents.shape == (2, 8, -(-samples // 40))
        assert decoder(latents).shape == (2, 1, latents.shape[-1] * 40)


def test_each_half_reaches_no_further_than_it_says(networks: tuple[SeanetEncoder, SeanetDecoder]) -> None:
    encoder, decoder = networks
    places = ((encoder.convolutions, 1), (encoder.leave, 32), (decoder.enter, 8), (decoder.convolutions, 32))
    for stack, channels in places:
        frames, middle = 60, 30
        wave = noise(1, channels, frames * stack.taken).requires_grad_()
        stack(wave)[..., middle * stack.given : (middle + 1) * stack.given].sum().backward()
        assert wave.grad is not None
        seen = (wave.grad.abs().sum((0, 1)).nonzero().flatten() // stack.taken).unique()
        assert (middle - int(seen.min()), int(seen.max()) - middle) == (stack.reach.before, stack.reach.after)


@pytest.mark.parametrize("size", [1, 3, 50])
def test_a_stream_in_pieces_equals_the_whole(networks: tuple[SeanetEncoder, SeanetDecoder], size: int) -> None:
    encoder, decoder = networks
    with torch.no_grad():
        for samples, piece in ((1, 7), (41, 7), (500, 33), (1234, 401)):
            wave = noise(1, 1, samples)
            latents = encoder(wave)
            streamed = torch.cat(list(encoder.stream(torch.split(wave, piece, -1), size)), -1)
            torch.testing.assert_close(streamed, latents, atol=1e-9, rtol=0)
            made = torch.cat(list(decoder.stream(torch.split(latents, 1 + piece // 20, -1), size)), -1)
            torch.testing.assert_close(made, decoder(latents), atol=1e-9, rtol=0)


def test_a_causal_network_gives_every_frame_at_once() -> None:
    encoder = SeanetEncoder(SMALL, 1, 8).double()
    came = 0

    def pieces() -> Tensor:
        nonlocal came
        for _ in range(30):
            came += 40
            yield noise(1, 1, 40)

    with torch.no_grad():
        given = [(came // 40, latents.shape[-1]) for latents in encoder.stream(pieces(), 10)]
    assert given[0][0] == 7  # mirrored padding looks at six frames more, in the beginning only
    assert [frames for _, frames in given[1:]] == [1] * 23


def test_an_lstm_goes_on_where_it_stood() -> None:
    memory = ResidualLstm(8, 2).double()
    frames = noise(2, 8, 20)
    whole, _ = memory(frames)
    first, state = memory(frames[..., :7])
    second, _ = memory(frames[..., 7:], state)
    torch.testing.assert_close(torch.cat([first, second], -1), whole)
