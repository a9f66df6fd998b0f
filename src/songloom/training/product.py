"""What a run makes and keeps in its checkpoint folder: a whole model, or a LoRA of one that stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from torch import Tensor

from songloom import checkpoint
from songloom.layers import lora
from songloom.systems import loras
from songloom.systems.roles import Codec, System


class Product(Protocol):
    """The tensors that training moves, and their way to a folder and back."""

    def tensors(self, system: System) -> dict[str, Tensor]:
        """By their names in the system, where and as they are."""

    def write(self, system: System, folder: Path, tensors: Mapping[str, Tensor], card: str) -> None:
        """Makes `folder`, which is not there yet."""

    def read(self, system: System, folder: Path) -> None:
        """Fills the system. Raises ValueError when the folder's tensors are not for it."""

    def described(self, system: System) -> str:
        """One line for the model card."""


class WholeModel:
    """A checkpoint of the system, its frozen parts in it."""

    def tensors(self, system: System) -> dict[str, Tensor]:
        return checkpoint.own_tensors(system)

    def write(self, system: System, folder: Path, tensors: Mapping[str, Tensor], card: str) -> None:
        checkpoint.save(system, folder, card=card, own=dict(tensors))

    def read(self, system: System, folder: Path) -> None:
        checkpoint.load_weights(system, folder)

    def described(self, system: System) -> str:
        return "all weights, trained from the start or from those of another model"


@dataclass(frozen=True)
class LoraOf:
    """One small file for the system's adapted layers, which belongs to `base`."""

    settings: lora.Lora
    base: loras.Base

    @classmethod
    def attached(cls, system: System, settings: lora.Lora, name: str) -> LoraOf:
        """Adapts the layers of `system`, which was opened by `name`. Raises ValueError for settings that it cannot
        have, and for a codec: its books move without gradients."""
        if isinstance(system, Codec):
            raise ValueError(f"{name} is a codec; a LoRA is for generators: train all of it by --init {name}")
        base = loras.base_of(system, name)
        lora.attach(system, settings, system.frozen)
        return cls(settings, base)

    def tensors(self, system: System) -> dict[str, Tensor]:
        return lora.factors(system, system.opponents)

    def write(self, system: System, folder: Path, tensors: Mapping[str, Tensor], card: str) -> None:
        folder.mkdir(parents=True)
        path = folder / loras.NAME
        loras.write(path, tensors, self.settings, self.base)
        (folder / "README.md").write_text(card, encoding="utf-8")
        checkpoint.sync(folder)

    def read(self, system: System, folder: Path) -> None:
        path = folder / loras.NAME
        file = loras.read(path)
        loras.check_base(file, self.base, path)
        own = lora.factors(system, system.opponents)
        if {name: tensor.shape for name, tensor in own.items()} != {n: t.shape for n, t in file.learned.items()}:
            raise ValueError(f"{path} is for other layers or of another rank than the run's settings say")
        for name, tensor in file.learned.items():
            own[name].copy_(tensor)

    def described(self, system: System) -> str:
        layers = lora.adapted_layers(system, system.opponents)
        size = sum(layer.down.numel() + layer.up.numel() for layer in layers.values())
        return (
            f"LoRA of rank {self.settings.rank} on {len(layers)} layers, {size:,} numbers, for {self.base.name} "
            f"(weights {self.base.sha256}); use: songloom generate --model {self.base.name} --lora {loras.NAME}"
        )
