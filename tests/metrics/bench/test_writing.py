"""Reports as files: whole, harmless, and with nothing that has to be fetched."""

from __future__ import annotations

import base64
import io
import json
import re
from pathlib import Path

import pytest
import soundfile
from bench_toys import pitches, quiet, tone, write

from songloom.metrics.bench.asked import Asked
from songloom.metrics.bench.comparison import differences, side_by_side
from songloom.metrics.bench.evaluation import Bench, evaluate
from songloom.metrics.bench.plots import key_counts, tempo_confusion
from songloom.metrics.bench.report import Figure, Report
from songloom.metrics.bench.writing import write_comparison, write_report
from songloom.metrics.confidence import Estimate
from songloom.metrics.control_accuracy import Wanted

NASTY = "<script>alert(1)</script> | *x*\n# y 60"


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> list[Report]:
    base = tmp_path_factory.mktemp("systems")
    prompts = [Asked(i, f"{i:04d}", (NASTY if i == 0 else f"tone {60 + i}",)) for i in range(3)]
    prompts[1] = Asked(1, "0001", ("tone 61",), wanted=Wanted(tempo=90.0, key="A minor"))
    for name, shift in (("a", 0), ("b", 4)):
        write(base / name, {f"{i:04d}.wav": tone(60 + i + shift) for i in range(3)})
    bench = Bench(networks=[pitches()], prompts=prompts, prompts_from="p.jsonl")
    return [evaluate(base / name, bench, quiet) for name in "ab"]


def test_the_page_holds_everything_and_runs_nothing_of_a_prompts(reports: list[Report], tmp_path: Path) -> None:
    paths = write_report(reports[0], tmp_path / "out", players=2)
    assert [path.name for path in paths] == ["report.json", "report.md", "report.html"]
    page = paths[2].read_text(encoding="utf-8")
    assert "<script" not in page and "&lt;script&gt;" in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert page.count("<audio") == 2
    assert page.count("<svg") == 4


def test_players_hold_the_sound(reports: list[Report], tmp_path: Path) -> None:
    page = write_report(reports[0], tmp_path, players=1)[2].read_text(encoding="utf-8")
    data = base64.b64decode(re.findall(r"data:audio/mpeg;base64,([^\"]+)", page)[0])
    wave, rate = soundfile.read(io.BytesIO(data))
    assert len(wave) / rate == pytest.approx(1.0, abs=0.15)
    assert abs(wave).max() == pytest.approx(0.3, abs=0.05)


def test_markdown_keeps_its_tables_whatever_a_prompt_says(reports: list[Report], tmp_path: Path) -> None:
    text = write_report(reports[0], tmp_path, players=0)[1].read_text(encoding="utf-8")
    for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({line.count("|") for line in block.splitlines()}) == 1
    assert "95 % interval" in text and "resampler: soxr HQ" in text


def test_systems_stand_side_by_side_and_are_compared_pair_by_pair(reports: list[Report], tmp_path: Path) -> None:
    title, headers, rows = side_by_side(reports)[0]
    assert (title, headers[1:3]) == ("Sound", ["a", "b"])
    assert all(len(row) == len(headers) for row in rows)
    found = {one.figure: one for one in differences(reports)}["similarity, pitches"]
    pairs = [
        (a.values[found.figure], b.values[found.figure]) for a, b in zip(reports[0].rows, reports[1].rows, strict=True)
    ]
    assert found.estimate.value == pytest.approx(sum(b - a for a, b in pairs) / 3)
    assert found.estimate.high < 0 and found.certain
    paths = write_comparison(reports, tmp_path / "both")
    told = json.loads(paths[0].read_text(encoding="utf-8"))
    assert [one["system"] for one in told["systems"]] == ["a", "b"]
    assert {"Clip by clip", "resampler: soxr HQ"} <= set(
        re.findall(r"Clip by clip|resampler: .*", paths[1].read_text())
    )
    assert "Clip by clip" in paths[2].read_text(encoding="utf-8")


def test_figures_are_shown_in_their_unit() -> None:
    nan = float("nan")
    assert Figure("x", Estimate(0.123, 0.1, 0.2, 5), "%").shown(0.123) == "12.3 %"
    assert Figure("x", Estimate(-0.00001, 0, 0, 5)).shown(-0.00001) == "0.0000"
    assert Figure("x", Estimate(1.0, nan, nan, 5)).interval == "-"
    assert Figure("x", Estimate(1.0, -2.0, 3.0, 5), "dB").interval == "-2.00 dB to 3.00 dB"
    assert Figure("x", Estimate(nan, nan, nan, 0)).shown(nan) == "-"


def test_keys_are_counted_where_they_were_asked_and_heard() -> None:
    counts = key_counts([("A minor", "C major"), ("A minor", "none"), ("Bb major", "A# major")])
    assert counts[12 + 9, 0] == 1 and counts[12 + 9, 24] == 1 and counts[10, 10] == 1
    assert counts.sum() == 3


def test_a_picture_is_the_same_twice() -> None:
    pairs = [(90.0, 91.0), (120.0, 60.0)]
    assert tempo_confusion(pairs) == tempo_confusion(pairs)
