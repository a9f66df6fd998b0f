"""Jukebox's levels are independent, and the streams that are there say which one is decoded."""

from __future__ import annotations

import pytest
import torch

from songloom.systems.codecs.jukebox import JukeboxVqVae, packed, spectral_distance, unpacked


@pytest.fixture(scope="module")
def codec() -> JukeboxVqVae:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    system = JukeboxVqVae.presets()["jukebox-vq-vae-tiny"].build()
    assert isinstance(system, JukeboxVqVae)
    return system.eval()


def test_the_published_rates_and_sizes_are_the_papers() -> None:
    with torch.device("meta"):
        system = JukeboxVqVae(JukeboxVqVae.Config())
    assert [system.level(place).hop_length for place in range(3)] == [8, 32, 128]
    assert system.streams == 1 + 4 + 16
    assert system.frame_rate == pytest.approx(344.53, abs=0.01)
    assert system.frame_rate * system.streams == pytest.approx(7235, abs=1)  # codes a second in all
    assert sum(parameter.numel() for parameter in system.parameters()) == 1_485_763


def test_streams_of_a_level_come_in_time_order() -> None:
    codes = torch.arange(12).reshape(1, 1, 12)
    assert packed(codes, 4)[0].tolist() == [[0, 4, 8], [1, 5, 9], [2, 6, 10], [3, 7, 11]]
    assert torch.equal(unpacked(packed(codes, 4), 4), codes)


@pytest.mark.parametrize(("streams", "level"), [(1, 2), (2, 2), (3, 1), (6, 1), (7, 0)])
def test_the_finest_whole_level_is_decoded(codec: JukeboxVqVae, streams: int, level: int) -> None:
    wave = torch.randn(2, 1, 160)
    with torch.no_grad():
        codes = codec.tokenize(wave)
        made = codec.detokenize(codes[:, :streams])
        chosen = codec.level(level)
        latents = chosen.quantizer.dequantize(chosen.quantizer.quantize(chosen.encode(wave)))
        torch.testing.assert_close(made, chosen.decode(latents))


def test_a_level_learns_from_its_own_losses_alone(codec: JukeboxVqVae) -> None:
    level = codec.level(1)
    level.decode(level.quantizer(level.encode(torch.randn(1, 1, 160))).latents).square().mean().backward()
    touched = {name.split(".")[1] for name, weight in codec.named_parameters() if weight.grad is not None}
    codec.zero_grad(set_to_none=True)
    assert touched == {"1"}


def test_the_spectral_distance_is_zero_for_equal_waves_and_one_for_silence() -> None:
    wave = torch.randn(2, 1, 2000)
    assert float(spectral_distance(wave, wave, ((256, 64), (64, 16)))) == 0
    assert float(spectral_distance(torch.zeros_like(wave), wave, ((256, 64),))) == pytest.approx(1)
    assert float(spectral_distance(-wave, wave, ((256, 64),))) == pytest.approx(0, abs=1e-6)  # phases do not count


def test_halvings_without_multipliers_are_refused() -> None:
    with pytest.raises(ValueError, match="one of each"):
        JukeboxVqVae(JukeboxVqVae.Config(halvings=(3, 2), multipliers=(1,)))
