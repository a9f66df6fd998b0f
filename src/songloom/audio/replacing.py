"""Files that are whole or not there: written beside their place and renamed. What a killed writer left is swept away.

A writer holds a lock on what it writes, and the system lets that go however the writer ends, so what nobody holds
beside a file is litter. Where a file system has no locks, nothing is swept.
"""

from __future__ import annotations

import os
import re
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

LETTERS = 60
"""Of a file's name that stand in the name of what is written beside it, which so has no more than 255 bytes."""
BESIDE = re.compile(r"\.(.+)\.[0-9a-f]{8}\.part")


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file beside the path to write into; it takes the path's place when the block ends well, and goes when it
    does not, whatever stops it. What the disk refuses is an OSError that names the path."""
    target = Path(path)
    if target.is_dir():
        raise ValueError(f"{target} is a folder; a file name is needed")
    if not target.parent.is_dir():
        raise ValueError(f"{target.parent} is not a folder; {target.name} cannot be written there")
    beside = target.with_name(f".{target.name[:LETTERS]}.{secrets.token_hex(4)}.part")
    try:
        with _held(beside) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            beside.replace(target)
    except OSError as error:
        if error.errno is not None and error.filename in (None, str(beside)):
            raise OSError(error.errno, error.strerror, str(target)) from None
        raise
    finally:
        with suppress(OSError):  # where nothing may be written nothing is removed, and why it failed was said
            beside.unlink()


@contextmanager
def swept(paths: Iterable[Path]) -> Iterator[None]:
    """Removes, before and after the block, what killed writers left beside these files."""
    names: dict[Path, set[str]] = defaultdict(set)
    for path in paths:
        names[path.parent].add(path.name[:LETTERS])
    _sweep(names)
    try:
        yield
    finally:
        _sweep(names)


def _sweep(names: dict[Path, set[str]]) -> None:
    for folder, known in names.items():
        for left in folder.iterdir() if folder.is_dir() else ():
            if (found := BESIDE.fullmatch(left.name)) and found[1] in known:
                _drop(left)


def _drop(left: Path) -> None:
    """Removes a file that nobody writes."""
    with suppress(OSError), left.open("rb") as file:
        _lock(file, wait=False)
        left.unlink()


def _held(path: Path) -> BinaryIO:
    """A new file that counts as being written until it is closed."""
    while True:
        file = path.open("xb")
        with suppress(OSError):
            _lock(file, wait=True)
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()  # swept away before it was locked


def _lock(file: BinaryIO, *, wait: bool) -> None:
    """Raises OSError where another holds the file, or where there are no locks."""
    try:
        import fcntl
    except ModuleNotFoundError:
        raise OSError("this system has no locks of files") from None
    fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
