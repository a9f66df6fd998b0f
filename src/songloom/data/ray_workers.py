"""The same mapping on a Ray cluster, by Ray Data: each task is a block of its own, and blocks come back in order.

Ray begins a task again, up to four times in all, where its process or its machine is lost. Whatever tasks read and
write lies on a file system that all machines share; what they give comes back to this process.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from songloom.data.workers import Died, Made, Name, lost

LOCAL = "local"
RETRIES = 3
"""Without a bound of ours Ray Data would begin a task that kills its process for ever."""
ROUND = 10_000
"""Tasks that are handed to the cluster together."""
STORE_BYTES = 256 * 2**20
"""Memory that a local cluster shares between its processes; names of files and single arrays pass through it."""


def mapped_by_ray(
    make: Callable[..., Made],
    tasks: Mapping[Name, tuple[Any, ...]],
    address: str,
    jobs: int,
    died: Died[Made] | None,
    *,
    gpu: bool,
) -> Iterator[tuple[Name, Made]]:
    """See `workers.mapped`; at most `jobs` tasks at a time, or as many as fit where it is 0."""
    ray = connected(address, jobs)
    reference, every = ray.put(ray.cloudpickle.dumps(make)), list(tasks)
    for first in range(0, len(every), ROUND):
        names, place = every[first : first + ROUND], 0
        rows = [{"place": place, "task": ray.cloudpickle.dumps(tasks[name])} for place, name in enumerate(names)]
        for row in _rows(partial(_called, reference, str(Path.cwd())), rows, jobs, gpu):
            for name in names[place : row["place"]]:
                yield name, lost(name, died)
            place = row["place"] + 1
            if row["error"]:
                raise ray.cloudpickle.loads(row["error"])
            yield names[row["place"]], ray.cloudpickle.loads(row["made"])
        for name in names[place:]:
            yield name, lost(name, died)


def connected(address: str, jobs: int) -> Any:
    """Ray, connected to a cluster; a connection that there is stays. Raises ValueError where it is not installed."""
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as error:
        raise ValueError(f"{error.name} is missing; pip install 'songloom[cluster]' brings it") from None
    if not ray.is_initialized():
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        start = partial(ray.init, address, logging_level=logging.ERROR, log_to_driver=False)
        if address == LOCAL:
            start(num_cpus=jobs or None, object_store_memory=STORE_BYTES, include_dashboard=False)
        else:
            start()
    return ray


def _rows(
    call: Callable[[dict[str, Any]], dict[str, Any]], rows: list[dict[str, Any]], jobs: int, gpu: bool
) -> Iterator[dict[str, Any]]:
    """What became of the rows, in order; those are missing that were lost."""
    import ray.data
    from ray.util.annotations import RayDeprecationWarning

    context = ray.data.DataContext.get_current().copy()
    context.execution_options.preserve_order = True
    context.max_errored_blocks = -1
    context.enable_progress_bars = context.print_on_execution_start = False
    with ray.data.DataContext.current(context), _quiet(logging.getLogger("ray.data")):
        with warnings.catch_warnings(category=RayDeprecationWarning, action="ignore"):  # max_retries has no other door
            made = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
                call,
                num_cpus=1,
                num_gpus=int(gpu),
                compute=ray.data.TaskPoolStrategy(size=jobs or None),
                max_retries=RETRIES,
            )
        yield from made.iter_rows()


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    """What is lost is told by its result, not by the engine's own lines."""
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def _called(make: Any, folder: str, row: dict[str, Any]) -> dict[str, Any]:
    """One row through what a reference refers to, on whatever machine; paths mean what they mean where it came from."""
    import ray

    pickler: Any = ray.cloudpickle
    try:
        os.chdir(folder)
        made, error = pickler.dumps(_opened(make)(*pickler.loads(row["task"]))), b""
    except Exception as raised:  # whatever it is, it is raised where the task came from
        made, error = b"", pickler.dumps(raised)
    return {"place": row["place"], "made": made, "error": error}


@lru_cache(maxsize=1)
def _opened(make: Any) -> Callable[..., Any]:
    """What a reference refers to, once for each process."""
    import ray

    found: Callable[..., Any] = ray.cloudpickle.loads(ray.get(make))
    return found
