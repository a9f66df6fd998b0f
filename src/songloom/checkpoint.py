"""A trained system on disk: a folder with config.json, model.safetensors, a model card and frozen parts.

    config.json         settings (with kinds), format version, SHA-256 of the weights
    model.safetensors   the system's own weights
    README.md           the model card
    parts/<name>/       whole checkpoints of the sub-systems that the system names in `frozen` ("codec", "base.codec")

A part may leave its weights out where a model that ships with the package has the same: they are found by their hash.
Folders are written to a sibling, synced and renamed, so a reader sees the old one or the new one whole.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import torch
from safetensors.torch import save_file
from torch import Tensor

from songloom.config import Settings, from_json, parsed, to_json
from songloom.loading import fill, mapped, without_memory

FORMAT = 1
WEIGHTS = "model.safetensors"
SHIPPED = Path(__file__).parent / "weights"


class Saveable(Protocol):
    """What a checkpoint needs of a system: its settings, its weights, the names of its frozen parts and of the
    modules that only training needs."""

    config: Settings
    frozen: tuple[str, ...]
    opponents: tuple[str, ...]

    def state_dict(self) -> dict[str, Any]: ...

    def named_parameters(self) -> Iterator[tuple[str, Any]]: ...

    def get_submodule(self, target: str) -> Any: ...


def weights(system: Saveable) -> dict[str, Tensor]:
    """`own_tensors` on the CPU."""
    return {name: _stored(tensor) for name, tensor in own_tensors(system).items()}


def own_tensors(system: Saveable) -> dict[str, Tensor]:
    """The system's own tensors as they are: everything but its frozen parts and its opponents."""
    others = tuple(f"{name}." for name in (*system.frozen, *system.opponents))
    return {name: tensor for name, tensor in system.state_dict().items() if not name.startswith(others)}


def opponent_weights(system: Saveable) -> dict[str, Tensor]:
    """The tensors of the modules that only training needs, on the CPU, by their names in the system."""
    names = tuple(f"{name}." for name in system.opponents)
    return {k: _stored(v) for k, v in system.state_dict().items() if k.startswith(names)}


def _stored(tensor: Tensor) -> Tensor:
    return tensor.detach().to("cpu").contiguous()


def save(
    system: Saveable, folder: Path, *, card: str = "", own: dict[str, Tensor] | None = None, half: bool = False
) -> None:
    """Writes `system` as a checkpoint folder, in place of any older one. `own` replaces the system's own
    weights (an averaged copy, say); with `half` the parameters are stored in float16, as shipped models are
    (buffers, such as codebooks, stay float32). Raises OSError when the disk refuses; the older folder then
    stays."""
    folder = Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _write(system, fresh, card, own, half)
        fresh.chmod(0o755)
        replace_folder(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _write(system: Saveable, folder: Path, card: str, own: dict[str, Tensor] | None, half: bool) -> None:
    tensors = weights(system) if own is None else own
    if half:
        trained = {name for name, _ in system.named_parameters()}
        tensors = {name: tensor.half() if name in trained else tensor for name, tensor in tensors.items()}
    save_file(tensors, folder / WEIGHTS)
    config = {
        "format": FORMAT,
        "settings": to_json(system.config),
        "sha256": file_hash(folder / WEIGHTS),
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    if card:
        (folder / "README.md").write_text(card, encoding="utf-8")
    for name in system.frozen:
        part = folder / "parts" / name
        part.mkdir(parents=True)
        _write(system.get_submodule(name), part, "", None, half)
    sync(folder)


def sync(folder: Path) -> None:
    """Brings the files that lie in `folder` to the disk, readable by all."""
    for path in folder.iterdir():
        if path.is_file():
            path.chmod(0o644)
            with path.open("rb") as handle:
                os.fsync(handle.fileno())


def replace_folder(fresh: Path, folder: Path) -> None:
    """Puts `fresh` where `folder` is; the older folder is removed only after the new one stands."""
    old = folder.with_name(f".{folder.name}-old-{os.getpid()}")
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def load(folder: Path, *, verify: bool = True) -> Any:
    """The system of a checkpoint folder, in eval mode on the CPU.

    Raises ValueError for a folder that is no checkpoint, damaged weights (the hash differs), and keys
    that are missing or unknown. The classes it names must have been imported (`registry.load` sees to it).
    """
    folder = Path(folder)
    settings = from_json(read_config(folder)["settings"])
    with without_memory():
        system = settings.build()
    load_weights(system, folder, verify=verify)
    system.eval()
    return system


def read_config(folder: Path) -> dict[str, Any]:
    """config.json of a checkpoint folder. Raises ValueError when it is missing or not of this format."""
    path = Path(folder) / "config.json"
    try:
        data = parsed(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"{folder} is not a checkpoint: it has no config.json") from None
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        raise ValueError(f"{path} is not a songloom checkpoint of format {FORMAT}")
    return data


def load_weights(system: Any, folder: Path, *, verify: bool = True) -> None:
    """Fills `system` and its frozen parts with the weights of `folder`."""
    path = weights_file(folder)
    if verify and file_hash(path) != read_config(folder).get("sha256"):
        raise ValueError(f"{path} is damaged: its SHA-256 is not the one in config.json")
    found, expected = mapped(path), own_tensors(system)
    missing, unknown = sorted(expected.keys() - found.keys()), sorted(found.keys() - expected.keys())
    wrong = sorted(k for k in expected.keys() & found.keys() if expected[k].shape != found[k].shape)
    for problem, keys in (("lacks", missing), ("has unknown", unknown), ("has other shapes for", wrong)):
        if keys:
            raise ValueError(f"{path} {problem} {len(keys)} keys: {', '.join(keys[:8])}")
    fill(system, found)
    for name in system.frozen:
        load_weights(system.get_submodule(name), folder / "parts" / name, verify=verify)


def weights_file(folder: Path) -> Path:
    """The weights of a checkpoint folder: its own, or those of the same hash in a model that ships with the package.
    Raises ValueError when there are none."""
    own = Path(folder) / WEIGHTS
    return own if own.is_file() else _twin(folder, SHIPPED)


def _twin(folder: Path, models: Path) -> Path:
    wanted = read_config(folder).get("sha256")
    for path in sorted(models.rglob(WEIGHTS)):
        if path.parent != folder and read_config(path.parent).get("sha256") == wanted:
            return path
    raise ValueError(f"{folder} has no {WEIGHTS}")


def weights_files(folder: Path) -> list[Path]:
    """The weights of a whole checkpoint: its own, then those of its parts."""
    return [weights_file(config.parent) for config in sorted(Path(folder).rglob("config.json"))]


def lean(folder: Path, models: Path) -> None:
    """Takes the weights out of those parts of a checkpoint whose like is in another checkpoint under `models`. Raises
    ValueError, and takes nothing, when a part has no like there."""
    parts = [path.parent for path in sorted((Path(folder) / "parts").rglob(WEIGHTS))]
    twins = [_twin(part, models) for part in parts]
    for part, twin in zip(parts, twins, strict=True):
        if file_hash(twin) == file_hash(part / WEIGHTS):
            (part / WEIGHTS).unlink()


def file_hash(path: Path) -> str:
    """SHA-256 of a file, as hex digits."""
    with Path(path).open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def model_hash(folder: Path) -> str:
    """One hash for a whole checkpoint: its weights and those of its parts."""
    return files_hash(weights_files(folder))


def files_hash(paths: Iterable[Path]) -> str:
    """One hash for several files in this order."""
    return hashlib.sha256("".join(file_hash(path) for path in paths).encode()).hexdigest()


def weights_hash(system: Saveable) -> str:
    """SHA-256 of a system's own weights by name, as float32, whatever they were stored in and wherever they came
    from: what a LoRA belongs to."""
    digest = hashlib.sha256()
    for name, tensor in sorted(weights(system).items()):
        digest.update(f"{name} {tuple(tensor.shape)}".encode())
        wide = tensor.float() if tensor.is_floating_point() else tensor
        digest.update(wide.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()


def system_hash(system: Saveable) -> str:
    """SHA-256 of a system's settings and own weights, wherever it was loaded from."""
    digest = hashlib.sha256(json.dumps(to_json(system.config), sort_keys=True).encode())
    for name, tensor in sorted(weights(system).items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
