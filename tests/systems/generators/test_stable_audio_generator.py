from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from songloom import checkpoint
from songloom.audio.clip import Audio
from songloom.data.batch import Batch
from songloom.layers.dit import Dit
from songloom.systems.generators.stable_audio import StableAudio
from songloom.systems.latent_generator import FADE_SECONDS
from songloom.systems.request import Request
from songloom.training.run_folder import RunFolder
from songloom.training.trainer import Pace, Trainer

TEXTS = ("calm piano", "furious metal", "slow waltz", "drum and bass")
SECONDS = 0.8


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def tiny(**changes: object) -> StableAudio:
    torch.manual_seed(0)
    settings = dataclasses.replace(StableAudio.presets()["stable-audio-tiny"], **changes)  # type: ignore[type-var]
    system: StableAudio = settings.build()
    return system.eval()


def batch(system: StableAudio, frames: int = 60) -> Batch:
    """Each text has latents of its own: a few slow waves."""
    count = len(TEXTS)
    generator = torch.Generator().manual_seed(3)
    rates = torch.rand(count, system.codec.latent_width, 1, generator=generator) * 0.3
    phases = 6.3 * torch.rand(count, system.codec.latent_width, 1, generator=generator)
    seconds = frames / system.codec.frame_rate
    return Batch(
        texts=TEXTS,
        labels=({},) * count,
        ids=TEXTS,
        start=torch.zeros(count),
        seconds=torch.full((count,), seconds),
        total=torch.full((count,), seconds),
        mask=torch.ones(count, frames, dtype=torch.bool),
        latents=4 * torch.sin(rates * torch.arange(frames) + phases) + 1,
    )


def trained(system: StableAudio, data: Batch, steps: int) -> StableAudio:
    system.prepare([data])
    optimizer = torch.optim.AdamW([p for p in system.parameters() if p.requires_grad], 3e-3)
    system.train()
    for step in range(steps):
        torch.manual_seed(step)
        optimizer.zero_grad()
        system.losses(data, step=step)["denoising"].backward()
        optimizer.step()
    return system.eval()


def scored(system: StableAudio, data: Batch) -> dict[str, float]:
    """Losses of many draws of noise and times."""
    with torch.no_grad():
        many = []
        for seed in range(16):
            torch.manual_seed(seed)
            many.append(system.losses(data, step=0))
    return {name: sum(float(one[name]) for one in many) / len(many) for name in many[0]}


def tone(seconds: float = SECONDS, rate: int = 16_000, channels: int = 2) -> Audio:
    time = torch.arange(round(seconds * rate)) / rate
    return Audio(0.3 * torch.sin(2000 * time).repeat(channels, 1), rate)


def request(**fields: object) -> Request:
    return Request(**({"prompt": "calm piano", "seconds": SECONDS, "seed": 3, "steps": 6} | fields))  # type: ignore[arg-type]


def test_it_learns_and_the_right_text_beats_the_wrong_one() -> None:
    system = tiny()
    data = batch(system)
    system.prepare([data])
    assert scored(system, data)["~explained"] < 0.1  # nothing is learned yet
    trained(system, data, 150)
    right = scored(system, data)
    wrong = scored(system, dataclasses.replace(data, texts=TEXTS[1:] + TEXTS[:1]))
    assert right["~explained"] > 0.5
    assert wrong["denoising"] > 1.2 * right["denoising"]


def test_what_it_makes_of_a_text_is_nearest_to_that_texts_latents() -> None:
    system = tiny()
    data = batch(system)
    trained(system, data, 250)
    assert data.latents is not None
    for index, text in enumerate(TEXTS):
        asked = request(prompt=text, seconds=60 / system.codec.frame_rate, steps=20)
        made = system.draw(asked, None, 1)
        distances = (made - data.latents).square().mean((1, 2))
        assert int(distances.argmin()) == index


def test_the_scale_of_the_latents_is_measured_and_goes_with_the_weights(tmp_path: Path) -> None:
    system = tiny()
    data = batch(system)
    system.prepare([data])
    latents = system.scale(data.latents)  # type: ignore[arg-type]
    torch.testing.assert_close(latents.mean((0, 2)), torch.zeros(8), atol=1e-4, rtol=0)
    torch.testing.assert_close(latents.std((0, 2), correction=0), torch.ones(8), atol=1e-3, rtol=0)
    checkpoint.save(system, tmp_path / "model")
    loaded = checkpoint.load(tmp_path / "model")
    assert torch.equal(loaded.scale.deviation, system.scale.deviation)
    assert torch.equal(loaded.generate(request()), system.generate(request()))


class Still:
    """The same batch at every step, in another order."""

    def __init__(self, data: Batch) -> None:
        self.data = data

    def batch(self, step: int, *, batch_size: int, crop_seconds: float) -> Batch:
        turned = self.data.latents.roll(step, -1) if self.data.latents is not None else None
        return dataclasses.replace(self.data, latents=turned)


def test_a_run_that_was_stopped_and_resumed_ends_with_the_weights_of_one_that_was_not(tmp_path: Path) -> None:
    recipe = dataclasses.replace(StableAudio.recipe("stable-audio-tiny"), steps=8, ema=0.9)

    def trainer(name: str, *, resume: bool = False) -> Trainer:
        run = RunFolder.reopen(tmp_path / name) if resume else RunFolder.create(tmp_path / name)
        system = tiny()
        pace = Pace(log_steps=2, valid_steps=0, sample_steps=0)
        return Trainer(system, recipe, Still(batch(system)), run, pace=pace, resume=resume)

    assert trainer("whole").run()
    steps = iter(range(4))
    assert not trainer("broken").run(stop=lambda: next(steps, None) == 3)
    assert trainer("broken", resume=True).run()
    found, expected = (load_file(tmp_path / name / "checkpoint/model.safetensors") for name in ("broken", "whole"))
    assert found.keys() == expected.keys() and all(torch.equal(found[name], expected[name]) for name in expected)


@pytest.mark.parametrize("seconds", [0.1, 0.777, 1.9])
def test_music_has_the_length_that_was_asked_and_repeats_under_its_seed(seconds: float) -> None:
    system = tiny()
    wave = system.generate(request(seconds=seconds))
    assert wave.shape == (1, 2, round(seconds * system.sample_rate))
    assert wave.abs().max() <= 1
    assert torch.equal(wave, system.generate(request(seconds=seconds)))
    assert not torch.equal(wave, system.generate(request(seconds=seconds, seed=4)))


def test_a_whole_window_is_made_and_cut_where_the_model_was_trained_so() -> None:
    system = tiny(whole_window=True, window=256)
    assert system.frames(10) == 256
    assert system.generate(request(seconds=0.5)).shape[-1] == 8000


def test_the_stream_and_a_candidate_alone_are_the_same_music() -> None:
    system = tiny()
    told: list[float] = []
    together = system.generate(request(candidates=3), progress=told.append)
    assert torch.equal(together[2:], system.generate(request(seed=5)))
    assert told == sorted(told) and told[-1] == 1.0
    assert torch.equal(torch.cat(list(system.stream(request())), -1), together[:1])


@pytest.mark.parametrize(
    "change",
    [
        {"guidance": 1.0},
        {"guidance": 5.0},
        {"steps": 9},
        {"negative_prompt": "furious metal"},
        {"prompt": "furious metal"},
        {"init": tone()},
        {"init": tone(), "init_strength": 0.9},
        {"init": tone(), "inpaint": ((0.2, 0.4),)},
        {"continuation": tone(0.3)},
    ],
)
def test_every_field_that_it_uses_is_heard(change: dict[str, object]) -> None:
    system = trained(tiny(), batch(tiny()), 20)
    assert not torch.allclose(system.generate(request()), system.generate(request(**change)), atol=1e-6)


def test_a_weak_change_stays_near_the_audio_that_it_starts_from() -> None:
    system = tiny()
    with torch.no_grad():
        system.prepare(
            [
                dataclasses.replace(
                    batch(system),
                    latents=system.codec.encode(tone().wave[None]).repeat(4, 1, 1),
                    mask=torch.ones(4, 200, dtype=torch.bool),
                )
            ]
        )
        audio = tone()
        roundtrip = system.codec.decode(system.codec.encode(audio.wave[None]), length=audio.wave.shape[-1]).clamp(-1, 1)
    distances = [
        float((system.generate(request(init=audio, init_strength=strength, steps=20)) - roundtrip).square().mean())
        for strength in (0.0, 0.1, 0.5, 1.0)
    ]
    assert distances[0] < 1e-9
    assert distances == sorted(distances) and distances[1] < distances[3] / 4


def outside(regions: tuple[tuple[float, float], ...], samples: int, rate: int = 16_000) -> Tensor:
    kept = torch.ones(samples, dtype=torch.bool)
    for begin, end in regions:
        kept[int(begin * rate) : int(end * rate)] = False
    return kept


@pytest.mark.parametrize(
    "regions", [((0.2, 0.4),), ((0.0, 0.1), (0.3, 0.31), (0.7, 0.8)), ((0.0, SECONDS),)], ids=["one", "three", "all"]
)
def test_inpainting_leaves_the_rest_as_it_was(regions: tuple[tuple[float, float], ...]) -> None:
    system, audio = tiny(), tone()
    made = system.generate(request(init=audio, inpaint=regions))[0]
    kept = outside(regions, made.shape[-1])
    assert torch.equal(made[:, kept], audio.wave[:, kept])
    assert not torch.allclose(made[:, ~kept], audio.wave[:, ~kept], atol=1e-3)


def test_kept_frames_are_known_to_the_sampler_and_their_neighbours_hear_them() -> None:
    system, audio = tiny(), tone()
    regions = ((0.2, 0.4),)
    source = system.source(request(init=audio, inpaint=regions), system.frames(audio.wave.shape[-1]))
    assert source is not None
    made = system.draw(request(init=audio, inpaint=regions), source, 3)
    torch.testing.assert_close(
        system.scale(made)[..., source.frames], source.latents[..., source.frames], atol=1e-3, rtol=1e-3
    )
    assert int((~source.frames).sum()) in (50, 51)  # 0.2 s at 250 frames a second, and parts of frames
    other = dataclasses.replace(source, latents=source.latents.flip(-1))
    assert not torch.allclose(
        system.draw(request(init=audio, inpaint=regions), other, 3)[..., ~source.frames], made[..., ~source.frames]
    )


def test_a_continuation_begins_with_its_audio() -> None:
    system, audio = tiny(), tone(0.3)
    made = system.generate(request(continuation=audio))[0]
    kept = 4800 - round(FADE_SECONDS * 16_000)
    assert made.shape[-1] == round(SECONDS * 16_000)
    assert torch.equal(made[:, :kept], audio.wave[:, :kept])
    assert made[:, 4800:].abs().max() > 0


def test_audio_of_another_rate_and_channels_is_fitted() -> None:
    system = tiny()
    made = system.generate(request(continuation=tone(0.3, rate=8_000, channels=1)))[0]
    torch.testing.assert_close(made[0, 400:4000], tone(0.3).wave[0, 400:4000], atol=0.02, rtol=0)


def test_what_it_cannot_do_is_said() -> None:
    system = tiny()
    with pytest.raises(ValueError, match="does not use tempo"):
        system.generate(Request(tempo=100.0))
    with pytest.raises(ValueError, match=r"loops at once, of at most 1\d\.\d s"):
        system.generate(Request(seconds=600.0, loop=True))
    with pytest.raises(ValueError, match="one of them"):
        system.generate(request(init=tone(), continuation=tone(0.3)))
    with pytest.raises(ValueError, match="one candidate"):
        next(system.stream(request(candidates=2)))


def test_a_model_without_guidance_hears_a_negative_prompt_only_where_guidance_is_asked() -> None:
    """As Open Small has it."""
    system = tiny(sampling=dataclasses.replace(tiny().sampling, guidance=1.0))
    with pytest.raises(ValueError, match="guidance, which stable-audio has off here"):
        system.generate(request(negative_prompt="noise"))
    plain, moved = (system.generate(request(guidance=3.0, negative_prompt=text)) for text in (None, "noise"))
    assert not torch.equal(plain, moved)


def test_unknown_samplers_and_schedules_show_themselves_at_once() -> None:
    sampling = StableAudio.presets()["stable-audio-tiny"].sampling  # type: ignore[attr-defined]
    for change, said in (({"sampler": "magic"}, "no sampler"), ({"schedule": "soon"}, "no schedule")):
        with pytest.raises(ValueError, match=said):
            tiny(sampling=dataclasses.replace(sampling, **change))


@pytest.mark.parametrize(
    ("name", "numbers", "tensors"),
    [("stable-audio-open", 1_056_939_152 - 16, 373), ("stable-audio-open-small", 340_928_672 - 32, None)],
)
def test_the_published_sizes_are_those_of_the_published_files(name: str, numbers: int, tensors: int | None) -> None:
    """Numbers and tensors of the transformers, the rates of the rotary positions aside, which are computed."""
    settings = StableAudio.presets()[name]
    assert isinstance(settings, StableAudio.Config)
    width = settings.condition_width
    with torch.device("meta"):
        dit = Dit(settings.shape, channels=64, token_width=width, vector_width=width * len(settings.seconds))
    assert sum(tensor.numel() for tensor in dit.state_dict().values()) == numbers
    assert tensors in (None, len(dit.state_dict()))
