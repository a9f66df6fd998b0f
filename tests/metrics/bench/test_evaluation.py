"""An evaluation says what applies, with baselines, warnings and nothing that it does not know."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from bench_toys import Loudness, Pitches, pitches, quiet, tone, write

from songloom.audio import files
from songloom.metrics.bench.asked import Asked
from songloom.metrics.bench.embedding import embed_all
from songloom.metrics.bench.evaluation import Bench, evaluate, listen_to_reference
from songloom.metrics.bench.listening import listen_to_all
from songloom.metrics.bench.report import Figure, Report
from songloom.metrics.bench.store import Store
from songloom.metrics.control_accuracy import Wanted
from songloom.metrics.embeddings import EmbedderNetwork
from songloom.metrics.frechet import frechet_distance


def figures(report: Report) -> dict[str, Figure]:
    return {figure.name: figure for section in report.sections for figure in section.figures}


def measured(folder: Path, bench: Bench) -> Report:
    return evaluate(folder, bench, quiet, listen_to_reference(bench, quiet))


def made(folder: Path, pitch: int = 60, count: int = 6) -> Path:
    return write(folder, {f"{i:04d}.wav": tone(pitch + i, 2.0, 0.2 + 0.05 * i) for i in range(count)})


def prompts(count: int = 6) -> list[Asked]:
    return [Asked(i, f"{i:04d}", (f"a tone of {60 + i}",), wanted=Wanted(drums=False)) for i in range(count)]


def test_without_anything_else_only_the_sound_is_measured(tmp_path: Path) -> None:
    report = measured(made(tmp_path / "made"), Bench())
    assert [section.title for section in report.sections] == ["Sound"]
    assert figures(report)["length"].estimate.value == 2.0
    assert figures(report)["free of clipping"].estimate.value == 1.0
    assert report.warnings == ()


def test_a_set_against_itself_is_at_no_distance_and_its_classes_do_not_diverge(tmp_path: Path) -> None:
    folder = made(tmp_path / "made")
    rows = figures(measured(folder, Bench(networks=[Loudness()], reference=folder)))
    assert rows["Fréchet distance"].estimate.value == pytest.approx(0.0, abs=1e-6)
    assert rows["KL(reference || generated)"].estimate.value == 0.0
    assert rows["KL(generated || reference)"].estimate.count == 6


def test_a_network_of_a_published_metric_gives_that_metrics_figures_too(tmp_path: Path) -> None:
    network = Loudness()
    network.facts = replace(network.facts, name="passt-stable-audio")
    network.name = "passt-stable-audio"
    folder = made(tmp_path / "made")
    rows = figures(measured(folder, Bench(networks=[network], reference=folder)))
    added = rows["KL_passt of stable-audio-metrics"].estimate.value
    assert added == pytest.approx(-2e-6, rel=0.1)  # 1e-6 under the logarithm of each of two classes
    assert rows["KL(generated || reference)"].estimate.value == 0.0


def test_distances_are_those_of_the_metric_and_other_music_is_farther(tmp_path: Path) -> None:
    here, there = made(tmp_path / "here"), made(tmp_path / "there", pitch=90)
    bench = Bench(networks=[Loudness()], reference=here)
    report = measured(there, bench)
    network = Loudness()
    sets = [
        np.concatenate([network.embed(tone(pitch + i, 2.0, 0.2 + 0.05 * i)).numpy() for i in range(6)])
        for pitch in (60, 90)
    ]
    found = figures(report)["Fréchet distance"].estimate
    assert found.value == pytest.approx(frechet_distance(*sets), rel=1e-3)
    assert found.value > figures(measured(made(tmp_path / "like"), bench))["Fréchet distance"].estimate.value
    assert report.rows[0].values["own Fréchet distance, loudness"] > 0


def test_fewer_embeddings_than_dimensions_are_warned_of(tmp_path: Path) -> None:
    folder = write(tmp_path / "made", {"a.wav": tone(60, 1.0)})
    report = measured(folder, Bench(networks=[Loudness()], reference=made(tmp_path / "real")))
    assert any("1 embeddings generated are fewer than their 2 dimensions" in line for line in report.warnings)
    assert any("needs at least 2 clips" in line for line in report.warnings)
    assert "Fréchet distance" not in figures(report)


def test_words_find_their_own_music_and_other_words_do_not(tmp_path: Path) -> None:
    bench = Bench(networks=[pitches()], prompts=prompts(), prompts_from="p.jsonl")
    rows = figures(measured(made(tmp_path / "made"), bench))
    similarity = rows["similarity of text and music"]
    assert similarity.estimate.value == pytest.approx(1.0, abs=1e-3)
    assert similarity.baseline == pytest.approx(math.cos(3 / 8), abs=1e-2)
    found = rows["clip found by its text, recall@1"]
    assert (found.estimate.value, found.baseline) == (1.0, pytest.approx(1 / 6))
    assert rows["clip found by its text, mAP@10"].estimate.value == 1.0
    assert rows["drums"].estimate.value == 1.0


def test_a_clip_that_an_embedder_hears_as_a_whole_is_compared_as_a_whole(tmp_path: Path) -> None:
    class Whole(Pitches):
        def embed_audio(self, wave: torch.Tensor) -> torch.Tensor:
            return torch.tensor([[0.6, 0.8]]).repeat(len(wave), 1)

        def embed_text(self, texts: Sequence[str]) -> torch.Tensor:
            return torch.tensor([[1.0, 0.0]]).repeat(len(texts), 1)

    network = EmbedderNetwork(Whole(), name="whole", checkpoint="none")
    rows = figures(measured(made(tmp_path / "made"), Bench(networks=[network], prompts=prompts(), prompts_from="p")))
    assert rows["similarity of text and music"].estimate.value == pytest.approx(0.6)


def test_windows_are_heard_once_and_their_mean_is_the_whole_clip(tmp_path: Path) -> None:
    (sound,), _ = listen_to_all(write(tmp_path, {"a.wav": torch.cat([tone(60), tone(66)], dim=1)}), Store(None))
    network = pitches()
    found = embed_all(network, [sound], Store(None))
    expected = network.embed_whole(network.prepare(*files.read(sound.path)))
    np.testing.assert_allclose(found.wholes["a"], expected.numpy(), atol=1e-6)
    assert found.rows["a"].shape == (2, 2)


def test_prompts_without_files_are_named_and_files_of_no_prompt_are_measured_all_the_same(tmp_path: Path) -> None:
    bench = Bench(prompts=prompts(9)[1:], prompts_from="p.jsonl")
    report = measured(made(tmp_path / "made"), bench)
    assert report.warnings == ("3 of 8 prompts have no file: 0006, 0007, 0008",)
    assert len(report.rows) == 6
    assert report.rows[0].prompt == ""
    with pytest.raises(ValueError, match=r"p\.jsonl: no prompt has its file in .*; the first asks for 0007"):
        measured(tmp_path / "made", Bench(prompts=prompts(9)[7:], prompts_from="p.jsonl"))


def test_clips_that_a_network_cannot_hear_are_told_and_left_out(tmp_path: Path) -> None:
    folder = made(tmp_path / "made")
    write(folder, {"short.wav": tone(60, 0.3)})
    report = measured(folder, Bench(networks=[Loudness()], reference=folder))
    assert {one.why for one in report.unreadable} == {"loudness: too short"}
    assert figures(report)["Fréchet distance"].estimate.count == 6
    assert figures(report)["length"].estimate.count == 7


def test_embeddings_are_computed_once_for_a_content(tmp_path: Path) -> None:
    folder = made(tmp_path / "made")
    bench = Bench(networks=[Loudness()], reference=folder, store=Store(tmp_path / "store"))
    Loudness.heard = 0
    first = measured(folder, bench)
    assert Loudness.heard == 6
    second = measured(folder, bench)
    assert Loudness.heard == 6
    assert figures(second)["Fréchet distance"] == figures(first)["Fréchet distance"]


def test_the_json_of_a_report_has_no_nan_and_holds_what_was_measured_with(tmp_path: Path) -> None:
    report = measured(made(tmp_path / "made", count=2), Bench(networks=[Loudness()], reference=made(tmp_path / "real")))
    told = json.loads(json.dumps(report.to_json(), allow_nan=False))
    assert told["networks"][0]["resampler"] == "none"
    assert told["clips"] == 2
    assert {"songloom", "torch", "soxr"} <= told["versions"].keys()
    assert told["rows"][0]["measured"]["channels"] == 1


def test_silent_clips_are_counted_as_silent(tmp_path: Path) -> None:
    folder = write(tmp_path / "made", {"a.wav": tone(60), "b.wav": torch.zeros(2, 4000)})
    rows = figures(measured(folder, Bench()))
    assert rows["not silent as a whole"].estimate.value == 0.5
    assert rows["loudness"].estimate.count == 1
