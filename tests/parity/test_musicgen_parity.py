"""MusicGen is transformers', at random weights: logits, greedy tokens with guidance, padded batches, both layouts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from musicgen_folders import TEXTS, V, craft_values, filled, save_craft, save_hub, theirs
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor

from songloom import checkpoint, loading
from songloom.conditioning.conditions import Conditions
from songloom.inference import memory, song
from songloom.layers.matrices import Packed, Precision
from songloom.published import encodec_settings, musicgen, musicgen_craft, t5
from songloom.published.load import load as load_any
from songloom.published.yaml_text import parse
from songloom.systems import registry
from songloom.systems.generators.musicgen import Musicgen
from songloom.systems.generators.musicgen_melody import MusicgenMelody
from songloom.systems.request import Request
from songloom.tokens.sampling import Sampling
from songloom.tokens.windows import Drawing, windowed

CLOSE = {"atol": 1e-4, "rtol": 0.0}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def tokenized(tokenizer: Tokenizer, texts: tuple[str, ...]) -> dict[str, Tensor]:
    """Token ids and mask as transformers' processor gives them."""
    ids = [torch.tensor(tokenizer.encode(text).ids) for text in texts]
    padded = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True)
    mask = torch.arange(padded.shape[1]) < torch.tensor([[len(row)] for row in ids])
    return {"input_ids": padded, "attention_mask": mask.long()}


def grid(rows: int, streams: int, steps: int = 21) -> Tensor:
    return torch.randint(V + 1, (rows, streams, steps), generator=torch.Generator().manual_seed(3))


def before(codes: Tensor) -> Tensor:
    """What is known at each step, as rows of streams: the codes of the step before."""
    return torch.cat([torch.full_like(codes[..., :1], V), codes[..., :-1]], -1).flatten(0, 1)


def their_logits(model: Any, codes: Tensor, **inputs: Tensor) -> Tensor:
    """[B, S, K, V] of codes [B, K, S]."""
    found = model(**inputs, decoder_input_ids=before(codes)).logits
    return found.unflatten(0, codes.shape[:2])[:, :, -codes.shape[-1] :].transpose(1, 2)


def each_alone(conditions: Conditions, items: int) -> list[Callable[[int, int], Conditions]]:
    """Conditions of a batch, all that is wanted first, as windows ask each item for its own two rows."""
    parts = [(conditions.cross, conditions.mask, conditions.prefix) for _ in range(items)]
    own = [Conditions(*(None if t is None else t[item::items] for t in part)) for item, part in enumerate(parts)]
    return [lambda begin, done, one=one: one for one in own]  # type: ignore[misc]


def greedy(system: Musicgen, conditions: Conditions, rows: int, frames: int) -> Tensor:
    plan = Drawing(
        frames=frames,
        context=frames,
        stride=frames,
        sampling=Sampling(temperature=0.0),
        guidance=3.0,
        seeds=range(rows),
    )
    nothing = torch.zeros(rows, system.lm.streams, 0, dtype=torch.int64)
    return torch.cat(list(windowed(system.lm, system.pattern, each_alone(conditions, rows), nothing, plan)), -1)


def their_tokens(model: Any, steps: int, **inputs: Tensor) -> tuple[Tensor, Tensor]:
    """Codes [B, K, F] and wave of greedy generation with guidance."""
    seen: list[Tensor] = []
    decode = model.audio_encoder.decode

    def listen(codes: Tensor, **others: Any) -> Any:
        seen.append(codes[0])
        return decode(codes, **others)

    model.audio_encoder.decode = listen
    wave = model.generate(**inputs, do_sample=False, guidance_scale=3.0, max_length=steps)
    codes = seen[0] if len(seen) == 1 else torch.stack(seen, 2).flatten(1, 2)
    return codes, wave


@pytest.mark.parametrize("weights", ["one file", "shards", "a pickle"])
@pytest.mark.parametrize("stereo", [False, True])
@torch.no_grad()
def test_a_hub_folder_gives_transformers_logits_for_padded_batches(tmp_path: Path, stereo: bool, weights: str) -> None:
    model = theirs(stereo=stereo)
    tokenizer = save_hub(model, tmp_path, weights)
    ours = load_any(tmp_path)
    assert isinstance(ours, Musicgen) and ours.config.mask_padding and ours.channels == 1 + stereo
    codes = grid(3, ours.lm.streams)
    expected = their_logits(model, codes, **tokenized(tokenizer, TEXTS))
    torch.testing.assert_close(ours.lm(codes, ours.by_attention(TEXTS)), expected, **CLOSE)


@pytest.mark.parametrize("stereo", [False, True])
@torch.no_grad()
def test_greedy_tokens_with_guidance_are_transformers_over_200_steps(tmp_path: Path, stereo: bool) -> None:
    model = theirs(stereo=stereo)
    tokenizer = save_hub(model, tmp_path)
    ours = load_any(tmp_path)
    assert isinstance(ours, Musicgen)
    codes, wave = their_tokens(model, 204, **tokenized(tokenizer, TEXTS))
    assert codes.shape[-1] == 200
    found = greedy(ours, ours.by_attention((*TEXTS, "", "", "")), 3, 200)
    assert torch.equal(found, codes)
    assert len(found.unique()) > V // 2, "the choices differ"
    ours.hold("float32")
    assert torch.equal(greedy(ours, ours.by_attention((*TEXTS, "", "", "")), 3, 200), codes)
    torch.testing.assert_close(ours.codec.detokenize(found), wave, **CLOSE)


@pytest.mark.parametrize("heard", [False, True])
@pytest.mark.parametrize("stereo", [False, True])
@torch.no_grad()
def test_a_melody_model_is_transformers(tmp_path: Path, stereo: bool, heard: bool) -> None:
    model = theirs(melody=True, stereo=stereo)
    tokenizer = save_hub(model, tmp_path)
    ours = load_any(tmp_path)
    assert isinstance(ours, MusicgenMelody) and ours.config.melody_frames == 9
    melody = torch.nn.functional.one_hot(torch.randint(12, (3, 5)), 12).float()
    inputs = tokenized(tokenizer, TEXTS) | ({"input_features": melody} if heard else {})
    given = melody if heard else ours.no_melody(melody)
    codes = grid(3, ours.lm.streams)
    expected = their_logits(model, codes, **inputs)
    torch.testing.assert_close(ours.lm(codes, ours.in_front(given, list(TEXTS))), expected, **CLOSE)
    both = torch.cat([given, ours.no_melody(given)])
    found = greedy(ours, ours.in_front(both, [*TEXTS, "", "", ""]), 3, 200)
    assert torch.equal(found, their_tokens(model, 204, **inputs)[0])


@pytest.mark.parametrize("melody", [False, True])
@pytest.mark.parametrize("stereo", [False, True])
@torch.no_grad()
def test_audiocrafts_files_are_the_same_model(tmp_path: Path, melody: bool, stereo: bool) -> None:
    model = theirs(melody=melody, stereo=stereo)
    save_hub(model, tmp_path / "hub")
    save_craft(model, tmp_path / "craft")
    hub, craft = load_any(tmp_path / "hub"), load_any(tmp_path / "craft")
    assert type(hub) is type(craft)
    state = craft.state_dict()
    assert state.keys() == hub.state_dict().keys()
    for name, tensor in hub.state_dict().items():
        if name != "text.tokenizer":
            torch.testing.assert_close(state[name], tensor, atol=1e-6, rtol=1e-6, msg=name)
    assert isinstance(hub, Musicgen) and isinstance(craft, Musicgen)
    assert craft.config.stride_seconds == pytest.approx(1.2) and craft.config.context_seconds == 2.0
    for setting in ("streams", "width", "depth", "heads", "hidden", "pattern", "guidance"):
        assert getattr(craft.config, setting) == getattr(hub.config, setting), setting
    assert hub.config.mask_padding and not craft.config.mask_padding


@torch.no_grad()
def test_without_the_mask_padding_is_attended_to_as_zeros(tmp_path: Path) -> None:
    """What audiocraft does: transformers' decoder without the mask, its states zero beyond the texts."""
    model = theirs()
    tokenizer = save_craft(model, tmp_path)
    ours = load_any(tmp_path)
    assert isinstance(ours, Musicgen)
    codes, inputs = grid(3, 4), tokenized(tokenizer, TEXTS)
    states = model.enc_to_dec_proj(model.text_encoder(**inputs).last_hidden_state)
    states = states * inputs["attention_mask"][..., None]
    expected = model.decoder(before(codes), encoder_hidden_states=states).logits.unflatten(0, (3, 4))
    found = ours.lm(codes, ours.by_attention(TEXTS))
    torch.testing.assert_close(found, expected.transpose(1, 2), **CLOSE)
    masked = their_logits(model, codes, **inputs)
    assert float((found - masked).abs().max()) > 0.05, "the two layouts differ where texts are padded"
    torch.testing.assert_close(found[2], masked[2], **CLOSE)  # the longest text


@pytest.mark.parametrize("nested", [False, True])
def test_audiocrafts_half_precision_becomes_single(tmp_path: Path, nested: bool) -> None:
    model = theirs()
    save_craft(model, tmp_path, half=True, nested=nested)
    ours = load_any(tmp_path / "state_dict.bin")
    assert {p.dtype for p in ours.parameters()} == {torch.float32}
    assert not any(tensor.is_meta for tensor in (*ours.parameters(), *ours.buffers()))


@torch.no_grad()
def test_a_published_model_saved_in_our_format_is_whole(tmp_path: Path) -> None:
    save_hub(theirs(), tmp_path / "hub")
    ours = load_any(tmp_path / "hub")
    assert isinstance(ours, Musicgen)
    checkpoint.save(ours, tmp_path / "own")
    again = load_any(tmp_path / "own")
    assert isinstance(again, Musicgen) and again.config == ours.config
    codes = grid(2, 4)
    expected = ours.lm(codes, ours.by_attention(TEXTS[:2]))
    assert torch.equal(again.lm(codes, again.by_attention(TEXTS[:2])), expected)


@pytest.mark.parametrize("layout", ["hub", "craft"])
def test_a_published_model_makes_music_by_its_hub_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    monkeypatch.setattr("songloom.published.files.hub_cache", lambda: tmp_path)
    place = tmp_path / "models--facebook--musicgen-small"
    (place / "refs").mkdir(parents=True)
    (place / "refs" / "main").write_text("abc")
    (place / "snapshots").mkdir()
    (save_hub if layout == "hub" else save_craft)(theirs(stereo=True), place / "snapshots" / "abc")
    model = song.open_model("facebook/musicgen-small")
    song.opened.cache_clear()
    assert len(model.sha256) == 64
    made = song.make(model, Request(prompt="calm piano", seconds=0.5))[0]
    assert made.wave.shape == (2, 4000)
    again = song.replay(dict(made.recipe))
    song.opened.cache_clear()
    assert torch.equal(made.wave, again.wave)


def test_a_folder_that_lacks_something_is_refused_with_its_name(tmp_path: Path) -> None:
    save_craft(theirs(), tmp_path / "craft")
    (tmp_path / "craft" / "compression_state_dict.bin").unlink()
    with pytest.raises(ValueError, match=r"compression_state_dict\.bin is missing"):
        load_any(tmp_path / "craft")
    save_hub(theirs(), tmp_path / "hub")
    tensors = load_file(tmp_path / "hub" / "model.safetensors")
    lost = tensors.pop("decoder.model.decoder.layers.1.fc1.weight")
    save_file(tensors, tmp_path / "hub" / "model.safetensors")
    with pytest.raises(ValueError, match=r"lacks 1: lm\.transformer\.blocks\.1\.expand\.weight"):
        load_any(tmp_path / "hub")
    tensors |= {"decoder.model.decoder.layers.1.fc1.weight": lost, "decoder.extra": lost.clone()}
    save_file(tensors, tmp_path / "hub" / "model.safetensors")
    with pytest.raises(ValueError, match="unknown keys, 1: decoder.extra"):
        load_any(tmp_path / "hub")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("lm_model: transformer_lm", "lm_model: transformer_lm_magnet", "lm_model 'transformer_lm_magnet'"),
        ("norm_first: true", "norm_first: false", "transformer_lm.norm_first False"),
        ("modeling: delay", "modeling: musiclm", "pattern 'musiclm'"),
        ("model: t5", "model: lut", "conditioners.description.model 'lut'"),
    ],
)
def test_settings_of_another_model_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    save_craft(theirs(), tmp_path)
    path = tmp_path / "state_dict.bin"
    data = torch.load(path, weights_only=True)
    assert old in data["xp.cfg"]
    torch.save(data | {"xp.cfg": data["xp.cfg"].replace(old, new)}, path)
    with pytest.raises(ValueError, match=message):
        load_any(tmp_path)


def test_a_codec_that_is_only_named_is_found(tmp_path: Path) -> None:
    model = theirs()
    save_craft(model, tmp_path / "craft")
    model.audio_encoder.save_pretrained(tmp_path / "codec")
    torch.save({"pretrained": str(tmp_path / "codec")}, tmp_path / "craft" / "compression_state_dict.bin")
    ours = load_any(tmp_path / "craft")
    assert isinstance(ours, Musicgen) and ours.codec.streams == 4


@pytest.mark.parametrize("layout", ["one file", "shards", "a pickle", "audiocraft", "ours"])
def test_a_model_that_does_not_fit_into_memory_is_refused_before_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str
) -> None:
    model = theirs()
    expected = sum(t.numel() for t in {t.data_ptr(): t for t in model.state_dict().values()}.values())
    if layout == "audiocraft":
        save_craft(model, tmp_path, half=True)
        expected -= sum(t.numel() for t in model.text_encoder.parameters())
    elif layout == "ours":
        save_hub(model, tmp_path / "hub")
        checkpoint.save(ours := load_any(tmp_path / "hub"), tmp_path / "own")
        expected = sum(t.numel() for t in ours.state_dict().values())
    else:
        save_hub(model, tmp_path, layout)
    folder = tmp_path / "own" if layout == "ours" else tmp_path
    assert memory.needed(folder) == pytest.approx(4 * expected, rel=0.02)
    precisions: tuple[Precision, ...] = ("bfloat16", "int8")
    for precision in precisions:
        system = load_any(folder)
        stored = {name for name in system.state_dict() if layout != "audiocraft" or not name.startswith("text.")}
        assert isinstance(system, Musicgen)
        system.hold(precision)
        packed = sum(part.nbytes for part in system.modules() if isinstance(part, Packed))
        rest = [*system.named_parameters(), *system.named_buffers()]
        held = packed + sum(tensor.nbytes for name, tensor in rest if name in stored)
        assert memory.needed(folder, precision) == pytest.approx(held, rel=0.02)
    (tmp_path / "meminfo").write_text("MemTotal: 99 kB\nMemAvailable:     40 kB\n")
    monkeypatch.setattr(loading, "MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(song, "load", None)
    with pytest.raises(ValueError, match=r"needs 0\.\d GB of memory for its weights in float32; 0\.0 GB are free"):
        song.open_model(str(folder))


HUB_CODEC = {
    "audio_channels": 1,
    "chunk_length_s": None,
    "codebook_size": 2048,
    "compress": 2,
    "hidden_size": 128,
    "normalize": False,
    "norm_type": "weight_norm",
    "num_filters": 64,
    "num_residual_layers": 1,
    "pad_mode": "reflect",
    "sampling_rate": 32_000,
    "target_bandwidths": [2.2],
    "upsampling_ratios": [8, 5, 4, 4],
    "use_causal_conv": False,
    "use_conv_shortcut": False,
}
HUB_T5 = {"d_model": 768, "d_ff": 3072, "d_kv": 64, "num_heads": 12, "num_layers": 12, "vocab_size": 32_128}
SIZES = {"small": (1024, 24, 16), "medium": (1536, 48, 24), "large": (2048, 48, 32)}
MELODIES = {"": SIZES["medium"], "-large": SIZES["large"]}
PUBLISHED = [
    *((f"musicgen-{name}", *size, 1, False) for name, size in SIZES.items()),
    *((f"musicgen-stereo-{name}", *size, 2, False) for name, size in SIZES.items()),
    *((f"musicgen-melody{name}", *size, 1, True) for name, size in MELODIES.items()),
    *((f"musicgen-stereo-melody{name}", *size, 2, True) for name, size in MELODIES.items()),
]


@pytest.mark.parametrize(("name", "width", "depth", "heads", "channels", "melody"), PUBLISHED)
def test_published_settings_of_both_layouts_are_our_presets(
    tmp_path: Path, name: str, width: int, depth: int, heads: int, channels: int, melody: bool
) -> None:
    preset = registry.presets()[name]
    assert isinstance(preset, Musicgen.Config)
    codec, text = encodec_settings.settings_of_hub(HUB_CODEC), t5.settings_of_hub(HUB_T5)
    decoder = {
        "vocab_size": 2048,
        "hidden_size": width,
        "num_hidden_layers": depth,
        "num_attention_heads": heads,
        "ffn_dim": 4 * width,
        "num_codebooks": 4 * channels,
        "audio_channels": channels,
    }
    config = {"model_type": "musicgen_melody" if melody else "musicgen", "decoder": decoder}
    (tmp_path / "generation_config.json").write_text('{"guidance_scale": 3.0, "max_length": 1500}')
    found = musicgen.settings_of_hub(config, tmp_path, codec, text)
    assert replace(found, mask_padding=False, streams=None) == preset
    streams, values = 4 * channels, craft_values(melody=melody, stereo=channels == 2)
    text_of_craft = filled({**values, "t5": "t5-base"}).replace("segment_duration: 2", "segment_duration: 30")
    text_of_craft = text_of_craft.replace("radix2_exp: 10", "radix2_exp: 14").replace(
        "num_heads: 4", f"num_heads: {heads}"
    )
    text_of_craft = text_of_craft.replace("training_dropout: 0.3", f"training_dropout: {0.2 if melody else 0.3}")
    with torch.device("meta"):
        tensors = {f"emb.{k}.weight": torch.zeros(2049, width) for k in range(streams)}
        tensors |= {f"transformer.layers.{i}.linear1.weight": torch.zeros(4 * width, width) for i in range(depth)}
    made = musicgen_craft.settings_of(parse(text_of_craft), tensors, codec, text, "a test")
    assert replace(made, streams=None) == preset


def test_loading_a_published_folder_imports_no_compiler(tmp_path: Path) -> None:
    save_hub(theirs(), tmp_path / "hub")
    code = "import sys; from songloom.published.load import load; load(sys.argv[1]); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, tmp_path / "hub"], capture_output=True, text=True, check=True)
    assert "songloom.systems.generators.musicgen" in done.stdout.split()
    assert not {"torch._dynamo", "torch._inductor", "sympy"} & set(done.stdout.split())  # 75 MB and more than a second
