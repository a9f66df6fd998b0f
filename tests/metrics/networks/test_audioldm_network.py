"""VGGish and CNN14 in audioldm_eval's way: the first channel without its mean, one row of CNN14 for a clip."""

from __future__ import annotations

import pytest
import torch

from songloom.audio.sinc_resample import TORCHAUDIO, sinc_resample
from songloom.layers.cnn14 import Cnn14Shape
from songloom.layers.panns import SCALES, Panns
from songloom.layers.vggish import Vggish, log_mel_examples
from songloom.metrics.embeddings import ClassifyingNetwork, EmbeddingNetwork
from songloom.metrics.networks.audioldm import AudioldmPanns, AudioldmVggish, audioldm_sound


def panns(rate: int) -> AudioldmPanns:
    torch.manual_seed(0)
    return AudioldmPanns(Panns(SCALES[rate], Cnn14Shape(widths=(2, 3), embedding=5, classes=4)).eval(), "random")


def vggish() -> AudioldmVggish:
    torch.manual_seed(0)
    return AudioldmVggish(Vggish((3, 4, 5, 5, 6, 6), hidden=10, embedding=7).eval(), "random")


def test_the_first_channel_is_heard_without_its_mean_and_at_least_32000_samples() -> None:
    stereo = torch.randn(2, 9000) + 0.5
    made = audioldm_sound(stereo, 48_000, 16_000)
    expected = sinc_resample(stereo[:1] - stereo[:1].mean(), 48_000, 16_000, TORCHAUDIO)
    assert made.shape == (1, 32_000)
    assert torch.equal(made[:, :3000], expected) and not made[:, 3000:].any()
    assert audioldm_sound(torch.randn(1, 40_000), 16_000, 16_000).shape == (1, 40_000)


def test_both_are_networks_and_cnn14_has_classes() -> None:
    assert isinstance(vggish(), EmbeddingNetwork) and not isinstance(vggish(), ClassifyingNetwork)
    assert isinstance(panns(16_000), ClassifyingNetwork)
    facts = panns(32_000).facts
    assert (facts.name, facts.sample_rate, facts.width, facts.classes) == ("panns-audioldm-32k", 32_000, 5, 4)
    assert "windows: the whole clip" in facts.lines()


@torch.no_grad()
def test_vggish_hears_examples_one_after_the_other() -> None:
    wave = 0.3 * torch.randn(1, 40_000)
    expected = vggish().network(log_mel_examples(wave[0]))
    assert torch.allclose(vggish().embed(wave), expected, atol=1e-6) and len(expected) == 2


@pytest.mark.parametrize("rate", [16_000, 32_000])
@torch.no_grad()
def test_cnn14_gives_one_row_for_a_clip_and_its_softmax(rate: int) -> None:
    wave = 0.3 * torch.randn(1, 2 * rate)
    made = panns(rate).network(wave)
    assert torch.equal(panns(rate).embed(wave), made.embedding) and made.embedding.shape == (1, 5)
    assert torch.allclose(panns(rate).probabilities(wave), made.logits.exp() / made.logits.exp().sum(), atol=1e-6)
