"""AudioLDM 2, MusicLDM and TANGO's U-Net are diffusers', at random weights: conditions, steps, trajectories, pieces."""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import mel_pipelines
import pytest
import torch
from diffusers import UNet2DConditionModel
from mel_pipelines import CHANNELS, JOINT, LEVELS, save, spread
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn.functional import normalize

from songloom.app import cli, facts
from songloom.audio import files
from songloom.diffusion.samplers import seeded
from songloom.inference import memory
from songloom.layers.unet import Unet
from songloom.published import unet as published_unet
from songloom.published.load import load
from songloom.systems.codecs.mel_codec import packed, rows_of
from songloom.systems.generators.audioldm2 import AudioLdm2
from songloom.systems.generators.mel_diffusion import MelDiffusion
from songloom.systems.generators.musicldm import MusicLdm
from songloom.systems.generators.tango import tango_shape
from songloom.systems.request import Request

PROMPT, NEGATIVE, ROWS = "calm piano with strings", "furious metal", 4
PIPELINES = {
    "audioldm2": mel_pipelines.audioldm2,
    "audioldm2-large": lambda: mel_pipelines.audioldm2((None, 20, 32, None), layers=2),
    "musicldm": mel_pipelines.musicldm,
    "audioldm": mel_pipelines.audioldm,
}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module", params=list(PIPELINES))
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, MelDiffusion]:
    """diffusers' pipeline, and ours of its folder."""
    pipeline = PIPELINES[request.param]()
    pipeline.set_progress_bar_config(disable=True)
    system = load(save(pipeline, tmp_path_factory.mktemp(request.param)))
    assert isinstance(system, MelDiffusion) and not system.training
    return pipeline, system


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(mel_pipelines.audioldm2(), tmp_path_factory.mktemp("audioldm2"))


def copied(folder: Path, tmp_path: Path) -> Path:
    shutil.copytree(folder, tmp_path / "copy")
    return tmp_path / "copy"


def drawn(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(sum(shape)))


def close(made: Tensor, expected: Tensor, limit: float) -> None:
    assert expected.std() > 0.1
    torch.testing.assert_close(made, expected, atol=limit, rtol=limit)


@torch.no_grad()
@pytest.mark.parametrize("frames", [16, 13, 5])
@pytest.mark.parametrize("time", [1, 301, 996])
def test_one_prediction_is_that_of_diffusers(both: tuple[Any, MelDiffusion], frames: int, time: int) -> None:
    pipeline, system = both
    image, mask = drawn(2, CHANNELS, frames, ROWS), torch.tensor([[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]])
    if isinstance(system, MusicLdm):
        vector = drawn(2, JOINT)
        given = system.unet.given(vector=vector)
        expected = pipeline.unet(image, time, encoder_hidden_states=None, class_labels=vector).sample
    else:
        said, words = drawn(2, 8, 20), drawn(2, 5, 32)
        given = system.unet.given([(said, None), (words, mask.bool())])
        expected = pipeline.unet(
            image,
            time,
            encoder_hidden_states=said,
            encoder_hidden_states_1=words,
            encoder_attention_mask_1=mask,
        ).sample
    close(system.unet(image, torch.tensor(time), given), expected, 1e-4)


@torch.no_grad()
@pytest.mark.parametrize("linear", [False, True])
def test_the_u_net_of_tango_is_that_of_diffusers(linear: bool, tmp_path: Path) -> None:
    levels = LEVELS | {
        "down_block_types": ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    }
    reference = spread(
        UNet2DConditionModel(
            **levels, cross_attention_dim=10, attention_head_dim=[2, 4, 8], use_linear_projection=linear
        ),
        3,
    )
    reference.save_pretrained(tmp_path)
    shape = published_unet.settings(json.loads((tmp_path / "config.json").read_text()), "a test")
    assert shape.heads == (2, 4, 8) and shape.attends == (10,)
    ours = Unet(shape, CHANNELS).eval()
    ours.load_state_dict(published_unet.tensors(tmp_path, shape))
    image, words, mask = drawn(2, CHANNELS, 16, 4), drawn(2, 6, 10), torch.arange(6) < torch.tensor([[6], [2]])
    expected = reference(image, 700, encoder_hidden_states=words, encoder_attention_mask=mask).sample
    close(ours(image, torch.tensor(700), ours.given([(words, mask)])), expected, 1e-4)


@torch.no_grad()
@pytest.mark.parametrize("text", [PROMPT, "", "furious " * 30])
def test_the_vector_of_clap_is_that_of_transformers(both: tuple[Any, MelDiffusion], text: str) -> None:
    pipeline, system = both
    assert isinstance(system, AudioLdm2 | MusicLdm)
    tokens = pipeline.tokenizer(text, padding="max_length", truncation=True, max_length=JOINT, return_tensors="pt")
    if hasattr(pipeline.text_encoder, "get_text_features"):
        found = pipeline.text_encoder.get_text_features(**tokens)
        expected = found if isinstance(found, Tensor) else found.pooler_output
    else:
        expected = normalize(pipeline.text_encoder(**tokens).text_embeds, dim=-1)
    torch.testing.assert_close(system.sentence.marked([text]).vectors[:, 0], expected, atol=1e-4, rtol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("negative", ["", NEGATIVE])
def test_what_the_language_model_says_is_that_of_diffusers(folder: Path, negative: str) -> None:
    pipeline, system = mel_pipelines.audioldm2(), load(folder)
    assert isinstance(system, AudioLdm2)
    vectors, mask, said = pipeline.encode_prompt(PROMPT, "cpu", 1, True, negative_prompt=negative)
    words = system.words.marked([PROMPT, negative])
    assert not words.mask.all()  # the shorter one is padded, and its end stands after that
    torch.testing.assert_close(words.mask.long(), mask.flip(0))
    torch.testing.assert_close(words.vectors, (vectors * mask[..., None]).flip(0), atol=1e-4, rtol=1e-4)
    close(system.speech(system.sentence.marked([PROMPT, negative]), words), said.flip(0), 1e-4)


@torch.no_grad()
def test_the_marked_sequences_are_those_of_the_projection_model(folder: Path) -> None:
    pipeline, system = mel_pipelines.audioldm2(), load(folder)
    assert isinstance(system, AudioLdm2)
    sentence, words = system.sentence.marked([PROMPT]), system.words.marked([PROMPT])
    expected = pipeline.projection_model(sentence.vectors, words.vectors, sentence.mask, words.mask)
    made = torch.cat([system.marked_sentence(sentence).vectors, system.marked_words(words).vectors], dim=1)
    close(made, expected.hidden_states, 1e-5)


def start(system: MelDiffusion, request: Request, frames: int) -> Tensor:
    """The noise of a seed, as ours begins with it: a little less than all of a deviation."""
    noise = seeded(torch.Generator().manual_seed(request.seed))(torch.empty(1, ROWS * CHANNELS, frames))
    first = system.times(request.steps or system.config.sampling.steps, frames)[0]
    return rows_of(noise * float(system.process.noise(first)), ROWS)


def asked(**changes: Any) -> Request:
    return Request(**{"prompt": PROMPT, "seconds": 0.6, "seed": 7, "steps": 10, "guidance": 3.0} | changes)


@pytest.mark.parametrize("changes", [{}, {"guidance": 1.0}, {"negative_prompt": NEGATIVE}, {"steps": 7}], ids=str)
def test_a_trajectory_from_the_same_noise_is_that_of_diffusers(
    both: tuple[Any, MelDiffusion], changes: dict[str, Any]
) -> None:
    pipeline, system = both
    request = asked(**changes)
    visited: list[Tensor] = []
    pipeline(
        request.prompt,
        audio_length_in_s=request.seconds,
        num_inference_steps=request.steps,
        guidance_scale=request.guidance,
        negative_prompt=request.negative_prompt,
        latents=start(system, request, 15),
        callback=lambda step, time, latents: visited.append(latents),
        callback_steps=1,
    )
    with torch.no_grad():
        made = rows_of(system.draw(request, None, request.seed), ROWS)
    assert len(visited) == request.steps
    close(made, visited[-1], 1e-3)


def test_a_whole_piece_is_that_of_the_pipeline(both: tuple[Any, MelDiffusion]) -> None:
    pipeline, system = both
    expected = pipeline(
        PROMPT,
        audio_length_in_s=0.6,
        num_inference_steps=10,
        guidance_scale=3.0,
        latents=start(system, asked(), 15),
    ).audios
    made = system.generate(asked())
    assert made.shape == (1, 1, 9600)
    close(made[:, 0], torch.as_tensor(expected), 1e-3)


@torch.no_grad()
def test_latents_are_decoded_as_in_the_pipeline(both: tuple[Any, MelDiffusion]) -> None:
    pipeline, system = both
    latents = drawn(1, CHANNELS, 20, ROWS)
    mel = pipeline.vae.decode(latents / pipeline.vae.config.scaling_factor).sample
    expected = pipeline.mel_spectrogram_to_waveform(mel)
    close(system.codec.decode(packed(latents))[:, 0], expected[:, : 20 * 640], 1e-4)


@pytest.mark.parametrize(
    ("settings", "count"),
    [
        (AudioLdm2.presets()["audioldm2"], 346_943_496),
        (AudioLdm2.presets()["audioldm2-large"], 718_012_296),
        (MusicLdm.presets()["musicldm"], 185_036_552),
    ],
)
def test_presets_have_as_many_weights_as_the_published_files(settings: Any, count: int) -> None:
    with torch.device("meta"):
        assert sum(weight.numel() for weight in Unet(settings.shape, 8).parameters()) == count


def test_the_preset_of_tango_has_the_settings_of_its_file() -> None:
    config = {
        "act_fn": "silu",
        "attention_head_dim": [5, 10, 20, 20],
        "block_out_channels": [320, 640, 1280, 1280],
        "cross_attention_dim": 1024,
        "down_block_types": ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"],
        "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3,
        "layers_per_block": 2,
        "norm_num_groups": 32,
        "use_linear_projection": True,
    }
    assert published_unet.settings(config, "a test") == tango_shape()
    with torch.device("meta"):
        theirs = UNet2DConditionModel(**config, in_channels=8, out_channels=8)
        ours = Unet(tango_shape(), 8)
    counts = [sum(weight.numel() for weight in model.parameters()) for model in (ours, theirs)]
    assert counts[0] == counts[1]


def test_a_tokenizer_of_words_and_merges_gives_the_same_tokens(folder: Path, tmp_path: Path) -> None:
    system, other = load(folder), copied(folder, tmp_path)
    model = json.loads((other / "tokenizer" / "tokenizer.json").read_text())["model"]
    (other / "tokenizer" / "vocab.json").write_text(json.dumps(model["vocab"]))
    merges = [pair if isinstance(pair, str) else " ".join(pair) for pair in model["merges"]]
    (other / "tokenizer" / "merges.txt").write_text("\n".join(["#version: 0.2", *merges]))
    (other / "tokenizer" / "tokenizer.json").unlink()
    again = load(other)
    assert isinstance(system, AudioLdm2) and isinstance(again, AudioLdm2)
    for text in (PROMPT, "", "Éa piano!", "furious " * 30):
        assert system.sentence.tokens(text) == again.sentence.tokens(text)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["musicldm", "audioldm"])
def test_pipelines_of_one_network_keep_their_own_guidance(name: str, tmp_path: Path) -> None:
    presets = MusicLdm.presets()
    expected = presets["audioldm-s" if name == "audioldm" else name]
    found = load(save(PIPELINES[name](), tmp_path)).config
    assert isinstance(found, MusicLdm.Config) and isinstance(expected, MusicLdm.Config)
    assert found.sampling == expected.sampling and found.process == expected.process


def test_inspect_tells_the_family_of_a_pipeline_and_what_it_weighs(folder: Path) -> None:
    told = facts.of(folder)
    assert told["family"] == "audioldm2"
    assert told["bytes"] > sum(file.stat().st_size for file in folder.glob("*/*.safetensors"))


def test_the_command_makes_music_by_a_published_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["generate", PROMPT, "--model", str(folder), "--seconds", "1", "--steps", "3", "--json"]
    monkeypatch.setattr(sys, "argv", ["songloom", *words, "-o", str(tmp_path / "a.wav")])
    with contextlib.suppress(SystemExit):
        cli.main()
    made = json.loads(capsys.readouterr().out)
    assert made["request"] == {"prompt": PROMPT, "seconds": 1.0, "seed": 0, "steps": 3}
    assert files.info(tmp_path / "a.wav").sample_rate == 16_000


def test_the_weights_of_all_folders_count_for_the_memory(folder: Path) -> None:
    weights = sorted(folder.glob("*/*.safetensors"))
    assert len(weights) == 7 and memory.weights_files(folder) == weights


@pytest.mark.parametrize(
    ("part", "change", "said"),
    [
        ("scheduler/scheduler_config.json", {"beta_schedule": "linear"}, "beta_schedule 'linear'"),
        ("scheduler/scheduler_config.json", {"prediction_type": "magic"}, "magic"),
        ("unet/config.json", {"act_fn": "gelu"}, "act_fn 'gelu'"),
        ("unet/config.json", {"cross_attention_dim": [[20, 32]] * 3}, "one sequence twice"),
        ("unet/config.json", {"down_block_types": ["AttnDownBlock2D"] * 3}, "AttnDownBlock2D"),
        ("language_model/config.json", {"activation_function": "relu"}, "GPT-2 of another kind"),
        ("text_encoder/config.json", {"text_config": {"hidden_act": "relu"}}, "CLAP of another kind"),
        ("model_index.json", {"text_encoder_2": ["transformers", "VitsModel"]}, "reads its words by VitsModel"),
        ("model_index.json", {"text_encoder_2": None}, "reads its words by nothing"),
    ],
)
def test_other_kinds_are_refused(folder: Path, tmp_path: Path, part: str, change: dict[str, Any], said: str) -> None:
    path = copied(folder, tmp_path) / part
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ValueError, match=said):
        load(tmp_path / "copy")


@pytest.mark.parametrize(
    ("part", "tensor", "said"),
    [
        ("unet", "mid_block.attentions.1.proj_in.weight", r"lacks 1: unet\.middle\.attending\.1\.enter\.weight"),
        ("projection_model", "eos_embed_1", r"lacks 1: marked_words\.end"),
        ("language_model", "transformer.ln_f.bias", r"lacks 1: language\.norm\.bias"),
        ("text_encoder", "text_model.pooler.dense.bias", r"lacks 1: pool\.bias"),
    ],
)
def test_a_missing_tensor_is_named(folder: Path, tmp_path: Path, part: str, tensor: str, said: str) -> None:
    path = next((copied(folder, tmp_path) / part).glob("*.safetensors"))
    tensors = load_file(path)
    del tensors[tensor]
    save_file(tensors, path, {"format": "pt"})
    with pytest.raises(ValueError, match=said):
        load(tmp_path / "copy")


def test_a_folder_without_a_tokenizer_says_so(folder: Path, tmp_path: Path) -> None:
    (copied(folder, tmp_path) / "tokenizer" / "tokenizer.json").unlink()
    with pytest.raises(ValueError, match=r"has no tokenizer\.json"):
        load(tmp_path / "copy")
