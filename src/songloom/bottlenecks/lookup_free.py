"""Look-up-free quantisation: a code is the signs of a few numbers; entropy keeps codes certain and all in use.

Yu et al. 2023, "Language Model Beats Diffusion: Tokenizer is Key to Visual Generation" (arXiv 2310.05737),
section 3.1: each of `bits` numbers becomes 1 or -1. The entropy objective (eq. 5) wants little entropy of each
frame's code and much of the average over frames. With logits that are inner products, bits are independent given
a frame: the first entropy is a sum over bits, and the average over all 2^bits codes is one matrix product of the
codes of the first and of the second half of the bits. So it is exact without a [frames, codes] table.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.bottlenecks.bottleneck import Bottleneck, BottleneckSettings, Quantized
from songloom.bottlenecks.usage import reports

TINY = 1e-9
"""Below it a probability's logarithm is cut off."""


class LookupFreeQuantizer(Bottleneck, kind="lookup-free"):
    """D-wide latents -> signs of `bits` numbers -> one code of 2^bits."""

    @dataclass(frozen=True, kw_only=True)
    class Config(BottleneckSettings):
        """Latents of another width than `bits` are projected to it and back. `temperature` of the softmax over
        codes, and how much `diversity` (the entropy of the average) counts against certainty."""

        bits: int = 10
        temperature: float = 0.01
        diversity: float = 1.0

    config: Config
    places: Tensor
    signs: Tensor

    def __init__(self, config: Config) -> None:
        super().__init__()
        if not 1 <= config.bits <= 24:
            raise ValueError(f"bits is {config.bits}; this quantizer takes 1 to 24")
        self.config = config
        self.streams, self.codebook_size = 1, 2**config.bits
        self.register_buffer("places", 2 ** torch.arange(config.bits - 1, -1, -1), persistent=False)
        self.register_buffer("signs", torch.tensor([-1.0, 1.0]), persistent=False)
        same = config.bits == config.width
        self.inside: nn.Module = nn.Identity() if same else nn.Linear(config.width, config.bits)
        self.outside: nn.Module = nn.Identity() if same else nn.Linear(config.bits, config.width)

    def forward(self, latents: Tensor, *, streams: Tensor | None = None) -> Quantized:
        """See `Bottleneck.forward`. Losses: "entropy" (eq. 5), in nats, and "commitment", the squared distance of
        numbers from their signs. Reports: perplexity and usage, and both entropies."""
        self.check_latents(latents)
        quantised = self.limits(latents, streams) > 0
        rows = rearrange(latents, "b d f -> (b f) d")
        numbers = self.inside(rows)
        signs = self._signs(numbers > 0)
        shown = self.outside(signs + (numbers - numbers.detach()))
        shown = rearrange(torch.where(quantised, shown, rows), "(b f) d -> b d f", b=len(latents))
        codes = rearrange(self._codes(signs), "(b f) -> b 1 f", b=len(latents))
        logits = 4 / self.config.temperature * numbers.float()
        each, average = entropy_of_each(logits), entropy_of_average(logits)
        losses = {
            "entropy": each - self.config.diversity * average,
            "commitment": (quantised * (numbers - signs).square()).mean(1).sum() / quantised.sum().clamp_min(1),
        }
        entropies = {"frame_entropy": each.detach(), "codebook_entropy": average.detach()}
        return Quantized(shown, codes, losses, reports(codes, self.codebook_size) | entropies)

    def _signs(self, bits: Tensor) -> Tensor:
        """True and False [..., bits] -> 1 and -1."""
        return torch.where(bits, self.signs[1], self.signs[0])

    def _codes(self, signs: Tensor) -> Tensor:
        """Signs [N, bits] -> codes [N]; the first is the highest bit."""
        return ((signs > 0) * self.places).sum(-1)

    @torch.no_grad()
    def quantize(self, latents: Tensor, *, streams: int | None = None) -> Tensor:
        self.check_latents(latents)
        self.check_streams(streams)
        codes = self._codes(self.inside(rearrange(latents, "b d f -> (b f) d")))
        return rearrange(codes, "(b f) -> b 1 f", b=len(latents))

    def dequantize(self, codes: Tensor) -> Tensor:
        self.check_codes(codes)
        bits = codes[:, 0, :, None] & self.places > 0
        return rearrange(self.outside(self._signs(bits)), "b f d -> b d f")


def entropy_of_each(logits: Tensor) -> Tensor:
    """Mean entropy in nats of codes whose bits are independent, from log-odds of their bits [N, bits]."""
    softplus = functional.softplus
    return (logits.sigmoid() * softplus(-logits) + (-logits).sigmoid() * softplus(logits)).sum(1).mean()


def entropy_of_average(logits: Tensor) -> Tensor:
    """Entropy in nats of the average over N of the same distributions, from log-odds [N, bits]."""
    first, second = (_all_codes(half) for half in logits.tensor_split([logits.shape[1] // 2], 1))
    average = first.t() @ second / len(logits)
    return -(average * average.clamp_min(TINY).log()).sum()


def _all_codes(logits: Tensor) -> Tensor:
    """Log-odds [N, bits] -> probabilities of all codes of so many bits [N, 2^bits]."""
    bits = logits.shape[1]
    places = 2 ** torch.arange(bits - 1, -1, -1, device=logits.device)
    ones = (torch.arange(2**bits, device=logits.device)[:, None] // places % 2).to(logits)
    return (functional.logsigmoid(logits) @ ones.t() + functional.logsigmoid(-logits) @ (1 - ones).t()).exp()
