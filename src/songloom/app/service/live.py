"""What goes on while a job runs: its progress as server-sent events, its music as it is made."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from typing import BinaryIO, Literal

import numpy as np
from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from songloom.app.job_store import ENDED, Job
from songloom.app.jobs import JobQueue
from songloom.app.service.models import Unavailable
from songloom.app.service.told import ToldJob
from songloom.audio.clip import Audio
from songloom.audio.files import encoded
from songloom.audio.flac_stream import FlacStream
from songloom.audio.wav_stream import HEADER_BYTES

LOOK_SECONDS = 0.2
LISTEN_SECONDS = 0.02
"""Between two looks at a job that is heard; shorter than measuring it takes, so that its music is never missed."""
QUIET_SECONDS = 15.0
"""After which a comment keeps the connection of silent events alive."""
BLOCK = 1 << 16
Format = Literal["wav", "flac"]
"""What music can be heard as while it is made."""


async def events(look: Callable[[], ToldJob]) -> AsyncIterator[str]:
    """A job, told anew whenever it has changed; the last event is named after the state in which it ended."""
    before, quiet = "", 0.0
    while True:
        job = await run_in_threadpool(look)
        told = job.model_dump_json()
        ended = job.state in ENDED
        if told != before or quiet >= QUIET_SECONDS:
            yield (
                ": still there\n\n"
                if told == before
                else f"event: {job.state if ended else 'progress'}\ndata: {told}\n\n"
            )
            quiet = 0.0
        if ended:
            return
        before, quiet = told, quiet + LOOK_SECONDS
        await asyncio.sleep(LOOK_SECONDS)


class Tail:
    """Follows the WAV of the candidate of a job that is being made, while it grows. When the job is begun again after a
    crash it goes on where it was: the same request gives the same samples."""

    def __init__(self, queue: JobQueue, identity: str) -> None:
        self.queue, self.identity = queue, identity
        self._file: BinaryIO | None = None
        self._read, self._attempt, self._end = 0, 0, float("inf")

    def next(self) -> bytes | None:
        """What has come since: nothing while the job goes on, None once it was done and all was given. Raises
        Unavailable when it ended in another way."""
        job = self.queue.job(self.identity)
        if self._file is None or job.attempt != self._attempt:
            self._open(job)
        if self._read >= self._end:
            return None
        data = self._file.read(int(min(BLOCK, self._end - self._read))) if self._file else b""
        if not data and job.state == "done" and not self._read:  # over before it was seen
            audio = Audio.load(self.queue.files(self.identity)[0])
            data = encoded(audio.wave, audio.sample_rate, ".wav")
        self._read += len(data)
        if data or job.state not in ENDED:
            return data
        if job.state != "done":
            raise Unavailable(job.error or "the job was cancelled")
        return None

    def close(self) -> None:
        if self._file:
            self._file.close()

    def _open(self, job: Job) -> None:
        path = self.queue.partial(self.identity)
        if path is None:
            return
        self.close()
        try:
            self._file = path.open("rb")
        except FileNotFoundError:  # gone since
            self._file = None
            return
        if job.candidates > 1:  # the next one is written over this one
            header = self._file.read(HEADER_BYTES)
            if len(header) < HEADER_BYTES:  # not there yet
                self.close()
                self._file = None
                return
            self._end = length(header, job.seconds)
        self._file.seek(self._read)
        self._attempt = job.attempt


Left = Callable[[Tail], None]
"""What becomes of a tail, and of its job, when nobody listens any more."""


def length(header: bytes, seconds: float) -> int:
    """Bytes of a 16-bit WAV with this header that holds so many seconds."""
    channels, sample_rate = struct.unpack_from("<HI", header, 22)
    return HEADER_BYTES + round(seconds * sample_rate) * channels * 2


class Flac:
    """The bytes of a growing 16-bit WAV that holds so many seconds, as those of a FLAC."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self._rest = seconds, b""
        self._stream: FlacStream | None = None

    def add(self, data: bytes) -> bytes:
        """What is ready once this is there, too."""
        self._rest += data
        if self._stream is None:
            if len(self._rest) < HEADER_BYTES:
                return b""
            self._channels, rate = struct.unpack_from("<HI", self._rest, 22)
            self._stream = FlacStream(rate, self._channels, round(self.seconds * rate))
            self._rest = self._rest[HEADER_BYTES:]
        whole = len(self._rest) // (2 * self._channels) * (2 * self._channels)
        samples = np.frombuffer(self._rest[:whole], "<i2").reshape(-1, self._channels)
        self._rest = self._rest[whole:]
        return self._stream.add(samples)

    def end(self) -> bytes:
        """What is left."""
        return self._stream.end() if self._stream else b""


async def following(tail: Tail) -> AsyncIterator[bytes]:
    """The pieces of a tail to its end."""
    while (data := await run_in_threadpool(tail.next)) is not None:
        if data:
            yield data
        else:
            await asyncio.sleep(LISTEN_SECONDS)


class LiveMusic(StreamingResponse):
    """A WAV, or a FLAC, that ends with its candidate. However the response ends, `left` is told."""

    def __init__(self, tail: Tail, first: bytes, left: Left, kind: Format) -> None:
        self.tail, self.left = tail, left
        pieces = self._all(first) if kind == "wav" else self._as_flac(first)
        super().__init__(pieces, media_type=f"audio/{kind}", headers={"X-Job": tail.identity})

    async def _all(self, first: bytes) -> AsyncIterator[bytes]:
        yield first
        async for data in following(self.tail):
            yield data

    async def _as_flac(self, first: bytes) -> AsyncIterator[bytes]:
        flac = Flac(self.tail.queue.job(self.tail.identity).seconds)
        async for data in self._all(first):
            if made := await run_in_threadpool(flac.add, data):
                yield made
        yield await run_in_threadpool(flac.end)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self.left(self.tail)


async def begun(request: Request, tail: Tail, left: Left, kind: Format) -> LiveMusic:
    """The response, once there is something to hear. Raises Unavailable when the job fails before."""
    try:
        while not (first := await run_in_threadpool(tail.next)):
            if await request.is_disconnected():
                raise Unavailable("nobody listens")
            await asyncio.sleep(LISTEN_SECONDS)
    except BaseException:
        left(tail)
        raise
    return LiveMusic(tail, first, left, kind)


def not_alone(tail: Tail) -> None:
    """Ends a job that is no longer heard; one that has ended stays as it is."""
    tail.queue.cancel(tail.identity)
    tail.close()
