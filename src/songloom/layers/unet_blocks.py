"""The parts of a diffusion U-Net: blocks that are told the time, and transformers over all places of an image.

The time comes in between two convolutions of a residual block (Ho et al. 2020, appendix B). A transformer takes the
places of an image as a sequence: self-attention, attention to conditions, a gated feed-forward (Rombach et al. 2022,
arXiv 2112.10752, section 3.3 and appendix E.2.1). Images are [B, C, F, M]; with one axis they are sequences [B, C, F].
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.layers.conv2d import group_norm
from songloom.layers.cross_attention import Memory
from songloom.layers.row_by_row import row_by_row

CONVOLUTIONS: dict[int, type[nn.Conv1d] | type[nn.Conv2d]] = {1: nn.Conv1d, 2: nn.Conv2d}
"""By the number of axes."""
Memories = tuple[Memory, ...]
"""Keys and values of each piece of a batch, whose rows go through all pieces again and again; or of all rows at once.
None is there where places attend to one another."""


class TimedBlock(nn.Module):
    """Norm, SiLU, convolution, twice, around a skip; in between the time is added to every place."""

    def __init__(self, inputs: int, outputs: int, time_width: int, *, groups: int, axes: int) -> None:
        super().__init__()
        conv = CONVOLUTIONS[axes]
        self.first_norm = group_norm(inputs, groups, eps=1e-5)
        self.first = conv(inputs, outputs, 3, padding=1)
        self.to_time = nn.Linear(time_width, outputs)
        self.second_norm = group_norm(outputs, groups, eps=1e-5)
        self.second = conv(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Identity() if inputs == outputs else conv(inputs, outputs, 1)

    def forward(self, image: Tensor, time: Tensor) -> Tensor:
        """[B, inputs, F, M] and the activated time [B, time width] -> [B, outputs, F, M]."""
        inner = self.first(functional.silu(self.first_norm(image)))
        told = row_by_row(self.to_time, time)
        inner = inner + told.reshape(*told.shape, *[1] * (inner.ndim - 2))
        return self.shortcut(image) + self.second(functional.silu(self.second_norm(inner)))


class Attention(nn.Module):
    """From places to a sequence of `context_width`, which may be the places themselves."""

    entered_by: ClassVar[tuple[str, ...]] = ("remember",)

    def __init__(self, width: int, heads: int, context_width: int) -> None:
        super().__init__()
        if width % heads:
            raise ValueError(f"{heads} heads do not divide a width of {width}")
        self.heads = heads
        self.to_queries = nn.Linear(width, width, bias=False)
        self.to_keys_values = nn.Linear(context_width, 2 * width, bias=False)
        self.to_out = nn.Linear(width, width)

    def remember(self, context: Tensor, mask: Tensor | None = None) -> Memory:
        """Keys and values of [B, L, context width] and a mask [B, L] (True is attended to, at least one of each)."""
        return self._memory(context, mask)

    def _memory(self, context: Tensor, mask: Tensor | None = None) -> Memory:
        keys, values = rearrange(self.to_keys_values(context), "b l (n h d) -> n b h l d", n=2, h=self.heads)
        return Memory(keys, values, None if mask is None or bool(mask.all()) else mask[:, None, None])

    def forward(self, x: Tensor, memories: Memories = ()) -> Tensor:
        """[B, S, D] -> [B, S, D]; without a memory all places attend to all."""
        memories = memories or (self._memory(x),)
        queries = rearrange(self.to_queries(x), "(rows b) s (h d) -> b rows h s d", b=len(memories), h=self.heads)
        mixed = [
            functional.scaled_dot_product_attention(own, memory.keys, memory.values, attn_mask=memory.added)
            for own, memory in zip(queries, memories, strict=True)
        ]
        return self.to_out(rearrange(mixed, "b rows h s d -> (rows b) s (h d)"))


class AttendingBlock(nn.Module):
    """Self-attention, attention to conditions (without any: once more to itself), and a feed-forward with a gate
    (GEGLU, Shazeer 2020); each is added to what came in, after a norm of it. `source` says which sequence of
    conditions it attends to."""

    def __init__(self, width: int, heads: int, context_width: int, source: int | None) -> None:
        super().__init__()
        self.source = source
        self.first_norm, self.first = nn.LayerNorm(width), Attention(width, heads, width)
        self.second_norm, self.second = nn.LayerNorm(width), Attention(width, heads, context_width or width)
        self.hidden_norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, 8 * width)
        self.contract = nn.Linear(4 * width, width)

    def forward(self, x: Tensor, memories: Memories) -> Tensor:
        """[B, S, D] -> [B, S, D]."""
        x = x + self.first(self.first_norm(x))
        x = x + self.second(self.second_norm(x), memories)
        value, gate = self.expand(self.hidden_norm(x)).chunk(2, dim=-1)
        return x + self.contract(value * functional.gelu(gate))


class Attending(nn.Module):
    """x + a transformer of `layers` blocks over all its places."""

    def __init__(
        self, width: int, heads: int, context_width: int, source: int | None, *, layers: int, groups: int
    ) -> None:
        super().__init__()
        self.norm = group_norm(width, groups)
        self.enter = nn.Linear(width, width)
        self.blocks = nn.ModuleList(AttendingBlock(width, heads, context_width, source) for _ in range(layers))
        self.leave = nn.Linear(width, width)

    def forward(self, image: Tensor, memories: Iterator[Memories]) -> Tensor:
        """[B, C, F, M] -> [B, C, F, M]; each block takes the next memories."""
        places = self.enter(rearrange(self.norm(image), "b c ... -> b (...) c"))
        for block in self.blocks:
            places = block(places, next(memories))
        return image + rearrange(self.leave(places), "b s c -> b c s").reshape(image.shape)


class Stage(nn.Module):
    """A timed block and the transformers after it."""

    def __init__(self, block: TimedBlock, attending: Sequence[Attending]) -> None:
        super().__init__()
        self.block = block
        self.attending = nn.ModuleList(attending)

    def forward(self, image: Tensor, time: Tensor, memories: Iterator[Memories]) -> Tensor:
        """[B, inputs, F, M] -> [B, outputs, F, M]."""
        image = self.block(image, time)
        for transformer in self.attending:
            image = transformer(image, memories)
        return image
