"""Several processes for a test: a function runs in each of them, joined by gloo."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import torch
from torch import distributed, multiprocessing

from songloom.training.distributed import leave

Work = Callable[..., None]
"""Called with (rank, world, ...)."""


def together(world: int, work: Work, *arguments: Any) -> None:
    """Runs `work` in `world` processes and waits for them; an error in one is raised here."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = int(held.getsockname()[1])
    multiprocessing.spawn(_joined, (world, port, work, arguments), nprocs=world)


def _joined(rank: int, world: int, port: int, work: Work, arguments: tuple[Any, ...]) -> None:
    torch.set_num_threads(1)
    store = distributed.TCPStore("127.0.0.1", port, world, rank == 0)
    distributed.init_process_group("gloo", rank=rank, world_size=world, store=store)
    work(rank, world, *arguments)
    leave()
