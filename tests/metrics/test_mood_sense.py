"""A mood is a lean from what is usual: the rules find it in tempo and mode, and the sound beside its style's mean."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.audio.features.tempo import CANDIDATES
from songloom.band.theory import scale
from songloom.metrics.mood_clues import PICTURES, SOUND, Clues
from songloom.metrics.mood_rules import MODES
from songloom.metrics.mood_sense import MoodSense
from songloom.metrics.mood_training import MoodTargets, learn_the_usual, mood_targets, teach_moods

STYLES, MOODS = ("folk", "metal"), ("happy", "sad")


def readings(*pairs: tuple[float, float]) -> Tensor:
    """Readings [1, CANDIDATES, 2] of a tempo: beats per minute and share."""
    rows = torch.zeros(1, CANDIDATES, 2)
    rows[0, : len(pairs)] = torch.tensor(pairs)
    return rows


def pieces(count: int, seed: int) -> tuple[Clues, MoodTargets]:
    """Two styles far apart in sound; the mood is a small lean of the sound within the style, the tempo tells little
    and the mode nothing."""
    draw = torch.Generator().manual_seed(seed)
    style, mood = torch.randint(2, (2, count), generator=draw)
    sound = torch.randn(count, SOUND, generator=draw)
    sound[:, :400] += 8.0 * style[:, None] + 2.0 * mood[:, None]
    tempi = torch.zeros(count, CANDIDATES, 2)
    tempi[:, 0] = torch.stack([100.0 + 20.0 * torch.rand(count, generator=draw), torch.ones(count)], 1)
    classes = torch.rand(count, PICTURES, 12, generator=draw)
    key = torch.randint(12 * len(MODES), (count,), generator=draw)
    return Clues(sound, tempi, classes), MoodTargets(style, mood, key)


@pytest.fixture(scope="module")
def taught() -> MoodSense:
    torch.set_num_threads(1)
    sense = MoodSense(STYLES, MOODS)
    teach_moods(sense, *pieces(300, 1), steps=30)
    return sense


@pytest.fixture(scope="module")
def keen() -> MoodSense:
    """Hears keys by their scales alone: a linear score of each mode's notes."""
    sense = MoodSense(("folk", "techno"), MOODS).eval()
    notes = torch.full((len(MODES), PICTURES, 12), -1.0)
    for row, mode in zip(notes, MODES, strict=True):
        row[:, list(scale(0, mode))] = 1.0
        row[:, [0, 7]] = 2.0
    sense.keys = nn.Linear(12 * PICTURES, len(MODES), bias=False)
    sense.keys.weight.data.copy_(notes.flatten(1))
    return sense


def playing(mode: str, beats: float) -> Clues:
    """A clip [1] whose pitch classes are those of a mode on D, above all the tonic and its fifth."""
    classes = torch.zeros(1, PICTURES, 12)
    classes[..., list(scale(2, mode))] = 1.0
    classes[..., [2, 9]] = 2.0
    return Clues(torch.zeros(1, SOUND), readings((beats, 1.0)), classes)


@pytest.mark.parametrize(
    ("mode", "beats", "sadder"),
    [("minor", 75.0, True), ("major", 115.0, False), ("minor", 95.0, True), ("major", 95.0, False)],
)
def test_slow_and_minor_is_sad_by_the_rules_alone(keen: MoodSense, mode: str, beats: float, sadder: bool) -> None:
    happy, sad = keen.by_rules(playing(mode, beats), torch.tensor([[1.0, 0.0]]))[0].tolist()
    assert (sad > happy) == sadder


def test_the_rules_are_bayes(keen: MoodSense) -> None:
    """Where one reading and one mode are sure: taste times tempo times mode, shared among the moods."""
    chances = keen.by_rules(playing("dorian", 90.0), torch.tensor([[1.0, 0.0]]))[0].softmax(0)
    rules = keen.rules
    tempo = rules.tempo_chances(torch.tensor(90.0), 1.2)[0]
    product = rules.taste[0] * tempo * rules.modes[0, :, MODES.index("dorian")]
    torch.testing.assert_close(chances, product / product.sum(), atol=0.01, rtol=0.01)


def test_doubt_about_the_style_mixes_what_each_says(keen: MoodSense) -> None:
    clues = playing("minor", 124.0)
    folk, techno = (keen.by_rules(clues, style[None]).exp() for style in torch.eye(2))
    both = keen.by_rules(clues, torch.tensor([[0.25, 0.75]])).exp()
    torch.testing.assert_close(both, 0.25 * folk + 0.75 * techno)


def test_a_silent_clip_is_judged_by_taste(keen: MoodSense) -> None:
    nothing = Clues(torch.zeros(1, SOUND), torch.zeros(1, CANDIDATES, 2), torch.zeros(1, PICTURES, 12))
    assert torch.isfinite(keen(nothing, torch.tensor([[1.0, 0.0]]))).all()


def test_of_two_readings_the_one_within_the_styles_range_counts(keen: MoodSense) -> None:
    chance = keen.readings(readings((180.0, 0.9), (106.0, 0.1)))
    assert float(chance[0, 0, 1]) > 0.99
    assert float(keen.places(readings((180.0, 0.9), (106.0, 0.1)))[0, 0, 1]) == 0.5


def test_key_scores_turn_with_the_pitch_classes() -> None:
    sense = MoodSense(STYLES, MOODS).eval()
    classes, styles = torch.rand(3, PICTURES, 12), torch.full((3, 2), 0.5)
    torch.testing.assert_close(
        sense.key_scores(classes.roll(5, -1), styles), sense.key_scores(classes, styles).roll(5, 1)
    )


def test_the_sound_corrects_the_rules(taught: MoodSense) -> None:
    clues, targets = pieces(200, 2)
    styles = functional.one_hot(targets.style, 2).float()
    by_rules, corrected = (
        (logits.argmax(1) == targets.mood).float().mean()
        for logits in (taught.by_rules(clues, styles), taught(clues, styles))
    )
    assert corrected > 0.9
    assert by_rules < 0.7


def test_the_usual_is_the_shrunken_mean_of_the_style() -> None:
    clues, targets = pieces(64, 3)
    sense = MoodSense(STYLES, MOODS)
    learn_the_usual(sense, clues, targets)
    mine = sense.standard(clues.sound)[targets.style == 1]
    torch.testing.assert_close(sense.get_buffer("usual")[1], mine.sum(0) / (len(mine) + 4))


def test_doubt_about_the_style_mixes_what_is_usual(taught: MoodSense) -> None:
    clues, _ = pieces(5, 5)
    usual = taught.get_buffer("usual")
    beside, _ = taught.compare(clues, torch.full((5, 2), 0.5))
    torch.testing.assert_close(beside[:, :SOUND], taught.standard(clues.sound) - usual.mean(0))


def test_rules_are_known_and_not_saved() -> None:
    kept = MoodSense(STYLES, MOODS).state_dict()
    assert not {"taste", "modes", "slowest", "fastest", "pace"} & kept.keys()


def test_targets_name_the_key_or_none() -> None:
    labels = [
        {"style": "b", "mood": "x", "key": "D minor", "tonic": 2, "mode": "minor"},
        {"style": "a", "mood": "x", "key": None, "tonic": None, "mode": None},
    ]
    targets = mood_targets(labels, ["a", "b"], ["x"])
    assert targets.style.tolist() == [1, 0]
    assert targets.key.tolist() == [2 * len(MODES) + MODES.index("minor"), -1]
