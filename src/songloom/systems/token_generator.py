"""What all generators that draw codes share: sound as the codes come, alone or as one batch, and how they are drawn."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from songloom.config import Settings
from songloom.systems.request import Request
from songloom.systems.roles import Codec, Generator, Progress
from songloom.systems.together import handed_out
from songloom.tokens.sampling import Sampling


@dataclass(frozen=True, kw_only=True)
class TokenSettings(Settings):
    """`context_seconds` is the longest stretch that is attended to; the others are the defaults of sampling."""

    context_seconds: float
    guidance: float
    temperature: float
    top_k: int


class TokenGenerator(Generator):
    """A codec, and a language model whose codes it plays."""

    batched = True
    codec: Codec
    config: TokenSettings

    @abstractmethod
    def draw(
        self, requests: Sequence[Request], seeds: Sequence[int], progress: Progress | None = None
    ) -> Iterator[Tensor]:
        """Codes [B, K, f] of a candidate of each of some requests of one shape, as they are drawn together."""

    @property
    def window_seconds(self) -> float:
        return self.config.context_seconds

    def pieces(self, request: Request, seed: int, progress: Progress | None = None) -> Iterator[Tensor]:
        return self.codec.detokenize_stream(self.draw([request], [seed], progress))

    def several(
        self, requests: Sequence[Request], seeds: Sequence[int], progress: Progress | None = None
    ) -> list[Iterator[Tensor]]:
        codes = handed_out((torch.split(piece, 1) for piece in self.draw(requests, seeds, progress)), len(requests))
        return [self.codec.detokenize_stream(own) for own in codes]

    def sampling(self, request: Request) -> Sampling:
        """How codes are drawn for a request."""
        config = self.config
        return Sampling(
            config.temperature if request.temperature is None else request.temperature,
            config.top_k if request.top_k is None else request.top_k,
            request.top_p,
        )

    def guidance(self, request: Request) -> float:
        """The scale of classifier-free guidance for a request."""
        return self.config.guidance if request.guidance is None else request.guidance
