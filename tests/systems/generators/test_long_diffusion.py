"""Pieces longer than a window, stories and loops, of generators that denoise latents."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from torch import Tensor

from songloom.audio.clip import Audio
from songloom.audio.loops import fitted_circle
from songloom.audio.tone import Tone
from songloom.diffusion.latent_diffusion import Predict
from songloom.systems import latent_generator
from songloom.systems.generators.flow import Flow
from songloom.systems.generators.stable_audio import StableAudio, inside
from songloom.systems.latent_generator import LatentGenerator, Stretch
from songloom.systems.request import Request

TEXTS = ("calm piano", "furious metal")
WINDOW = 64
SMOOTH = 6.0
KINDS = ("flow", "stable-audio")


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def tiny(kind: str, **changes: object) -> LatentGenerator:
    torch.manual_seed(0)
    cls: type[Flow] | type[StableAudio] = Flow if kind == "flow" else StableAudio
    settings = dataclasses.replace(cls.presets()[f"{kind}-tiny"], **({"window": WINDOW} | changes))  # type: ignore[type-var]
    system: LatentGenerator = settings.build()
    return system.eval()


def request(**fields: object) -> Request:
    return Request(**({"prompt": TEXTS[0], "seconds": 1.0, "seed": 3, "steps": 3} | fields))  # type: ignore[arg-type]


def seconds(system: LatentGenerator, frames: float) -> float:
    return frames / system.codec.frame_rate


def knowing(system: LatentGenerator, *means: float) -> LatentGenerator:
    """With the exact network in place of its own, of latents that are a smooth Gaussian process around the mean of
    their section: what it expects of x_t follows from their covariance."""

    def network(_requests: object, stretch: Stretch, _guidance: float) -> Predict:
        places = torch.arange(stretch.frames).double()
        covariance = torch.exp(-(places[:, None] - places).square() / (2 * SMOOTH**2)) + 1e-4 * torch.eye(len(places))
        mean = means[stretch.section]

        def predict(x: Tensor, time: Tensor) -> Tensor:
            signal, noise = float(system.process.signal(time)), float(system.process.noise(time))
            seen = signal**2 * covariance + noise**2 * torch.eye(len(places))
            gain = torch.linalg.solve(seen, signal * covariance)
            data = mean + (x.double() - signal * mean) @ gain
            return system.process.target(data, (x - signal * data) / noise, time).float()

        return predict

    system.network = network  # type: ignore[method-assign]
    return system


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("frames", [65, 130, 171.3])
def test_a_long_piece_has_its_length_and_its_stream_is_the_same_music(kind: str, frames: float) -> None:
    system = tiny(kind)
    asked = request(seconds=seconds(system, frames))
    told: list[float] = []
    wave = system.generate(asked, progress=told.append)
    assert wave.shape == (1, system.channels, round(asked.seconds * system.sample_rate))
    assert wave[..., -20:].abs().sum() > 0
    assert torch.equal(torch.cat(list(system.stream(asked)), -1), wave)
    assert torch.equal(system.generate(dataclasses.replace(asked, candidates=2, seed=2))[1:], wave)
    assert told == sorted(told) and told[-1] == 1.0


def test_steps_that_are_taken_again_are_told_as_progress_that_only_rises() -> None:
    sampling = dataclasses.replace(tiny("flow").sampling, passes=3)
    system = tiny("flow", sampling=sampling)
    told: list[float] = []
    system.generate(request(seconds=seconds(system, 130), steps=8), progress=told.append)
    assert told == sorted(told) and told[-1] == 1.0


def test_the_first_window_is_heard_before_the_last_is_made() -> None:
    system = tiny("stable-audio")
    calls: list[int] = []
    plain = system.network
    system.network = lambda *given: calls.append(1) or plain(*given)  # type: ignore[method-assign, func-returns-value]
    stream = system.stream(request(seconds=seconds(system, 300)))
    next(stream)
    begun = len(calls)
    list(stream)
    assert begun <= 2 < len(calls)


def test_a_whole_window_model_goes_on_in_whole_windows() -> None:
    system = tiny("stable-audio", whole_window=True)
    hop = system.codec.hop_length
    assert system.extent(100 * hop) == [(0, WINDOW), (48, 48 + WINDOW)]
    assert system.generate(request(seconds=seconds(system, 100))).shape[-1] == round(100 * hop)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("passes", [1, 3])
def test_windows_go_on_from_one_another_where_pieces_on_their_own_do_not(kind: str, passes: int) -> None:
    sampling = dataclasses.replace(tiny(kind).sampling, passes=passes)
    system = knowing(tiny(kind, sampling=sampling), 0.0)
    inside_one, goes_on, cut = [], [], []
    passage = system.passage(16)
    for seed in range(12):
        asked = request(seconds=seconds(system, 112), seed=seed, steps=40)
        assert system.extent(system.samples(asked)[1]) == [(0, 64), (48, 112)]
        alone = [request(seconds=seconds(system, 64), seed=100 + 2 * seed + place, steps=40) for place in (0, 1)]
        with torch.no_grad():
            steps = system.draw(asked, None, seed).diff(dim=-1).square().mean((0, 1))
            apart = torch.cat([system.draw(one, None, one.seed) for one in alone], -1)[..., 63:65].diff(dim=-1)
        inside_one.append(float(steps[: 63 - passage].mean()))
        goes_on.append(steps[63 - passage : 64])
        cut.append(float(apart.square().mean()))
    usual, break_ = (sum(found) ** 0.5 for found in (inside_one, cut))
    seam = float(torch.stack(goes_on).sum(0).max()) ** 0.5
    assert seam < 1.5 * usual, (usual, seam, break_)
    assert break_ > 4 * usual


def test_each_section_of_a_story_is_heard_where_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latent_generator, "PASSAGE_SECONDS", 0.02)
    system = knowing(tiny("stable-audio"), 4.0, -4.0)
    for frames, turn in ((60, 30), (112, 80)):  # within one window, and in the second of two
        length = seconds(system, frames)
        story = ((0.0, TEXTS[0]), (seconds(system, turn), TEXTS[1]))
        with torch.no_grad():
            made = system.draw(request(seconds=length, steps=30, prompt="", story=story), None, 3).mean((0, 1))
        assert made[: turn - 12].min() > 2 and made[turn + 12 :].max() < -2


@pytest.mark.parametrize("kind", KINDS)
def test_a_loop_has_its_length_and_no_end(kind: str) -> None:
    system = tiny(kind)
    system.tone = lambda _: Tone()  # type: ignore[method-assign]
    asked = request(seconds=seconds(system, 40.4), loop=True)
    wave = system.generate(asked)
    assert wave.shape[-1] == round(asked.seconds * system.sample_rate)
    steps = torch.cat([wave, wave[..., :1]], -1).diff(dim=-1).abs().amax((0, 1))
    assert steps[-1] <= steps[:-1].max()
    lead, samples = system.samples(asked)
    with torch.no_grad():
        whole = system.around(system.draw(asked, None, 3), lead, samples)
    torch.testing.assert_close(wave, whole[..., lead:].clamp(-1, 1), atol=1e-4, rtol=1e-3)
    assert torch.equal(whole[..., :lead], whole[..., torch.arange(-lead, 0) % wave.shape[-1] + lead])


def test_the_network_sees_the_metronome_of_a_loop_close() -> None:
    system = tiny("flow")
    assert isinstance(system, Flow)
    heard: list[tuple[Tensor, ...]] = []
    plain = system.musical.forward
    system.musical.forward = lambda *given: heard.append(given) or plain(*given)  # type: ignore[method-assign, func-returns-value]
    asked = request(seconds=0.61, loop=True, tempo=60 / 0.61 * 4 / 3)
    assert asked.tempo is not None
    system.generate(asked)
    (known, moments, _), frames = heard[0], round(0.61 * system.codec.frame_rate / 2) * 2
    positions = frames // system.grain
    beats = (moments - known.first_downbeat[:, None])[0] * asked.tempo / 60  # type: ignore[attr-defined]
    torch.testing.assert_close(beats[positions] - beats[0], torch.tensor(4 / 3), atol=1e-3, rtol=0)


def test_loops_that_are_longer_than_a_window_are_refused() -> None:
    with pytest.raises(ValueError, match="makes loops at once, of at most"):
        tiny("flow").generate(request(seconds=60.0, loop=True))


@pytest.mark.parametrize("rate", [8_000, 44_100])
@pytest.mark.parametrize("channels", [1, 2])
def test_audio_of_any_rate_and_channels_is_kept_over_several_windows(rate: int, channels: int) -> None:
    system = tiny("stable-audio")
    length = seconds(system, 150)
    tone = 0.3 * torch.sin(1500 * torch.arange(round(length * rate)) / rate).repeat(channels, 1)
    made = system.generate(request(seconds=length, init=Audio(tone, rate), inpaint=((0.2, 0.3),)))[0]
    given = Audio(tone, rate).fitted(system.sample_rate, system.channels)
    kept = torch.ones(made.shape[-1], dtype=torch.bool)
    kept[int(0.2 * system.sample_rate) : int(0.3 * system.sample_rate)] = False
    assert torch.equal(made[:, kept], given[:, : made.shape[-1]][:, kept])
    assert not torch.allclose(made[:, ~kept], given[:, : made.shape[-1]][:, ~kept], atol=1e-3)


def test_a_place_in_a_piece_that_is_too_long_to_be_told_is_as_far_from_its_nearer_end() -> None:
    assert inside(30.0, 100.0, 512.0) == (30.0, 100.0)
    assert inside(30.0, 1000.0, 512.0) == (30.0, 512.0)
    assert inside(400.0, 1000.0, 512.0) == (256.0, 512.0)
    assert inside(600.0, 1000.0, 512.0) == (256.0, 512.0)
    assert inside(990.0, 1000.0, 512.0) == (502.0, 512.0)


def test_a_circle_is_stretched_exactly() -> None:
    moments = torch.arange(100) / 100
    wave = torch.sin(6 * torch.pi * moments) + 0.5 * torch.cos(20 * torch.pi * moments)
    longer = torch.arange(107) / 107
    expected = torch.sin(6 * torch.pi * longer) + 0.5 * torch.cos(20 * torch.pi * longer)
    torch.testing.assert_close(fitted_circle(wave[None], 107)[0], expected, atol=1e-5, rtol=0)


def test_a_stretch_of_a_loop_is_the_middle_of_music() -> None:
    plain, loop = request(seconds=4.0), request(seconds=4.0, loop=True)
    assert Stretch(50, 10).span(25.0, plain) == (2.0, 4.0)
    assert Stretch(-50, 10, 1.1).span(25.0, loop) == (pytest.approx(8.0 - 2.2), 20.0)
