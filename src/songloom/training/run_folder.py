"""A run folder: the checkpoint with what resuming needs, the log, samples. Nothing in it is ever half written.

checkpoint/            a checkpoint of the system, or lora.safetensors alone (averaged where the recipe averages)
  training/            state.json, and what the run remembers (see `memory.py`)
log.jsonl log.csv losses.png samples/ README.md
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from safetensors import SafetensorError
from torch import Tensor

from songloom import checkpoint
from songloom.config import override, to_json
from songloom.data.manifest import write_atomically
from songloom.recipe import Recipe
from songloom.systems.roles import System
from songloom.training.distributed import Processes
from songloom.training.log import Log
from songloom.training.memory import Memory
from songloom.training.product import Product

FORMAT = 1
MUSIC = "music"
"""What may lie in the folder before the run begins: its own data set."""
UNBORN = ".checkpoint-new"


@dataclass(frozen=True, slots=True)
class State:
    """Where a run stands: `step` steps are done in `seconds` of training; `best` is the lowest validation loss."""

    step: int
    seconds: float
    best: float | None
    recipe: Recipe
    data: str


class RunFolder:
    """Made by `create` or `reopen`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoint = path / "checkpoint"
        self.memory = Memory(self.checkpoint / "training")
        self.log = Log(path)

    @classmethod
    def create(cls, path: Path) -> RunFolder:
        """A new run. Raises ValueError where `check_free` does."""
        path = Path(path)
        cls.check_free(path)
        shutil.rmtree(path / UNBORN, ignore_errors=True)
        path.mkdir(parents=True, exist_ok=True)
        return cls(path)

    @staticmethod
    def check_free(path: Path) -> None:
        """Raises ValueError for a folder that holds anything but a run's own music, or the rest of a first checkpoint
        that was killed: nothing is overwritten."""
        path = Path(path)
        if path.exists() and (not path.is_dir() or {one.name for one in path.iterdir()} - {MUSIC, UNBORN}):
            raise ValueError(f"{path} exists; give --resume to go on with that run, or choose another --out")

    @classmethod
    def reopen(cls, path: Path) -> RunFolder:
        """The run in `path`, at its last checkpoint. Raises ValueError when there is none."""
        run = cls(Path(path))
        if not run.checkpoint.exists() and run.path.is_dir():
            for old in sorted(run.path.glob(".checkpoint-old-*")):  # killed between two renames
                old.rename(run.checkpoint)
                break
        if not (run.checkpoint / "training" / "state.json").is_file():
            raise ValueError(f"{path} holds no run to resume")
        for rest in run.path.glob(".checkpoint-*"):
            shutil.rmtree(rest, ignore_errors=True)
        return run

    @staticmethod
    def holds_run(path: Path) -> bool:
        """Whether `reopen` would find a run in `path`."""
        path = Path(path)
        return any(path.glob("checkpoint/training/state.json")) or any(
            path.glob(".checkpoint-old-*/training/state.json")
        )

    def save(
        self,
        system: System,
        state: State,
        *,
        product: Product,
        shipped: Mapping[str, Tensor],
        memory: Mapping[str, Mapping[str, Tensor]],
        card: str,
        processes: Processes | None = None,
    ) -> None:
        """Replaces the checkpoint by the weights that are `shipped`, which the first process holds, and the run's
        `memory`, of which every process may hold a part.

        When the disk refuses, OSError is raised and the older checkpoint stays.
        """
        processes = processes or Processes()
        fresh = self.path / UNBORN
        try:
            if processes.first:
                product.write(system, fresh, shipped, card)
                (fresh / "training").mkdir()
            if processes.sharded:
                processes.wait()
            Memory(fresh / "training").write(memory, processes)
            if processes.first:
                self._finish(fresh, state)
        except (OSError, SafetensorError) as error:
            raise OSError(
                f"the checkpoint of step {state.step} could not be written to {self.path}: {error}"
            ) from error
        finally:
            if processes.first:
                shutil.rmtree(fresh, ignore_errors=True)
        if processes.first:
            write_atomically(self.path / "README.md", card)

    def _finish(self, fresh: Path, state: State) -> None:
        """Puts a checkpoint, whole but for its state, where the older one is."""
        training = fresh / "training"
        (training / "state.json").write_text(json.dumps(_state_json(state), indent=1) + "\n", encoding="utf-8")
        for folder in (*filter(Path.is_dir, training.iterdir()), training):
            checkpoint.sync(folder)
        checkpoint.replace_folder(fresh, self.checkpoint)

    def state(self) -> State:
        """What `save` was told. Raises ValueError when it is damaged."""
        path = self.checkpoint / "training" / "state.json"
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            recipe = changed(Recipe(), {name: json.dumps(value) for name, value in data["recipe"].items()})
            return State(int(data["step"]), float(data["seconds"]), data["best"], recipe, str(data["data"]))
        except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is damaged: {error}") from error

    def load_opponents(self, system: System) -> None:
        """Fills the system's opponents. Raises ValueError when the run's are others."""
        expected = checkpoint.opponent_weights(system)
        if not expected:
            return
        found, own = self.memory.read("opponents"), system.state_dict()
        if {name: tensor.shape for name, tensor in found.items()} != {n: t.shape for n, t in expected.items()}:
            raise ValueError(f"{self.path} holds a run against other opponents than {', '.join(system.opponents)}")
        for name, tensor in found.items():
            own[name].copy_(tensor)

    def settings(self) -> Any:
        """The `settings` of the checkpoint (a whole model's), as JSON data."""
        return checkpoint.read_config(self.checkpoint)["settings"]


def changed(recipe: Recipe, changes: Mapping[str, str]) -> Recipe:
    """`recipe` with other values, given as JSON or bare text by name."""
    found: Recipe = override(cast(Any, recipe), changes)
    return found


def _state_json(state: State) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "step": state.step,
        "seconds": round(state.seconds, 3),
        "best": state.best,
        "recipe": to_json(state.recipe),
        "data": state.data,
    }
