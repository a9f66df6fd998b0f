"""A flow that was straightened: in eight steps nearer to fifty than before, at half the work."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path

import pytest
import torch
from torch import Tensor

from songloom import checkpoint
from songloom.conditioning.musical import Musical
from songloom.conditioning.told import Dropped
from songloom.data.batch import Batch
from songloom.systems.generators import flow
from songloom.systems.generators.flow import Flow
from songloom.systems.request import Request
from songloom.training.run_folder import RunFolder
from songloom.training.trainer import Pace, Trainer

TEXTS = ("calm piano", "furious metal") * 8
FRAMES, STEPS = 32, 8


@pytest.fixture(autouse=True)
def what_was_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces are drawn under what was trained: a tempo drawn to suit the style that was read was never heard here, and
    which one it is hangs on the glossary."""
    torch.set_num_threads(1)
    monkeypatch.setattr(flow, "wants", lambda request, seed, *meant: [Musical()])
    monkeypatch.setattr(flow, "read", lambda reader, *_: torch.full((reader.vocabulary.size,), torch.nan))


def built(straight: int = 0, guidance: float = 1.0, sampler: str = "heun") -> Flow:
    torch.manual_seed(0)
    settings = Flow.presets()["flow-tiny"]
    assert isinstance(settings, Flow.Config)
    sampling = dataclasses.replace(settings.sampling, guidance=guidance, sampler=sampler)
    dropped = Dropped(words=0.0, told=0.0)  # the reader has learned nothing here
    return Flow(dataclasses.replace(settings, straight=straight, sampling=sampling, dropped=dropped)).eval()


def batch(system: Flow) -> Batch:
    """Waves up or down and of many sizes, so that where a path leads is decided on its way, and it bends."""
    generator = torch.Generator().manual_seed(3)
    count, width = len(TEXTS), system.codec.latent_width
    rates = torch.rand(2, width, 1, generator=generator).repeat(count // 2, 1, 1) * 0.3
    sizes = torch.randn(count, 1, 1, generator=generator)
    return Batch(
        texts=TEXTS,
        labels=({},) * count,
        ids=TEXTS,
        start=torch.zeros(count),
        seconds=torch.full((count,), FRAMES / system.codec.frame_rate),
        total=torch.full((count,), FRAMES / system.codec.frame_rate),
        mask=torch.ones(count, FRAMES, dtype=torch.bool),
        latents=(sizes.sign() + 0.5 * sizes) * torch.sin(rates * torch.arange(FRAMES) + 1.0),
    )


def learned(system: Flow, data: Batch, steps: int, rate: float) -> Flow:
    parameters = [p for name, p in system.named_parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, rate)
    system.train()
    for step in range(steps):
        torch.manual_seed(step)
        optimizer.param_groups[0]["lr"] = rate * (1 - step / steps)
        optimizer.zero_grad()
        losses = system.losses(data, step=step)
        sum(loss for name, loss in losses.items() if not name.startswith("~")).backward()  # type: ignore[union-attr]
        optimizer.step()
    return system.eval()


def drawn(system: Flow, seed: int, steps: int | None = None) -> Tensor:
    request = Request(prompt=TEXTS[seed % 2], seconds=FRAMES / system.codec.frame_rate, seed=seed, steps=steps)
    with torch.no_grad():
        return system.draw(request, None, seed)


@pytest.fixture(scope="module")
def teacher() -> Flow:
    torch.set_num_threads(1)
    system = built()
    data = batch(system)
    system.prepare([data])
    return learned(system, data, 200, 4e-3)


def student_of(teacher: Flow, **changes: float) -> Flow:
    system = built(straight=STEPS, **changes)  # type: ignore[arg-type]
    system.load_state_dict(teacher.state_dict())
    return system


def test_eight_steps_come_nearer_to_fifty_than_before(teacher: Flow) -> None:
    student = student_of(teacher)
    by_euler = built(sampler="euler")
    by_euler.load_state_dict(teacher.state_dict())
    wanted = [drawn(teacher, seed, 50) for seed in range(8)]

    def distance(system: Flow) -> float:
        made = [drawn(system, seed, STEPS) for seed in range(8)]
        return float(torch.stack([(a - b).square().mean() for a, b in zip(made, wanted, strict=True)]).mean())

    before = distance(by_euler)
    assert distance(student) == pytest.approx(before, rel=1e-3)  # it begins as its teacher
    learned(student, batch(teacher), 120, 5e-4)  # .42 of before; where steps are large their noise is larger than that
    assert distance(student) < 0.75 * before


def test_the_teachers_guidance_is_inside_and_no_other_can_be_asked_for(teacher: Flow) -> None:
    student = student_of(teacher, guidance=3.0)
    assert (student.sampling.guidance, student.sampling.steps, student.sampling.sampler) == (1.0, STEPS, "euler")
    torch.manual_seed(1)
    losses = student.losses(batch(student), step=0)
    assert losses["straight"] > 0.01 and losses["~learned"] < -0.5  # without guidance it is far from its teacher
    assert teacher.uses - student.controls == {"guidance", "negative_prompt"} and teacher.controls == teacher.uses
    for change in ({"guidance": 2.0}, {"guidance": 1.0}, {"negative_prompt": "drums"}):
        with pytest.raises(ValueError, match=r"flow does not use .*; with \w+: (?!.*\bflow\b).*loom"):
            student.generate(Request(prompt="calm piano", seconds=0.2, **change))  # type: ignore[arg-type]


def test_what_is_told_to_the_student_is_told_to_its_teacher(teacher: Flow) -> None:
    """Only then a student that is its teacher still has learned exactly nothing, whatever is hidden."""
    student = student_of(teacher).train()
    for seed in range(3):
        torch.manual_seed(seed)
        assert float(student.losses(batch(student), step=0)["~learned"]) == pytest.approx(0.0, abs=1e-4)


class Still:
    """The same batch at every step, in another order."""

    def __init__(self, data: Batch) -> None:
        self.data = data

    def batch(self, step: int, *, batch_size: int, crop_seconds: float) -> Batch:
        assert self.data.latents is not None
        return dataclasses.replace(self.data, latents=self.data.latents.roll(step, -1))


def test_a_resumed_run_is_exact_and_its_checkpoint_holds_no_teacher(teacher: Flow, tmp_path: Path) -> None:
    recipe = dataclasses.replace(Flow.recipe("flow-tiny"), steps=4, ema=0.9)

    def trainer(name: str, *, resume: bool = False) -> Trainer:
        run = RunFolder.reopen(tmp_path / name) if resume else RunFolder.create(tmp_path / name)
        system = built(straight=STEPS) if resume else student_of(teacher)
        pace = Pace(log_steps=2, valid_steps=0, sample_steps=0)
        return Trainer(system, recipe, Still(batch(system)), run, pace=pace, resume=resume, prepared=True)

    whole = trainer("whole")
    before = copy.deepcopy(whole.system.teacher.state_dict())
    assert whole.run()
    assert all(torch.equal(before[name], tensor) for name, tensor in whole.system.teacher.state_dict().items())
    steps = iter(range(4))
    assert not trainer("broken").run(stop=lambda: next(steps, None) == 1)
    assert trainer("broken", resume=True).run()
    found, expected = (checkpoint.load(tmp_path / name / "checkpoint") for name in ("broken", "whole"))
    assert all(torch.equal(found.state_dict()[name], tensor) for name, tensor in expected.state_dict().items())
    assert not any(name.startswith("teacher") for name in expected.state_dict())
    assert isinstance(expected, Flow)
    assert expected.generate(Request(prompt="calm piano", seconds=0.3)).shape == (1, 1, 4800)


def test_what_cannot_be_straightened_is_said() -> None:
    with pytest.raises(ValueError, match="give one with --init"):
        built(straight=8).check_start(trained=False)
    with pytest.raises(ValueError, match="straight is -1"):
        built(straight=-1)
