"""Two processes hold the same codebooks as one process that sees both their batches."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, distributed, multiprocessing, nn

from songloom.bottlenecks.bottleneck import BottleneckSettings
from songloom.bottlenecks.residual import ResidualQuantizer
from songloom.bottlenecks.vector import VectorQuantizer

SETTINGS: dict[str, BottleneckSettings] = {
    "averages": VectorQuantizer.Config(codebook_size=8, width=3, k_means=False, expiry=0.0, decay=0.5),
    "start": VectorQuantizer.Config(codebook_size=8, width=3, decay=0.5),
    "restarts": VectorQuantizer.Config(codebook_size=8, width=3, k_means=False, expiry=0.9, decay=0.5),
}
FACTORISED = ResidualQuantizer.Config(streams=2, codebook_size=8, width=6, projection=3, cosine=True, learn="gradient")


def batches(width: int) -> Tensor:
    """Steps of two items, [steps, 2, width, F]."""
    return torch.randn(4, 2, width, 20, generator=torch.Generator().manual_seed(1))


def trained(settings: BottleneckSettings, rank: int | None) -> dict[str, Tensor]:
    """State after training on one item of each batch, or on both where rank is None."""
    torch.manual_seed(0)
    quantizer = settings.build().train()
    for step, batch in enumerate(batches(settings.width)):
        torch.manual_seed(100 * step + (rank or 0))
        quantizer(batch if rank is None else batch[rank : rank + 1])
    return {name: value.clone() for name, value in quantizer.state_dict().items()}


def gradients(quantizer: nn.Module, latents: Tensor) -> dict[str, Tensor]:
    passed = quantizer(latents)
    (passed.latents.square().mean() + sum(passed.losses.values())).backward()
    return {name: weight.grad for name, weight in quantizer.named_parameters() if weight.grad is not None}


def worker(rank: int, port: int, folder: Path) -> None:
    torch.set_num_threads(1)
    store = distributed.TCPStore("127.0.0.1", port, 2, rank == 0)
    distributed.init_process_group("gloo", rank=rank, world_size=2, store=store)
    states: dict[str, dict[str, Tensor]] = {name: trained(one, rank) for name, one in SETTINGS.items()}
    from torch.distributed.fsdp import fully_shard

    torch.manual_seed(0)
    sharded = FACTORISED.build()
    for book in sharded.books:
        fully_shard(book)
    fully_shard(sharded)
    found = gradients(sharded, batches(6)[0])
    states["sharded"] = {name: value.full_tensor() for name, value in found.items()}  # type: ignore[attr-defined]
    torch.save(states, folder / f"{rank}.pt")
    distributed.destroy_process_group()


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


@pytest.mark.skipif(sys.platform == "win32", reason="gloo on Windows needs another rendezvous")
def test_processes_agree_on_codebooks(tmp_path: Path) -> None:
    multiprocessing.spawn(worker, (free_port(), tmp_path), nprocs=2)
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2))
    for name in (*SETTINGS, "sharded"):
        assert all(torch.equal(value, second[name][key]) for key, value in first[name].items()), name
    for key, value in trained(SETTINGS["averages"], None).items():
        torch.testing.assert_close(first["averages"][key], value)
    torch.manual_seed(0)
    for key, value in gradients(FACTORISED.build(), batches(6)[0]).items():
        torch.testing.assert_close(first["sharded"][key], value)
