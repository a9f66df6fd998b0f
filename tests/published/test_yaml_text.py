from __future__ import annotations

import contextlib
import math
import re
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from songloom.published.yaml_text import entry, parse

WORDS = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters="\x85\ufeff"),
    max_size=12,
)
TEXTS = WORDS | st.lists(WORDS, max_size=30).map(" ".join) | st.lists(WORDS, max_size=6).map("\n".join)
POWER = re.compile(r"[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+")  # a number for OmegaConf, a text for PyYAML
KEYS = WORDS.filter(bool)  # PyYAML writes an empty one in another way
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.floats(allow_nan=False)
    | TEXTS.filter(lambda text: not POWER.fullmatch(text))
)
TREES = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=25
)


@settings(max_examples=400, deadline=None)
@given(tree=st.dictionaries(KEYS, TREES, max_size=6) | st.lists(TREES, max_size=5))
def test_what_pyyaml_writes_is_read_back(tree: Any) -> None:
    text = yaml.safe_dump(tree, default_flow_style=False, allow_unicode=True, sort_keys=False)
    assert parse(text) == yaml.safe_load(text) == tree


def test_comments_blank_lines_and_hand_written_lists_are_read() -> None:
    text = "# head\n\na: 1   # one\nb:\n  # inside\n  c: [0, 1, x]\n\n  d: 'it''s'\ne: .nan\nf: {}\n"
    found = parse(text)
    assert math.isnan(found.pop("e"))
    assert found == {"a": 1, "b": {"c": [0, 1, "x"], "d": "it's"}, "f": {}}


def test_references_are_looked_up_from_the_root() -> None:
    found = parse("rate: 32000\na:\n  b: ${rate}\n  c: ${a.b}\n  d: ${oc.env:HOME}\n  e: null\n")
    assert entry(found, "a.c") == 32_000
    assert entry(found, "a.d") == "${oc.env:HOME}"
    assert entry(found, "a.e", 5) == entry(found, "a.none", 5) == 5
    assert entry(found, "rate.x") is None


def test_references_in_a_circle_are_refused() -> None:
    with pytest.raises(ValueError, match="refers to itself"):
        entry(parse("a: ${b}\nb: ${a}\n"), "a")


@pytest.mark.parametrize("bad", ["a: 1\n   b: 2\nc: 'x", "a:\n    b: 1\n  c: 2\n", "a: 1\njust words\n", "- 1\nb: 2\n"])
def test_other_text_is_refused_with_its_line(bad: str) -> None:
    with pytest.raises(ValueError, match="line [0-9]+ of the settings"):
        parse(bad)


def test_a_text_as_deep_as_a_stack_is_refused() -> None:
    with pytest.raises(ValueError, match="levels deep"):
        parse("".join(" " * depth + "a:\n" for depth in range(5000)))
    with pytest.raises(ValueError, match="levels deep"):
        parse("- " * 5000 + "x")


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=80) | st.text("ab:-'\"\\ \n#[]{}", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        parse(text)
