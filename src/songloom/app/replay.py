"""`songloom replay`: the same samples again from the recipe inside a file."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from songloom.app.screen import bar
from songloom.app.targets import check_target
from songloom.config import parsed

if TYPE_CHECKING:
    from torch import Tensor

    from songloom.audio.clip import Audio

DIFFERENT = 3
"""The exit code where the samples are not the same."""
ROUNDING = 1.01 / 2**15


def replay(
    file: Path,
    *,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    overwrite: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Make a file's music again from the recipe that it carries, and say whether it is the same.

    The exit code is 0 where it is, 3 where it is not: the file was changed, or another machine or version made it.

    Parameters
    ----------
    file:
        A file that songloom made.
    output:
        Where to write it; without it the samples are only compared.
    overwrite:
        Replace a file that is there.
    """
    from songloom.audio import files
    from songloom.inference import song

    text = files.read_metadata(file)
    if not text:
        raise ValueError(f"{file} carries no recipe")
    try:
        recipe = parsed(text)
    except ValueError:
        recipe = None
    if not isinstance(recipe, dict) or "songloom" not in recipe:
        raise ValueError(f"{file} carries a comment, but no recipe of songloom")
    if output is not None:
        check_target(output, overwrite=overwrite)
    with bar(file.name) as report:
        audio = song.replay(recipe, progress=report)
    if output is not None:
        audio.save(output)
    before, now = files.read(file)[0], _as_written(audio, file.suffix)
    change = _change(before, now)
    print(f"{file}: {change or 'the same samples'}")
    if change:
        raise SystemExit(DIFFERENT)


def _change(before: Tensor, now: Tensor) -> str:
    """How a file's samples [C, T] differ from those that its recipe makes; nothing where they do not."""
    if before.shape != now.shape:
        return f"the samples differ: it has {before.shape[-1]}, its recipe makes {now.shape[-1]}"
    difference = float((before - now).abs().max())
    return "" if difference <= ROUNDING else f"the samples differ by up to {difference:.3g}"


def _as_written(audio: Audio, suffix: str) -> Tensor:
    """The samples [C, T] as a file of this kind gives them back: some kinds lose something, or have other rates."""
    from songloom.audio import files

    with TemporaryDirectory() as folder:
        return files.read(audio.save(Path(folder) / f"again{suffix}"))[0]
