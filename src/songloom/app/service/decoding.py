"""Uploads to plain waves, each by a process of its own with bounds of time and memory: a file that kills or holds its
decoder costs one answer, not the server."""

from __future__ import annotations

import asyncio
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import Request
from starlette.concurrency import run_in_threadpool

from songloom.app.service.bounds import Bounds
from songloom.app.service.uploads import check_start, received
from songloom.audio.files import AudioInfo

AT_ONCE = 2
"""Decoders that run at a time."""
ALONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Threads that would only reserve memory."""


class Decoder:
    """Starts decoders, a few at a time."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds, self._turn = bounds, asyncio.Semaphore(AT_ONCE)

    async def decode(self, upload: Path, target: Path) -> AudioInfo:
        """Writes an uploaded sound as a plain wave; what it said of itself. Raises ValueError for what is no sound of
        a kind that is taken, is too large, or cannot be decoded."""
        check_start(upload)
        async with self._turn:
            return await run_in_threadpool(decoded, upload, target, self.bounds)


def decoded(upload: Path, target: Path, bounds: Bounds) -> AudioInfo:
    """The same, in the calling thread."""
    most = {
        "seconds": bounds.sound_seconds,
        "channels": bounds.sound_channels,
        "bytes": bounds.sound_bytes,
        "work": math.ceil(bounds.decoder_seconds),
        "memory": bounds.decoder_bytes,
    }
    command = [sys.executable, "-m", "songloom.app.service.decoder", str(upload), str(target), json.dumps(most)]
    try:
        ended = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | ALONE,
            timeout=2 * bounds.decoder_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ValueError(_too_slow(bounds)) from None
    if ended.returncode == -signal.SIGXCPU:
        raise ValueError(_too_slow(bounds))
    if ended.returncode:
        raise ValueError(f"the upload cannot be decoded: its decoder ended with code {ended.returncode}")
    told = json.loads(ended.stdout)
    if "error" in told:
        raise ValueError(told["error"])
    return AudioInfo(**told)


def _too_slow(bounds: Bounds) -> str:
    return f"the upload takes longer than {bounds.decoder_seconds:g} s to decode"


@asynccontextmanager
async def sound_of(request: Request, folder: Path, decoder: Decoder) -> AsyncIterator[tuple[Path, AudioInfo]]:
    """The body of a request as a plain wave that is there for the length of the block, and what it said of itself.
    Raises ValueError when it is no sound that is taken."""
    async with received(request, folder) as upload:
        target = upload.with_suffix(".wav")
        try:
            yield target, await decoder.decode(upload, target)
        finally:
            target.unlink(missing_ok=True)
