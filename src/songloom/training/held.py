"""All that a run holds and that its checkpoint has to bring back: weights, their average, what optimisers know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from torch import Tensor, nn
from torch.optim import Optimizer

from songloom import checkpoint
from songloom.recipe import Recipe
from songloom.systems.roles import System
from songloom.training.average import Average
from songloom.training.distributed import Processes
from songloom.training.optimisation import (
    empty_state,
    load_state_tensors,
    make_optimizers,
    opponent_parameters,
    state_tensors,
    trained_parameters,
)
from songloom.training.product import Product
from songloom.training.run_folder import RunFolder, State
from songloom.training.sharding import collected


@dataclass(frozen=True)
class Held:
    """The weights that move, the system's `own` and those of its `opponents`, by name, with what moves them."""

    own: Mapping[str, nn.Parameter]
    opponents: Mapping[str, nn.Parameter]
    optimizers: Sequence[Optimizer]
    average: Average | None

    @classmethod
    def of(cls, system: System, recipe: Recipe) -> Held:
        """At a run's begin, in shards or not."""
        own = trained_parameters(system)
        average = Average(own, recipe.ema) if recipe.ema else None
        return cls(own, opponent_parameters(system), make_optimizers(system, recipe), average)

    @property
    def all(self) -> dict[str, nn.Parameter]:
        """Own weights and opponents' alike."""
        return {**self.own, **self.opponents}

    def save(
        self, system: System, product: Product, run: RunFolder, state: State, processes: Processes, card: str
    ) -> None:
        """Replaces the run's checkpoint. All processes that hold shards come here together: the weights that are
        shipped are collected by the first one; the rest each writes as it holds it."""
        raw = product.tensors(system)
        memory = {"optimizer": state_tensors(self.optimizers, self.all)}
        shipped = raw
        if self.average:
            memory["weights"], shipped = raw, raw | self.average.tensors()
        if opponents := checkpoint.opponent_weights(system):
            memory["opponents"] = opponents
        if processes.first or processes.sharded:
            shipped = collected(shipped, kept=processes.first)
            run.save(system, state, product=product, shipped=shipped, memory=memory, card=card, processes=processes)

    def load(self, run: RunFolder, averages: Mapping[str, Tensor] | None) -> None:
        """What `load_weights` has left: the average, and what the optimisers know."""
        if self.average and averages:
            self.average.load(averages)
        known = run.memory.read("optimizer", partial(empty_state, self.all))
        load_state_tensors(self.optimizers, self.all, known)


def load_weights(system: System, product: Product, run: RunFolder, recipe: Recipe) -> dict[str, Tensor] | None:
    """The run's weights into the system, before anything is made of them; returns the averages, if any."""
    product.read(system, run.checkpoint)
    run.load_opponents(system)
    if not recipe.ema or not run.memory.has("weights"):
        return None
    averages = {name: parameter.detach().clone() for name, parameter in trained_parameters(system).items()}
    own = system.state_dict()
    for name, tensor in run.memory.read("weights").items():
        own[name].copy_(tensor)
    return averages
