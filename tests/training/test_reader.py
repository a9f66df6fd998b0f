from __future__ import annotations

from pathlib import Path

import pytest
import torch

from songloom.conditioning.attributes import AttributeReader, Vocabulary
from songloom.conditioning.phrasings import of_moods, of_styles
from songloom.data.manifest import Caption, Clip
from songloom.training.reader import Lessons, embedded, load_reader, save_reader, teach, texts

WORDS = Vocabulary(styles=("techno", "solo piano"), moods=("calm", "dark"), families=("piano", "drums", "synth"))
FEW = Lessons(captions=1, wordings=2, shares=(8, 8, 16), steps=60)
LABELS = (
    {
        "style": "techno",
        "mood": "dark",
        "tempo": 130.0,
        "families": ["synth", "drums"],
        "instruments": ["drum machine"],
    },
    {"style": "solo piano", "mood": "calm", "tempo": 70.0, "families": ["piano"], "instruments": ["piano"]},
)


def clips() -> list[Clip]:
    said = ("dark techno with a drum machine", "a calm solo piano piece")
    return [
        Clip(id=str(i), audio=f"{i}.wav", seconds=1.0, sample_rate=8000, channels=1, split="train",
             captions=(Caption("phrase", text),), labels=dict(labels))
        for i, (text, labels) in enumerate(zip(said, LABELS, strict=True))
    ]  # fmt: skip


def test_a_taught_reader_knows_words_that_stand_in_no_caption_and_keeps_its_scale() -> None:
    reader = AttributeReader(WORDS)
    reader.settle(embedded([caption.text for clip in clips() for caption in clip.captions] + ["music", "loud"], 16))
    scale = reader.centre.clone(), reader.spread.clone()
    teach(reader, clips(), 16, FEW)
    assert torch.equal(reader.centre, scale[0]) and torch.equal(reader.spread, scale[1]) and not reader.training
    heard = reader(embedded(["a rave in the factory hall", "one pianist on the ivories"], 16))
    assert heard.style.argmax(1).tolist() == [0, 1]
    assert heard.families[1, 0] > heard.families[0, 0]


def test_the_same_lessons_teach_the_same_and_leave_the_global_draws_alone() -> None:
    found = []
    for _ in range(2):
        torch.manual_seed(5)
        reader = AttributeReader(WORDS)
        teach(reader, clips(), 16, Lessons(captions=1, wordings=1, shares=(2, 2, 2), steps=3))
        found.append((reader.outside.weight.clone(), torch.rand(1)))
    assert torch.equal(found[0][0], found[1][0]) and torch.equal(found[0][1], found[1][1])


def test_texts_are_captions_then_wordings_of_the_same_clips_then_phrases_alone() -> None:
    captions, wordings, phrases = texts(AttributeReader(WORDS), clips(), FEW)
    assert [text for text, _ in captions] == [caption.text for clip in clips() for caption in clip.captions]
    assert len(wordings) == 4 and all(meant["families"] for _, meant in wordings)
    assert {next(iter(meant.values())) for _, meant in phrases} == {*WORDS.styles, *WORDS.moods}


def test_clips_without_captions_are_refused() -> None:
    with pytest.raises(ValueError, match="captions"):
        teach(AttributeReader(WORDS), [], 16, FEW)


def test_a_kept_reader_reads_the_same_and_another_may_adopt_what_it_learned(tmp_path: Path) -> None:
    torch.manual_seed(1)
    one, other, pooled = AttributeReader(WORDS).eval(), AttributeReader(WORDS).eval(), 0.05 * torch.randn(5, 384)
    one.settle(pooled)
    other.settle(0.5 * pooled + 0.01)
    save_reader(one, tmp_path / "reader.safetensors")
    kept = load_reader(one, tmp_path / "reader.safetensors")
    assert torch.allclose(kept(pooled).chances(), one(pooled).chances(), atol=2e-3)
    scale = other.centre.clone()
    other.adopt(one)
    assert torch.allclose(other(pooled).chances(), one(pooled).chances(), atol=1e-5)
    assert torch.equal(other.centre, scale)


def test_more_captions_and_wordings_are_the_same_ones_and_others() -> None:
    many = [
        Clip(id=str(i), audio="a.wav", seconds=1.0, sample_rate=8000, channels=1, split="train",
             captions=tuple(Caption("phrase", f"{letter} {i}") for letter in "abcde"), labels=dict(LABELS[i % 2]))
        for i in range(6)
    ]  # fmt: skip
    reader = AttributeReader(WORDS)
    few, more = (texts(reader, many, Lessons(captions=n, wordings=n)) for n in (1, 3))
    assert len(more[0]) == len(more[1]) == 18
    assert set(map(str, few[0])) < set(map(str, more[0])) and more[1][:6] == few[1]


def test_words_for_a_mood_alone_leave_the_style_open() -> None:
    reader = AttributeReader(WORDS)
    teach(reader, clips(), 16, FEW)
    surest = {
        kind: reader(embedded(phrases, 16)).style.softmax(-1).max(-1).values.mean()
        for kind, phrases in {"style": of_styles("techno"), "mood": of_moods("dark")}.items()
    }
    assert surest["mood"] < 0.75
    assert surest["style"] > 0.9
