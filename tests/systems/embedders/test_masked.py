"""Masked training: what is hidden is not seen, guesses are held against the right places, the teacher follows."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from songloom import checkpoint
from songloom.layers.masked_patches import Guesser, pixels
from songloom.layers.spectrogram_transformer import Patches, drawn, only
from songloom.systems import registry
from songloom.systems.embedders.audio_towers import ResidualTower
from songloom.systems.embedders.flap import Flap
from songloom.systems.embedders.m2d_clap import M2dClap
from songloom.systems.embedders.masked import MaskedTwoTower, View

TINY = [
    name
    for name, settings in registry.presets().items()
    if name.endswith("-tiny") and issubclass(settings.owner, MaskedTwoTower)
]


def build(name: str) -> MaskedTwoTower:
    torch.manual_seed(0)
    system: MaskedTwoTower = registry.presets()[name].build()
    system.call_opponents()
    return system.train()


def mel(system: MaskedTwoTower, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(3, system.mel_scale.bands, system.audio.frames, generator=generator)


@pytest.mark.parametrize(("group", "hidden", "stays"), [(1, 0.75, 6), (4, 0.5, 12), (4, 0.99, 4), (2, 0.3, 16)])
def test_places_fall_into_those_that_stay_and_those_that_are_hidden(group: int, hidden: float, stays: int) -> None:
    torch.manual_seed(0)
    stay, fall = drawn(50, 24, group, hidden, torch.device("cpu"))
    assert stay.shape == (50, stays) and fall.shape == (50, 24 - stays)
    for one, other in zip(stay.tolist(), fall.tolist(), strict=True):
        assert sorted(one + other) == list(range(24))
        assert all(sum(place // group == whole for place in one) in (0, group) for whole in range(24 // group))
    assert len({tuple(sorted(row)) for row in stay.tolist()}) > 5  # each item draws by itself


def test_the_numbers_of_patches_stand_in_the_order_of_the_patches() -> None:
    patches = Patches(8, 15, 12, patch=(4, 3), stride=(4, 3))
    with torch.no_grad():
        patches.positions.zero_()
        patches.enter.weight.copy_(torch.eye(12).view(12, 1, 4, 3))
        torch.nn.init.zeros_(patches.enter.bias)  # type: ignore[arg-type]
        picture = torch.randn(2, 8, 15)
        found = patches(picture)
    standard = (found - found.mean(-1, keepdim=True)) / (found.var(-1, keepdim=True) + 1e-6).sqrt()
    assert torch.allclose(pixels(picture, (4, 3)), standard, atol=1e-5)


def test_a_guess_depends_on_its_place_and_not_on_the_order_of_the_others() -> None:
    torch.manual_seed(0)
    guesser = Guesser(6, 5, 8, width=8, depth=1, heads=2, hidden=16)
    seen, stay, hidden = torch.randn(1, 3, 6), torch.tensor([[0, 4, 6]]), torch.tensor([[1, 2, 7]])
    guess = guesser(seen, stay, hidden)
    assert not torch.allclose(guess[:, 0], guess[:, 1])
    order = torch.tensor([2, 0, 1])
    turned = guesser(seen[:, order], stay[:, order], hidden[:, order])
    assert torch.allclose(turned, guess[:, order], atol=1e-6)


@pytest.mark.parametrize("name", TINY)
def test_what_is_hidden_does_not_reach_the_vector(name: str) -> None:
    system = build(name)
    (tower,) = system.tower
    data = mel(system)
    torch.manual_seed(1)
    view = system.view(data)
    changed = data.clone()
    rows, (high, wide) = tower.patches.rows, tower.config.patch
    for place in view.hidden[0].tolist():
        column, row = divmod(place, rows)
        changed[0, row * high : (row + 1) * high, column * wide : (column + 1) * wide] += 5.0
    torch.manual_seed(1)
    again = system.view(changed)
    assert torch.equal(again.stay, view.stay) and not torch.equal(again.picture[0], view.picture[0])
    assert torch.allclose(again.seen, view.seen, atol=1e-6)


def with_guess(system: MaskedTwoTower, view: View, guess: Tensor) -> Tensor:
    class Said(torch.nn.Module):
        def forward(self, seen: Tensor, stay: Tensor, hidden: Tensor) -> Tensor:
            return guess

    system.guesser = Said()  # type: ignore[assignment]
    return system.errors(view)


def test_rebuilding_the_dropped_patches_costs_nothing_and_silence_their_variance() -> None:
    system = build("flap-tiny")
    assert isinstance(system, Flap)
    view = system.view(mel(system))
    right = only(pixels(view.picture, system.tower[0].config.patch), view.hidden)
    assert torch.equal(with_guess(system, view, right), torch.zeros(3))
    unbiased = right.shape[-1] / (right.shape[-1] - 1)
    silence = with_guess(system, view, torch.zeros_like(right))
    assert torch.allclose(unbiased * silence, torch.ones(3), atol=1e-3)


def test_the_teacher_s_vectors_cost_nothing_and_their_opposites_four() -> None:
    system = build("m2d-clap-tiny")
    assert isinstance(system, M2dClap)
    view = system.view(mel(system))
    told = system.told(view)
    assert torch.allclose(with_guess(system, view, 3 * told), torch.zeros(3), atol=1e-5)
    assert torch.allclose(with_guess(system, view, -told), torch.full((3,), 4.0), atol=1e-5)


def test_the_teacher_follows_slowly_and_is_in_no_checkpoint() -> None:
    system = build("m2d-clap-tiny")
    assert isinstance(system, M2dClap) and system.teacher is not None
    name = "encoder.blocks.0.qkv.weight"
    before = system.teacher.state_dict()[name].clone()
    with torch.no_grad():
        system.audio.get_parameter(name).add_(1.0)
    system.follow()
    moved = system.teacher.state_dict()[name] - before
    assert torch.allclose(moved, torch.full_like(moved, 0.01), atol=1e-5)
    assert not any(key.startswith("teacher") for key in checkpoint.weights(system))
    assert not any(p.requires_grad for p in system.teacher.parameters())


def test_towers_that_cannot_be_masked_are_refused() -> None:
    settings = registry.presets()["flap-tiny"]
    for changes, message in (
        ({"audio": ResidualTower.Config()}, "do not overlap"),
        ({"hidden_part": 1.0}, "hidden_part is 1"),
    ):
        with pytest.raises(ValueError, match=message):
            replace(settings, **changes).build()  # type: ignore[arg-type]
