"""Bodies as files under names of the server's own, and sounds that are kept for a while."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from songloom.app.job_limits import Full
from songloom.app.service.bounds import Bounds
from songloom.audio import files
from songloom.audio.clip import Audio

STARTS = (b"RIFF", b"RF64", b"fLaC", b"OggS", b"FORM", b"ID3")
"""How sound files begin that are taken: wav, flac, ogg, aiff, and mp3 (which may begin with a frame, too)."""


@asynccontextmanager
async def received(request: Request, folder: Path) -> AsyncIterator[Path]:
    """The body of a request as a file that is there for the length of the block. Raises ValueError for an empty one."""
    path = folder / f"{secrets.token_hex(8)}.upload"
    try:
        with path.open("xb") as file:
            async for piece in request.stream():
                await run_in_threadpool(file.write, piece)
            if not file.tell():
                raise ValueError("the request has no body")
        yield path
    except ClientDisconnect:
        raise ValueError("the upload broke off") from None
    finally:
        path.unlink(missing_ok=True)


@contextmanager
def nameless(path: Path) -> Iterator[None]:
    """Errors about a file speak of the upload, never of where it lies."""
    try:
        yield
    except ValueError as error:
        raise ValueError(str(error).replace(str(path), "the upload")) from None


def check_start(path: Path) -> None:
    """Raises ValueError for a file that does not begin like a sound of the kinds that are taken."""
    with path.open("rb") as file:
        start = file.read(4)
    mpeg = start[:1] == b"\xff" and len(start) > 1 and start[1] & 0xE0 == 0xE0
    if not mpeg and not start.startswith(STARTS):
        raise ValueError("the upload is not audio that is taken: wav, flac, ogg, mp3 or aiff")


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound that was uploaded for later jobs: where it lies as a plain wave, whose it is, what it said of itself,
    until when."""

    path: Path
    owner: str
    info: files.AudioInfo
    until: float


class Sounds:
    """Sounds that jobs may begin with or follow, for a while. They do not outlive the server."""

    def __init__(self, folder: Path, bounds: Bounds) -> None:
        self.folder, self.bounds = folder, bounds
        self._kept: dict[str, Sound] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.unlink()

    def keep(self, wave: Path, info: files.AudioInfo, owner: str) -> tuple[str, Sound]:
        """Takes an uploaded sound over, under a new name. Raises Full for one too many of an owner."""
        self._forget()
        theirs = [one.path.stat().st_size for one in self._kept.values() if one.owner == owner]
        if len(theirs) >= self.bounds.sounds:
            raise Full(f"{len(theirs)} sounds are kept already; delete one")
        if sum(theirs, wave.stat().st_size) > self.bounds.sounds_bytes:
            raise Full(f"kept sounds take {sum(theirs)} bytes; {self.bounds.sounds_bytes} are for them, delete one")
        identity = secrets.token_hex(8)
        path = self.folder / f"{identity}.wav"
        wave.rename(path)
        sound = Sound(path, owner, info, time.time() + self.bounds.sounds_seconds)
        self._kept[identity] = sound
        return identity, sound

    def find(self, identity: str, owner: str) -> Sound:
        """A sound that was kept. Raises ValueError when there is none of this name."""
        found = self._find(identity, owner)
        if found is None:
            raise ValueError(f"there is no sound {identity!r}")
        return found

    def load(self, identity: str, owner: str) -> Audio:
        """The same, read."""
        found = self.find(identity, owner)
        with nameless(found.path):
            return Audio(*files.read(found.path))

    def delete(self, identity: str, owner: str) -> bool:
        """Forgets a sound; whether there was one."""
        found = self._find(identity, owner)
        if found is not None:
            found.path.unlink(missing_ok=True)
            self._kept.pop(identity, None)
        return found is not None

    def _find(self, identity: str, owner: str) -> Sound | None:
        self._forget()
        found = self._kept.get(identity)
        return found if found is not None and found.owner == owner else None

    def _forget(self) -> None:
        for identity, sound in list(self._kept.items()):
            if sound.until < time.time():
                sound.path.unlink(missing_ok=True)
                self._kept.pop(identity, None)
