"""Processes between data and noise, x_t = a(t) x_0 + s(t) e, and what a network predicts of them.

Times run from 0 (data) to 1 (noise); only EDM's time is the noise's deviation itself. All that training and
sampling need to know of a process is here: its two levels, their slopes, the network's target, and the data that
an output of the network means.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from songloom.config import Configurable, Settings

Prediction = Literal["noise", "data", "velocity"]
Spacing = Literal["linear", "root", "cosine"]


@dataclass(frozen=True, kw_only=True)
class ProcessSettings(Settings):
    """What the network predicts: the noise, the data, or the velocity that leads from one to the other."""

    prediction: Prediction = "velocity"


class Process(Configurable):
    """A process; every method takes times of any shape that broadcasts against the data."""

    config: ProcessSettings

    @abstractmethod
    def signal(self, times: Tensor) -> Tensor:
        """a(t): how much of the data is in x_t."""

    @abstractmethod
    def noise(self, times: Tensor) -> Tensor:
        """s(t): the deviation of the noise in x_t."""

    @abstractmethod
    def slopes(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """da/dt and ds/dt."""

    @abstractmethod
    def time_of(self, ratio: Tensor) -> Tensor:
        """The time at which noise and signal have the ratio s / a."""

    def velocity(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """Weights of data and noise in the velocity: v = a e - s x_0 (Salimans & Ho 2022, appendix D)."""
        return -self.noise(times), self.signal(times)

    def mix(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """Weights of data and noise in what the network predicts."""
        none, one = torch.zeros_like(times), torch.ones_like(times)
        mixes = {"noise": (none, one), "data": (one, none), "velocity": self.velocity(times)}
        return mixes[self.config.prediction]

    def noised(self, data: Tensor, noise: Tensor, times: Tensor) -> Tensor:
        """x_t of data [B, D, F] and standard normal noise [B, D, F]."""
        return self.signal(times) * data + self.noise(times) * noise

    def inputs(self, x: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        """What the network is given: x_t, and the time as it counts it."""
        return x, times

    def target(self, data: Tensor, noise: Tensor, times: Tensor) -> Tensor:
        """What the network should give, [B, D, F]."""
        of_data, of_noise = self.mix(times)
        return of_data * data + of_noise * noise

    def data(self, output: Tensor, x: Tensor, times: Tensor) -> Tensor:
        """The data [B, D, F] that the network's output means at x_t; times above 0."""
        of_data, of_noise = self.mix(times)
        signal, noise = self.signal(times), self.noise(times)
        return (of_noise * x - noise * output) / (signal * of_noise - noise * of_data)


class Cosine(Process, kind="cosine-process"):
    """a = cos(pi t / 2), s = sin(pi t / 2): the process of v-prediction (Salimans & Ho 2022), and of Stable Audio."""

    @dataclass(frozen=True, kw_only=True)
    class Config(ProcessSettings):
        """See `ProcessSettings`."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def signal(self, times: Tensor) -> Tensor:
        return torch.cos(times * math.pi / 2)

    def noise(self, times: Tensor) -> Tensor:
        return torch.sin(times * math.pi / 2)

    def slopes(self, times: Tensor) -> tuple[Tensor, Tensor]:
        return -math.pi / 2 * self.noise(times), math.pi / 2 * self.signal(times)

    def time_of(self, ratio: Tensor) -> Tensor:
        return torch.atan(ratio) * 2 / math.pi


class Flow(Process, kind="flow-process"):
    """a = 1 - t, s = t: rectified flow (Liu et al. 2022), flow matching along straight lines (Lipman et al. 2022)."""

    @dataclass(frozen=True, kw_only=True)
    class Config(ProcessSettings):
        """See `ProcessSettings`."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def signal(self, times: Tensor) -> Tensor:
        return 1 - times

    def noise(self, times: Tensor) -> Tensor:
        return times

    def slopes(self, times: Tensor) -> tuple[Tensor, Tensor]:
        return -torch.ones_like(times), torch.ones_like(times)

    def velocity(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """The velocity of a straight line is e - x_0."""
        return self.slopes(times)

    def time_of(self, ratio: Tensor) -> Tensor:
        return ratio / (1 + ratio)


class Ddpm(Process, kind="ddpm-process"):
    """`steps` small steps of noise (Ho, Jain & Abbeel 2020); time (k + 1) / steps is their step k, and between two
    steps log a is linear. The network counts in steps."""

    @dataclass(frozen=True, kw_only=True)
    class Config(ProcessSettings):
        """Variances `first` to `last`, evenly spaced ("linear") or by their roots ("root", as latent diffusion
        has it); "cosine" is that of Nichol & Dhariwal 2021, eq. 17."""

        prediction: Prediction = "noise"
        steps: int = 1000
        first: float = 1e-4
        last: float = 0.02
        spacing: Spacing = "linear"

    config: Config

    def __init__(self, config: Config) -> None:
        self.config = config
        spacings = {"linear": _linear, "root": _root, "cosine": _cosine}
        variances = spacings[config.spacing](config)  # on the CPU, wherever weights are being made
        self.log_signals = torch.cat([variances.new_zeros(1), (1 - variances).log().cumsum(0) / 2])

    def signal(self, times: Tensor) -> Tensor:
        return self._log_signal(times)[0].exp()

    def noise(self, times: Tensor) -> Tensor:
        return (-torch.expm1(2 * self._log_signal(times)[0])).sqrt()

    def slopes(self, times: Tensor) -> tuple[Tensor, Tensor]:
        signal, slope = self.signal(times), self._log_signal(times)[1]
        return slope * signal, -slope * signal.square() / self.noise(times)

    def time_of(self, ratio: Tensor) -> Tensor:
        table = self.log_signals.to(ratio.device)
        wanted = -torch.log1p(ratio.to(table).square()) / 2
        step = (torch.searchsorted(-table, -wanted) - 1).clamp(0, self.config.steps - 1)
        part = (wanted - table[step]) / (table[step + 1] - table[step])
        return ((step + part) / self.config.steps).to(ratio)

    def inputs(self, x: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        return x, times * self.config.steps - 1

    def _log_signal(self, times: Tensor) -> tuple[Tensor, Tensor]:
        """log a(t) and its slope."""
        table = self.log_signals.to(times.device)
        place = times.to(table) * self.config.steps
        step = place.floor().long().clamp(0, self.config.steps - 1)
        rise = table[step + 1] - table[step]
        return (table[step] + rise * (place - step)).to(times), (rise * self.config.steps).to(times)


class Edm(Process, kind="edm-process"):
    """a = 1, s = t, with inputs and outputs of unit variance at every level (Karras et al. 2022, section 5)."""

    @dataclass(frozen=True, kw_only=True)
    class Config(ProcessSettings):
        """`deviation` of the data; the network predicts what the skip leaves over, whatever `prediction` says."""

        deviation: float = 0.5

    config: Config

    def __init__(self, config: Config) -> None:
        self.config = config

    def signal(self, times: Tensor) -> Tensor:
        return torch.ones_like(times)

    def noise(self, times: Tensor) -> Tensor:
        return times

    def slopes(self, times: Tensor) -> tuple[Tensor, Tensor]:
        return torch.zeros_like(times), torch.ones_like(times)

    def time_of(self, ratio: Tensor) -> Tensor:
        return ratio

    def inputs(self, x: Tensor, times: Tensor) -> tuple[Tensor, Tensor]:
        return x / (times.square() + self.config.deviation**2).sqrt().to(x.dtype), times.log() / 4

    def target(self, data: Tensor, noise: Tensor, times: Tensor) -> Tensor:
        skip, out = self._skip_and_out(times)
        return (data - skip * self.noised(data, noise, times)) / out

    def data(self, output: Tensor, x: Tensor, times: Tensor) -> Tensor:
        skip, out = self._skip_and_out(times)
        return skip * x + out * output

    def _skip_and_out(self, times: Tensor) -> tuple[Tensor, Tensor]:
        own = self.config.deviation
        total = times.square() + own**2
        return own**2 / total, times * own / total.sqrt()


def _linear(config: Ddpm.Config) -> Tensor:
    return torch.linspace(config.first, config.last, config.steps, dtype=torch.float64, device="cpu")


def _root(config: Ddpm.Config) -> Tensor:
    roots = torch.linspace(config.first**0.5, config.last**0.5, config.steps, dtype=torch.float64, device="cpu")
    return roots.square()


def _cosine(config: Ddpm.Config) -> Tensor:
    places = torch.arange(config.steps + 1, dtype=torch.float64, device="cpu") / config.steps
    signals = torch.cos((places + 0.008) / 1.008 * math.pi / 2).square()
    return (1 - signals[1:] / signals[:-1]).clamp_max(0.999)
