"""Tables go between their markers and leave the rest of a document alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from songloom.metrics.report import markdown_table, put_between


def test_a_table_is_markdown() -> None:
    assert markdown_table(["a", "b"], [["1", "2|3"]]) == "| a | b |\n| --- | --- |\n| 1 | 2\\|3 |"


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="2 cells"):
        markdown_table(["a", "b"], [["1"]])


def test_only_the_text_between_the_markers_changes_and_again(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- x:begin -->\nold\n<!-- x:end -->\nafter\n", encoding="utf-8")
    for body in ("new", "newer"):
        put_between(page, "x", body)
        assert page.read_text(encoding="utf-8") == f"before\n<!-- x:begin -->\n{body}\n<!-- x:end -->\nafter\n"


@pytest.mark.parametrize("text", ["", "<!-- x:begin -->", "<!-- x:end --><!-- x:begin -->"])
def test_missing_or_crossed_markers_are_named(tmp_path: Path, text: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="markers"):
        put_between(page, "x", "body")
