"""Waves at a codec's door: checked, filled to whole frames, cut to length."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from songloom.data.batch import Batch
from songloom.systems.roles import Codec


def padded(wave: Tensor, codec: Codec) -> Tensor:
    """A wave [B, C, T] with zeros at its end to whole frames. Raises ValueError when it is none of the codec's."""
    if wave.ndim != 3 or wave.shape[1] != codec.channels or not wave.shape[2]:
        raise ValueError(f"the wave is {tuple(wave.shape)}; needs [B, {codec.channels}, T] with T at least 1")
    return sized(wave, codec.frames(wave.shape[2]) * codec.hop_length)


def checked(latents: Tensor, codec: Codec) -> Tensor:
    """Latents [B, D, F]. Raises ValueError when they are none of the codec's."""
    if latents.ndim != 3 or latents.shape[1] != codec.latent_width or not latents.shape[2]:
        raise ValueError(f"latents are {tuple(latents.shape)}; needs [B, {codec.latent_width}, F], F at least 1")
    return latents


def sized(wave: Tensor, length: int) -> Tensor:
    """A wave [B, C, T] cut to `length` samples, or filled with zeros."""
    return functional.pad(wave[..., :length], (0, max(0, length - wave.shape[-1])))


def wave_of(batch: Batch) -> Tensor:
    """The waves [B, C, T] of a batch. Raises ValueError when it holds none."""
    if batch.wave is None:
        raise ValueError("the codec trains on waves; this batch holds none")
    return batch.wave
