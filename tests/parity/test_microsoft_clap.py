"""Microsoft's CLAP from files in its layout: text towers and HTS-AT beside transformers', CNN14 beside plain functions.

The msclap package needs torchaudio and torchlibrosa; its files' names and its steps are written out here instead.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

import clap_files
import librosa
import numpy as np
import pytest
import torch
from mel_pipelines import LETTERS, roberta_tokenizer, spread
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional
from transformers import BertConfig, BertModel, ClapAudioConfig, ClapAudioModel, GPT2Config, GPT2Model

from songloom.app import cli
from songloom.published.load import load
from songloom.systems import registry
from songloom.systems.embedders.microsoft_clap import MicrosoftClap

RATE, WIDTH = 44_100, 12
TEXTS = ["calm piano", "furious metal with drums, " * 2, ""]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def drawn(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape))) / shape[-1] ** 0.5


def projection_state(name: str, inputs: int) -> dict[str, Tensor]:
    """Two layers without biases, and a norm."""
    return {
        f"{name}.projection.linear1.weight": drawn(WIDTH, inputs),
        f"{name}.projection.linear2.weight": drawn(WIDTH, WIDTH),
        f"{name}.projection.layer_norm.weight": 1 + 0.3 * drawn(WIDTH),
        f"{name}.projection.layer_norm.bias": drawn(WIDTH),
    }


def projected(state: dict[str, Tensor], name: str, x: Tensor) -> Tensor:
    """The published projection, at length 1."""
    first = x @ state[f"{name}.projection.linear1.weight"].T
    second = functional.gelu(first) @ state[f"{name}.projection.linear2.weight"].T
    weight, bias = (state[f"{name}.projection.layer_norm.{kind}"] for kind in ("weight", "bias"))
    return functional.normalize(functional.layer_norm(first + second, (WIDTH,), weight, bias), dim=-1)


def named(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in tensors.items()}


def mel(waves: Tensor, rate: int) -> Tensor:
    """The frames [B, F, M] that torchlibrosa makes, by librosa."""
    energies = librosa.feature.melspectrogram(
        y=waves.double().numpy(),
        sr=rate,
        n_fft=1024,
        hop_length=320,
        n_mels=64,
        fmin=50,
        fmax=14_000,
        pad_mode="reflect",
    )
    return torch.from_numpy(10 * np.log10(np.maximum(energies, 1e-10))).float().mT


def filters(rate: int) -> Tensor:
    return torch.from_numpy(librosa.filters.mel(sr=rate, n_fft=1024, n_mels=64, fmin=50, fmax=14_000))


def music(seconds: float) -> Tensor:
    time = torch.arange(round(seconds * RATE)) / RATE
    pitch = 110 * 2 ** ((2 * time).floor() * 5 % 12 / 12)
    noise = torch.randn(2, len(time), generator=torch.Generator().manual_seed(3))
    return 0.3 * torch.sin(2 * torch.pi * pitch * time) + 0.02 * noise * torch.tensor([[0.1], [1.0]])


def played(waves: Tensor, seconds: int) -> Tensor:
    """Again and again, then cut."""
    return torch.cat([waves] * 40, dim=1)[:, : seconds * RATE]


def alike(made: Tensor, expected: Tensor) -> None:
    assert (expected[0] - expected[1]).abs().max() > 1e-3
    torch.testing.assert_close(made, expected, atol=1e-4, rtol=0)


def cnn14_state() -> dict[str, Tensor]:
    """PANNs' names with few channels."""
    widths = (1, 3, 4, 5, 6, 7, 8)
    state = clap_files.spectrum_state(1024, filters(RATE))

    def norm(name: str, width: int, level: float, spread: float) -> None:
        state[f"{name}.weight"], state[f"{name}.bias"] = 1 + 0.3 * drawn(width), drawn(width)
        state[f"{name}.running_mean"], state[f"{name}.running_var"] = (
            level + drawn(width),
            spread * (1 + drawn(width) ** 2),
        )
        state[f"{name}.num_batches_tracked"] = torch.tensor(7)

    norm("bn0", 64, -40, 300)
    for block in range(1, 7):
        for place, inputs in ((1, widths[block - 1]), (2, widths[block])):
            kernels = drawn(widths[block], inputs, 3, 3) if inputs > 1 else drawn(widths[block], 1, 3, 3)
            state[f"conv_block{block}.conv{place}.weight"] = kernels
            norm(f"conv_block{block}.bn{place}", widths[block], 0.1, 1)
    state |= {"fc1.weight": drawn(20, 8), "fc1.bias": drawn(20)}
    return state | {"fc_audioset.weight": drawn(5, 20), "fc_audioset.bias": drawn(5)}


def cnn14(state: dict[str, Tensor], frames: Tensor) -> Tensor:
    """The embedding of frames [B, F, M] by PANNs' steps."""

    def norm(image: Tensor, name: str) -> Tensor:
        return functional.batch_norm(
            image,
            state[f"{name}.running_mean"],
            state[f"{name}.running_var"],
            state[f"{name}.weight"],
            state[f"{name}.bias"],
        )

    image = norm(frames.mT[..., None], "bn0").permute(0, 3, 2, 1)
    for block in range(1, 7):
        for place in (1, 2):
            image = functional.conv2d(image, state[f"conv_block{block}.conv{place}.weight"], padding=1)
            image = functional.relu(norm(image, f"conv_block{block}.bn{place}"))
        image = functional.avg_pool2d(image, 2 if block < 6 else 1)
    image = image.mean(3)
    pooled = image.amax(2) + image.mean(2)
    return functional.relu(functional.linear(pooled, state["fc1.weight"], state["fc1.bias"]))


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, dict[str, Tensor], MicrosoftClap, Path]:
    """BERT of transformers, the state of a file of 2022, ours of it, and the file."""
    config = BertConfig(
        vocab_size=len(LETTERS), hidden_size=128, num_hidden_layers=2, intermediate_size=20, num_attention_heads=2,
        max_position_embeddings=110,
    )  # fmt: skip
    bert = spread(BertModel(config), 2)
    state = {
        "logit_scale": torch.tensor(3.3),
        **named("audio_encoder.base.", cnn14_state()),
        **projection_state("audio_encoder", 20),
        **named("caption_encoder.base.", bert.state_dict()),
        **projection_state("caption_encoder", 128),
    }
    path = tmp_path_factory.mktemp("earlier") / "CLAP_weights_2022.pth"
    torch.save({"model": state}, path)
    roberta_tokenizer().save_pretrained(path.parent)
    return bert, state, load(path), path  # type: ignore[return-value]


@pytest.fixture(scope="module")
def later(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, dict[str, Tensor], MicrosoftClap, Path]:
    """HTS-AT and GPT-2 of transformers, the state of a file of 2023, ours of it, and the file."""
    audio = ClapAudioConfig(
        depths=[2, 3], num_attention_heads=[1, 2], patch_embeds_hidden_size=8, hidden_size=16, num_hidden_layers=2
    )
    htsat = clap_files.lively(spread(ClapAudioModel(audio), 1))
    gpt2 = spread(GPT2Model(GPT2Config(vocab_size=300, n_positions=80, n_embd=128, n_layer=2, n_head=2)), 4)
    heard = clap_files.spectrum_state(1024, filters(32_000)) | clap_files.authors_state(htsat.state_dict())
    state = {
        "logit_scale": torch.tensor(3.3),
        **named("audio_encoder.base.htsat.", heard),
        **projection_state("audio_encoder", 16),
        **named("caption_encoder.base.", gpt2.state_dict()),
        **projection_state("caption_encoder", 128),
    }
    path = tmp_path_factory.mktemp("later") / "CLAP_weights_2023.pth"
    torch.save({"model": state}, path)
    gpt2_tokenizer().save(str(path.parent / "tokenizer.json"))
    return htsat, gpt2, state, load(path), path  # type: ignore[return-value]


def gpt2_tokenizer() -> Tokenizer:
    """Letters and a mark of the end, "!" being 0 as in the published one."""
    from tokenizers import models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    letters = ["!", *(letter for letter in alphabet if letter != "!"), "ia", "!!"]
    vocabulary = {letter: place for place, letter in enumerate(letters)}
    tokenizer = Tokenizer(models.BPE(vocabulary, [("i", "a"), ("!", "!")]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.add_special_tokens(["<|endoftext|>"])
    return tokenizer


@torch.no_grad()
@pytest.mark.parametrize("seconds", [5.0, 2.3])
def test_cnn14_and_its_projection_are_those_of_the_file_of_2022(earlier: Any, seconds: float) -> None:
    _, state, system, _ = earlier
    assert (system.sample_rate, system.window_seconds, system.width) == (RATE, 5.0, WIDTH)
    waves = music(seconds)
    audio = {key.removeprefix("audio_encoder.base."): tensor for key, tensor in state.items()}
    expected = projected(state, "audio_encoder", cnn14(audio, mel(played(waves, 5), RATE)))
    alike(system.embed_audio(waves[:, None]), expected)


@torch.no_grad()
def test_bert_and_its_projection_are_those_of_the_file_of_2022(earlier: Any) -> None:
    bert, state, system, _ = earlier
    tokens = roberta_tokenizer()(TEXTS, padding=True, truncation=True, max_length=100, return_tensors="pt")
    first = bert(tokens["input_ids"], attention_mask=tokens["attention_mask"]).last_hidden_state[:, 0]
    alike(system.embed_text(TEXTS), projected(state, "caption_encoder", first))


@torch.no_grad()
@pytest.mark.parametrize("seconds", [7.0, 3.1])
def test_htsat_and_its_projection_are_those_of_the_file_of_2023(later: Any, seconds: float) -> None:
    htsat, _, state, system, _ = later
    assert (system.sample_rate, system.window_seconds, system.width) == (RATE, 7.0, WIDTH)
    waves = music(seconds)
    frames = mel(played(waves, 7), 32_000)[:, None]  # 44.1 kHz is heard as if it were 32
    expected = projected(state, "audio_encoder", htsat(frames).pooler_output)
    alike(system.embed_audio(waves[:, None]), expected)


@torch.no_grad()
def test_gpt2_and_its_projection_are_those_of_the_file_of_2023(later: Any) -> None:
    _, gpt2, state, system, _ = later
    tokenizer = gpt2_tokenizer()
    tokenizer.add_special_tokens(["!"])
    for text in (*TEXTS, "stop! now!!"):
        ids = torch.tensor(tokenizer.encode(text + " <|endoftext|>").ids)[None]
        padded, mask = (
            functional.pad(ids, (0, 77 - ids.shape[1])),
            functional.pad(torch.ones_like(ids), (0, 77 - ids.shape[1])),
        )
        states = gpt2(padded, attention_mask=mask).last_hidden_state
        expected = projected(state, "caption_encoder", states[:, (padded != 0).sum() - 1])
        torch.testing.assert_close(system.embed_text([text]), expected, atol=1e-4, rtol=0)
    alike(system.embed_text(TEXTS), torch.cat([system.embed_text([text]) for text in TEXTS]))


@pytest.mark.parametrize(
    ("generation", "lost", "said"),
    [
        ("earlier", "audio_encoder.base.conv_block3.bn2.weight", r"lacks 1: audio\.blocks\.2\.second_norm\.weight"),
        ("earlier", "caption_encoder.base.embeddings.LayerNorm.bias", r"lacks 1: text\.encoder\.norm\.bias"),
        ("earlier", "audio_encoder.base.fc1.weight", r"no CNN14 under 'audio_encoder\.base\.'"),
        ("later", "audio_encoder.base.htsat.bn0.running_mean", r"lacks 1: audio\.bands_norm\.running_mean"),
        ("later", "caption_encoder.base.h.1.ln_2.bias", r"lacks 1: text\.language\.blocks\.1\.hidden_norm\.bias"),
        (
            "later",
            "caption_encoder.base.wpe.weight",
            r"no CLAP with a GPT-2: it lacks caption_encoder\.base\.wpe\.weight",
        ),
    ],
)
def test_a_tensor_that_a_file_lacks_is_named(
    request: pytest.FixtureRequest, tmp_path: Path, generation: str, lost: str, said: str
) -> None:
    state = dict(request.getfixturevalue(generation)[-3])
    del state[lost]
    torch.save({"model": state}, tmp_path / "model.pth")
    with pytest.raises(ValueError, match=said):
        load(tmp_path / "model.pth")


@pytest.mark.parametrize("generation", ["earlier", "later"])
def test_a_tensor_that_is_not_known_is_named(request: Any, tmp_path: Path, generation: str) -> None:
    state = {**request.getfixturevalue(generation)[-3], "clap.gate": torch.ones(1)}
    torch.save({"model": state}, tmp_path / "model.pth")
    with pytest.raises(ValueError, match=r"unknown keys, 1: clap\.gate"):
        load(tmp_path / "model.pth")


def test_convert_writes_a_folder_of_songloom(
    earlier: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _, _, system, path = earlier
    monkeypatch.setattr(sys, "argv", ["songloom", "convert", str(path), "-o", str(tmp_path / "clap")])
    with contextlib.suppress(SystemExit):
        cli.main()
    assert "microsoft-clap" in capsys.readouterr().out
    again: Any = load(tmp_path / "clap")
    waves = music(1.0)[:, None]
    assert torch.equal(again.embed_audio(waves), system.embed_audio(waves))
    assert torch.equal(again.embed_text(TEXTS), system.embed_text(TEXTS))


def test_presets_have_the_sizes_of_the_published_towers() -> None:
    with torch.device("meta"):
        later, earlier = (registry.presets()[name].build() for name in ("microsoft-clap", "microsoft-clap-2022"))
        bert, gpt2 = BertModel(BertConfig(), add_pooling_layer=False), GPT2Model(GPT2Config())
        htsat = ClapAudioModel(ClapAudioConfig())
    assert earlier.audio.width == 2048 and later.audio.width == 768
    # Ours keeps one of BERT's two rows of segments.
    assert count(earlier.text) == count(bert) - 768
    assert count(later.text) == count(gpt2)
    assert count(later.audio) == count(htsat)


def count(network: Any) -> int:
    return sum(weight.numel() for weight in network.parameters())
