"""The page on evaluation names what there is."""

from __future__ import annotations

from pathlib import Path

from songloom.data.prompt_sets import LAYOUTS
from songloom.metrics.control_accuracy import FIGURES
from songloom.metrics.networks.figures import figures_of
from songloom.metrics.networks.sources import SOURCES

PAGE = (Path(__file__).parents[3] / "docs/evaluation.md").read_text(encoding="utf-8")


def test_every_network_of_a_published_metric_stands_there_with_its_files_and_figures() -> None:
    rows = {line.split("`")[1]: line for line in PAGE.splitlines() if line.startswith("| `")}
    for source in SOURCES.values():
        assert all(f"`{name}`" in rows[source.name] for name in source.files)
        assert all(f"{figure.name} of {figure.tool}" in rows[source.name] for figure in figures_of(source.name))


def test_every_layout_of_prompts_stands_there_with_its_id() -> None:
    for layout in LAYOUTS:
        row = next(line for line in PAGE.splitlines() if f"`.csv` of {layout.name}" in line)
        assert f"`{layout.captions[0]}`" in row
        assert f"`{layout.id}`" in row or layout.id == "file_name"


def test_every_control_that_is_judged_is_explained() -> None:
    for name in FIGURES:
        assert f"**{name.split(',')[0].capitalize()}**" in PAGE
