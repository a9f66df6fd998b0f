"""A mood heard beside what is usual in its style: the same colour is dark in one style and bright in another."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from songloom.conditioning.attributes import Vocabulary
from songloom.systems.listeners.lean import BANDS, DOUBT, MODES, RECALLED, REMEMBERED, Lean, slopes

NAMES = Vocabulary(styles=("rock", "solo piano", "techno"), moods=("dark", "happy"), families=("drums",))
USUAL = {"rock": 2.0, "solo piano": -2.0, "techno": 0.0}
COUNT = 48
SLOPE = torch.linspace(-1, 1, BANDS)


def clips(seed: int) -> tuple[Tensor, list[dict[str, Any]], Tensor]:
    """Colours, of which each has its style's usual slope, and rises a little more in happy pieces and a little less in
    dark ones; labels; and the places of their moods."""
    generator = torch.Generator().manual_seed(seed)
    moods = torch.randint(2, (COUNT,), generator=generator)
    styles = [NAMES.styles[place] for place in torch.randint(3, (COUNT,), generator=generator).tolist()]
    rise = torch.tensor([USUAL[style] for style in styles]) + (2 * moods - 1)
    colour = rise[:, None] * SLOPE + 0.3 * torch.randn(COUNT, BANDS, generator=generator)
    labels = [{"style": style, "mood": NAMES.moods[mood]} for style, mood in zip(styles, moods.tolist(), strict=True)]
    return colour, labels, moods


@pytest.fixture(scope="module")
def lean() -> Lean:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    lean = Lean(NAMES)
    optimizer = torch.optim.AdamW(lean.parameters(), 5e-3)
    for step in range(150):
        colour, labels, moods = clips(step)
        lean.remember(colour, labels, functional.one_hot(moods, 2))
        loss = functional.cross_entropy(*lean.recalled())
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return lean.eval()


def right(lean: Lean, colour: Tensor, labels: list[dict[str, Any]], moods: Tensor) -> float:
    return (lean(colour, labels).argmax(1) == moods).float().mean().item()


def test_moods_are_told_apart_where_the_style_is_known_and_only_there(lean: Lean) -> None:
    colour, labels, moods = clips(1_000)
    assert right(lean, colour, labels, moods) > 0.9
    turned = {"rock": "solo piano", "solo piano": "rock", "techno": "techno"}
    others = [one | {"style": turned[one["style"]]} for one in labels]
    assert right(lean, colour, others, moods) < 0.8


def test_what_is_usual_is_the_mean_of_a_style_and_moves_with_what_is_remembered_alone(lean: Lean) -> None:
    for style, rise in USUAL.items():
        usual = lean.usual[NAMES.styles.index(style)]
        assert (usual @ SLOPE / (SLOPE @ SLOPE)).item() == pytest.approx(rise, abs=0.1)
    before = lean.usual.clone()
    lean(*clips(5)[:2])
    assert torch.equal(lean.usual, before)
    fresh, (colour, _, moods) = Lean(NAMES), clips(6)
    fresh.remember(colour, [{"style": "rock"}] * COUNT, functional.one_hot(moods, 2))
    assert torch.allclose(fresh.usual[0], colour.sum(0) / (COUNT + DOUBT), atol=1e-5)
    assert not fresh.usual[1:].any()


def test_the_newest_clips_are_remembered_and_what_is_learned_comes_from_them() -> None:
    lean, rock = Lean(NAMES), [{"style": "rock"}] * COUNT
    for step in range(REMEMBERED // COUNT + 3):
        truth = torch.tensor([1.0, 0.0] if step < 2 else [0.0, 1.0]).expand(COUNT, 2)
        lean.remember(torch.full((COUNT, BANDS), -9.0 if step < 2 else 1.0), rock, truth)
    assert lean.usual[0].mean().item() == pytest.approx(1, abs=0.01)
    logits, truth = lean.recalled()
    assert len(logits) == len(truth) == RECALLED and truth.tolist() == [[0, 1]] * RECALLED
    again = Lean(NAMES)
    again.load_state_dict(lean.state_dict())
    assert torch.equal(again.memory, lean.memory) and again.seen == lean.seen


def test_tilt_and_bow_are_heard_apart_and_level_not_at_all() -> None:
    tilt, bow = slopes(torch.stack([SLOPE, SLOPE.square(), torch.ones(BANDS)])).T
    assert tilt[0] > 0.9 and abs(tilt[1]) < 1e-5 and bow[1] > 0.2 and abs(bow[0]) < 1e-5
    assert abs(tilt[2]) < 1e-5 and abs(bow[2]) < 0.1


def test_tempo_is_a_place_in_the_range_of_the_style_and_what_is_open_is_zero() -> None:
    lean, beats = Lean(NAMES), {"beats": [0.0, 0.5]}
    styles, told = lean.known(
        [
            {"style": "rock", "tempo": 168.0, "tonic": 0, "mode": "major", **beats},
            {"style": "rock", "tempo": 92.0, "tonic": 9, "mode": "dorian", **beats},
            {"style": "polka", "tempo": 92.0, "tonic": 9, "mode": "blues", **beats},
            {},
        ]
    )
    assert styles.tolist() == [[1, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 0]]
    modes = [[float(name == mode) for name in MODES] for mode in ("major", "dorian", "", "")]
    assert told.tolist() == [[2, 3, *modes[0]], [-2, 3, *modes[1]], [0, 0, *modes[2]], [0, 0, *modes[3]]]
    assert lean.eval()(torch.zeros(4, BANDS), [{}] * 4).isfinite().all()
