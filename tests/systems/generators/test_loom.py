from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from songloom import checkpoint
from songloom.conditioning.musical import MusicalBatch
from songloom.data.batch import Batch
from songloom.systems.generators.loom import Loom
from songloom.systems.request import Request
from songloom.systems.roles import AT_ONCE

FRAMES = 24
TEXTS = ("calm piano", "furious metal")


def tiny(seed: int = 0) -> Loom:
    torch.manual_seed(seed)
    system = Loom.presets()["loom-tiny"].build()
    assert isinstance(system, Loom)
    return system


def batch(texts: tuple[str, ...] = TEXTS, labelled: bool = True) -> Batch:
    count = len(texts)
    labels = {"tempo": 120.0, "downbeats": [0.0, 2.0], "tonic": 9, "mode": "minor", "drums": True, "meter": "4/4"}
    labels |= {"style": "solo piano", "mood": "calm", "families": ["piano"]}
    mask = torch.ones(count, FRAMES, dtype=torch.bool)
    mask[-1, -5:] = False
    return Batch(
        texts=texts,
        labels=tuple(labels if labelled else {} for _ in texts),
        ids=texts,
        start=torch.zeros(count),
        seconds=torch.ones(count),
        total=torch.full((count,), 4.0),
        mask=mask,
        codes=torch.randint(32, (count, 4, FRAMES), generator=torch.Generator().manual_seed(5)),
    )


def total(losses: dict[str, torch.Tensor]) -> torch.Tensor:
    return torch.stack([value for name, value in losses.items() if not name.startswith("~")]).sum()


def overfit(system: Loom, data: Batch, steps: int) -> float:
    optimizer = torch.optim.AdamW([p for p in system.parameters() if p.requires_grad], 4e-3)
    system.train()
    for step in range(steps):
        optimizer.zero_grad()
        loss = total(system.losses(data, step=step))
        loss.backward()
        optimizer.step()
    return loss.item()


def test_the_gradient_reaches_every_weight_and_none_of_the_codecs() -> None:
    system = tiny().train()
    for text in (("calm piano", ""), TEXTS):
        total(system.losses(batch(text), step=0)).backward()
    for name, parameter in system.named_parameters():
        if name.startswith("codec."):
            assert not parameter.requires_grad
        else:
            assert parameter.grad is not None and parameter.grad.abs().sum() > 0, name


def test_a_reader_that_is_taught_alone_learns_and_leaves_all_else_as_it_is() -> None:
    torch.manual_seed(0)
    system = dataclasses.replace(Loom.presets()["loom-tiny"], learns="reader").build()
    before = {name: parameter.detach().clone() for name, parameter in system.named_parameters()}
    first = total(system.eval().losses(batch(), step=0)).item()
    overfit(system, batch(), 20)
    assert total(system.eval().losses(batch(), step=0)).item() < first - 0.1
    moved = {name for name, parameter in system.named_parameters() if not torch.equal(parameter, before[name])}
    assert moved and all(name.startswith("text.reader.") for name in moved)


def test_an_untrained_model_is_as_wise_as_chance() -> None:
    system = tiny().eval()
    losses = system.losses(batch(), step=0)
    expected = torch.tensor(float(system.codec.codebook_size)).log()
    assert losses["~perplexity0"].log().item() == pytest.approx(expected.item(), abs=0.3)
    books = sum(value.item() for name, value in losses.items() if name.startswith("book"))
    assert books == pytest.approx(expected.item(), abs=0.3)


def test_it_overfits_one_batch_and_the_right_text_beats_the_wrong_one() -> None:
    system = tiny()
    data = batch(labelled=False)
    first = total(system.losses(data, step=0)).item()
    assert overfit(system, data, 100) < 0.4 * first
    system.eval()
    with torch.no_grad():
        right = total(system.losses(data, step=0))
        wrong = total(system.losses(dataclasses.replace(data, texts=TEXTS[::-1]), step=0))
    assert wrong > 4 * right


def test_frames_outside_a_clip_do_not_count() -> None:
    system, data = tiny().eval(), batch()
    changed = data.codes.clone()  # type: ignore[union-attr]
    changed[-1, :, -5:] = 7
    first, second = (system.losses(one, step=0) for one in (data, dataclasses.replace(data, codes=changed)))
    assert total(first).item() == pytest.approx(total(second).item(), abs=1e-6)


def test_it_trains_on_waves_too_and_says_when_there_is_nothing() -> None:
    system = tiny().eval()
    wave = 0.1 * torch.randn(2, 1, FRAMES * system.codec.hop_length)
    samples = batch().mask.repeat_interleave(system.codec.hop_length, 1)
    waves = dataclasses.replace(batch(), codes=None, wave=wave, mask=samples)
    codes = dataclasses.replace(batch(), codes=system.codec.tokenize(wave))
    assert total(system.losses(waves, step=0)).item() == pytest.approx(total(system.losses(codes, step=0)).item())
    with pytest.raises(ValueError, match="codes or waves"):
        system.losses(dataclasses.replace(batch(), codes=None), step=0)


@pytest.mark.parametrize("seconds", [0.1, 0.777, 2.9])
def test_music_has_the_length_that_was_asked_and_repeats_under_its_seed(seconds: float) -> None:
    system = tiny().eval()
    request = Request(prompt="calm piano, 90 bpm", seconds=seconds, seed=3)
    wave = system.generate(request)
    assert wave.shape == (1, 1, round(seconds * system.sample_rate))
    assert wave.abs().max() <= 1
    assert torch.equal(wave, system.generate(request))
    assert not torch.equal(wave, system.generate(dataclasses.replace(request, seed=4)))


def test_the_stream_is_the_same_music() -> None:
    system = tiny().eval()
    request = Request(prompt="calm piano", seconds=2.5)
    pieces = list(system.stream(request))
    assert len(pieces) > 1
    assert torch.equal(torch.cat(pieces, -1), system.generate(request))


def test_a_candidate_is_the_same_alone() -> None:
    system = tiny().eval()
    request = Request(prompt="calm piano", seconds=0.5, seed=6, candidates=AT_ONCE + 1)
    told: list[float] = []
    together = system.generate(request, progress=told.append)
    for place in (0, 2, AT_ONCE):
        alone = system.generate(dataclasses.replace(request, seed=6 + place, candidates=1))
        assert torch.equal(together[place : place + 1], alone)
    assert told == sorted(told) and told[-1] == 1.0


def test_it_survives_saving_and_loading(tmp_path: Path) -> None:
    system = tiny().eval()
    checkpoint.save(system, tmp_path / "loom")
    loaded = checkpoint.load(tmp_path / "loom")
    request = Request(prompt="calm piano", seconds=0.4)
    assert torch.equal(system.generate(request), loaded.generate(request))


@pytest.mark.parametrize("prompt", ["", "   ", "😀🎹🎶", "悲伤的钢琴曲", "word " * 10_000, "\0"])
def test_any_text_makes_music(prompt: str) -> None:
    assert tiny().eval().generate(Request(prompt=prompt, seconds=0.2)).isfinite().all()


def test_what_it_does_not_use_is_refused() -> None:
    with pytest.raises(ValueError, match="does not use steps"):
        tiny().generate(Request(steps=8))
    with pytest.raises(ValueError, match="one candidate"):
        next(tiny().stream(Request(candidates=2)))


@pytest.mark.parametrize(
    "change",
    [
        {"guidance": 1.0},
        {"guidance": 5.0},
        {"temperature": 0.0},
        {"top_k": 1},
        {"top_p": 0.1},
        {"tempo": 70.0},
        {"key": "F# minor"},
        {"drums": False},
        {"negative_prompt": "furious metal"},
    ],
)
def test_every_field_that_it_uses_is_heard(change: dict[str, float | str | bool]) -> None:
    system = tiny().eval()
    with torch.no_grad():
        for parameter in system.lm.heads.parameters():
            parameter.mul_(20)
    request = Request(prompt="calm piano, 120 bpm", seconds=0.6, key="C major")
    assert not torch.equal(system.generate(request), system.generate(dataclasses.replace(request, **change)))  # type: ignore[arg-type]


def test_settings_that_do_not_fit_the_codec_are_refused() -> None:
    with pytest.raises(ValueError, match="streams is 5"):
        dataclasses.replace(Loom.presets()["loom-tiny"], streams=5).build()  # type: ignore[call-arg]


def heard(system: Loom) -> Loom:
    """The same with louder choices, so that conditions change the codes of a few frames."""
    with torch.no_grad():
        for parameter in system.lm.heads.parameters():
            parameter.mul_(20)
    return system


def test_a_story_turns_at_its_second_and_streams() -> None:
    system = heard(tiny().eval())
    request = Request(story=((0.0, "calm piano, 90 bpm"), (0.9, "furious metal")), seconds=2.5, guidance=6.0)
    plain = dataclasses.replace(request, story=(), prompt="calm piano, 90 bpm")
    codes, before = (torch.cat(list(system.draw([one], [0])), -1) for one in (request, plain))
    turn = round(0.9 * system.codec.frame_rate)
    assert torch.equal(codes[:, 0, :turn], before[:, 0, :turn])
    assert not torch.equal(codes[..., turn:], before[..., turn:])
    wave = system.generate(request)
    assert wave.shape[-1] == 2.5 * system.sample_rate
    assert torch.equal(torch.cat(list(system.stream(request)), -1), wave)


def test_where_drums_leave_nothing_of_what_was_is_read_again() -> None:
    system = heard(tiny().eval())
    turn = round(0.9 * system.codec.frame_rate)
    stories = [
        Request(story=((0.0, f"{first} with drums, 90 bpm"), (0.9, second)), seconds=2.0, guidance=6.0)
        for second in ("calm piano, no drums", "calm piano")
        for first in ("rock", "slow house")
    ]
    leave, leave_too, stay, stay_too = torch.cat(list(system.draw(stories, [0] * 4)), -1)[:, 0]
    assert not torch.equal(leave[:turn], leave_too[:turn]) and torch.equal(leave[turn:], leave_too[turn:])
    assert not torch.equal(stay[turn:], stay_too[turn:])
    assert torch.equal(torch.cat(list(system.draw(stories[:1], [0])), -1)[0, 0], leave)


def test_a_story_of_one_section_is_its_prompt() -> None:
    system = heard(tiny().eval())
    one = system.generate(Request(story=((0.0, "calm piano"),), seconds=0.5))
    assert torch.equal(one, system.generate(Request(prompt="calm piano", seconds=0.5)))


def test_a_loop_has_its_bars_and_streams() -> None:
    system = heard(tiny().eval())
    request = Request(prompt="calm piano", loop=True, bars=2, tempo=233.0)
    wave = system.generate(request)
    assert wave.shape[-1] == round(2 * 4 * 60 / 233 * system.sample_rate)
    assert torch.equal(torch.cat(list(system.stream(request)), -1), wave)


def test_the_metronome_of_a_loop_strikes_one_at_its_beginning() -> None:
    """Whatever the lead: the beat at second 0 is a downbeat, 32 s into a piece."""
    seen: list[tuple[float, float, float]] = []
    system = tiny().eval()
    conditions = system.conditions

    def noted(
        texts: tuple[str, ...], known: MusicalBatch, hidden: Tensor, start: Tensor, *rest: Any, told: Tensor
    ) -> Any:
        seen.append((float(known.tempo[0]), float(known.first_downbeat[0]), float(start[0])))
        return conditions(texts, known, hidden, start, *rest, told=told)

    system.conditions = noted  # type: ignore[method-assign]
    request = Request(prompt="calm piano", loop=True, bars=2, tempo=110.0)
    next(system.draw([request], [0]))
    ((tempo, downbeat, start),) = seen
    assert (downbeat - start - request.lead_seconds) * tempo / 60 == pytest.approx(0, abs=1e-4)
