"""Balancing losses by their gradients: each has the influence that its weight says, whatever its scale.

EnCodec, Defossez et al. 2022 (arXiv 2210.13438), section 3.4, equation 5; and VQGAN's adaptive weight of one loss,
Esser, Rombach & Ommer 2021 (arXiv 2012.09841), equation 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, distributed, nn

from songloom.config import Configurable, Settings


class Balancer(nn.Module, Configurable, kind="balancer"):
    """Losses of the same made wave -> one loss whose gradient is their gradients' weighted mean direction.

    It remembers the gradients' sizes, so it is one of the modules that a system names in `opponents`."""

    @dataclass(frozen=True, kw_only=True)
    class Config(Settings):
        """`weights` by the losses' names (EnCodec, appendix A.4); `size` is the norm R that the whole gradient of one
        item would have if all pulled the same way; sizes are averaged with `decay`."""

        weights: tuple[tuple[str, float], ...] = (
            ("wave", 0.1), ("mel", 1.0), ("adversarial", 3.0), ("features", 3.0),
        )  # fmt: skip
        size: float = 1.0
        decay: float = 0.999

    config: Config
    sums: Tensor
    counts: Tensor

    def __init__(self, config: Config) -> None:
        nn.Module.__init__(self)
        self.config = config
        self.register_buffer("sums", torch.zeros(len(config.weights)))
        self.register_buffer("counts", torch.zeros(len(config.weights)))

    def forward(self, losses: Mapping[str, Tensor], made: Tensor) -> Tensor:
        """One scalar of unweighted `losses`, all of which depend on `made` [B, ...]. Its value is their weighted sum;
        its gradient is equation 5's: sum_i R w_i / (sum_j w_j) g_i / <|g_i|>, over the losses that are given."""
        known = [name for name, _ in self.config.weights]
        unknown = sorted(losses.keys() - set(known))
        if unknown:
            raise ValueError(f"the balancer has no weight for {', '.join(unknown)}; it has: {', '.join(known)}")
        here = [place for place, name in enumerate(known) if name in losses]
        weights = torch.tensor([self.config.weights[place][1] for place in here], device=made.device)
        given = [losses[known[place]] for place in here]
        value = (weights * torch.stack([loss.float() for loss in given])).sum()
        if not (torch.is_grad_enabled() and made.requires_grad):
            return value
        pulls = [torch.autograd.grad(loss, made, retain_graph=True)[0].float() for loss in given]
        norms = torch.stack([pull.flatten(1).norm(dim=1).mean() for pull in pulls])
        shares = self.config.size * weights / weights.sum() / self._average(here, norms).clamp_min(1e-12)
        whole = torch.stack([share * pull for share, pull in zip(shares, pulls, strict=True)]).sum(0)
        carrier = (made.float() * whole).sum()
        return value.detach() + carrier - carrier.detach()

    @torch.no_grad()
    def _average(self, places: list[int], norms: Tensor) -> Tensor:
        """The running averages of the gradients' norms at `places`, with this batch's (of all processes) taken in: as
        they are in the one batch of all, where an item's share of a mean loss is smaller by the number of processes."""
        if distributed.is_available() and distributed.is_initialized():
            distributed.all_reduce(norms)
            norms = norms / distributed.get_world_size() ** 2
        if self.training:
            decay = self.config.decay
            self.sums[places] = decay * self.sums[places] + norms
            self.counts[places] = decay * self.counts[places] + 1
        return torch.where(self.counts[places] > 0, self.sums[places] / self.counts[places].clamp_min(1e-12), norms)


def adaptive_weight(steady: Tensor, adversarial: Tensor, last: Tensor, *, most: float = 1e4) -> Tensor:
    """VQGAN's weight of the `adversarial` loss: the norm of the `steady` loss's gradient by the generator's `last`
    weight, over that of the adversarial one. 1 where there are no gradients."""
    if not torch.is_grad_enabled():
        return torch.ones_like(steady)
    own = torch.autograd.grad(steady, last, retain_graph=True)[0].norm()
    other = torch.autograd.grad(adversarial, last, retain_graph=True)[0].norm()
    return (own / (other + 1e-4)).clamp(0.0, most).detach()
