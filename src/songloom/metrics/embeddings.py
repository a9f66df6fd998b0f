"""What the metrics know of a network that turns music into points: how it hears, its frames, and a sheet of facts.

Distances between sets of embeddings differ by checkpoint, resampler, crop and hop more than by the systems that they
compare, so every network says all of these beside its figures. Letters: C channels, T samples, N frames (windows) of a
clip, E embedding width.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from songloom.audio.resample import resample
from songloom.systems.roles import Embedder, covering

SOXR = "soxr HQ"
"""The resampler of `audio.resample`, as reports name it."""
MOST_WINDOWS = 8
"""Windows that a network hears in one batch, so that memory does not grow with a clip's length."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """All that a figure made with a network depends on, besides the sound; `hop_seconds` is None for windows that
    are spaced evenly over each clip, `window_seconds` too where the whole clip is one window; `steps` is what else
    happens to the sound, in order."""

    name: str
    checkpoint: str
    sample_rate: int
    channels: int
    resampler: str
    window_seconds: float | None
    hop_seconds: float | None
    width: int
    classes: int = 0
    steps: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """The facts as they stand in a report, "what: how" in each line."""
        hop = "evenly spaced over a clip" if self.hop_seconds is None else f"every {self.hop_seconds:g} s"
        cut = "the whole clip" if self.window_seconds is None else f"{self.window_seconds:g} s, {hop}"
        return [
            f"network: {self.name}",
            f"checkpoint: {self.checkpoint}",
            f"sound: {self.sample_rate} Hz, {self.channels} channel{'s' if self.channels > 1 else ''}",
            f"resampler: {self.resampler}",
            f"windows: {cut}",
            f"embedding: {self.width} numbers" + (f", {self.classes} classes" if self.classes else ""),
            *(f"step: {step}" for step in self.steps),
        ]

    def key(self) -> str:
        """One string of all facts: embeddings of the same sound under the same key are the same."""
        return "; ".join(f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self))


@runtime_checkable
class EmbeddingNetwork(Protocol):
    """Music to points: `embed(prepare(wave, rate))`."""

    @property
    def facts(self) -> Facts: ...

    @property
    def name(self) -> str: ...

    @property
    def sample_rate(self) -> int: ...

    def prepare(self, wave: Tensor, sample_rate: int) -> Tensor:
        """A clip [C, T] in [-1, 1] of any rate and channels -> what the two verbs take, [C', T'] at `sample_rate` of
        this network. Raises ValueError for a clip that it cannot hear."""
        ...

    def embed(self, wave: Tensor) -> Tensor:
        """[C, T] from `prepare` -> one embedding for each window, [N, E], on the CPU, float32, N at least 1. Raises
        ValueError for a clip that is too short for a window, where the network's users do not fill it up."""
        ...


@runtime_checkable
class ClassifyingNetwork(EmbeddingNetwork, Protocol):
    """A network that also tells classes apart."""

    def probabilities(self, wave: Tensor) -> Tensor:
        """[C, T] from `prepare` -> [N, classes], on the CPU, float32; the facts say how they come from logits and
        how windows are joined."""
        ...


class Network:
    """What every network here has beside its two or three verbs: its facts."""

    facts: Facts

    @property
    def name(self) -> str:
        return self.facts.name

    @property
    def sample_rate(self) -> int:
        return self.facts.sample_rate


class EmbedderNetwork(Network):
    """An embedder of the text-music space as a network of the metrics: one row for each window that
    `Embedder.embed_audio` would average, or for windows every `hop_seconds`, the last one filled up with silence."""

    def __init__(self, embedder: Embedder, *, name: str, checkpoint: str, hop_seconds: float | None = None) -> None:
        if hop_seconds is not None and not 0 < hop_seconds <= embedder.window_seconds:
            raise ValueError(f"hop of {hop_seconds:g} s; needs above 0, at most {embedder.window_seconds:g} s")
        self.embedder = embedder.eval()
        self.facts = Facts(
            name=name,
            checkpoint=checkpoint,
            sample_rate=embedder.sample_rate,
            channels=embedder.channels,
            resampler=SOXR,
            window_seconds=embedder.window_seconds,
            hop_seconds=hop_seconds,
            width=embedder.width,
            steps=embedder.hearing,
        )

    def prepare(self, wave: Tensor, sample_rate: int) -> Tensor:
        """[C, T] -> [C', T'] at the embedder's rate and channels."""
        return resample(channelled(checked(wave), self.facts.channels), sample_rate, self.sample_rate)

    @torch.inference_mode()
    def embed(self, wave: Tensor) -> Tensor:
        """[C, T] -> [N, E], each row of length 1."""
        size = round(self.embedder.window_seconds * self.sample_rate)
        if self.facts.hop_seconds is None:
            rows = [wave[:, start : start + size] for start in covering(wave.shape[1], size)]
        else:
            rows = list(windows(wave, size, round(self.facts.hop_seconds * self.sample_rate)))
        return batched(self.embedder, self.embedder.embed_window, rows)

    @torch.inference_mode()
    def embed_whole(self, wave: Tensor) -> Tensor:
        """[C, T] -> [E] of length 1: `Embedder.embed_audio` of it, which is what texts are compared with."""
        return self.embedder.embed_audio(wave[None].float())[0].float().cpu()


def checked(wave: Tensor) -> Tensor:
    """The wave itself. Raises ValueError unless it is [C, T] with at least one sample, all finite."""
    if wave.ndim != 2 or not wave.numel():
        raise ValueError(f"the wave is {tuple(wave.shape)}; needs [C, T] with at least one sample")
    if not torch.isfinite(wave).all():
        raise ValueError("the wave holds numbers that are not finite")
    return wave


def channelled(wave: Tensor, channels: int) -> Tensor:
    """[C, T] -> [channels, T]: the mean for one channel, copies of one channel for several. Raises ValueError for
    other changes."""
    if len(wave) == channels:
        return wave
    if channels == 1:
        return wave.mean(0, keepdim=True)
    if len(wave) == 1:
        return wave.expand(channels, -1)
    raise ValueError(f"the wave has {len(wave)} channels; needs 1 or {channels}")


def windows(wave: Tensor, size: int, hop: int) -> Tensor:
    """[C, T] -> windows [N, C, size] that begin every `hop` samples, as few as hold every sample; the last is filled
    up with silence."""
    count = 1 + max(0, -(-(wave.shape[-1] - size) // hop))
    filled = nn.functional.pad(wave, (0, (count - 1) * hop + size - wave.shape[-1]))
    return filled.unfold(-1, size, hop).transpose(0, 1)


def batched(network: nn.Module, heard: Callable[[Tensor], Tensor], rows: Iterable[Tensor]) -> Tensor:
    """What `heard` gives for windows of one shape, a few at a time on the network's device, [N, ...] on the CPU."""
    device = next((weight.device for weight in network.parameters()), torch.device("cpu"))
    waiting, given = [row.float() for row in rows], []
    for start in range(0, len(waiting), MOST_WINDOWS):
        given.append(heard(torch.stack(waiting[start : start + MOST_WINDOWS]).to(device)).float().cpu())
    return torch.cat(given)
