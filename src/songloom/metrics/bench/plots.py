"""Pictures of an evaluation as SVG text: distributions, asked against measured tempo, and keys against keys."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from songloom.audio.agreement import OCTAVES, parse_key
from songloom.audio.features.key import PITCH_NAMES, key_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Canvas

INK, BARS = "#3b6ea5", 24
KEYS = tuple(key_name(tonic, mode) for mode in ("major", "minor") for tonic in range(12))


def distributions(columns: Sequence[tuple[str, str, Sequence[float]]]) -> str:
    """One histogram for each (name, unit, values), side by side."""
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(3.0 * len(columns), 2.4), layout="constrained")
    for axes, (name, unit, values) in zip(np.atleast_1d(canvas.subplots(1, len(columns))), columns, strict=True):
        axes.hist([value for value in values if np.isfinite(value)], bins=BARS, color=INK)
        axes.set(title=name, xlabel=unit)
        axes.spines[["top", "right"]].set_visible(False)
    return as_svg(canvas)


def tempo_confusion(pairs: Sequence[tuple[float, float]]) -> str:
    """Asked (across) against measured (up) beats per minute, with lines where they agree and at octaves."""
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(4.2, 4.0), layout="constrained")
    axes = canvas.subplots()
    asked, heard = np.array(pairs).T
    ends = np.array([30.0, 240.0])
    for factor in OCTAVES:
        axes.plot(ends, ends * factor, color="#999", linewidth=1.5 if factor == 1 else 0.5)
    axes.scatter(asked, heard, s=16, color=INK, alpha=0.7)
    axes.set(xlabel="asked, bpm", ylabel="measured, bpm", xlim=ends, ylim=(0, 250), title="Tempo")
    return as_svg(canvas)


def key_counts(pairs: Sequence[tuple[str, str]]) -> np.ndarray:
    """How often [24, 25] each of KEYS was asked and each, or none, was measured."""
    counts = np.zeros((24, 25), int)
    for asked, heard in pairs:
        counts[_place(asked), 24 if heard == "none" else _place(heard)] += 1
    return counts


def key_confusion(pairs: Sequence[tuple[str, str]]) -> str:
    """Asked (down) against measured (across) keys."""
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(6.2, 5.6), layout="constrained")
    axes = canvas.subplots()
    names = [*PITCH_NAMES, *(f"{name}m" for name in PITCH_NAMES)]
    axes.imshow(key_counts(pairs), cmap="Blues", vmin=0)
    axes.set_xticks(range(25), [*names, "none"], rotation=90, fontsize=7)
    axes.set_yticks(range(24), names, fontsize=7)
    axes.set(xlabel="measured", ylabel="asked", title="Key")
    return as_svg(canvas)


def as_svg(canvas: Canvas) -> str:
    """The picture as an <svg> element, the same for the same picture."""
    from matplotlib import rc_context

    text = io.StringIO()
    with rc_context({"svg.hashsalt": "songloom", "svg.fonttype": "none", "font.family": "sans-serif"}):
        canvas.savefig(text, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    picture = text.getvalue()
    return picture[picture.index("<svg") :]


def _place(key: str) -> int:
    tonic, minor = parse_key(key)
    return tonic + 12 * minor
