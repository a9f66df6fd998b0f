"""What a listener hears amiss, and a flow that is moved by it but stays near where it began."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from songloom.conditioning.attributes import Answers, Vocabulary
from songloom.conditioning.musical import NO_KEY
from songloom.diffusion.heard import SMOOTHED, WEIGHTS, made, misheard, off_key

NAMES = Vocabulary(styles=("techno", "piano"), moods=("calm", "dark"), families=("piano", "drums"))
TECHNO = torch.tensor([[1.0, 0.0, math.nan, math.nan, 0.0, 1.0]])


def answers(style: float, drums: float) -> Answers:
    return Answers(torch.tensor([[style, 0.0]]), torch.zeros(1, 2), torch.tensor([[0.0, drums]]))


def test_what_was_told_is_missed_by_how_unlikely_it_sounds() -> None:
    told = torch.tensor([[1.0, 0.0, 0.5, 0.5, 0.0, 1.0]])
    found = misheard(NAMES, answers(2.0, 3.0), TECHNO, told, torch.tensor([False]))
    soft = torch.tensor([1 - SMOOTHED["style"] / 2, SMOOTHED["style"] / 2])
    style = -(soft * torch.tensor([2.0, 0.0]).log_softmax(0)).sum()
    assert float(found["style"]) == pytest.approx(WEIGHTS["style"] * float(style), rel=1e-5)
    sure = 1 - SMOOTHED["families"] / 2
    drums = -(sure * math.log(1 / (1 + math.exp(-3))) + (1 - sure) * math.log(1 / (1 + math.exp(3))))
    assert float(found["drums"]) == pytest.approx(WEIGHTS["drums"] * drums, rel=1e-5)
    assert float(found["families"]) == pytest.approx(WEIGHTS["families"] * (drums + math.log(2)) / 2, rel=1e-5)
    assert found["mood"] == 0  # open in the labels


def test_nothing_is_missed_of_what_nobody_told() -> None:
    told = torch.tensor([[1.0, 0.0, 0.5, 0.5, 0.0, 1.0]])
    for reading, hidden in ((told, True), (1 - TECHNO, False)):
        found = misheard(NAMES, answers(-5.0, -5.0), TECHNO, reading, torch.tensor([hidden]))
        assert all(float(loss) == 0 for loss in found.values())


def test_a_piece_counts_as_far_as_its_style_was_read() -> None:
    truth, told = (
        TECHNO.repeat(2, 1),
        torch.tensor([[0.25, 0.75, 0.5, 0.5, 0.0, 1.0], [0.75, 0.25, 0.5, 0.5, 0.0, 1.0]]),
    )
    both = Answers(torch.tensor([[9.0, 0.0], [0.0, 9.0]]), torch.zeros(2, 2), torch.zeros(2, 2))
    none = torch.zeros(2, dtype=torch.bool)
    first, second = (
        misheard(NAMES, Answers(*(part[[i]] for part in both)), truth[[i]], told[[i]], none[[i]])["style"]
        for i in range(2)
    )
    expected = first + second  # each alone is already times its sureness, below one in all
    assert float(misheard(NAMES, both, truth, told, none)["style"]) == pytest.approx(float(expected), rel=1e-5)


def test_keys_count_where_one_was_asked_for() -> None:
    keys = 3 * torch.eye(24)[[5, 7, 9]]
    whole, shared = math.log(math.exp(3) + 23), SMOOTHED["key"]
    right, usual = whole - 3, whole - 3 / 24
    found = float(off_key(keys, torch.tensor([5, NO_KEY, 9])))
    assert found == pytest.approx(WEIGHTS["key"] * ((1 - shared) * right + shared * usual), rel=1e-5)
    missed = float(off_key(keys, torch.tensor([5, NO_KEY, 10])))
    assert missed - found == pytest.approx(WEIGHTS["key"] * (1 - shared) * 1.5, rel=1e-5)
    assert float(off_key(keys, torch.full((3,), NO_KEY))) == 0


class Pushed(nn.Module):
    """A flow to zero, pushed by what it learns."""

    def __init__(self) -> None:
        super().__init__()
        self.push = nn.Parameter(torch.zeros(1, 2, 1))

    def forward(self, x: Tensor, time: Tensor) -> Tensor:
        return x / time.view(-1, 1, 1).clamp_min(1e-3) + self.push


def test_steps_are_eulers_and_the_way_is_measured_from_where_it_began() -> None:
    flow, begun, times = Pushed(), Pushed(), torch.tensor([1.0, 0.5, 0.0], dtype=torch.float64)
    noise, mask = torch.randn(3, 2, 5, generator=torch.Generator().manual_seed(0)), torch.ones(3, 5, dtype=torch.bool)
    where, strayed = made(flow, begun, noise, mask, times)
    assert torch.allclose(where, torch.zeros_like(where), atol=1e-6) and strayed == 0
    with torch.no_grad():
        flow.push[:, 0] = 0.4
    where, strayed = made(flow, begun, noise, mask, times)
    # x / t + p at t = 1 leads to (1 - h) x - h p, and from there at t = .5 to -h p, for a step h = .5
    assert torch.allclose(where[:, 0], torch.full((3, 5), -0.2), atol=1e-6)
    assert strayed.item() == pytest.approx(0.4**2 / 2, rel=1e-5)
    where[:, 0].mean().backward()
    assert float(flow.push.grad[0, 0]) == pytest.approx(-0.5, rel=1e-5)  # type: ignore[index]


def test_frames_outside_of_the_music_do_not_count_as_strayed() -> None:
    flow, mask = Pushed(), torch.tensor([[True, False]])
    moved = Pushed()
    with torch.no_grad():
        moved.push += 1.0
    _, strayed = made(moved, flow, torch.zeros(1, 2, 2), mask, torch.tensor([1.0, 0.0]))
    assert strayed.item() == pytest.approx(1.0)
