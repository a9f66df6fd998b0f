"""The YAML that OmegaConf writes, read without a YAML library: blocks of maps and lists, and plain values.

audiocraft keeps its settings as such a text inside its checkpoints. References such as ${transformer_lm.dim}
stay text until `entry` looks them up. Nothing in a text can name a class or run anything.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

KEY = re.compile(r"""(?P<key>"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^'" \t].*?)[ \t]*:(?:[ \t]+(?P<rest>.*))?""", re.DOTALL)
ENDED = {
    "'": re.compile(r"'((?:[^']|'')*)' *(?:#.*)?"),
    '"': re.compile(r'"((?:[^"\\]|\\.)*)" *(?:#.*)?', re.DOTALL),
}
ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
ESCAPED = {"0": "\0", "a": "\a", "b": "\b", "t": "\t", "n": "\n", "v": "\v", "f": "\f", "r": "\r", "e": "\x1b"}
ESCAPED |= {"N": "\x85", "_": "\xa0", "L": "\u2028", "P": "\u2029"}
WHOLE = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)")
FRACTION = re.compile(r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|\.[0-9]+|[0-9]+[eE][-+]?[0-9]+)")
REFERENCE = re.compile(r"\$\{([\w.]+)\}")
WORDS: dict[str, Any] = {"null": None, "~": None, "": None, "true": True, "false": False, "[]": [], "{}": {}}
WORDS |= {".nan": float("nan"), ".inf": float("inf"), "-.inf": float("-inf")}
DEEPEST = 32


def parse(text: str) -> Any:
    """The maps (with text as keys), lists and values in a text. Raises ValueError with the line for other YAML."""
    lines = _Lines(text)
    if lines.indent < 0:
        return None
    found = _block(lines, 0)
    if lines.indent >= 0:
        raise lines.error("does not belong to what stands before it")
    return found


def entry(settings: Any, path: str, default: Any = None) -> Any:
    """The value at a dotted path, its references looked up from the root; `default` where there is none or null."""
    return _entry(settings, path, default, 0)


def _entry(settings: Any, path: str, default: Any, depth: int) -> Any:
    if depth > DEEPEST:
        raise ValueError(f"{path} refers to itself")
    node = settings
    for name in path.split("."):
        if not isinstance(node, Mapping) or name not in node:
            return default
        node = node[name]
    if isinstance(node, str) and (whole := REFERENCE.fullmatch(node)):
        return _entry(settings, whole[1], default, depth + 1)
    return default if node is None else node


class _Lines:
    """A text's lines as (indent, rest), one after the other; `indent` and `text` are those of the next one that is
    neither blank nor a comment."""

    def __init__(self, text: str) -> None:
        self.rows = [(len(row) - len(row.lstrip(" ")), row.strip(" \r")) for row in text.split("\n")]
        self.place = -1
        self.move()

    def move(self) -> None:
        """On to the next line that says something."""
        self.place += 1
        while self.place < len(self.rows) and (not self.text or self.text.startswith("#")):
            self.place += 1

    @property
    def indent(self) -> int:
        """-1 at the end."""
        return self.rows[self.place][0] if self.place < len(self.rows) else -1

    @property
    def text(self) -> str:
        return self.rows[self.place][1]

    @property
    def listed(self) -> bool:
        """Whether the line is an item of a list."""
        return self.indent >= 0 and (self.text == "-" or self.text.startswith("- "))

    def error(self, problem: str) -> ValueError:
        shown = self.text if self.place < len(self.rows) else "the end"
        return ValueError(f"line {self.place + 1} of the settings ({shown[:40]!r}) {problem}")


def _block(lines: _Lines, depth: int) -> Any:
    """The map, list or value that begins at the line."""
    if depth > DEEPEST:
        raise lines.error(f"is more than {DEEPEST} levels deep")
    if lines.listed:
        return _list(lines, depth)
    return _map(lines, depth) if KEY.fullmatch(lines.text) else _value(lines, lines.text, lines.indent - 1)


def _map(lines: _Lines, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    indent = lines.indent
    while lines.indent == indent and not lines.listed:
        match = KEY.fullmatch(lines.text)
        if match is None:
            raise lines.error("has no key")
        key, rest = match["key"], match["rest"] or ""
        if rest.startswith("#"):
            rest = ""
        name = _unquoted(key) if key[0] in ENDED else key
        if rest:
            found[name] = _value(lines, rest, indent)
            continue
        lines.move()
        nested = lines.indent > indent or (lines.indent == indent and lines.listed)
        found[name] = _block(lines, depth + 1) if nested else None
    return found


def _list(lines: _Lines, depth: int) -> list[Any]:
    found: list[Any] = []
    indent = lines.indent
    while lines.indent == indent and lines.listed:
        rest = lines.text[1:].lstrip(" ")
        if not rest:
            lines.move()
            found.append(_block(lines, depth + 1) if lines.indent > indent else None)
        elif rest.startswith("- ") or rest == "-" or KEY.fullmatch(rest):
            lines.rows[lines.place] = (indent + len(lines.text) - len(rest), rest)
            found.append(_block(lines, depth + 1))
        else:
            found.append(_value(lines, rest, indent))
    return found


def _value(lines: _Lines, first: str, indent: int) -> Any:
    """A value that begins with `first` and goes on in the lines that stand deeper than `indent`."""
    quote = ENDED.get(first[0])
    parts = [first]
    # Blank lines count inside a value, so the lines are taken one by one.
    while quote is None or not quote.fullmatch(_folded(parts)):
        following = lines.place + 1
        if following >= len(lines.rows):
            break
        depth, text = lines.rows[following]
        if text and depth <= indent:
            break
        lines.place = following
        parts.append(text)
    if quote is not None:
        match = quote.fullmatch(_folded(parts))
        if match is None:
            raise lines.error("has a quote that does not end")
        lines.move()
        return _unquoted(_folded(parts))
    lines.move()
    return _plain(_folded([re.sub(r"(^|[ \t])#.*", "", part) for part in parts]).strip(" "))


def _folded(parts: list[str]) -> str:
    """Lines of one value as one: a line break is a space, n blank lines are n line breaks, and a backslash before a
    break joins two lines."""
    text = parts[0]
    breaks = 0
    for part in parts[1:]:
        if not part:
            breaks += 1
            continue
        if text.endswith("\\") and text[:1] == '"' and (len(text) - len(text.rstrip("\\"))) % 2:
            text = text[:-1] + "\n" * breaks + part
        else:
            text += ("\n" * breaks or " ") + part
        breaks = 0
    return text


def _unquoted(text: str) -> str:
    match = ENDED[text[0]].fullmatch(text)
    assert match is not None
    if text[0] == "'":
        return match[1].replace("''", "'")
    return ESCAPE.sub(_unescaped, match[1])


def _unescaped(match: re.Match[str]) -> str:
    number = match[1] or match[2] or match[3]
    return chr(int(number, 16)) if number else ESCAPED.get(match[4], match[4])


def _plain(text: str) -> Any:
    if text in WORDS:
        found = WORDS[text]
        return type(found)() if isinstance(found, list | dict) else found
    if WHOLE.fullmatch(text):
        return int(text.replace("_", ""))
    if FRACTION.fullmatch(text):
        return float(text.replace("_", ""))
    if text[:1] in "[{" and text:
        return _flow(text)
    return text


def _flow(text: str) -> Any:
    """A list on one line, of plain values."""
    if not text.startswith("[") or not text.endswith("]") or any(sign in text[1:-1] for sign in "[]{}'\""):
        return text
    return [_plain(part.strip(" ")) for part in text[1:-1].split(",") if part.strip(" ")]
