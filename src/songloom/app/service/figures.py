"""What a server has done, as Prometheus reads it: its text format, version 0.0.4."""

from __future__ import annotations

import os
import resource
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

SECONDS = (0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0)
"""Bounds of the histogram of how long answers take."""
Labels = tuple[tuple[str, str], ...]


class Figures:
    """Counts of answers and how long they took. Threads may share it."""

    def __init__(self) -> None:
        self._lock, self._began = threading.Lock(), time.time()
        self._answers, self._buckets, self._spent = Counter[Labels](), Counter[Labels](), Counter[Labels]()

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """An answer, or the end of one that streamed."""
        method = method if method in {"GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "PATCH"} else "other"
        where: Labels = (("method", method), ("route", route))
        with self._lock:
            self._answers[(*where, ("status", str(status)))] += 1
            for bound in SECONDS:
                self._buckets[(*where, ("le", f"{bound:g}"))] += seconds <= bound
            self._buckets[(*where, ("le", "+Inf"))] += 1
            self._spent[where] += seconds  # type: ignore[assignment]

    def text(self, jobs: Mapping[str, int], models: Mapping[str, str]) -> str:
        """All figures: those of the server, jobs by their state, and models with theirs."""
        with self._lock:
            answers, buckets, spent = dict(self._answers), dict(self._buckets), dict(self._spent)
        counts = {where: buckets[(*where, ("le", "+Inf"))] for where in spent}
        lines = [
            *_family("songloom_requests_total", "counter", "Answers by route and status.", answers.items()),
            *_family("songloom_jobs", "gauge", "Jobs by state.", (((("state", k),), v) for k, v in jobs.items())),
            *_family(
                "songloom_model_ready",
                "gauge",
                "Whether a model could be opened.",
                (((("model", name),), int(state == "ready")) for name, state in models.items()),
            ),
            *_family(
                "songloom_resident_bytes", "gauge", "Memory of the server without its workers.", [((), resident())]
            ),
            *_family("process_start_time_seconds", "gauge", "When the server began.", [((), self._began)]),
            "# HELP songloom_request_seconds How long answers took, streams to their end.",
            "# TYPE songloom_request_seconds histogram",
            *(_line("songloom_request_seconds_bucket", labels, value) for labels, value in buckets.items()),
            *(_line("songloom_request_seconds_sum", labels, value) for labels, value in spent.items()),
            *(_line("songloom_request_seconds_count", labels, value) for labels, value in counts.items()),
        ]
        return "\n".join(lines) + "\n"


def resident() -> int:
    """Bytes of memory of this process now; where the system does not tell, the most that it had."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return pages * os.sysconf("SC_PAGE_SIZE")


def _family(name: str, kind: str, says: str, rows: Iterable[tuple[Labels, float]]) -> list[str]:
    return [f"# HELP {name} {says}", f"# TYPE {name} {kind}", *(_line(name, *row) for row in rows)]


def _line(name: str, labels: Labels, value: float) -> str:
    told = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
    return f"{name}{{{told}}} {value!r}" if told else f"{name} {value!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
