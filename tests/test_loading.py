"""Weights come from the disk as they are used, are there once, and every system is whole after it."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from songloom import checkpoint
from songloom.loading import fill, header, let_go, mapped, on_disk, paged, without_memory
from songloom.systems import registry

TINY = sorted(name for name in registry.presets() if name.endswith("-tiny"))


def resident(kind: str = "VmRSS") -> int:
    """Bytes of this process that are in memory."""
    rows = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(1024 * int(row.split()[1]) for row in rows if row.startswith(kind))


@pytest.fixture
def tensors() -> dict[str, Tensor]:
    torch.manual_seed(0)
    kinds = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
    made = {str(kind): torch.randn(3, 5).to(kind) for kind in kinds}
    whole = (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool)
    made |= {str(kind): torch.randint(0, 2, (7,)).to(kind) for kind in whole}
    return made | {"nothing": torch.zeros(0, 4), "one": torch.tensor(2.5)}


def test_mapped_tensors_are_those_of_the_file(tmp_path: Path, tensors: dict[str, Tensor]) -> None:
    save_file(tensors, tmp_path / "t.safetensors", metadata={"by": "a test"})
    found, expected = mapped(tmp_path / "t.safetensors"), load_file(tmp_path / "t.safetensors")
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert found[name].dtype == tensor.dtype and torch.equal(found[name], tensor), name


def test_numbers_at_odd_places_are_read_too(tmp_path: Path) -> None:
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    header = json.dumps({"x": entry}).encode()
    header += b" " * (1 + -(len(header) + 8) % 4)  # a place that is no multiple of 4
    data = torch.tensor([1.5, -2.0]).numpy().tobytes()
    (tmp_path / "t.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + data)
    assert mapped(tmp_path / "t.safetensors")["x"].tolist() == [1.5, -2.0]


def test_writing_to_a_mapped_tensor_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    save_file({"x": torch.ones(4)}, tmp_path / "t.safetensors")
    found = mapped(tmp_path / "t.safetensors")["x"]
    found.add_(1)
    assert found.tolist() == [2.0] * 4
    assert mapped(tmp_path / "t.safetensors")["x"].tolist() == [1.0] * 4


DAMAGES: dict[str, dict[str, Any]] = {
    "an overlap": {
        "x": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
        "y": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]},
    },
    "a hole": {"x": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}},
    "beyond its end": {"x": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}},
    "other bytes than the shape has": {"x": {"dtype": "F32", "shape": [4], "data_offsets": [0, 12]}},
    "a size below 0": {"x": {"dtype": "F32", "shape": [-1, -3], "data_offsets": [0, 12]}},
    "no kind": {"x": {"shape": [3], "data_offsets": [0, 12]}},
    "no dictionary": {"x": [3]},
    "turned round": {"x": {"dtype": "F32", "shape": [-3], "data_offsets": [12, 0]}},
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_headers_that_cannot_be_true_are_refused(tmp_path: Path, damage: str) -> None:
    told = json.dumps(DAMAGES[damage]).encode()
    (tmp_path / "t.safetensors").write_bytes(len(told).to_bytes(8, "little") + told + bytes(12))
    with pytest.raises(ValueError, match=r"t\.safetensors cannot be read"):
        header(tmp_path / "t.safetensors")


def test_a_file_that_is_larger_than_any_memory_is_told_without_mapping_it(tmp_path: Path) -> None:
    entry = {"dtype": "F32", "shape": [2**40, 3], "data_offsets": [0, 12 * 2**40]}
    told = json.dumps({"x": entry}).encode()
    with (tmp_path / "t.safetensors").open("wb") as file:
        file.write(len(told).to_bytes(8, "little") + told)
        try:
            file.truncate(8 + len(told) + 12 * 2**40)  # holes take no room
        except OSError:
            pytest.skip("no file is that large here")
    assert header(tmp_path / "t.safetensors")["x"].shape == [2**40, 3]


@pytest.mark.parametrize("damage", ["cut off", "no header", "empty", "not there"])
def test_damaged_files_are_refused_by_name(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "t.safetensors"
    save_file({"x": torch.ones(400)}, path)
    data = {"cut off": path.read_bytes()[:-9], "no header": b"\xff" * 64, "empty": b""}
    path.unlink() if damage == "not there" else path.write_bytes(data[damage])
    with pytest.raises(ValueError, match=r"t\.safetensors cannot be read"):
        mapped(path)


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="the system does not tell what is in memory")
def test_a_tensor_takes_memory_only_from_its_first_use_to_its_last(tmp_path: Path) -> None:
    size = 2**22
    save_file({name: torch.ones(size) for name in "abcd"}, tmp_path / "t.safetensors")
    before, most = resident(), 0
    found = mapped(tmp_path / "t.safetensors")
    assert resident() - before < size
    for name in "abcd":
        assert float(found.pop(name).sum()) == size
        most = max(most, resident() - before)
    assert most < 2 * size, "two of the four were there at once"


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="the system does not tell what is in memory")
def test_a_paged_tensor_leaves_no_memory_behind_whatever_is_made_after_it() -> None:
    size, before, kept = 2**20, resident(), []
    for number in range(40):
        large = paged((4, size), torch.float32).fill_(number)
        assert large.shape == (4, size) and float(large[3, -1]) == number
        kept.append(torch.full((size // 16,), float(number)))
        del large
    assert resident() - before < 40 * 4 * size // 16 + 4 * size, "what was dropped is still there"


def test_a_paged_tensor_can_be_empty_and_of_any_kind() -> None:
    assert paged((0, 3), torch.int8).shape == (0, 3)
    assert paged((2,), torch.bfloat16).fill_(1.5).tolist() == [1.5, 1.5]
    assert paged((2,), torch.int64, torch.device("meta")).is_meta


def test_what_is_made_without_memory_has_shapes_and_buffers() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.linear = nn.Linear(10**4, 10**4)
            self.fixed = nn.Parameter(torch.ones(2), requires_grad=False)
            self.register_buffer("table", torch.arange(3.0), persistent=False)

    with without_memory():
        module = Both()
    assert module.linear.weight.is_meta and module.linear.weight.shape == (10**4, 10**4)
    assert [module.linear.bias.requires_grad, module.fixed.requires_grad] == [True, False]
    assert module.table.tolist() == [0.0, 1.0, 2.0]
    assert not nn.Linear(2, 2).weight.is_meta


def test_filling_assigns_what_has_no_memory_and_copies_to_the_rest() -> None:
    with without_memory():
        module = nn.Sequential(nn.Linear(2, 2, bias=False), nn.BatchNorm1d(2))
    module[0].weight.requires_grad_(False)
    place = module[1].running_mean
    weight, half = torch.ones(2, 2), torch.full((2,), 0.5, dtype=torch.float16)
    fill(module, {"0.weight": weight, "1.weight": half, "1.bias": half, "1.running_mean": torch.tensor([3.0, 4.0])})
    assert module[0].weight.data_ptr() == weight.data_ptr() and not module[0].weight.requires_grad
    assert module[1].weight.dtype == torch.float32 and module[1].weight.tolist() == [0.5, 0.5]
    assert module[1].running_mean is place and place.tolist() == [3.0, 4.0]


@pytest.mark.parametrize("name", TINY)
def test_every_system_that_is_built_without_memory_is_whole_and_the_same(tmp_path: Path, name: str) -> None:
    torch.manual_seed(0)
    saved = registry.presets()[name].build().eval()
    checkpoint.save(saved, tmp_path / "model")
    torch.manual_seed(1)
    found = checkpoint.load(tmp_path / "model")
    wanted, own = {**dict(saved.named_parameters()), **dict(saved.named_buffers())}, {}
    own = {**dict(found.named_parameters()), **dict(found.named_buffers())}
    assert own.keys() == wanted.keys()
    for key, tensor in wanted.items():
        assert not own[key].is_meta and own[key].dtype == tensor.dtype, key
        assert torch.equal(own[key], tensor), key
        assert own[key].requires_grad == tensor.requires_grad, key


def test_loading_the_embedded_model_imports_no_compiler() -> None:
    told = "import sys, songloom; songloom.load('loom'); print('torch._dynamo' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


@pytest.mark.parametrize("name", ["dac-tiny", "stable-audio-tiny"])
def test_weights_keep_their_layout_in_memory(tmp_path: Path, name: str) -> None:
    system = registry.presets()[name].build()
    checkpoint.save(system, tmp_path / "model")
    loaded = checkpoint.load(tmp_path / "model").state_dict()
    own = {key: tensor.stride() for key, tensor in system.state_dict().items() if not tensor.is_contiguous()}
    assert own and all(loaded[key].stride() == strides for key, strides in own.items())


def test_a_checkpoint_that_is_loaded_learns(tmp_path: Path) -> None:
    """Its parameters are leaves whose memory can be written to."""
    checkpoint.save(registry.presets()["dac-tiny"].build(), tmp_path / "model")
    system = checkpoint.load(tmp_path / "model").train()
    parameters = [parameter for parameter in system.parameters() if parameter.requires_grad]
    before = [parameter.detach().clone() for parameter in parameters]
    optimizer = torch.optim.SGD(parameters, lr=0.1)
    latents = system.encode(torch.randn(1, system.channels, 4 * system.hop_length))
    system.decode(latents).square().sum().backward()
    optimizer.step()
    changed = [not torch.equal(old, new) for old, new in zip(before, parameters, strict=True) if new.grad is not None]
    assert changed and any(changed)


def layer(path: Path) -> nn.Linear:
    """Four million numbers, mapped."""
    save_file({"weight": torch.randn(2**11, 2**11), "bias": torch.zeros(2**11)}, path)
    with without_memory():
        made = nn.Linear(2**11, 2**11)
    fill(made, mapped(path))
    return made.requires_grad_(False)


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="the system does not tell what is in memory")
def test_what_is_let_go_is_on_the_disk_alone_until_it_is_used_again(tmp_path: Path) -> None:
    made = layer(tmp_path / "t.safetensors")
    x = torch.ones(1, 2**11)
    expected, before = made(x), resident()
    let_go(made)
    assert before - resident() > 0.9 * made.weight.nbytes
    assert torch.equal(made(x), expected)
    assert resident() > before - 0.1 * made.weight.nbytes


def test_what_was_changed_is_not_let_go(tmp_path: Path) -> None:
    made = layer(tmp_path / "t.safetensors")
    assert on_disk(made.weight) is not None and on_disk(paged([4], torch.float32)) is None
    made.weight.add_(1)
    changed = made.weight.clone()
    let_go(made)
    assert on_disk(made.weight) is None and torch.equal(made.weight, changed)


def test_a_map_is_known_as_long_as_its_tensor(tmp_path: Path) -> None:
    save_file({"x": torch.ones(4)}, tmp_path / "t.safetensors")
    found = mapped(tmp_path / "t.safetensors")["x"]
    pages = weakref.ref(on_disk(found))
    assert pages() is not None
    del found
    gc.collect()
    assert pages() is None


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="the system does not tell what is in memory")
def test_sweeping_gives_back_what_lies_free_between_other_things() -> None:
    code = """
import torch
from songloom.loading import sweep
from test_loading import resident
kept = [torch.ones(2**14) for _ in range(2000)]
kept = kept[::2]
before = resident()
sweep()
print(before - resident())
"""
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    assert int(found.stdout) > 0.8 * 1000 * 2**16, "holes of 64 KiB"
