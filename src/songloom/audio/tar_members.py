"""Files inside plain tar files: a path may lead through one, as train-00000.tar/song.flac. Nothing is ever unpacked.

Headers are read as POSIX ustar (IEEE Std 1003.1-1988); only regular files count. What a header claims is held against
the tar's true size before anything is read.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

BLOCK = 512
SUFFIX = ".tar"
REGULAR = (b"0", b"\0")


@dataclass(frozen=True, slots=True)
class Member:
    """Where a file lies in its tar, in bytes."""

    offset: int
    size: int


def through_tar(path: Path) -> tuple[Path, str] | None:
    """The tar that a path leads through and the member's name; None for a path that leads through none."""
    for parent in path.parents:
        if parent.suffix == SUFFIX and parent.is_file():
            return parent, path.relative_to(parent).as_posix()
    return None


def state(path: Path) -> tuple[int, int]:
    """Size in bytes of a file or a member, and when it (or its tar) last changed, in nanoseconds."""
    place = None if path.exists() else through_tar(path)
    if place is None:
        told = path.stat()
        return told.st_size, told.st_mtime_ns
    return find(*place).size, place[0].stat().st_mtime_ns


def find(tar: Path, name: str) -> Member:
    """A member by its name. Raises FileNotFoundError where the tar has none of that name."""
    found = members(tar).get(name)
    if found is None:
        raise FileNotFoundError(f"{tar} holds no {name}")
    return found


def members(tar: Path) -> dict[str, Member]:
    """The regular files of a tar by name; of two with one name the first. Raises ValueError for a tar that breaks off
    or is none."""
    told = tar.stat()
    return _members(tar, told.st_size, told.st_mtime_ns)


@lru_cache(maxsize=4096)
def _members(tar: Path, size: int, _changed: int) -> dict[str, Member]:
    found: dict[str, Member] = {}
    with tar.open("rb") as file:
        place = 0
        while place + BLOCK <= size:
            file.seek(place)
            header = file.read(BLOCK)
            if not header.strip(b"\0"):
                break
            length = _length(tar, header, size - place - BLOCK)
            name = header[:100].rstrip(b"\0").decode("utf-8", "replace")
            if (
                prefix := header[345:500].rstrip(b"\0").decode("utf-8", "replace")
                if header[257:262] == b"ustar"
                else ""
            ):
                name = f"{prefix}/{name}"
            if header[156:157] in REGULAR:
                found.setdefault(name.removeprefix("./"), Member(place + BLOCK, length))
            place += BLOCK + -(-length // BLOCK) * BLOCK
    return found


def _length(tar: Path, header: bytes, most: int) -> int:
    """The bytes that follow a header. Raises ValueError for a header that is damaged, or claims more than is there."""
    try:
        claimed = int(header[148:156].strip(b"\0 "), 8)
        length = int(header[124:136].strip(b"\0 ") or b"0", 8)
    except ValueError:
        raise ValueError(f"{tar} is not a plain tar: a header holds no numbers") from None
    if claimed != sum(header) - sum(header[148:156]) + 8 * 0x20 or not 0 <= length <= most:
        raise ValueError(f"{tar} is damaged: a header's checksum or length does not fit")
    return length


class Window(io.RawIOBase):
    """A member as a file of its own that is read where it lies."""

    def __init__(self, tar: Path, member: Member) -> None:
        self._descriptor = os.open(tar, os.O_RDONLY)
        self._member, self._place = member, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._member.size}[whence]
        self._place = max(0, start + offset)
        return self._place

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        target = memoryview(buffer).cast("B")
        count = max(0, min(len(target), self._member.size - self._place))
        got = os.preadv(self._descriptor, [target[:count]], self._member.offset + self._place) if count else 0
        self._place += got
        return got

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def read_member(tar: Path, name: str) -> bytes:
    """The bytes of a member."""
    with Window(tar, find(tar, name)) as file:
        return file.readall()
