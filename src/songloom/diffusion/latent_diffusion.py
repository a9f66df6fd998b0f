"""Latent diffusion: a process over the latents of any codec, brought to unit variance first.

Rombach et al. 2022 (arXiv 2112.10752): generate what a codec encodes, not the wave. Latents are those of a VAE (kept
near a normal distribution by its KL term), or a quantised codec's before or after its books; section 4.3.2 and
appendix G show that their scale matters, so it is measured and goes with the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, Protocol

import torch
from torch import Tensor, nn

from songloom.bottlenecks.processes import shared
from songloom.conditioning.guidance import guide, rescaled
from songloom.data.batch import Batch
from songloom.diffusion.processes import Process
from songloom.diffusion.samplers import Denoiser

Regularised = Literal["continuous", "quantised"]
Scaling = Literal["none", "whole", "channels"]
Predict = Callable[[Tensor, Tensor], Tensor]
"""A network: (x [B, D, F], times [B] or []) -> its prediction [B, D, F]."""
LEAST_DEVIATION = 0.01
"""Of a channel, as part of the largest one's: a channel that says nothing is not blown up to full size."""


class Encodes(Protocol):
    """What is needed of a codec."""

    @property
    def hop_length(self) -> int: ...

    def encode(self, wave: Tensor) -> Tensor: ...

    def quantize(self, latents: Tensor) -> Tensor: ...

    def dequantize(self, codes: Tensor) -> Tensor: ...


class LatentScale(nn.Module):
    """Means and deviations of a codec's latents, [D, 1] each: 0 and 1 until they are measured."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width, 1))
        self.register_buffer("deviation", torch.ones(width, 1))

    @property
    def measured(self) -> bool:
        """Whether it has seen latents, or was loaded with a model that has."""
        return bool((self.mean != 0).any() or (self.deviation != 1).any())

    @torch.no_grad()
    def measure(self, found: Iterable[tuple[Tensor, Tensor]], scaling: Scaling) -> None:
        """From latents [B, D, F] and masks [B, F] of what counts: each channel's own, or one of all channels."""
        total, square, count = torch.zeros_like(self.mean), torch.zeros_like(self.mean), 0.0
        for latents, mask in found:
            inside = latents * mask[:, None]
            total += inside.sum((0, 2))[:, None]
            square += inside.square().sum((0, 2))[:, None]
            count += float(mask.sum())
        size = shared(total.new_tensor(count)).clamp_min(1.0)
        mean = shared(total) / size
        variance = (shared(square) / size - mean.square()).clamp_min(0)
        if scaling == "whole":
            variance = (variance + (mean - mean.mean()).square()).mean().expand_as(variance)
            mean = mean.mean().expand_as(mean)
        deviation = variance.sqrt()
        self.mean.copy_(mean)
        self.deviation.copy_(deviation.clamp_min(LEAST_DEVIATION * float(deviation.max()) or 1.0))

    def forward(self, latents: Tensor) -> Tensor:
        """A codec's latents [B, D, F] -> those of the process."""
        return (latents - self.mean) / self.deviation

    def undo(self, latents: Tensor) -> Tensor:
        """The process's latents [B, D, F] -> the codec's."""
        return latents * self.deviation + self.mean


@torch.no_grad()
def latents_of(batch: Batch, codec: Encodes, regularised: Regularised = "continuous") -> tuple[Tensor, Tensor]:
    """A batch's latents [B, D, F], as `codec` encodes them or has them in its books, and which frames are inside
    [B, F]. Raises ValueError when the batch holds neither latents, codes nor waves."""
    if batch.codes is not None:
        return codec.dequantize(batch.codes), batch.mask
    if batch.latents is not None:
        latents, mask = batch.latents, batch.mask
    elif batch.wave is not None:
        latents, mask = codec.encode(batch.wave), batch.mask[:, :: codec.hop_length]
    else:
        raise ValueError("latent diffusion trains on latents, codes or waves; this batch holds none")
    return (codec.dequantize(codec.quantize(latents)) if regularised == "quantised" else latents), mask


def denoising_losses(
    predict: Predict, process: Process, latents: Tensor, mask: Tensor, times: Tensor
) -> dict[str, Tensor]:
    """The mean square error of what is predicted of latents [B, D, F] at times [B], over the frames of `mask` [B, F];
    and what part of the target's mean square it explains, which is 0 for a network that has learned nothing."""
    noise, at = torch.randn_like(latents), times[:, None, None]
    shown, labels = process.inputs(process.noised(latents, noise, at), at)
    target = process.target(latents, noise, at)
    error = (predict(shown, labels.flatten()) - target).square().mean(1)
    count = mask.sum().clamp_min(1)
    mean, level = (error * mask).sum() / count, (target.square().mean(1) * mask).sum() / count
    return {"denoising": mean, "~explained": 1 - (mean / level.clamp_min(1e-8)).detach()}


def denoiser(predict: Predict, process: Process) -> Denoiser:
    """The expected data by a network's prediction."""

    def denoise(x: Tensor, time: Tensor) -> Tensor:
        shown, label = process.inputs(x, time)
        return process.data(predict(shown, label.to(x.device, non_blocking=True)), x, time)

    return denoise


def guided(predict: Predict, scale: float, rescale: float = 0.0) -> Predict:
    """A network whose conditions hold both halves [2 B, ...], as one with guidance; its deviation is brought back by
    the part `rescale`."""

    def predict_guided(x: Tensor, time: Tensor) -> Tensor:
        both = predict(torch.cat([x, x]), time)
        made = guide(both, scale)
        return rescaled(made, both[: len(x)], rescale) if rescale else made

    return predict_guided


def keeping(denoise: Denoiser, known: Tensor, kept: Tensor) -> Denoiser:
    """A denoiser that knows the data [B, D, F] as far as `kept` [F] says, 0..1: where it is 1, any sampler takes the
    frames along their own exact path, so that the network sees them at every step as noisy as the rest."""
    return lambda x, time: torch.lerp(denoise(x, time), known, kept.to(x))
