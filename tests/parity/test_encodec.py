"""EnCodec is the encodec package's, audiocraft's and transformers', at random weights in their own files."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from encodec_package import package, published, with_codebooks
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import EncodecConfig, EncodecModel

from songloom.layers.conv import Conv1d, TransposedConv1d
from songloom.published.encodec import load, recognises
from songloom.published.files import Files
from songloom.published.load import load as load_any
from songloom.systems import registry
from songloom.systems.codecs.encodec import Encodec
from songloom.systems.codecs.encodec_segments import EncodecSegments, from_fraction

LENGTHS = (1, 5, 39, 40, 41, 999, 4000)
TINY = {
    "num_filters": 4,
    "upsampling_ratios": [5, 4, 2],
    "hidden_size": 16,
    "codebook_size": 32,
    "target_bandwidths": [1.0, 2.0, 4.0],
    "sampling_rate": 8000,
}
SEGMENTS = TINY | {
    "norm_type": "time_group_norm",
    "use_causal_conv": False,
    "normalize": True,
    "audio_channels": 2,
    "chunk_length_s": 0.1,
    "overlap": 0.01,
}
VARIANTS: dict[str, dict[str, Any]] = {
    "causal": {},
    "music": {"use_causal_conv": False, "use_conv_shortcut": False},
    "stereo": {"audio_channels": 2},
    "zero padded": {"pad_mode": "constant", "use_causal_conv": False},
    "deeper": {"num_residual_layers": 3, "compress": 4, "num_lstm_layers": 1, "last_kernel_size": 3},
}


pytestmark = pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def hub(folder: Path, **settings: Any) -> Any:
    """transformers' model of these settings at random weights, saved as on the Hub."""
    torch.manual_seed(0)
    model = with_codebooks(EncodecModel(EncodecConfig(**settings)).eval())
    model.save_pretrained(folder)
    return model


def wave(channels: int, samples: int, items: int = 1) -> Tensor:
    return 0.3 * torch.randn(items, channels, samples, generator=torch.Generator().manual_seed(samples))


def assert_same_codes(system: Encodec, latents: Tensor, ours: Tensor, theirs: Tensor) -> None:
    """Codes are equal, but where two entries are equally near."""
    assert ours.shape == theirs.shape
    differing = (ours != theirs).any(1)
    assert float(differing.float().mean()) < 0.01
    for item, frame in differing.nonzero().tolist():
        first = int((ours[item, :, frame] != theirs[item, :, frame]).nonzero()[0])
        errors = [
            (system.quantizer.dequantize(codes[item : item + 1, : first + 1, frame : frame + 1]))
            .sub(latents[item : item + 1, :, frame : frame + 1])
            .norm()
            for codes in (ours, theirs)
        ]
        assert abs(float(errors[0] - errors[1])) < 1e-3


@pytest.mark.parametrize("variant", VARIANTS)
@torch.no_grad()
def test_a_hub_folder_is_transformers_model(variant: str, tmp_path: Path) -> None:
    theirs = hub(tmp_path, **(TINY | VARIANTS[variant]))
    ours = load_any(tmp_path)
    assert isinstance(ours, Encodec)
    assert ours.hop_length == theirs.config.hop_length
    for samples in LENGTHS:
        sound = wave(ours.channels, samples, items=2)
        latents = ours.encode(sound)
        torch.testing.assert_close(latents, theirs.encoder(sound), atol=1e-4, rtol=0)
        for bandwidth in theirs.config.target_bandwidths:
            expected = theirs.encode(sound, bandwidth=bandwidth)
            codes = ours.quantize(latents, streams=ours.streams_for(bandwidth))
            assert_same_codes(ours, latents, codes, expected.audio_codes[0])
            made = theirs.decode(expected.audio_codes, expected.audio_scales).audio_values
            found = ours.detokenize(expected.audio_codes[0])
            torch.testing.assert_close(found, made, atol=1e-4, rtol=0)
            assert ours.detokenize(codes, length=samples).shape == sound.shape


def segments_of(ours: EncodecSegments, frames: Tensor) -> list[Tensor]:
    """Latents or codes segment by segment, without their loudness."""
    return [part[..., 1:] for part in torch.split(frames, ours.layout(frames.shape[-1]), -1)]


@pytest.mark.parametrize("channels", [1, 2])
@torch.no_grad()
def test_segments_of_a_hub_folder_are_transformers(channels: int, tmp_path: Path) -> None:
    theirs = hub(tmp_path, **(SEGMENTS | {"audio_channels": channels}))
    ours = load_any(tmp_path)
    assert isinstance(ours, EncodecSegments)
    for samples in (1, 333, 792, 800, 801, 1600, 4000, 4567):
        sound = wave(channels, samples, items=2)
        expected = theirs.encode(sound, bandwidth=4.0, return_dict=True)
        latents = ours.encode(sound)
        codes = ours.quantize(latents)
        assert codes.shape[-1] == ours.frames(samples)
        parts, numbers = segments_of(ours, latents), segments_of(ours, codes)
        places = torch.tensor([0, *ours.layout(codes.shape[-1])[:-1]]).cumsum(0)
        assert len(parts) == len(expected.audio_codes)
        for index, (part, number) in enumerate(zip(parts, numbers, strict=True)):
            piece = sound[..., index * ours.stride : index * ours.stride + ours.segment_length]
            scale = piece.mean(1, keepdim=True).square().mean(-1, keepdim=True).sqrt() + 1e-8
            torch.testing.assert_close(part, theirs.encoder(piece / scale), atol=1e-4, rtol=0)
            assert_same_codes(ours, part, number, expected.audio_codes[index][..., : part.shape[-1]])
            told = from_fraction(latents[:, 0, places[index]])
            torch.testing.assert_close(told, expected.audio_scales[index][:, 0], atol=0, rtol=1e-5)
        made = theirs.decode(
            expected.audio_codes, expected.audio_scales, last_frame_pad_length=expected.last_frame_pad_length
        ).audio_values
        given = torch.cat(
            [
                torch.cat([codes[..., place : place + 1], theirs_[..., : part.shape[-1]]], -1)
                for place, part, theirs_ in zip(places, parts, expected.audio_codes, strict=True)
            ],
            -1,
        )
        torch.testing.assert_close(ours.detokenize(given), made, atol=1e-4, rtol=0)


def tiny_package_model(**changes: Any) -> Any:
    """A model of the package's classes: the layout of its files at a small size."""
    modules, quantization = package().modules, package().quantization
    torch.manual_seed(0)
    settings = {"n_filters": 4, "dimension": 16, "ratios": [5, 4, 2], **changes}
    channels = settings.get("channels", 1)
    return with_codebooks(
        package()
        .EncodecModel(
            modules.SEANetEncoder(**settings),
            modules.SEANetDecoder(**settings),
            quantization.ResidualVectorQuantizer(dimension=16, n_q=4, bins=32),
            [1.0, 2.0, 4.0],
            8000,
            channels,
        )
        .eval()
    )


@torch.no_grad()
def assert_package_parity(ours: Encodec, theirs: Any, lengths: tuple[int, ...]) -> None:
    for samples in lengths:
        sound = wave(ours.channels, samples)
        latents = ours.encode(sound)
        torch.testing.assert_close(latents, theirs.encoder(sound), atol=1e-4, rtol=0)
        expected = theirs.quantizer.vq.encode(latents).transpose(0, 1)
        assert_same_codes(ours, latents, ours.quantize(latents), expected)
        torch.testing.assert_close(ours.detokenize(expected), theirs.decode([(expected, None)]), atol=1e-4, rtol=0)


@pytest.mark.parametrize("shortcut", [True, False])
def test_files_of_audiocraft_hold_their_settings(shortcut: bool, tmp_path: Path) -> None:
    theirs = tiny_package_model(causal=False, true_skip=not shortcut, pad_mode="constant")
    text = "sample_rate: 8000\nchannels: 1\nseanet:\n  dimension: 16\n  pad_mode: constant\n"
    torch.save({"best_state": theirs.state_dict(), "xp.cfg": text}, tmp_path / "compression_state_dict.bin")
    ours = load_any(tmp_path)
    assert isinstance(ours, Encodec) and ours.sample_rate == 8000
    assert ours.config.network.padding == "zeros" and not ours.config.network.causal
    assert_package_parity(ours, theirs, LENGTHS)


@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_of_the_package_is_known_by_its_shapes(zipped: bool, tmp_path: Path) -> None:
    theirs = tiny_package_model(causal=True)
    torch.save(theirs.state_dict(), tmp_path / "model.th", _use_new_zipfile_serialization=zipped)
    ours = load_any(tmp_path / "model.th")
    assert isinstance(ours, Encodec) and ours.sample_rate == 24_000 and ours.config.network.causal
    assert_package_parity(ours, theirs, LENGTHS)


def test_the_24khz_model_at_its_size_is_the_packages(tmp_path: Path) -> None:
    torch.manual_seed(1)
    theirs = published("24khz")
    torch.save(theirs.state_dict(), tmp_path / "encodec_24khz-d7cc33bc.th")
    ours = load_any(tmp_path / "encodec_24khz-d7cc33bc.th")
    assert ours.config == registry.presets()["encodec-24khz"]
    for bandwidth in theirs.target_bandwidths:
        count = theirs.quantizer.get_num_quantizers_for_bandwidth(theirs.frame_rate, bandwidth)
        assert ours.streams_for(bandwidth) == count
    assert_package_parity(ours, theirs, (4799,))


@torch.no_grad()
def test_the_48khz_model_at_its_size_is_the_packages(tmp_path: Path) -> None:
    torch.manual_seed(1)
    theirs = published("48khz")
    torch.save(theirs.state_dict(), tmp_path / "encodec_48khz-7e698e3e.th")
    ours = load_any(tmp_path / "encodec_48khz-7e698e3e.th")
    assert ours.config == registry.presets()["encodec-48khz"]
    sound = wave(2, 52_345)
    frames = theirs.encode(sound)
    codes = ours.tokenize(sound)
    latents = ours.encode(sound)
    for found, part, (expected, _) in zip(segments_of(ours, codes), segments_of(ours, latents), frames, strict=True):
        assert_same_codes(ours, part, found, expected)
    made = theirs.decode([(found, scale) for found, (_, scale) in zip(segments_of(ours, codes), frames, strict=True)])
    torch.testing.assert_close(ours.detokenize(codes), made, atol=1e-4, rtol=0)


def test_the_music_preset_has_the_published_number_of_values() -> None:
    system = registry.presets()["encodec-32khz"].build()
    published_values = 58_990_022
    lengths_of_weight_norm = sum(
        module.weight.shape[0] for module in system.modules() if isinstance(module, Conv1d | TransposedConv1d)
    )
    assert sum(tensor.numel() for tensor in system.state_dict().values()) + lengths_of_weight_norm == published_values


def test_a_whole_musicgen_checkpoint_is_not_taken_for_a_codec(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "musicgen"}')
    assert not recognises(Files(tmp_path))


def test_missing_unknown_and_misshaped_tensors_are_listed(tmp_path: Path) -> None:
    hub(tmp_path, **TINY)
    path = tmp_path / "model.safetensors"
    whole = load_file(path)
    bias = "encoder.layers.0.conv.bias"
    for changed, said in (
        ({k: v for k, v in whole.items() if k != bias}, r"lacks 1: encoder.convolutions.0.bias"),
        (whole | {"mystery.weight": torch.ones(2)}, r"unknown keys, 1: mystery.weight"),
        (whole | {bias: torch.ones(5)}, r"misshapes 1: encoder.convolutions.0.bias \(5,\) for \(4,\)"),
    ):
        save_file(changed, path)
        with pytest.raises(ValueError, match=said) as caught:
            load(tmp_path)
        assert "\n" not in str(caught.value)


def test_a_file_with_other_tensors_is_no_encodec(tmp_path: Path) -> None:
    torch.save({"encoder.model.0.conv.conv.bias": torch.ones(3)}, tmp_path / "x.th")
    with pytest.raises(ValueError, match="not those of an EnCodec"):
        load(tmp_path / "x.th")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pad_mode": "circular"}, "padding 'circular'"),
        ({"trim_right_ratio": 0.5}, "trim_right_ratio"),
        ({"normalize": True}, "normalises"),
    ],
)
def test_settings_that_are_not_known_are_refused(changes: dict[str, Any], said: str) -> None:
    from songloom.published.encodec_settings import settings_of_hub

    with pytest.raises(ValueError, match=said):
        settings_of_hub(TINY | changes)


def test_frame_counts_are_the_packages_at_any_length() -> None:
    ours = EncodecSegments(EncodecSegments.presets()["encodec-48khz-tiny"])
    for samples in range(1, 3000, 7):
        sizes = [1 + math.ceil(min(800, samples - start) / 40) for start in range(0, samples, 792)]
        assert ours.layout(ours.frames(samples)) == sizes
