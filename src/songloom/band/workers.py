"""How a worker process of the band starts; this file imports nothing heavy, so that it runs before numpy wakes up."""

from __future__ import annotations

import os
import signal


def start_worker() -> None:
    """One thread for each worker; Ctrl-C is the parent's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
