"""What a server is to be, told in plain values: the same for one process and for the replicas of a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from songloom.app.job_limits import Limits
from songloom.app.service.bounds import Bounds


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The `folder` of jobs and their `limits`, with so many `workers`; models by name and place; `tokens`, and `hosts`
    by which it may be called; `bounds` of requests; seconds of `patience` at the end. Other processes find by `here`
    what places mean."""

    folder: Path
    places: Mapping[str, str]
    tokens: tuple[str, ...]
    hosts: frozenset[str] | None
    bounds: Bounds
    limits: Limits
    workers: int
    patience: float
    here: Path = Path()

    @property
    def facts(self) -> str:
        """A line about it."""
        return f"jobs in {self.folder}; {'tokens' if self.tokens else 'no token'} needed"
