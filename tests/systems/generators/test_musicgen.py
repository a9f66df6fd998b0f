from __future__ import annotations

import dataclasses
import math

import pytest
import torch
from torch import Tensor

from songloom.audio.clip import Audio
from songloom.config import from_json, to_json
from songloom.data.batch import Batch
from songloom.systems import registry
from songloom.systems.codecs.encodec import Encodec
from songloom.systems.codecs.stereo import StereoCodec
from songloom.systems.generators.musicgen import Musicgen, in_stereo
from songloom.systems.generators.musicgen_melody import MusicgenMelody
from songloom.systems.request import Request
from songloom.tokens import patterns

FRAMES = 24
TEXTS = ("calm piano", "furious metal")
VALUES = {
    "musicgen-small": 420_371_456,
    "musicgen-medium": 1_838_737_920,
    "musicgen-large": 3_256_956_928,
    "musicgen-stereo-small": 437_152_768,
    "musicgen-stereo-medium": 1_863_909_888,
    "musicgen-stereo-large": 3_290_519_552,
    "musicgen-melody": 1_385_641_984 - 16_384,
    "musicgen-melody-large": 2_451_496_960 - 16_384,
}
"""Numbers in the published language models (state_dict.bin), without the melody's window, which is no weight."""


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def tiny(name: str = "musicgen-tiny", seed: int = 0) -> Musicgen:
    torch.manual_seed(seed)
    system = registry.presets()[name].build()
    assert isinstance(system, Musicgen)
    for parameter in system.lm.heads.parameters():  # choices that are worth guiding
        torch.nn.init.normal_(parameter, std=0.5)
    assert isinstance(system.codec, Encodec)
    with torch.no_grad():  # codes that differ, as a trained codec's do
        frames = system.codec.encode(tune(list(range(50, 82)), 1.6)[None])[0].T
        for book, scale in zip(system.codec.quantizer.books, (1.0, 0.3, 0.2, 0.1), strict=True):
            book.entries.copy_(scale * (frames[5::10] - (frames.mean(0) if scale < 1 else 0)))
    return system.eval()


def batch(texts: tuple[str, ...] = TEXTS, seed: int = 5) -> Batch:
    mask = torch.ones(len(texts), FRAMES, dtype=torch.bool)
    mask[-1, -5:] = False
    return Batch(
        texts=texts,
        labels=tuple({} for _ in texts),
        ids=texts,
        start=torch.zeros(len(texts)),
        seconds=torch.ones(len(texts)),
        total=torch.full((len(texts),), 4.0),
        mask=mask,
        codes=torch.randint(32, (len(texts), 4, FRAMES), generator=torch.Generator().manual_seed(seed)),
    )


def total(losses: dict[str, Tensor]) -> Tensor:
    return torch.stack([value for name, value in losses.items() if not name.startswith("~")]).sum()


def overfit(system: Musicgen, data: Batch, steps: int) -> None:
    optimizer = torch.optim.AdamW([p for p in system.parameters() if p.requires_grad], 4e-3)
    system.train()
    for step in range(steps):
        torch.manual_seed(step)
        optimizer.zero_grad()
        total(system.losses(data, step=step)).backward()
        optimizer.step()
    system.eval()


def tune(pitches: list[int], seconds: float = 0.5, rate: int = 8000) -> Tensor:
    """[1, T]: one tone after the other."""
    time = torch.arange(round(seconds * rate / len(pitches))) / rate
    return torch.cat([0.5 * torch.sin(2 * math.pi * 440 * 2 ** ((p - 69) / 12) * time) for p in pitches])[None]


def test_the_right_text_beats_the_wrong_one_and_none() -> None:
    system, data = tiny(), batch()
    overfit(system, data, 80)
    with torch.no_grad():
        right = total(system.losses(data, step=0))
        wrong = total(system.losses(dataclasses.replace(data, texts=TEXTS[::-1]), step=0))
        none = total(system.losses(dataclasses.replace(data, texts=("", "")), step=0))
    assert wrong > 4 * right
    assert right < none < wrong


def test_the_right_melody_beats_the_wrong_one() -> None:
    system = tiny("musicgen-melody-tiny")
    wave = torch.stack([tune([60, 64, 67, 72]), tune([65, 61, 70, 63])])
    data = dataclasses.replace(batch(("", "")), wave=wave)
    overfit(system, data, 80)
    with torch.no_grad():
        right = total(system.losses(data, step=0))
        wrong = total(system.losses(dataclasses.replace(data, wave=wave.flip(0)), step=0))
    assert wrong > 4 * right


def test_the_loss_is_the_mean_cross_entropy_over_streams_and_frames_inside() -> None:
    system, data = tiny(), batch()
    assert data.codes is not None
    with torch.no_grad():
        losses = system.losses(data, step=0)
        grid = system.pattern.lay_out(data.codes, 32)
        logits = system.lm(grid, system.by_attention(TEXTS)).log_softmax(-1)
    for k in range(4):
        errors = [
            -float(logits[item, frame + k, k, data.codes[item, k, frame]])
            for item in range(2)
            for frame in range(FRAMES)
            if data.mask[item, frame]
        ]
        mean = sum(errors) / len(errors)
        assert float(losses[f"book{k}"]) == pytest.approx(mean / 4, rel=1e-5)
        assert float(losses[f"~perplexity{k}"]) == pytest.approx(math.exp(mean), rel=1e-4)


def test_conditions_are_dropped_in_training_alone_and_at_their_rate() -> None:
    seen: list[str] = []
    system = tiny()
    shown = system.shown
    system.shown = lambda texts, hidden: seen.extend(found := shown(texts, hidden)) or found  # type: ignore[method-assign]
    many = batch(("calm piano",) * 50)
    system.losses(many, step=0)
    assert seen == ["calm piano"] * 50
    seen.clear()
    system.train()
    for step in range(6):
        torch.manual_seed(step)
        system.losses(many, step=step)
    assert 0.2 < seen.count("") / len(seen) < 0.4


def test_it_trains_on_waves_too_and_says_when_there_is_nothing() -> None:
    system = tiny()
    wave = 0.1 * torch.randn(2, 1, FRAMES * system.codec.hop_length)
    samples = batch().mask.repeat_interleave(system.codec.hop_length, 1)
    waves = dataclasses.replace(batch(), codes=None, wave=wave, mask=samples)
    codes = dataclasses.replace(batch(), codes=system.codec.tokenize(wave))
    assert total(system.losses(waves, step=0)).item() == pytest.approx(total(system.losses(codes, step=0)).item())
    with pytest.raises(ValueError, match="codes or waves"):
        system.losses(dataclasses.replace(batch(), codes=None), step=0)
    with pytest.raises(ValueError, match="melody is read from waves"):
        tiny("musicgen-melody-tiny").losses(batch(), step=0)


@pytest.mark.parametrize("name", ["musicgen-tiny", "musicgen-melody-tiny"])
@pytest.mark.parametrize("seconds", [0.1, 0.444, 2.1])
def test_music_has_the_length_that_was_asked_repeats_and_streams(name: str, seconds: float) -> None:
    system = tiny(name)
    request = Request(prompt="calm piano", seconds=seconds, seed=3)
    wave = system.generate(request)
    assert wave.shape == (1, 1, round(seconds * system.sample_rate))
    pieces = list(system.stream(request))
    assert len(pieces) > 1 or seconds < 0.2
    assert torch.equal(torch.cat(pieces, -1), wave)
    if seconds < 0.2:
        assert not torch.equal(wave, system.generate(dataclasses.replace(request, seed=4)))


def test_a_candidate_is_the_same_alone() -> None:
    system, request = tiny(), Request(prompt="calm piano", seconds=0.3, seed=3, candidates=3)
    together = system.generate(request)
    alone = system.generate(dataclasses.replace(request, seed=5, candidates=1))
    assert torch.equal(together[2:], alone)
    with pytest.raises(ValueError, match="one candidate"):
        next(system.stream(request))


def test_prompts_negative_prompts_and_guidance_matter() -> None:
    system = tiny()
    asked = Request(prompt="calm piano", seconds=0.2, temperature=0.0)
    plain = system.generate(asked)
    for change in ({"prompt": "furious metal"}, {"negative_prompt": "furious metal"}, {"guidance": 12.0}):
        assert not torch.equal(system.generate(dataclasses.replace(asked, **change)), plain), change


def test_without_words_there_is_nothing_to_guide() -> None:
    system = tiny()
    free = system.generate(Request(seconds=0.2))
    assert torch.equal(free, system.generate(Request(prompt="  ", seconds=0.2, guidance=9.0)))


def test_a_continuation_begins_with_the_given_audio_as_the_codec_hears_it() -> None:
    system = tiny()
    given = Audio(tune([60, 64], 0.4, rate=16_000).repeat(2, 1), 16_000)
    request = Request(prompt="calm piano", seconds=0.9, continuation=given)
    wave = system.generate(request)
    assert wave.shape[-1] == round(0.9 * system.sample_rate)
    codes = torch.cat(list(system.draw([request], [0])), -1)
    with torch.no_grad():
        expected = system.codec.tokenize(given.fitted(8000, 1)[None])
    assert torch.equal(codes[..., :80], expected[..., :80])
    assert torch.equal(torch.cat(list(system.stream(request)), -1), wave)
    other = dataclasses.replace(request, continuation=Audio(given.wave * 0.1, 16_000))
    assert not torch.equal(system.generate(other)[..., 4000:], wave[..., 4000:])


def test_a_continuation_may_be_longer_than_the_context_or_shorter_than_a_frame() -> None:
    system = tiny()
    for seconds, more in ((2.1, 0.1), (0.004, 0.1)):
        given = Audio(tune([60], seconds), 8000)
        wave = system.generate(Request(seconds=seconds + more, continuation=given))
        assert wave.shape[-1] == round((seconds + more) * 8000)


def test_a_melody_changes_the_music_and_only_melody_models_take_one() -> None:
    melody = Audio(tune([60, 64, 67], 0.6, rate=11_025), 11_025)
    request = Request(prompt="calm piano", seconds=0.3, temperature=0.0, guidance=9.0, melody=melody)
    system = tiny("musicgen-melody-tiny")
    with_it = system.generate(request)
    assert not torch.equal(with_it, system.generate(dataclasses.replace(request, melody=None)))
    assert torch.equal(with_it, torch.cat(list(system.stream(request)), -1))
    with pytest.raises(ValueError, match="musicgen does not use melody.*musicgen-melody"):
        tiny().generate(request)
    with pytest.raises(ValueError, match="does not use key, tempo.*with key and tempo: .*loom"):
        tiny().generate(Request(tempo=90, key="Am"))


@pytest.mark.parametrize("seconds", [0.001, 0.1, 7.0])
def test_a_melody_of_any_length_fills_the_prefix(seconds: float) -> None:
    system = tiny("musicgen-melody-tiny")
    assert isinstance(system, MusicgenMelody)
    melody = Audio(tune([69], seconds), 8000)
    conditions = system.request_conditions(Request(prompt="harp", melody=melody), True)(0, 0)
    assert conditions.prefix is not None and conditions.prefix.shape[:2] == (
        2,
        16 + system.text_vectors(["harp"])[1].shape[1],
    )


def test_later_windows_hear_the_melody_from_where_they_begin() -> None:
    system = tiny("musicgen-melody-tiny")
    assert isinstance(system, MusicgenMelody)
    wave = tune([60, 64, 67, 72], 4.0)
    conditions = system.request_conditions(Request(melody=Audio(wave, 8000)), False)
    later = system.request_conditions(Request(melody=Audio(wave.roll(-100 * 40, -1), 8000)), False)
    first, second, third = conditions(0, 0).prefix, conditions(100, 140).prefix, later(0, 0).prefix
    assert first is not None and second is not None and third is not None
    assert torch.equal(second, third)
    assert not torch.equal(first, second)


def test_a_separator_cleans_the_melody_first() -> None:
    system = tiny("musicgen-melody-tiny")
    assert isinstance(system, MusicgenMelody)
    melody = Audio(tune([60, 64], 0.5) + 2 * tune([66], 0.5), 8000)
    system.separator = lambda wave, rate: tune([60, 64], 0.5)
    cleaned = system.request_conditions(Request(melody=melody), False)(0, 0).prefix
    system.separator = None
    clean = system.request_conditions(Request(melody=Audio(tune([60, 64], 0.5), 8000)), False)(0, 0).prefix
    assert cleaned is not None and clean is not None and torch.equal(cleaned, clean)


def test_stereo_draws_both_channels() -> None:
    torch.manual_seed(0)
    mono = Musicgen.presets()["musicgen-tiny"]
    assert isinstance(mono, Musicgen.Config)
    system = in_stereo(mono).build().eval()
    assert system.channels == 2 and system.lm.streams == 8
    wave = system.generate(Request(prompt="calm piano", seconds=0.4))
    assert wave.shape == (1, 2, 3200) and not torch.equal(wave[:, 0], wave[:, 1])
    assert system.pattern.steps(8, 100) == 103


@pytest.mark.parametrize(
    "kind",
    [patterns.Parallel, patterns.PartialDelay, patterns.Flattening, patterns.PartialFlattening, patterns.CoarseFirst],
)
def test_any_pattern_can_be_chosen(kind: type[patterns.Pattern]) -> None:
    settings = dataclasses.replace(Musicgen.presets()["musicgen-tiny"], pattern=kind.Config())
    torch.manual_seed(0)
    system = settings.build().eval()
    wave = system.generate(Request(prompt="calm piano", seconds=0.2))
    assert wave.shape == (1, 1, 1600)
    assert bool(total(system.losses(batch(), step=0)).isfinite())


def test_fewer_streams_than_the_codec_has_can_be_modelled() -> None:
    settings = dataclasses.replace(Musicgen.presets()["musicgen-tiny"], streams=2)
    system = settings.build().eval()
    assert system.generate(Request(seconds=0.2)).shape == (1, 1, 1600)
    assert set(system.losses(batch(), step=0)) == {"book0", "book1", "~perplexity0", "~perplexity1"}
    with pytest.raises(ValueError, match="streams is 5; the codec has 4"):
        dataclasses.replace(settings, streams=5).build()


@pytest.mark.parametrize("name", VALUES)
def test_a_preset_has_the_published_size(name: str) -> None:
    with torch.device("meta"):
        system = registry.presets()[name].build()
    own = sum(p.numel() for n, p in system.named_parameters() if not n.startswith(("codec.", "text.")))
    assert own == VALUES[name]
    assert system.codec.frame_rate == 50 and system.sample_rate == 32_000
    assert isinstance(system.codec, StereoCodec) == ("stereo" in name)
    assert from_json(to_json(system.config)) == system.config


def test_the_text_encoder_is_a_part_only_where_it_has_weights() -> None:
    assert tiny().frozen == ("codec",)
    with torch.device("meta"):
        assert registry.presets()["musicgen-small"].build().frozen == ("codec", "text")


def test_cancelling_stops_at_once() -> None:
    class Stop(Exception):
        pass

    def cancel(done: float) -> None:
        raise Stop

    with pytest.raises(Stop):
        tiny().generate(Request(seconds=1.0), progress=cancel)


def test_progress_rises_to_one() -> None:
    heard: list[float] = []
    tiny().generate(Request(seconds=0.6, candidates=2), progress=heard.append)
    assert heard == sorted(heard) and heard[-1] == 1.0 and len(heard) > 6


@pytest.mark.parametrize("name", ["musicgen-tiny", "musicgen-melody-tiny"])
def test_a_story_turns_at_its_second_and_streams(name: str) -> None:
    system = tiny(name)
    story = ((0.0, "calm piano"), (0.5, "furious metal"))
    request = Request(story=story, seconds=1.1, guidance=9.0)
    codes = torch.cat(list(system.draw([request], [0])), -1)
    plain = torch.cat(list(system.draw([Request(prompt="calm piano", seconds=1.1, guidance=9.0)], [0])), -1)
    turn = round(0.5 * system.codec.frame_rate)
    assert torch.equal(codes[:, 0, :turn], plain[:, 0, :turn])
    assert not torch.equal(codes[..., turn:], plain[..., turn:])
    wave = system.generate(request)
    assert wave.shape[-1] == 8800
    assert torch.equal(torch.cat(list(system.stream(request)), -1), wave)


def test_each_section_is_told_its_words_with_the_tempo_of_its_bars() -> None:
    heard: list[list[str]] = []
    system = tiny()
    by_attention = system.by_attention
    system.by_attention = lambda texts: heard.append(list(texts)) or by_attention(texts)  # type: ignore[method-assign]
    story = ((0.0, "calm piano"), (1.0, "metal, 90 bpm"))
    system.request_conditions(Request(story=story, bars=1, tempo=120.0, negative_prompt="noise"), True)
    assert heard == [["calm piano, 120 bpm", "noise"], ["metal, 90 bpm", "noise"]]


@pytest.mark.parametrize("name", ["musicgen-tiny", "musicgen-melody-tiny"])
def test_a_loop_has_its_bars_streams_and_its_end_leads_to_its_beginning(name: str) -> None:
    system = tiny(name)
    melody = Audio(tune([60, 64, 67, 72], 1.0), 8000) if "melody" in name else None
    request = Request(prompt="calm piano", loop=True, bars=1, tempo=260.0, melody=melody)
    wave = system.generate(request)
    size = round(4 * 60 / 260 * 8000)
    assert wave.shape == (1, 1, size)
    assert torch.equal(torch.cat(list(system.stream(request)), -1), wave)
    whole = torch.cat(list(system.pieces(request, 0)), -1)[..., : 2 * size].clamp(-1, 1)
    assert torch.equal(wave[..., : size - 4000], whole[..., size : 2 * size - 4000])
    assert float((wave[..., -1] - whole[..., size - 1]).abs()) < 1e-3


def test_a_long_piece_is_held_to_its_first_window() -> None:
    system = tiny()
    request = Request(prompt="calm piano", seconds=6.0)
    louder = [0.02 * torch.randn(1, 1, 8000) * 2**second for second in range(6)]
    system.pieces = lambda *_: iter(louder)  # type: ignore[method-assign]
    wave = system.generate(request)
    raw = torch.cat(louder, -1)
    assert float((wave - raw)[..., :8000].abs().max()) < 1e-5
    level = 10 * torch.log10(wave[..., -8000:].square().mean() / wave[..., :16000].square().mean())
    drift = 10 * torch.log10(raw[..., -8000:].square().mean() / raw[..., :16000].square().mean())
    assert float(drift) > 20 and float(level) < float(drift) - 4  # it may turn by 1.5 dB in each of six seconds
