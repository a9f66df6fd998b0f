"""What is kept, what repeats what, and splits that no artist, track or copy is parted by."""

from __future__ import annotations

import base64
import random

import numpy as np
import pytest

from songloom.data.manifest import FEW, Caption, split_of
from songloom.data.prepare.facts import Facts
from songloom.data.prepare.layouts import Entry
from songloom.data.prepare.verdicts import Filters, Sets, Verdict, judge


def facts(samples: str, hashes: int = 0, **changes: object) -> Facts:
    """Facts of a file with `hashes` as the seed of its fingerprint (0: an empty one)."""
    pairs = np.zeros((0, 2), "<u4")
    if hashes:
        drawn = np.random.default_rng(hashes)
        pairs = np.stack([drawn.integers(1 << 24, size=100), np.arange(100)], axis=1).astype("<u4")
    told = {
        "samples": samples, "seconds": 10.0, "sample_rate": 8000, "channels": 1, "format": "WAV", "silent": 0.0,
        "clipped": 0.0, "loudness": -20.0, "peak": -3.0, "tempo": None, "tempo_confidence": 0.0, "key": None,
        "key_confidence": 0.0, "hashes": base64.b64encode(pairs.tobytes()).decode(),
    }  # fmt: skip
    return Facts.from_json(told | changes)


def judged(given: dict[str, tuple[Entry, Facts | str]], **options: bool) -> dict[str, Verdict]:
    entries = [entry for entry, _ in given.values()]
    heard = {entry.file: told if isinstance(told, str) else (told,) for entry, told in given.values()}
    verdicts = judge(entries, heard, Filters(), **options)
    return {one.entry.file: one for one in verdicts}


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"seconds": 0.5}, "shorter"), ({"seconds": 7201.0}, "longer"), ({"silent": 0.9}, "silent"),
     ({"loudness": None}, "silent"), ({"loudness": -51.0}, "quieter"), ({"clipped": 0.02}, "clipped"), ({}, "")],
)  # fmt: skip
def test_each_filter_leaves_out_what_it_is_for(changes: dict[str, object], word: str) -> None:
    assert word in Filters().fault(facts("a", **changes))
    assert bool(word) == bool(Filters().fault(facts("a", **changes)))


def test_filters_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(ValueError, match="shares are 0 to 1"):
        Filters(silence=1.5)
    with pytest.raises(ValueError, match="shortest less than longest"):
        Filters(shortest=5, longest=5)


def test_of_the_same_samples_the_first_stays_with_the_captions_of_all() -> None:
    one = Entry("a.wav", (Caption("sentence", "one", "x"),))
    two = Entry("b.flac", (Caption("sentence", "two", "y"),), artist="A")
    found = judged({"a": (one, facts("s")), "b": (two, facts("s")), "c": (Entry("c.wav"), "no audio")})
    assert [found[name].kept for name in ("a.wav", "b.flac", "c.wav")] == [True, False, False]
    assert found["b.flac"].copy_of == "a.wav" and found["c.wav"].reason == "no audio"
    assert {caption.text for caption in found["a.wav"].entry.captions} == {"one", "two"}
    assert found["a.wav"].entry.artist == "A"


def test_of_near_copies_the_longest_stays_or_all_on_one_side() -> None:
    given = {
        "short": (Entry("short.mp3"), facts("1", 7, seconds=5.0)),
        "long": (Entry("long.mp3"), facts("2", 7)),
        "other": (Entry("other.mp3"), facts("3", 8)),
    }
    found = judged(given)
    assert [one.kept for one in found.values()] == [False, True, True]
    assert found["short.mp3"].copy_of == "long.mp3" and "100 %" in found["short.mp3"].reason
    kept = judged(given, keep_near=True)
    assert all(one.kept for one in kept.values())
    assert kept["short.mp3"].group == kept["long.mp3"].group != kept["other.mp3"].group


def test_no_artist_track_or_near_copy_is_on_two_sides_of_a_split() -> None:
    drawn = random.Random(0)
    given = {}
    for number in range(600):
        artist = f"artist {drawn.randrange(150)}" if number % 3 else ""
        track = f"track {drawn.randrange(300)}" if number % 4 == 0 else ""
        given[str(number)] = (
            Entry(f"{number:03d}.wav", artist=artist, track=track),
            facts(str(number), 1 + drawn.randrange(500)),
        )
    found = list(judged(given, keep_near=True).values())
    assert {one.split for one in found} == {"train", "valid", "test"}
    for shared in (lambda one: one.entry.artist, lambda one: one.entry.track, lambda one: one.facts.hashes):
        sides: dict[str, set[str]] = {}
        for one in found:
            if shared(one):
                sides.setdefault(shared(one), set()).add(one.split)
        assert all(len(splits) == 1 for splits in sides.values())


def test_a_split_that_is_told_counts_for_the_whole_group_and_test_before_train() -> None:
    files = [("a", "train", "X"), ("b", "test", "X"), ("c", "", "X"), ("d", "train", "Y"), ("e", "", "Z")]
    given = {name: (Entry(name, artist=artist, split=split), facts(name)) for name, split, artist in files}
    found = judged(given)
    assert {name: one.split for name, one in found.items()} == {
        "a": "test", "b": "test", "c": "test", "d": "train", "e": "train"}  # fmt: skip


def test_a_clip_alone_is_split_by_its_own_name_and_few_are_all_trained_on() -> None:
    given = {f"{n}.wav": (Entry(f"{n}.wav"), facts(str(n))) for n in range(FEW)}
    assert all(one.split == split_of(name) for name, one in judged(given).items())
    given.popitem()
    assert {one.split for one in judged(given).values()} == {"train"}


def test_sets_are_what_joins_connect() -> None:
    sets = Sets(6)
    for one, other in ((4, 5), (1, 2), (2, 5)):
        sets.join(one, other)
    assert [sets.of(number) for number in range(6)] == [0, 1, 1, 3, 1, 1]
