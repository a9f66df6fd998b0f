"""What an evaluation says: sections of figures with their intervals, a row for every clip, and how it was measured."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from songloom.metrics.bench.listening import Unreadable
from songloom.metrics.confidence import Estimate
from songloom.metrics.embeddings import Facts

Better = Literal["higher", "lower", ""]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its 95 % interval. `unit` stands behind the number ("%" shows shares as percent); `better` says
    where good is; `baseline`: what comes out where there is nothing to find (prompts of other clips, halves of the
    reference), so that the figure can be read at all."""

    name: str
    estimate: Estimate
    unit: str = ""
    better: Better = ""
    baseline: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        one = self.estimate
        numbers = {"value": one.value, "low": one.low, "high": one.high, "baseline": self.baseline}
        return {
            "name": self.name,
            **{name: _number(value) for name, value in numbers.items()},
            "count": one.count,
            "unit": self.unit,
            "better": self.better,
        }

    def shown(self, value: float | None) -> str:
        """A number in this figure's unit; "-" for none."""
        if value is None or not math.isfinite(value):
            return "-"
        if self.unit == "%":
            return f"{100 * value:.1f} %"
        digits = 1 if abs(value) >= 100 else 2 if abs(value) >= 1 else 4 if self.unit == "" else 3
        text = f"{value:.{digits}f}"
        text = text.removeprefix("-") if float(text) == 0 else text
        return f"{text} {self.unit}".strip()

    @property
    def interval(self) -> str:
        """The interval as text; "-" where there is none."""
        low, high = self.estimate.low, self.estimate.high
        return "-" if math.isnan(low) or math.isnan(high) else f"{self.shown(low)} to {self.shown(high)}"


@dataclass(frozen=True, slots=True)
class Section:
    """Figures that belong together, and what has to be known of them."""

    title: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One clip: its `name` and `file`, the `prompt` ("" without one), the `id` by which systems are paired, what was
    `asked` and `heard` in words by name, and its own `values` by figure."""

    name: str
    file: str
    id: str
    prompt: str
    asked: Mapping[str, str]
    heard: Mapping[str, str]
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of one evaluation. `system` names it; `networks` are sheets of facts; `measured` holds every clip's facts
    (for plots and the JSON file); `pairs` the asked and measured tempi and keys."""

    system: str
    generated: str
    reference: str
    prompts: str
    sections: tuple[Section, ...]
    rows: tuple[Row, ...]
    networks: tuple[Facts, ...] = ()
    warnings: tuple[str, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    measured: tuple[Mapping[str, Any], ...] = ()
    tempo_pairs: tuple[tuple[float, float], ...] = ()
    key_pairs: tuple[tuple[str, str], ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values, with nothing that JSON does not have (NaN is null)."""
        return {
            "system": self.system,
            "generated": self.generated,
            "reference": self.reference or None,
            "prompts": self.prompts or None,
            "clips": len(self.rows),
            "versions": dict(self.versions),
            "warnings": list(self.warnings),
            "unreadable": [{"file": str(one.path), "why": one.why} for one in self.unreadable],
            "networks": [dataclasses.asdict(one) for one in self.networks],
            "sections": [
                {"title": one.title, "notes": list(one.notes), "figures": [f.to_json() for f in one.figures]}
                for one in self.sections
            ],
            "confusion": {"tempo": list(self.tempo_pairs), "key": list(self.key_pairs)},
            "rows": [
                {
                    "name": row.name,
                    "file": row.file,
                    "prompt": row.prompt,
                    "asked": dict(row.asked),
                    "heard": dict(row.heard),
                    "values": {name: _number(value) for name, value in row.values.items()},
                    "measured": dict(facts),
                }
                for row, facts in zip(self.rows, self.measured, strict=True)
            ],
        }


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
