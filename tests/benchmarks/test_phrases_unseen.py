"""The benchmark of unseen phrases: nothing that says what is hidden is learned, and what is read right is counted."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
import torch
from torch.nn.functional import one_hot

from songloom.conditioning.attributes import AttributeReader, Vocabulary
from songloom.conditioning.phrasings import Phrase
from songloom.conditioning.same_words import holds
from songloom.metrics.confidence import share

FOLDER = Path(__file__).parents[2] / "benchmarks"
PLACES = ("mornings", "a wedding", "the beach", "my garden", "long drives")
STYLES, MOODS = Vocabulary().styles[:3], Vocabulary().moods[:2]
GLOSSARY: list[Phrase] = [
    *((f"{style} music for {place}", {"style": style}) for style in STYLES for place in PLACES),
    *((f"{mood} tunes for {place}", {"mood": mood}) for mood in MOODS for place in PLACES),
]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    torch.set_num_threads(1)
    monkeypatch.syspath_prepend(FOLDER)
    return importlib.import_module("phrases_unseen")


def test_phrases_that_name_a_style_or_mood_are_read_though_they_were_hidden(
    bench: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "alone", lambda styles, moods: list(GLOSSARY))
    page, out = tmp_path / "page.md", tmp_path / "found.json"
    page.write_text("<!-- phrases-unseen:begin -->\n<!-- phrases-unseen:end -->\n", encoding="utf-8")
    bench.main(steps=60, out=out, docs=page)
    figures = json.loads(out.read_text(encoding="utf-8"))
    assert list(figures) == ["5", "10", "20"]  # parts of the four fifths of 25 phrases
    styles, moods = (float(figures["20"][name].split()[0]) for name in ("style", "mood"))
    assert styles == moods == 1.0
    assert f"| 20 | {figures['20']['style']} | {figures['20']['mood']} |" in page.read_text(encoding="utf-8")


def test_no_phrase_is_learned_that_says_what_a_hidden_one_says(
    bench: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice = [*GLOSSARY, *((f"the best {text}, really", meant) for text, meant in GLOSSARY)]
    learned: list[set[str]] = []
    hidden: set[str] = set()

    def learn(reader: AttributeReader, kinds: list[tuple[list[Phrase], int]], *rest: object) -> None:
        learned.append({text for kind, _ in kinds for text, _ in kind})

    def judged(reader: AttributeReader, phrases: list[Phrase], heard: torch.Tensor) -> dict[str, object]:
        hidden.update(text for text, _ in phrases)
        return {"style": len(heard)}

    monkeypatch.setattr(bench, "alone", lambda styles, moods: list(twice))
    monkeypatch.setattr(bench, "learn", learn)
    monkeypatch.setattr(bench, "judged", judged)
    bench.main()
    assert len(hidden) == len(twice) / bench.HIDDEN
    some, half, whole = learned
    assert some < half < whole
    told = {text for text, _ in twice} - hidden - whole
    assert told and all(any(holds(text, one) for one in hidden) for text in told)
    assert not any(holds(text, one) for text in whole for one in hidden)


def test_what_is_read_right_is_counted_by_what_a_phrase_names(bench: ModuleType) -> None:
    words = Vocabulary()

    def reader(heard: torch.Tensor) -> SimpleNamespace:
        """Reads the first style and mood in whatever it hears."""
        first = torch.zeros(len(heard), dtype=torch.long)
        return SimpleNamespace(style=one_hot(first, len(words.styles)), mood=one_hot(first, len(words.moods)))

    asked = [words.styles[0], words.styles[1], words.styles[0]]
    hidden: list[Phrase] = [("x", {"style": style}) for style in asked] + [("y", {"mood": words.moods[1]})]
    reader.vocabulary = words  # type: ignore[attr-defined]
    found = bench.judged(reader, hidden, torch.zeros(4, 2))
    assert found == {"style": share([True, False, True]), "mood": share([False])}
