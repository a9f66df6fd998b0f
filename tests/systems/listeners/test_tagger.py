"""What a tagger hears in spectra: the colour of a clip, from which moods are told where the rest is known."""

from __future__ import annotations

import dataclasses

import pytest
import torch

from songloom.systems import registry
from songloom.systems.listeners.lean import slopes
from songloom.systems.listeners.tagger import Tagger

FRAMES = 24


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return Tagger(Tagger.presets()["tagger-tiny"]).eval()  # type: ignore[arg-type]


def test_a_brighter_sound_has_a_steeper_colour_and_a_louder_one_the_same(tagger: Tagger) -> None:
    codec, count = tagger.codec, FRAMES * tagger.codec.hop_length
    noise = 0.1 * torch.randn(1, 1, count, generator=torch.Generator().manual_seed(1))
    spectrum = torch.fft.rfft(noise)
    brighter = torch.fft.irfft(spectrum * torch.linspace(0.1, 1, spectrum.shape[-1]), n=count)
    waves = torch.cat([noise, brighter, 0.5 * noise]).expand(-1, codec.channels, -1)
    magnitudes, _ = codec.analyse(waves)
    colours = tagger.coloured(magnitudes[:, 0], torch.ones(magnitudes.shape[0], magnitudes.shape[-1]))
    dull, bright, soft = slopes(colours)[:, 0].tolist()
    assert bright > dull + 0.2 and soft == pytest.approx(dull, abs=0.01)


def test_frames_outside_of_the_mask_colour_nothing(tagger: Tagger) -> None:
    bins = tagger.codec.config.n_fft // 2 + 1
    magnitudes = torch.rand(1, bins, FRAMES)
    mask = (torch.arange(FRAMES) < FRAMES // 2).float()[None]
    other = magnitudes.clone()
    other[..., FRAMES // 2 :] *= torch.linspace(0, 9, bins)[:, None]
    assert torch.equal(tagger.coloured(magnitudes, mask), tagger.coloured(other, mask))
    assert not torch.allclose(tagger.coloured(magnitudes, mask), tagger.coloured(other, torch.ones(1, FRAMES)))


def test_moods_are_heard_with_what_labels_tell_and_move_latents(tagger: Tagger) -> None:
    latents = torch.randn(2, tagger.codec.latent_width, FRAMES, requires_grad=True)
    mask = torch.ones(2, FRAMES)
    labels = [{"style": "techno"}, {"style": "solo piano"}]
    (told, keys), (turned, same) = (tagger.told(latents, mask, some) for some in (labels, labels[::-1]))
    assert not torch.allclose(told.mood, turned.mood)
    assert torch.equal(told.style, turned.style) and torch.equal(told.families, turned.families)
    assert keys.shape == (2, 24) and torch.equal(keys, same)
    for heard in (told.mood, keys):
        (gradient,) = torch.autograd.grad(heard[:, 0].sum(), latents, retain_graph=True)
        assert gradient.abs().sum() > 0


def test_a_codec_without_spectra_is_refused_in_a_line() -> None:
    settings = Tagger.presets()["tagger-tiny"]
    other = registry.preset("dac-tiny")[1]
    with pytest.raises(ValueError, match="spectra of a SpectralCodec"):
        Tagger(dataclasses.replace(settings, codec=other))  # type: ignore[call-arg]
