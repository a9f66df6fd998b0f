"""Music ControlNet: melody, dynamics and rhythm curves for a generator by latent diffusion that stays as it is.

Wu et al. 2023 (arXiv 2311.07069). Idea: curves that can be measured in any recording are their own labels, so no
notes are needed to learn to follow them; a ControlNet (Zhang et al. 2023, arXiv 2302.05543) beside a frozen generator
learns to, with controls hidden at random, whole or for a stretch of time, so that any subset and any part of the time
can be asked for. The paper's base paints mel spectrograms by a U-Net; here it is any latent generator: the flow,
Stable Audio (as Hou et al. 2024 have it, arXiv 2410.05151), or one of the AudioLDM family.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, cast

import torch
from torch import Tensor, nn

from songloom.audio.tone import Tone
from songloom.conditioning.curve_batch import Curves, HiddenCurves, of_batch, of_controls
from songloom.config import Settings
from songloom.data.batch import Batch
from songloom.diffusion.control import ControlNet, TransformerControl
from songloom.diffusion.control_unet import UnetControl
from songloom.layers.accelerate import accelerate
from songloom.layers.dit import Dit
from songloom.layers.matrices import Precision
from songloom.layers.unet import Unet
from songloom.recipe import Recipe
from songloom.systems.controls import CONTROLS, curves_of, without_controls
from songloom.systems.generators.flow import Flow
from songloom.systems.generators.musicldm import MusicLdm
from songloom.systems.generators.stable_audio import StableAudio
from songloom.systems.latent_generator import LatentGenerator
from songloom.systems.request import Request
from songloom.systems.roles import Codec, Generator, Progress


class MusicControlNet(Generator, kind="music-controlnet"):
    """A request with curves to music, by a frozen base and what is added to it."""

    summary = "Music ControlNet: melody, dynamics and rhythm curves for a frozen latent generator"
    uses: ClassVar[frozenset[str]] = LatentGenerator.uses - {"loop"} | CONTROLS
    batched = True
    frozen: tuple[str, ...] = ("base",)
    new: ClassVar[Mapping[str, Mapping[str, str]]] = {"base": {"learns": "all"}}

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """The first `copied` blocks of the `base`'s transformer are copied (0: half of them); of a U-Net it is always
        the way down. Training hides curves, and `unprompted` of the items lose text and labels, so that the curves
        have to be read. With `learns` "all" the base is no trained one: it learns too, from the same losses."""

        base: Settings = field(default_factory=lambda: Flow.Config(curves=None))
        learns: Literal["control", "all"] = "control"
        copied: int = 0
        hidden: HiddenCurves = field(default_factory=HiddenCurves)
        unprompted: float = 0.5

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        base = config.base.build()
        if not isinstance(base, LatentGenerator):
            raise ValueError(f"the base is {config.base.kind}; it must be a latent generator")
        if isinstance(base, Flow) and base.curves is not None:
            raise ValueError("the base takes curves itself and needs no ControlNet; one trained with curves=null does")
        self.base = base
        if config.learns == "control":
            self.base.requires_grad_(False).eval()
        elif base.opponents:
            raise ValueError("a straightened base learned from itself; it cannot learn with its control (learns)")
        else:
            self.frozen = tuple(f"base.{name}" for name in base.frozen)
        self.control = self.beside(config.copied)

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        flow = replace(Flow.presets()["flow-tiny"], curves=None)  # type: ignore[call-arg]
        stable, mel = StableAudio.presets(), MusicLdm.presets()
        return {
            "music-controlnet": cls.Config(),
            "music-controlnet-stable-audio-open": cls.Config(base=stable["stable-audio-open"]),
            "music-controlnet-musicldm": cls.Config(base=mel["musicldm"]),
            "music-controlnet-tiny": cls.Config(base=flow),
            "music-controlnet-stable-audio-tiny": cls.Config(base=stable["stable-audio-tiny"]),
            "music-controlnet-musicldm-tiny": cls.Config(base=mel["musicldm-tiny"]),
        }

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return Recipe(
                inputs="latents", curves=True, seconds=1.0, steps=300, batch_size=8, learning_rate=3e-3, warmup=10
            )
        return Recipe(
            inputs="latents",
            curves=True,
            seconds=10.0,
            steps=5_000,
            batch_size=8,
            learning_rate=5e-4,
            warmup=100,
            ema=0.997,
        )

    @property
    def place(self) -> str:
        """The name of the network in the base."""
        return "dit" if hasattr(self.base, "dit") else "unet"

    @property
    def network(self) -> nn.Module:
        """The base's network."""
        return cast(nn.Module, getattr(self.base, self.place))

    def beside(self, copied: int) -> ControlNet:
        """A control for the base's network."""
        network = self.network
        if isinstance(network, Dit):
            patch = network.enter.in_features // self.codec.latent_width
            return TransformerControl(network, copied or -(-len(network.blocks) // 2), patch)
        if not isinstance(network, Unet) or copied:
            raise ValueError(
                f"copied is {copied}; of the U-Net of {self.config.base.kind} the whole way down is copied"
            )
        return UnetControl(network, self.codec.latent_width // network.enter.in_channels)

    @property
    def codec(self) -> Codec:
        """The base's codec."""
        return self.base.codec

    @property
    def sample_rate(self) -> int:
        return self.base.sample_rate

    @property
    def channels(self) -> int:
        return self.base.channels

    @property
    def longest_seconds(self) -> float:
        """Curves are for one window of the base."""
        return self.base.longest * self.codec.hop_length / self.sample_rate

    def tone(self, request: Request) -> Tone:
        return self.base.tone(request)

    def prepare(self, batches: Iterable[Batch]) -> None:
        """The copy begins as the base, which by now has its weights."""
        if self.config.learns == "all":
            self.base.prepare(batches)
        self.control.begin_as(self.network)

    def hold(self, precision: Precision | None = None) -> None:
        super().hold(precision)
        self.base.hold(precision)
        for network in self.control.modules():
            if isinstance(network, Dit):
                accelerate(network, precision or self.precisions[0])
            elif isinstance(network, Unet):
                network.pack(precision or self.precisions[0])

    def losses(self, batch: Batch, *, step: int) -> dict[str, Tensor]:
        frames = next(part.shape[-1] for part in (batch.latents, batch.codes, batch.mask) if part is not None)
        if batch.latents is None and batch.codes is None:
            frames = self.codec.frames(frames)
        curves = of_batch(batch, self.codec.frame_rate, frames).to(self.base.scale.mean.device)
        if self.training:
            curves = curves.hidden(self.config.hidden)
            alone = (torch.rand(len(batch)) < self.config.unprompted).tolist()
            batch = without_words(batch, alone)
        if self.config.learns == "all":
            return self.steered(curves).losses(batch, step=step)
        return LatentGenerator.losses(self.steered(curves), batch, step=step)  # the base reads as it did

    @property
    def controls(self) -> frozenset[str]:
        return self.uses | self.base.controls - {"loop"}

    def check(self, request: Request) -> None:
        request.check(self.controls, str(self.config.kind))
        if round(request.seconds * self.sample_rate) > round(self.longest_seconds * self.sample_rate):
            most = f"{self.longest_seconds:.1f}"
            raise ValueError(f"{self.config.kind} makes at most {most} s, not {request.seconds:g}")
        self.base.check(without_controls(request))

    def pieces(self, request: Request, seed: int, progress: Progress | None = None) -> Iterator[Tensor]:
        yield from self.several([request], [seed], progress)[0]

    def several(
        self, requests: Sequence[Request], seeds: Sequence[int], progress: Progress | None = None
    ) -> list[Iterator[Tensor]]:
        """See `Generator.several`. Only candidates of one request may have curves."""
        frames = self.base.frames(self.samples(requests[0])[1])
        curves = of_controls(curves_of(requests[0]), self.codec.frame_rate, frames).to(self.base.scale.mean.device)
        return self.steered(curves).several(requests, seeds, progress)

    def steered(self, curves: Curves) -> LatentGenerator:
        """The base with the ControlNet beside its network: all other parts are the base's own, none is copied."""
        view = copy.copy(self.base)
        view._modules = {**self.base._modules, self.place: self.control.steering(self.network, curves)}
        return view


def without_words(batch: Batch, alone: list[bool]) -> Batch:
    """The batch without the texts and labels of the items that are `alone` with their curves."""
    texts = tuple("" if gone else text for gone, text in zip(alone, batch.texts, strict=True))
    labels = tuple({} if gone else one for gone, one in zip(alone, batch.labels, strict=True))
    return replace(batch, texts=texts, labels=labels)
