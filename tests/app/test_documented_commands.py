"""Every command that a document or a benchmark shows can be typed: it parses, and the systems it names are there."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path

import pytest

from songloom.app import cli
from songloom.systems import registry

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "benchmarks").glob("*.py"))]
COMMAND = re.compile(r"(?:^ {4}|^)(?:torchrun .* -m songloom\.app\.cli|songloom) (.+)$", re.MULTILINE)


def commands(document: Path) -> list[str]:
    """The command lines of a document's blocks, without what is only hinted at (...) or redirected."""
    text = document.read_text(encoding="utf-8")
    if document.suffix == ".py":
        text = ast.get_docstring(ast.parse(text)) or ""
    text = text.replace("\\\n", " ")
    blocks = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    fenced = "\n".join(block for language, block in blocks if language in ("", "sh"))
    indented = "\n".join(re.findall(r"^ {4}\S.*$", text, re.MULTILINE))
    found = [re.split(r" [>|&] ", line)[0] for line in COMMAND.findall(f"{fenced}\n{indented}")]
    return [line for line in found if "..." not in line]


EVERY = [(document.name, line) for document in DOCUMENTS for line in commands(document)]


def test_documents_show_commands() -> None:
    assert len(EVERY) > 40 and len({name for name, _ in EVERY}) > 10


@pytest.mark.parametrize(("document", "line"), EVERY, ids=lambda text: text)
def test_a_documented_command_parses(document: str, line: str) -> None:
    words = shlex.split(line, comments=True)
    command, bound, _ = cli.build(summaries=False).parse_args(words, exit_on_error=False, print_error=False)
    assert callable(command)
    if words[0] in ("train", "show"):
        first = str(next(iter(bound.arguments.values()))).replace("_", "-")
        known = registry.presets().keys() | {kind.replace("_", "-") for kind in registry.system_classes()}
        assert first in known | set(registry.embedded()), f"{document} names {first}"
