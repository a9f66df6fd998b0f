"""The most that a queue takes, and what is refused in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The most that a queue takes: `seconds` of music, `candidates`, bytes of input sounds; jobs that wait, in all and
    of one owner; seconds of work, and of a fine-tuning; bytes of memory (None: what is free) and of disk for all files;
    jobs that are made at once, as far as there is memory; clips that are measured at once, and their seconds."""

    seconds: float = 600.0
    candidates: int = 8
    input_bytes: int = 200_000_000
    waiting: int = 100
    waiting_of_owner: int = 20
    timeout: float = 3600.0
    learning: float = 86_400.0
    memory: int | None = None
    disk: int = 20_000_000_000
    together: int = 8
    clips: int = 200
    measured_seconds: float = 3600.0

    def __post_init__(self) -> None:
        if self.together < 1:
            raise ValueError(f"{self.together} jobs at once; a worker makes at least one")


class Full(ValueError):
    """A task that would be taken, once other jobs have ended or are deleted."""
