"""Codecs on mel images: segments, rows as streams, two levels of codes, and the ways back to sound."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from songloom import checkpoint
from songloom.layers.mel import MelScale
from songloom.systems.codecs import mel_codec
from songloom.systems.codecs.hifigan import HifiGan
from songloom.systems.codecs.mel_codec import MelCodec, adapted, laid_out, packed, places, rows_of
from songloom.systems.codecs.mel_vae import MelVae
from songloom.systems.codecs.vqgan import Vqgan
from songloom.systems.codecs.vqvae2 import VqVae2

TINY = {
    "mel-vae-tiny": MelVae.presets()["mel-vae-tiny"],
    "vqgan-tiny": Vqgan.presets()["vqgan-tiny"],
    "vq-vae-2-tiny": VqVae2.presets()["vq-vae-2-tiny"],
}


def build(name: str, **changes: object) -> MelCodec:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    system: MelCodec = dataclasses.replace(TINY[name], **changes).build()
    return system.eval()


def wave(seconds: float, items: int = 1) -> Tensor:
    """Two tones that beat, at 8 kHz."""
    time = torch.arange(round(8000 * seconds)) / 8000
    tones = torch.sin(2 * math.pi * 440 * time) + torch.sin(2 * math.pi * 703 * time)
    return (0.2 * tones).expand(items, 1, -1).clone()


@pytest.mark.parametrize("name", TINY)
def test_a_clip_of_one_segment_is_coded_as_a_whole(name: str) -> None:
    system = build(name)
    clip = wave(system.config.segment * system.hop_length / 8000, 2)
    with torch.no_grad():
        torch.testing.assert_close(system.encode(clip), system.encode_image(system.image(clip)))


@pytest.mark.parametrize("name", TINY)
def test_segments_show_their_context_and_nothing_else(name: str) -> None:
    """A frame's latent is that of its segment with the context beside it, cut out of the clip."""
    system = build(name, segment=6, context=2)
    clip, hop = wave(0.512) + 0.1 * torch.randn(1, 1, 4096), system.hop_length
    with torch.no_grad():
        latents, image = system.encode(clip), system.image(clip)
        window = image[:, :, 4 * system.fold : 14 * system.fold]
        torch.testing.assert_close(latents[..., 6:12], system.encode_image(window)[..., 2:8])
        assert latents.shape[-1] == math.ceil(4096 / hop)


def test_convolutions_without_norms_do_not_show_the_grid() -> None:
    clip = wave(2.0).double() + 0.1 * torch.randn(1, 1, 16_000, dtype=torch.float64)
    whole, cut = (build("vq-vae-2-tiny", segment=segment).double() for segment in (1000, 5))
    cut.load_state_dict(whole.state_dict())
    with torch.no_grad():
        latents = whole.encode(clip)
        torch.testing.assert_close(cut.encode(clip), latents)
        images = [torch.cat([mel.detach() for mel in system._mels([latents])], -1) for system in (whole, cut)]
        torch.testing.assert_close(images[1], images[0])


def test_rows_become_streams_and_back() -> None:
    image = torch.arange(2.0 * 3 * 4 * 5).reshape(2, 3, 4, 5)
    assert torch.equal(rows_of(packed(image), 5), image)
    assert torch.equal(packed(image)[:, 3:6], image[..., 1])  # the second row
    assert torch.equal(laid_out(places(image), 5), image)


def test_the_streams_of_vqgan_are_the_rows_of_its_image() -> None:
    system = build("vqgan-tiny")
    assert isinstance(system, Vqgan)
    clip = wave(0.5, 2)
    with torch.no_grad():
        image = rows_of(system.encode(clip), system.rows)
        codes = system.tokenize(clip)
        for row in range(system.rows):
            assert torch.equal(codes[:, row], system.quantizer.quantize(image[..., row])[:, 0])
        lower = rows_of(system.dequantize(codes[:, :3]), system.rows)
        assert torch.equal(lower[..., :3], rows_of(system.dequantize(codes), system.rows)[..., :3])
        assert not bool(lower[..., 3:].any())


def test_the_published_sizes_are_the_papers() -> None:
    with torch.device("meta"):
        vqgan, two, vae = Vqgan(Vqgan.Config()), VqVae2(VqVae2.Config()), MelVae(MelVae.Config())
    assert (vqgan.streams, vqgan.codebook_size, vqgan.fold) == (5, 1024, 16)  # SpecVQGAN: 5 x 53 codes of 80 x 848
    assert (two.top_rows, two.bottom_rows, two.streams) == (10, 20, 10 + 2 * 20)
    assert (vae.latent_width, vae.hop_length, vae.sample_rate) == (8 * 16, 640, 16_000)
    assert vae.vocoder is not None
    numbers = {
        name: sum(tensor.numel() for tensor in part.state_dict().values())
        for name, part in (("all", vae), ("vocoder", vae.vocoder))
    }
    assert numbers["vocoder"] == 55_265_025 and numbers["all"] == 55_265_025 + 55_376_873


def test_both_levels_of_vq_vae_2_pack_at_the_rate_of_the_top() -> None:
    system = build("vq-vae-2-tiny")
    assert isinstance(system, VqVae2)
    top = torch.randn(2, 8, 7, system.top_rows)
    bottom = torch.randn(2, 8, 14, system.bottom_rows)
    latents = system._pack(top, bottom)
    assert latents.shape == (2, system.latent_width, 7)
    for back, true in zip(system._unpack(latents), (top, bottom), strict=True):
        assert torch.equal(back, true)
    first = 8 * system.top_rows
    assert torch.equal(latents[:, first : first + 8, 3], bottom[:, :, 6, 0])  # the first of frame 3's two moments
    middle = first + 8 * system.bottom_rows
    assert torch.equal(latents[:, middle : middle + 8, 3], bottom[:, :, 7, 0])
    codes = system.quantize(latents)
    assert torch.equal(codes[:, system.top_rows], system.bottom_quantizer.quantize(bottom[..., 0])[:, 0, ::2])
    assert torch.equal(system.quantize(system.dequantize(codes)), codes)


def test_the_bottom_is_told_what_the_top_says() -> None:
    system = build("vq-vae-2-tiny")
    assert isinstance(system, VqVae2)
    inner, top = torch.randn(1, 16, 8, 8), torch.randn(1, 8, 4, 4)
    with torch.no_grad():
        assert not torch.equal(system.conditioned(inner, top), system.conditioned(inner, 0 * top))


def test_griffin_lim_gives_a_sound_with_the_image() -> None:
    system = build("mel-vae-tiny")
    clip = wave(2.0)
    with torch.no_grad():
        mel = system.mel(clip[:, 0])
        made = torch.cat(list(system.sound([mel[..., :100], mel[..., 100:]])), -1)
        assert made.shape == (1, 1, 16_000)
        loud = mel > float(mel.max()) - 1.0  # within 3 nepers of the loudest band
        assert float((system.mel(made[:, 0]) - mel)[loud].abs().mean()) < 0.1


@pytest.fixture(scope="module")
def vocoder() -> HifiGan.Config:
    tiny = HifiGan.presets()["hifi-gan-tiny"]
    assert isinstance(tiny, HifiGan.Config)
    return dataclasses.replace(tiny, mel=dataclasses.replace(TINY["mel-vae-tiny"].mel, level=0.0, spread=1.0))


def test_a_vocoder_speaks_the_image_without_seams(vocoder: HifiGan.Config, monkeypatch: pytest.MonkeyPatch) -> None:
    system = build("mel-vae-tiny", vocoder=vocoder, segment=10)
    assert system.vocoder is not None
    with torch.no_grad():
        latents = system.encode(wave(1.0))
        mel = torch.cat(list(system._mels([latents])), -1)
        scale = system.config.mel
        expected = system.vocoder.decode(mel * scale.spread + scale.level)  # its own mel has neither
        torch.testing.assert_close(system.decode(latents), expected)
        monkeypatch.setattr(mel_codec, "VOCODER_FRAMES", 7)
        torch.testing.assert_close(system.decode(latents), expected, atol=1e-5, rtol=0)


def test_the_vocoder_is_a_frozen_part(vocoder: HifiGan.Config, tmp_path: Path) -> None:
    system = build("mel-vae-tiny", vocoder=vocoder)
    assert system.vocoder is not None
    assert not any(parameter.requires_grad for parameter in system.vocoder.parameters())
    assert not system.train().vocoder.training
    checkpoint.save(system.eval(), tmp_path / "model")
    assert (tmp_path / "model" / "parts" / "vocoder" / "config.json").is_file()
    loaded = checkpoint.load(tmp_path / "model")
    with torch.no_grad():
        latents = system.encode(wave(0.3))
        assert torch.equal(loaded.decode(latents), system.decode(latents))


def test_a_vocoder_of_another_mel_scale_is_refused(vocoder: HifiGan.Config) -> None:
    other = dataclasses.replace(vocoder, mel=dataclasses.replace(vocoder.mel, bands=20))
    with pytest.raises(ValueError, match="the vocoder hears"):
        build("mel-vae-tiny", vocoder=other)


@pytest.mark.parametrize("name", TINY)
def test_bands_that_do_not_halve_are_refused(name: str) -> None:
    odd = MelScale(sample_rate=8000, n_fft=256, hop_length=64, bands=27, high=4000.0)
    with pytest.raises(ValueError, match="27 mel bands"):
        build(name, mel=odd)


def test_the_latents_of_the_vae_are_scaled_means() -> None:
    plain, scaled = build("mel-vae-tiny"), build("mel-vae-tiny", scaling=0.25)
    with torch.no_grad():
        latents = plain.encode(wave(0.3))
        torch.testing.assert_close(scaled.encode(wave(0.3)), 0.25 * latents)
        torch.testing.assert_close(scaled.decode_image(0.25 * latents), plain.decode_image(latents))


def test_hifi_gan_refuses_rates_that_make_another_hop(vocoder: HifiGan.Config) -> None:
    with pytest.raises(ValueError, match="64 samples of a hop of 32"):
        HifiGan(dataclasses.replace(vocoder, mel=dataclasses.replace(vocoder.mel, hop_length=32)))


def test_an_adapted_game_pulls_the_last_weight_by_its_share_of_the_steady_loss() -> None:
    last = torch.randn(4, requires_grad=True)
    steady, adversarial = (3 * last).sum(), 0.8 * (0.1 * last).sum()  # a weak opponent
    game = adapted({"adversarial": adversarial, "features": steady}, steady, last, weight=0.8)
    pull = torch.autograd.grad(game["adversarial"], last, retain_graph=True)[0].norm()
    own = torch.autograd.grad(steady, last)[0].norm()
    assert float(pull / own) == pytest.approx(0.8, abs=1e-3)  # the divisor is never quite zero
    assert game["features"] is steady and adapted({}, steady, last, weight=0.8) == {}
