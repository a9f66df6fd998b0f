"""`songloom train` under torchrun: a killed process costs the steps since the last save, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from shared_draws import shared_draws
from training_toys import write_sines

from songloom.app import cli
from songloom.app.torchrun import joined, own_device
from songloom.training.run_folder import RunFolder

HERE = Path(__file__).parent
LAUNCH = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", "--max-restarts=1")


def words(data: Path, out: Path) -> list[str]:
    changes = {"steps": 6, "batch_size": 4, "seconds": 0.25, "accumulate": 2, "ema": 0.5}
    sets = [word for name, value in changes.items() for word in ("--set", f"recipe.{name}={value}")]
    running = ["--device", "cpu", "--threads", "1", "--save-minutes", "0", "--valid-steps", "0", "--sample-steps", "0"]
    return ["train", "mulan-tiny", "--data", str(data), "--out", str(out), *sets, *running]


@pytest.mark.skipif(sys.platform == "win32", reason="gloo on Windows needs another rendezvous")
def test_a_run_of_which_a_process_was_killed_ends_with_the_weights_of_one_process_that_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write_sines(tmp_path / "data")
    monkeypatch.setattr(sys, "argv", ["songloom", *words(data, tmp_path / "whole")])
    with shared_draws(4):
        cli.main()
    script = [sys.executable, *LAUNCH, str(HERE / "killed_training.py"), *words(data, tmp_path / "broken"), "--shard"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(script, env=environment, capture_output=True, text=True, check=False, timeout=600)
    assert ended.returncode == 0, ended.stderr
    told = ended.stdout.splitlines()
    assert "try 0, process 1, step 3" in told and "try 0, process 0, step 4" not in told
    assert "try 1, process 0, step 2" not in told and "try 1, process 1, step 5" in told
    whole, broken = (load_file(tmp_path / run / "checkpoint/model.safetensors") for run in ("whole", "broken"))
    assert whole.keys() == broken.keys()
    assert all(torch.allclose(whole[name], broken[name], atol=1e-4) for name in whole)
    assert RunFolder.reopen(tmp_path / "broken").state().step == 6


def test_each_process_takes_its_own_device_and_what_cannot_be_is_refused_in_a_line() -> None:
    assert [own_device(None, local, 2, gpus) for local in (0, 1) for gpus in (0, 2)] == [
        "cpu",
        "cuda:0",
        "cpu",
        "cuda:1",
    ]
    assert own_device("cuda", 1, 2, 2) == "cuda:1" and own_device("cuda:1", 0, 1, 2) == "cuda:1"
    for asked, local, here, gpus, told in (
        ("tpu", 0, 1, 0, "must be cpu, cuda or cuda:N"),
        ("cuda", 0, 1, 0, "has 0 CUDA"),
        ("cuda:2", 0, 1, 2, "has 2 CUDA"),
        ("cuda:0", 1, 2, 2, "leave it away"),
        (None, 1, 4, 2, "--nproc-per-node 2"),
    ):
        with pytest.raises(ValueError, match=told):
            own_device(asked, local, here, gpus)


def test_an_environment_that_torchrun_did_not_make_is_refused_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(ValueError, match="not by torchrun"):
        joined("cpu", shard=False)
    monkeypatch.setenv("RANK", "one")
    with pytest.raises(ValueError, match="RANK is 'one'"):
        joined("cpu", shard=False)


def test_help_says_how_to_begin_and_shards_of_one_process_are_refused_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["songloom", "train", "--help"])
    cli.main()
    assert "torchrun --nproc-per-node" in " ".join(capsys.readouterr().out.split())
    monkeypatch.setattr(sys, "argv", ["songloom", *words(tmp_path, tmp_path / "run"), "--shard"])
    with pytest.raises(SystemExit, match="2"):
        cli.main()
    assert capsys.readouterr().err.startswith("songloom: --shard splits the weights over several processes: begin with")
    assert not (tmp_path / "run").exists()
