"""LAION's CLAP beside transformers' ClapModel and ClapFeatureExtractor at random weights; both published layouts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import clap_files
import numpy as np
import pytest
import torch
from clap_files import RATE
from mel_pipelines import JOINT, LETTERS, roberta_tokenizer
from safetensors.torch import load_file, save_file
from torch import Tensor

from songloom import checkpoint
from songloom.layers.decibel_mel import DecibelMel, DecibelScale
from songloom.published.load import load
from songloom.systems import registry
from songloom.systems.embedders.laion_clap import LaionClap, middles, pieces, scale_of
from songloom.systems.roles import covering

TEXTS = ["calm piano", "furious metal with drums, " * 3, ""]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def unfused(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, LaionClap, Path]:
    """transformers' model, ours of its folder, the folder."""
    model = clap_files.hub_clap(fused=False)
    folder = clap_files.save(tmp_path_factory.mktemp("unfused"), model, clap_files.extractor(fused=False))
    return model, load(folder), folder  # type: ignore[return-value]


@pytest.fixture(scope="module")
def fused(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, LaionClap, Path]:
    model = clap_files.hub_clap(fused=True)
    folder = clap_files.save(tmp_path_factory.mktemp("fused"), model, clap_files.extractor(fused=True))
    return model, load(folder), folder  # type: ignore[return-value]


def music(seconds: float, rate: int) -> Tensor:
    """Tones that change every half second, with silences and a little noise, [2, T]."""
    time = torch.arange(round(seconds * rate)) / rate
    pitch = 110 * 2 ** ((2 * time).floor() * 5 % 12 / 12)
    tones = torch.sin(2 * torch.pi * pitch * time) * torch.exp(-6 * (time % 0.5)) * (time % 2 < 1.5)
    noise = torch.randn(2, len(time), generator=torch.Generator().manual_seed(3))
    return 0.3 * tones + 0.02 * noise * torch.tensor([[0.1], [1.0]])


def theirs(model: Any, features: Any, waves: Tensor, longer: bool = False) -> Tensor:
    """The embeddings of transformers. Where nothing is longer its extractor marks one item at random; here none is."""
    given = features(list(waves.numpy()), sampling_rate=features.sampling_rate, return_tensors="pt")
    marks = torch.full((len(waves), 1), longer)
    return model.get_audio_features(given["input_features"].float(), is_longer=marks).pooler_output


def alike(made: Tensor, expected: Tensor) -> None:
    assert (expected[0] - expected[1]).abs().max() > 1e-3
    torch.testing.assert_close(made, expected, atol=1e-4, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("seconds", [1.0, 0.37, 0.9])
@pytest.mark.parametrize("padding", ["repeatpad", "repeat", "pad"])
def test_music_up_to_a_window_has_the_embedding_of_transformers(unfused: Any, seconds: float, padding: str) -> None:
    model, system, _ = unfused
    waves, features = music(seconds, RATE), clap_files.extractor(fused=False, padding=padding)
    other = checkpoint_with(system, filling=padding)
    alike(other.embed_audio(waves[:, None]), theirs(model, features, waves))


def checkpoint_with(system: LaionClap, **changes: Any) -> LaionClap:
    """The same weights under other settings."""
    from dataclasses import replace

    other: LaionClap = replace(system.config, **changes).build()
    other.load_state_dict(system.state_dict())
    return other.eval()


@torch.no_grad()
def test_longer_music_is_the_mean_of_the_embeddings_of_even_windows(unfused: Any, monkeypatch: Any) -> None:
    model, system, _ = unfused
    waves, features = music(2.6, RATE), clap_files.extractor(fused=False)
    total = torch.zeros(2, JOINT)
    for start in covering(waves.shape[1], RATE):
        monkeypatch.setattr(np.random, "randint", lambda low, high, start=start: start)
        total += theirs(model, features, waves)
    alike(system.embed_audio(waves[:, None]), torch.nn.functional.normalize(total, dim=-1))


@torch.no_grad()
@pytest.mark.parametrize("seconds", [10.0, 4.1, 10.004])
def test_music_up_to_a_window_is_not_fused(fused: Any, seconds: float) -> None:
    model, system, _ = fused
    waves = music(seconds, 48_000)
    alike(system.embed_audio(waves[:, None]), theirs(model, clap_files.extractor(fused=True), waves))


def middle(places: Any) -> Any:
    return places[len(places) // 2]


@torch.no_grad()
@pytest.mark.parametrize("seconds", [10.03, 23.7])
def test_longer_music_is_fused_as_in_transformers_with_pieces_from_the_middle_of_each_third(
    fused: Any, seconds: float, monkeypatch: Any
) -> None:
    model, system, _ = fused
    waves = music(seconds, 48_000)
    monkeypatch.setattr(np.random, "choice", middle)
    expected = theirs(model, clap_files.extractor(fused=True), waves, longer=True)
    alike(system.embed_audio(waves[:, None]), expected)
    assert torch.equal(system.embed_audio(waves[:, None]), system.embed_audio(waves[:, None]))
    apart = theirs(model, clap_files.extractor(fused=True), waves, longer=False)
    assert (apart - expected).abs().max() > 1e-2, "the pieces change the embedding"


@pytest.mark.parametrize("places", [1, 2, 3, 4, 5, 100, 1001])
def test_pieces_begin_in_the_middle_of_each_third(places: int) -> None:
    thirds = np.array_split(np.arange(places), 3)
    assert middles(places) == [int(middle(third)) if len(third) else 0 for third in thirds]


def test_music_longer_by_less_than_a_frame_stays_one_picture() -> None:
    mel = torch.randn(2, 64, 101)
    assert pieces(mel, 101) is mel and pieces(mel, 100).shape == (2, 4, 64, 100)


@torch.no_grad()
def test_texts_have_the_embedding_of_transformers(unfused: Any) -> None:
    model, system, _ = unfused
    tokens = roberta_tokenizer()(TEXTS, padding=True, truncation=True, max_length=JOINT, return_tensors="pt")
    expected = model.get_text_features(**tokens).pooler_output
    alike(system.embed_text(TEXTS), expected)
    for text, row in zip(TEXTS, expected, strict=True):
        torch.testing.assert_close(system.embed_text([text])[0], row, atol=1e-4, rtol=0)


@pytest.mark.parametrize("is_fused", [False, True])
def test_mel_frames_are_those_of_the_feature_extractor(is_fused: bool) -> None:
    waves, features = music(10.0, 48_000), clap_files.extractor(fused=True)
    features.truncation = "fusion" if is_fused else "rand_trunc"
    expected = features(list(waves.numpy()), sampling_rate=48_000, return_tensors="pt")["input_features"][:, 0]
    made = DecibelMel(scale_of(fused=is_fused))(waves)
    assert made.shape == (2, 64, 1001)
    torch.testing.assert_close(made.mT, expected.float(), atol=2e-2, rtol=0)
    assert (made.mT - expected).abs().mean() < 1e-4


@pytest.mark.parametrize("name", ["laion-clap-tiny", "laion-clap-fused-tiny"])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_a_file_of_laion_is_read_back_as_it_was(name: str, prefix: str, tmp_path: Path) -> None:
    system = published_like(name)
    path = tmp_path / "630k-best.pt"
    state = {prefix + key: tensor for key, tensor in clap_files.laion_state(system).items()}
    torch.save({"epoch": 15, "name": "a run", "state_dict": state, "best": np.float64(0.5)}, path)
    roberta_tokenizer().save_pretrained(tmp_path)
    again = load(path)
    assert isinstance(again, LaionClap)
    assert again.config.audio == system.config.audio and again.config.mel == system.config.mel
    for key, tensor in system.state_dict().items():
        if key != "text.tokenizer":
            assert torch.equal(again.state_dict()[key], tensor), key
    waves = music(11.0, 48_000)[:, None]
    assert torch.equal(again.embed_audio(waves), system.embed_audio(waves))
    assert again.embed_text(["calm piano"]).shape == (1, system.width)


def published_like(name: str) -> LaionClap:
    """A tiny embedder that hears as the published ones do: file names and shapes say no rates."""
    from dataclasses import replace

    torch.manual_seed(0)
    settings: Any = registry.presets()[name]
    fused = settings.audio.fused
    text = replace(settings.text, spelled=False, vocabulary=len(LETTERS), width=64, heads=1, epsilon=1e-5)
    settings = replace(settings, sample_rate=48_000, seconds=10.0, mel=scale_of(64, fused=fused), text=text)
    audio = replace(settings.audio, bands=64, side=256, window=8)
    return clap_files.lively(replace(settings, audio=audio).build())


@pytest.mark.parametrize(
    ("name", "tensors", "values"),
    [
        ("laion-clap", 417, 158_760_282),
        ("laion-clap-fused", 447, 158_775_406),
        ("laion-clap-base", 504, 200_064_474),
    ],
)
def test_presets_in_the_layout_of_laion_are_as_large_as_the_published_files(
    name: str, tensors: int, values: int
) -> None:
    with torch.device("meta"):
        state = clap_files.laion_state(registry.presets()[name].build())
    state.pop("text_branch.embeddings.position_ids")
    assert (len(state), sum(tensor.numel() for tensor in state.values())) == (tensors, values)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda state: state.pop("audio_branch.norm.bias"), r"lacks 1: audio\.norm\.bias"),
        (lambda state: state.update({"audio_branch.gate": torch.ones(1)}), r"unknown keys, 1: audio_branch\.gate"),
        (lambda state: state.update({"audio_branch.logmel_extractor.melW": torch.ones(513, 64)}), "other mel bands"),
        (
            lambda state: state.update(
                {"audio_branch.spectrogram_extractor.stft.conv_real.weight": torch.ones(513, 1, 1024)}
            ),
            "other windows",
        ),
        (lambda state: state.pop("text_projection.0.weight"), r"it lacks text_projection\.0\.weight"),
    ],
)
def test_a_file_that_is_not_whole_says_what_is_wrong(
    change: Callable[[dict[str, Tensor]], Any], said: str, tmp_path: Path
) -> None:
    state = clap_files.laion_state(published_like("laion-clap-tiny"))
    change(state)
    torch.save({"state_dict": state}, tmp_path / "model.pt")
    with pytest.raises(ValueError, match=said):
        load(tmp_path / "model.pt")


def test_without_a_tokenizer_music_is_embedded_and_texts_are_refused(tmp_path: Path, monkeypatch: Any) -> None:
    from songloom.published import files

    monkeypatch.setattr(files, "hub_cache", lambda: tmp_path / "nothing")
    torch.save({"state_dict": clap_files.laion_state(published_like("laion-clap-tiny"))}, tmp_path / "model.pt")
    system = load(tmp_path / "model.pt")
    assert isinstance(system, LaionClap)
    assert bool(system.embed_audio(music(1.0, 48_000)[:, None]).isfinite().all())
    with pytest.raises(ValueError, match=r"clap-text has no tokenizer: texts need the tokenizer\.json"):
        system.embed_text(["piano"])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"audio_config": {"hidden_act": "relu"}}, "hidden_act 'relu'"),
        ({"audio_config": {"enable_fusion": True, "fusion_type": "channel_map"}}, "fusion_type 'channel_map'"),
        ({"audio_config": {"patch_stride": [2, 2]}}, r"patches of 4 every \[2, 2\]"),
        ({"text_config": {"hidden_act": "relu"}}, "CLAP of another kind"),
    ],
)
def test_folders_of_other_kinds_are_refused(unfused: Any, tmp_path: Path, change: dict[str, Any], said: str) -> None:
    config = json.loads((unfused[2] / "config.json").read_text())
    for part, values in change.items():
        config[part] |= values
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "model.safetensors").write_bytes((unfused[2] / "model.safetensors").read_bytes())
    with pytest.raises(ValueError, match=said):
        load(tmp_path)


def test_a_tensor_that_a_folder_lacks_is_named(unfused: Any, tmp_path: Path) -> None:
    tensors = load_file(unfused[2] / "model.safetensors")
    del tensors["audio_model.audio_encoder.layers.1.blocks.2.intermediate.dense.bias"]
    save_file(tensors, tmp_path / "model.safetensors", {"format": "pt"})
    (tmp_path / "config.json").write_text((unfused[2] / "config.json").read_text())
    with pytest.raises(ValueError, match=r"lacks 1: audio\.stages\.1\.blocks\.2\.expand\.bias"):
        load(tmp_path)


@torch.no_grad()
def test_the_folder_format_of_songloom_keeps_everything(unfused: Any, tmp_path: Path) -> None:
    _, system, _ = unfused
    checkpoint.save(system, tmp_path / "model")
    again = load(tmp_path / "model")
    assert again.config == system.config
    waves = music(0.8, RATE)[:, None]
    assert torch.equal(again.embed_audio(waves), system.embed_audio(waves))  # type: ignore[operator]
    assert torch.equal(again.embed_text(TEXTS), system.embed_text(TEXTS))  # type: ignore[operator]


def test_the_published_scale_is_48_khz_every_10_milliseconds() -> None:
    assert scale_of() == DecibelScale(sample_rate=48_000, hop_length=480, n_fft=1024, bands=64, low=50, high=14_000)
