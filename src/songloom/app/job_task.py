"""What a job is asked to do: the contract that every kind of task meets. `job_kinds.py` has the table of kinds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from songloom.inference import memory
from songloom.published.files import locate
from songloom.published.load import own_folder

if TYPE_CHECKING:
    from songloom.app.job_attempt import Attempt
    from songloom.app.job_limits import Limits

Bound = tuple[str, float, float | None]
"""What is too much in words, with places for what is asked and for the most that may be (None: any)."""


class Task(ABC):
    """A task of one kind. What is asked of it lies in the job's row as JSON, sounds and the like beside it in the job's
    folder."""

    kind: ClassVar[str]
    model: str
    """The name or place of the model that it needs."""

    @property
    @abstractmethod
    def seconds(self) -> float:
        """Of sound that each of its `parts` is about."""

    @property
    def parts(self) -> int:
        """How often as much is done."""
        return 1

    @property
    @abstractmethod
    def way(self) -> str:
        """What decides how long a second of sound takes, and how much memory."""

    @property
    def alike(self) -> str:
        """Tasks that say the same here can be done at once; "" for one that is done alone."""
        return ""

    @property
    def input_bytes(self) -> int:
        """Bytes of the files that `stored` writes."""
        return 0

    @property
    def output_bytes(self) -> int:
        """Bytes that it may leave on the disk."""
        return 0

    @property
    def bytes_a_second(self) -> int:
        """Of memory for each second of sound."""
        return 0

    def weights(self) -> int:
        """Bytes of memory of its model. Raises ValueError when there is none."""
        own = own_folder(self.model)
        return memory.needed(locate(self.model) if own is None else own)

    def most_work(self, limits: Limits) -> float:
        """The most seconds of work that it may take."""
        return limits.timeout

    def bounds(self, limits: Limits) -> Sequence[Bound]:
        """What limits it besides work, files and memory. Raises ValueError for what its model cannot meet."""
        return ()

    @abstractmethod
    def stored(self, folder: Path) -> dict[str, Any]:
        """The task as JSON, with its "kind" and, under "request", what clients are told; files are written to
        `folder`."""

    @classmethod
    @abstractmethod
    def of(cls, told: dict[str, Any], folder: Path) -> Self:
        """The task that `stored` told of."""

    @classmethod
    @abstractmethod
    def work(cls, attempt: Attempt) -> None:
        """Does it: tells the attempt how far it is and, at last, its results. Raises ValueError or OSError when it
        fails; of tasks that are alike it may ask the attempt for others, and ends these too."""
