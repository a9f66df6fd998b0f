"""Folders in, folders out: one file or every file of a folder through the same step."""

from __future__ import annotations

import errno
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from songloom.app.screen import Report, bar, errors
from songloom.audio.replacing import swept
from songloom.data.workers import HERE, Workers, mapped


def pairs(source: Path, output: Path | None, suffixes: Collection[str], suffix: str) -> list[tuple[Path, Path]]:
    """Files to read and files to write. A file goes to `output`, or beside itself with another suffix; a folder's
    files with one of `suffixes` go to the same places under `output`. Raises OSError where there is no `source`."""
    if not source.exists():
        raise FileNotFoundError(errno.ENOENT, "no such file or folder", str(source))
    if not source.is_dir():
        return [(source, output or source.with_suffix(suffix))]
    found = sorted(
        path
        for path in source.rglob("*")
        if path.suffix.lower() in suffixes and not any(p.startswith(".") for p in path.relative_to(source).parts)
    )
    if not found:
        raise ValueError(f"{source} holds no file that ends in {', '.join(suffixes)}")
    if output is None:
        raise ValueError(f"{source} is a folder; --output names the folder for the results")
    if output.is_file():
        raise ValueError(f"{output} is a file; a folder goes into a folder")
    targets: dict[Path, Path] = {}
    for path in found:
        target = output / path.relative_to(source).with_suffix(suffix)
        if target in targets:
            raise ValueError(f"{path} and {targets[target]} would both become {target}")
        targets[target] = path
    return [(path, target) for target, path in targets.items()]


Step = Callable[[Path, Path, Report], str]
"""Makes a file of a file, tells how far it is, and gives a line about what it made."""


def each(source: Path, files: list[tuple[Path, Path]], step: Step, *, overwrite: bool, workers: Workers = HERE) -> None:
    """Runs `step` for every pair and prints the line that it gives. One file's error is the command's; of a folder's,
    files that are there are kept, bad ones are named, the rest is made, and the command fails at the end. What killed
    processes left beside the files, of this command or of one before it, goes."""
    with swept(target for _, target in files):
        if source.is_dir():
            _many(files, step, overwrite=overwrite, workers=workers)
        else:
            _one(*files[0], step, overwrite=overwrite)


def _one(source: Path, target: Path, step: Step, *, overwrite: bool) -> None:
    if target.exists() and not overwrite:
        raise ValueError(f"{target} exists; choose another name or add --overwrite")
    with bar(source.name) as report:
        line = step(source, target, report)
    print(line)


def _many(files: list[tuple[Path, Path]], step: Step, *, overwrite: bool, workers: Workers) -> None:
    tasks, bad = {}, 0
    for source, target in files:
        if target.exists() and not overwrite:
            errors.print(f"{target} is there already, kept", markup=False, highlight=False, soft_wrap=True)
        else:
            tasks[source] = (source, target)
    for _, (line, error) in mapped(_Trying(step), tasks, workers, died=_killed):
        bad += bool(error)
        if error:
            errors.print(f"songloom: {error}", markup=False, highlight=False, soft_wrap=True)
        else:
            print(line, flush=True)
    if bad:
        raise ValueError(f"{bad} of {len(files)} files could not be used")


@dataclass(frozen=True, eq=False)
class _Trying:
    """One file of many: the line about it, or why there is none."""

    step: Step

    def __call__(self, source: Path, target: Path) -> tuple[str, str]:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            return self.step(source, target, _unseen), ""
        except ValueError as error:
            return "", str(error)


def _unseen(_done: float) -> None:
    """How far one of many files is: their lines tell enough."""


def _killed(source: Path) -> tuple[str, str]:
    return "", f"the process that worked on {source} was killed"
