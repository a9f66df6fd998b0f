"""A mood is a lean from what is usual: the sense finds it where the style alone, or the clip alone, does not tell."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional

from songloom.audio.features.tempo import CANDIDATES
from songloom.metrics.mood_clues import PICTURES, SOUND, Clues
from songloom.metrics.mood_sense import MODES, MoodSense
from songloom.metrics.mood_training import MoodTargets, learn_the_usual, mood_targets, teach_moods

STYLES, MOODS = 2, 2


def pieces(count: int, seed: int) -> tuple[Clues, MoodTargets]:
    """Two styles far apart in sound and tempo; the mood is a small lean of the sound within the style."""
    draw = torch.Generator().manual_seed(seed)
    style, mood = torch.randint(2, (2, count), generator=draw)
    sound = torch.randn(count, SOUND, generator=draw)
    sound[:, :400] += 8.0 * style[:, None] + 2.0 * mood[:, None]
    tempo = torch.where(style == 1, 120.0, 80.0) + 20 * torch.rand(count, generator=draw)
    tempi = torch.zeros(count, CANDIDATES, 2)
    tempi[:, 0] = torch.stack([tempo, torch.ones(count)], 1)
    classes = torch.rand(count, PICTURES, 12, generator=draw)
    key = torch.randint(12 * len(MODES), (count,), generator=draw)
    return Clues(sound, tempi, classes), MoodTargets(style, mood, key, tempo)


@pytest.fixture(scope="module")
def taught() -> MoodSense:
    torch.set_num_threads(1)
    sense = MoodSense(STYLES, MOODS)
    teach_moods(sense, *pieces(300, 1), steps=80)
    return sense


def test_a_lean_within_the_style_tells_the_mood(taught: MoodSense) -> None:
    clues, targets = pieces(200, 2)
    styles = functional.one_hot(targets.style, STYLES).float()
    right = (taught(clues, styles).argmax(1) == targets.mood).float().mean()
    assert right > 0.9


def test_the_usual_is_the_shrunken_mean_of_the_style() -> None:
    clues, targets = pieces(64, 3)
    sense = MoodSense(STYLES, MOODS)
    learn_the_usual(sense, clues, targets)
    mine = sense.standard(clues.sound)[targets.style == 1]
    torch.testing.assert_close(sense.get_buffer("usual")[1], mine.sum(0) / (len(mine) + 4))
    beats = targets.tempo[targets.style == 1]
    assert sense.get_buffer("range")[1].tolist() == [float(beats.min()), float(beats.max())]


def test_tastes_are_shares() -> None:
    sense = MoodSense(STYLES, MOODS)
    learn_the_usual(sense, *pieces(64, 4))
    for name in ("taste", "mode_taste"):
        torch.testing.assert_close(sense.get_buffer(name).sum(1), torch.ones(STYLES))


def test_key_scores_turn_with_the_pitch_classes() -> None:
    sense = MoodSense(STYLES, MOODS).eval()
    classes, styles = torch.rand(3, PICTURES, 12), torch.full((3, STYLES), 1 / STYLES)
    torch.testing.assert_close(
        sense.key_scores(classes.roll(5, -1), styles), sense.key_scores(classes, styles).roll(5, 1)
    )


def test_of_two_readings_the_one_within_the_styles_range_counts() -> None:
    sense = MoodSense(1, MOODS)
    sense.get_buffer("range")[0] = torch.tensor([80.0, 100.0])
    readings = torch.zeros(1, CANDIDATES, 2)
    readings[0, :2] = torch.tensor([[180.0, 0.9], [90.0, 0.1]])
    places, chance = sense.places(readings)
    assert float(chance[0, 0, 1]) > 0.99
    assert float(places[0, 0, 1]) == 0.5


def test_doubt_about_the_style_mixes_what_is_usual(taught: MoodSense) -> None:
    clues, _ = pieces(5, 5)
    usual = taught.get_buffer("usual")
    beside = taught.compare(clues, torch.full((5, STYLES), 0.5))[0]
    torch.testing.assert_close(beside[:, :SOUND], taught.standard(clues.sound) - usual.mean(0))


def test_targets_name_the_key_or_none() -> None:
    labels = [
        {"style": "b", "mood": "x", "tempo": 90.0, "key": "D minor", "tonic": 2, "mode": "minor"},
        {"style": "a", "mood": "x", "tempo": 80, "key": None, "tonic": None, "mode": None},
    ]
    targets = mood_targets(labels, ["a", "b"], ["x"])
    assert targets.style.tolist() == [1, 0]
    assert targets.key.tolist() == [2 * len(MODES) + MODES.index("minor"), -1]
