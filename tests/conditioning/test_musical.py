from __future__ import annotations

import math

import pytest
import torch

from songloom.band.theory import MODES
from songloom.conditioning.musical import (
    CYCLES_PER_BEAT,
    METRONOME_WIDTH,
    NO_DRUMS,
    NO_KEY,
    NO_METER,
    Musical,
    is_minor,
    key_number,
    metronome,
    of_labels,
    place,
    stack,
)


def test_the_metronome_repeats_every_four_beats_from_the_first_downbeat() -> None:
    batch = stack([Musical(tempo=90.0, meter="4/4", first_downbeat=0.3)])
    times = torch.tensor([[0.3, 0.5, 0.3 + 4 * 60 / 90, 0.5 + 4 * 60 / 90]])
    features = metronome(batch, times)
    assert features.shape == (1, 4, METRONOME_WIDTH)
    assert torch.allclose(features[:, :2], features[:, 2:], atol=1e-5)
    waves = len(CYCLES_PER_BEAT) + 1
    assert torch.allclose(features[0, 0, :waves], torch.zeros(waves), atol=1e-6)
    assert torch.allclose(features[0, 0, waves : 2 * waves], torch.ones(waves), atol=1e-6)


def test_half_a_beat_on_the_beats_own_wave_turns_around() -> None:
    features = metronome(stack([Musical(tempo=60.0)]), torch.tensor([[0.5]]))[0, 0]
    beat = CYCLES_PER_BEAT.index(1.0)
    assert features[len(CYCLES_PER_BEAT) + 1 + beat].item() == pytest.approx(math.cos(math.pi))


def test_without_tempo_the_metronome_is_silent_and_without_meter_only_the_bar_is() -> None:
    times = torch.linspace(0.1, 3, 7)[None].expand(3, -1)
    batch = stack([Musical(), Musical(tempo=100.0), Musical(tempo=100.0, meter="3/4")])
    features = metronome(batch, times)
    bar = len(CYCLES_PER_BEAT)
    assert not features[0].any()
    assert not features[1, :, bar].any()
    assert features[2, :, bar].any()
    assert torch.equal(features[1, :, :bar], features[2, :, :bar])


def test_place_tells_the_start_and_the_end_and_forgets_the_total() -> None:
    features = place(torch.tensor([[0.0, 30.0], [0.0, 90.0]]), torch.tensor([30.0, 90.0]))
    assert torch.allclose(features[:, 0, :4], torch.ones(2, 4))
    assert torch.allclose(features[:, 1, 4:], torch.ones(2, 3))
    middle = place(torch.tensor([[300.0], [400.0]]), torch.tensor([600.0, 900.0]))
    assert torch.allclose(middle[0], middle[1], atol=1e-3)


def test_labels_become_conditions_and_tempo_needs_beats() -> None:
    labels = {"tempo": 97.0, "downbeats": [0.0, 2.0], "tonic": 2, "mode": "dorian", "drums": False, "meter": "3/4"}
    assert of_labels(labels) == Musical(tempo=97.0, key=14, drums=False, meter="3/4")
    assert of_labels({"tempo": 97.0, "meter": "7/8"}) == Musical()


def test_unknown_has_its_own_index() -> None:
    batch = stack([Musical()])
    assert (batch.key.item(), batch.drums.item(), batch.meter.item()) == (NO_KEY, NO_DRUMS, NO_METER)
    known = stack([Musical(tempo=80.0, key=3, drums=True, meter="6/8")])
    every = torch.tensor([True])
    hidden = known.without(tempo=every, key=every, drums=every, meter=every)
    assert all(torch.equal(getattr(hidden, name), getattr(batch, name)) for name in batch.__slots__)


def test_modes_count_by_their_third() -> None:
    for mode, steps in MODES.items():
        assert is_minor(mode) == (3 in steps)


def test_key_numbers_are_semitones_from_c() -> None:
    assert [key_number(name) for name in ("C major", "B major", "Cb major", "A minor", "F# minor", "Bb major")] == [
        0, 11, 11, 21, 18, 10,
    ]  # fmt: skip


def test_hands_on_congas_are_drums_as_a_kit_is() -> None:
    assert of_labels({"drums": False, "families": ["guitar", "drums"]}).drums is True
    assert of_labels({"drums": True, "families": ["guitar"]}).drums is True
    assert of_labels({"drums": False, "families": ["guitar", "percussion"]}).drums is False
    assert of_labels({"drums": False}).drums is False and of_labels({"families": ["guitar"]}).drums is None
