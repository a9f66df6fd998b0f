"""Tags are the softmax of similarities to sentences, of a whole file and of each of its windows."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch

from songloom import checkpoint
from songloom.audio import files
from songloom.inference.embedding import Space, open_space
from songloom.inference.tagging import SETS, LabelSet, Tagger, label_vectors, weighed
from songloom.systems import registry


@pytest.fixture
def space(tones: Path) -> Space:
    return open_space(str(tones))


def test_probabilities_are_the_softmax_of_sharpened_similarities_the_likeliest_first() -> None:
    similarities = torch.tensor([0.1, 0.5, -0.2])
    tags = weighed(("a", "b", "c"), similarities, 10.0)
    assert [tag.label for tag in tags] == ["b", "a", "c"]
    weights = torch.tensor([0.5, 0.1, -0.2]).mul(10).exp()
    for tag, weight in zip(tags, weights, strict=True):
        assert tag.probability == pytest.approx(float(weight / weights.sum()))
    assert sum(tag.probability for tag in tags) == pytest.approx(1)


def test_a_label_is_the_mean_of_its_sentences_at_length_1(space: Space) -> None:
    vectors = label_vectors(space.system, LabelSet(("tone 3", "tone 5"), ("{}", "all but 0, and {}")))
    expected = torch.nn.functional.normalize(torch.eye(8)[[3, 5]] + torch.eye(8)[[0, 0]], dim=-1)
    assert torch.allclose(vectors, expected)


def test_a_file_is_tagged_as_a_whole_and_window_by_window(space: Space, library: Path) -> None:
    tagger = Tagger(space, {"tones": LabelSet(("1", "6", "3"))})
    found = tagger.tag_file(library / "long.flac")
    assert found.seconds == 4.0 and [span.start for span in found.timeline] == [0, 1, 2, 3]
    assert [span.end for span in found.timeline] == [1, 2, 3, 4]
    assert [span.tags["tones"][0].label for span in found.timeline] == ["1", "1", "1", "6"]
    assert [tag.label for tag in found.whole["tones"]] == ["1", "6", "3"]
    assert found.whole["tones"][0].similarity == pytest.approx(3 / 10**0.5, abs=1e-3)


def test_the_built_in_labels_are_those_of_the_corpus(space: Space) -> None:
    assert {name: len(labels.labels) for name, labels in SETS.items()}.keys() == {"styles", "moods", "instruments"}
    assert "bossa nova" in SETS["styles"].labels and "melancholic" in SETS["moods"].labels
    assert "cello" in SETS["instruments"].labels
    assert all(vectors.shape[1] == 8 for vectors in Tagger(space).vectors.values())


@pytest.mark.parametrize("labels", [(), ("a", " "), ("a", "a")])
def test_labels_that_are_none_are_refused(labels: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="label"):
        LabelSet(labels)


@pytest.mark.parametrize("name", ["mulan-tiny", "laion-clap-tiny"])
def test_a_trained_sharpness_decides_how_sure_tags_are(tmp_path: Path, name: str) -> None:
    torch.manual_seed(0)
    system = registry.presets()[name].build()
    files.write(tmp_path / "a.wav", 0.1 * torch.randn(1, 5 * system.sample_rate), system.sample_rate)
    for scale in (1.0, 50.0):
        torch.nn.init.constant_(system.steepness, math.log(scale))
        checkpoint.save(system, tmp_path / f"{scale:g}")
        space = open_space(str(tmp_path / f"{scale:g}"))
        tags = Tagger(space, {"moods": LabelSet(("calm", "wild"))}).tag_file(tmp_path / "a.wav").whole["moods"]
        gap = scale * (tags[0].similarity - tags[1].similarity)
        assert tags[0].probability == pytest.approx(1 / (1 + math.exp(-gap)), rel=1e-4)
