"""A diffusion transformer: frames that attend to one another and to conditions, told the time and a global vector.

Peebles & Xie 2022 (arXiv 2212.09748) tell the time by shifts, scales and gates of every block ("modulation"; one
table for each block over a common part, as PixArt has it, arXiv 2310.00426, section 2.3). Stable Audio (arXiv
2407.14358, section 3) puts it, with the global vector, before the first frame ("token"). Both attend to text by
cross-attention; a prefix and vectors for every frame are there for those who have them. What does not depend on the
step is computed once, by `given`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, cast

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

from songloom.layers.many_rows import MANY_ROWS
from songloom.layers.matrices import Precision, pack_linears
from songloom.layers.positions import rotary_tables, rotate
from songloom.layers.row_by_row import row_by_row

LEAST_TURNED = 32
"""Dimensions of a head that turn with the place: half of them, but at least as many (Stable Audio)."""
HEAD_EPS = 1e-6
TILE_ROWS = 512


@dataclass(frozen=True, kw_only=True)
class DitShape:
    """`width` D of `depth` blocks with `heads`; `hidden` of the feed-forward; cross-attention sees conditions of
    `context_width`, so its keys have `context_width / (width / heads)` heads (grouped queries). `timing` says how time
    and vector come in; `normed_heads` normalises queries and keys; `time_features` of the time."""

    width: int = 1536
    depth: int = 24
    heads: int = 24
    hidden: int = 6144
    context_width: int = 768
    timing: Literal["token", "modulation"] = "token"
    normed_heads: bool = False
    time_features: int = 256


@dataclass(frozen=True, slots=True)
class Given:
    """All that stays as it is from step to step: of each block, keys and values [B, H, L, head width] of the
    conditions; `vector` [B, D]; `prefix` [B, P, D]; `aligned` [B, F, D]."""

    cross: tuple[tuple[Tensor, Tensor], ...] = ()
    vector: Tensor | None = None
    prefix: Tensor | None = None
    aligned: Tensor | None = None


class HeadNorm(nn.Module):
    """Normalises queries and keys of every head, or leaves them."""

    def __init__(self, head_width: int, *, normed: bool) -> None:
        super().__init__()
        self.queries = nn.LayerNorm(head_width, eps=HEAD_EPS) if normed else nn.Identity()
        self.keys = nn.LayerNorm(head_width, eps=HEAD_EPS) if normed else nn.Identity()


class SelfAttention(nn.Module):
    """All positions with all; the first `turned` dimensions of each head have rotary positions."""

    def __init__(self, width: int, heads: int, *, normed: bool) -> None:
        super().__init__()
        self.head_width = width // heads
        self.to_qkv = nn.Linear(width, 3 * width, bias=False)
        self.norm = HeadNorm(self.head_width, normed=normed)
        self.to_out = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
        """[B, S, D] -> [B, S, D]; tables [S, turned / 2]."""
        queries, keys, values = rearrange(self.to_qkv(x), "b s (n h d) -> n b h s d", n=3, d=self.head_width)
        queries = turned(self.norm.queries(queries), cosines, sines)
        keys = turned(self.norm.keys(keys), cosines, sines)
        mixed = functional.scaled_dot_product_attention(queries, keys, values)
        return self.to_out(rearrange(mixed, "b h s d -> b s (h d)"))


class CrossAttention(nn.Module):
    """Positions to conditions, whose keys and values are computed once; several query heads share a key head."""

    entered_by: ClassVar[tuple[str, ...]] = ("keys_values",)

    def __init__(self, width: int, heads: int, context_width: int, *, normed: bool) -> None:
        super().__init__()
        self.head_width, self.heads = width // heads, heads
        self.to_queries = nn.Linear(width, width, bias=False)
        self.to_keys_values = nn.Linear(context_width, 2 * context_width, bias=False)
        self.norm = HeadNorm(self.head_width, normed=normed)
        self.to_out = nn.Linear(width, width, bias=False)

    def keys_values(self, context: Tensor) -> tuple[Tensor, Tensor]:
        """Conditions [B, L, context width] -> keys and values [B, H, L, head width]."""
        keys, values = rearrange(self.to_keys_values(context), "b l (n h d) -> n b h l d", n=2, d=self.head_width)
        groups = self.heads // keys.shape[1]
        keys = self.norm.keys(keys)
        return keys.repeat_interleave(groups, dim=1), values.repeat_interleave(groups, dim=1)

    def forward(self, x: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """[B, S, D] -> [B, S, D]."""
        queries = self.norm.queries(rearrange(self.to_queries(x), "b s (h d) -> b h s d", d=self.head_width))
        mixed = functional.scaled_dot_product_attention(queries, keys, values)
        return self.to_out(rearrange(mixed, "b h s d -> b s (h d)"))


class DitBlock(nn.Module):
    """Self-attention, cross-attention where there are conditions, a feed-forward with a gate (SwiGLU, Shazeer
    2020); each is added to what came in, after a norm of it."""

    def __init__(self, shape: DitShape, *, cross: bool) -> None:
        super().__init__()
        width, normed = shape.width, shape.normed_heads
        self.self_norm = nn.LayerNorm(width)
        self.attention = SelfAttention(width, shape.heads, normed=normed)
        self.cross_norm = nn.LayerNorm(width) if cross else None
        self.cross = CrossAttention(width, shape.heads, shape.context_width, normed=normed) if cross else None
        self.hidden_norm = nn.LayerNorm(width)
        self.expand = nn.Linear(width, 2 * shape.hidden)
        self.contract = nn.Linear(shape.hidden, width)
        modulated = shape.timing == "modulation"
        self.table = nn.Parameter(torch.zeros(6, width)) if modulated else None

    def forward(
        self,
        x: Tensor,
        cosines: Tensor,
        sines: Tensor,
        cross: tuple[Tensor, Tensor] | None,
        modulation: Tensor | None,
    ) -> Tensor:
        """[B, S, D] -> [B, S, D]; `modulation` [B, 6, D] is what all blocks have in common."""
        if modulation is None or self.table is None:
            x = x + self.attention(self.self_norm(x), cosines, sines)
            x = self.attended(x, cross)
            return x + self.feed_forward(self.hidden_norm(x))
        shift, scale, gate, shift2, scale2, gate2 = (modulation + self.table)[:, :, None].unbind(1)
        x = x + gate * self.attention(self.self_norm(x) * (1 + scale) + shift, cosines, sines)
        x = self.attended(x, cross)
        return x + gate2 * self.feed_forward(self.hidden_norm(x) * (1 + scale2) + shift2)

    def attended(self, x: Tensor, cross: tuple[Tensor, Tensor] | None) -> Tensor:
        """[B, S, D] with what cross-attention adds."""
        if self.cross is None or self.cross_norm is None or cross is None:
            return x
        rows = len(cross[0])
        if rows == len(x):
            return x + self.cross(self.cross_norm(x), *cross)
        return torch.cat([x[:rows] + self.cross(self.cross_norm(x[:rows]), *cross), x[rows:]])

    def feed_forward(self, x: Tensor) -> Tensor:
        """[B, S, D] -> [B, S, D]. On a CPU that makes music some rows go after the others: the hidden numbers of all
        would not fit into its caches."""
        if torch.is_grad_enabled() or x.device.type != "cpu":
            return self.gated(x)
        rows = x.reshape(-1, x.shape[-1])
        return torch.cat([self.gated(part) for part in torch.split(rows, TILE_ROWS)]).view(x.shape)

    def gated(self, x: Tensor) -> Tensor:
        """[..., D] -> [..., D]; the first half of what is expanded is let through by the second."""
        value, gate = self.expand(x).chunk(2, dim=-1)
        return self.contract(value * functional.silu(gate))


class TimeFeatures(nn.Module):
    """Times [B] -> cosines and sines [B, features] at fixed random rates (Tancik et al. 2020)."""

    rates: Tensor

    def __init__(self, features: int) -> None:
        super().__init__()
        self.register_buffer("rates", torch.randn(features // 2))

    def forward(self, times: Tensor) -> Tensor:
        angles = 2 * math.pi * times[:, None].to(self.rates) * self.rates
        return torch.cat([angles.cos(), angles.sin()], dim=-1)


class Dit(nn.Module):
    """Noisy latents [B, C, F] and a time to what is predicted of them [B, C, F].

    Cross-attention takes tokens of `token_width`, the global vector has `vector_width`; 0 is none.
    """

    def __init__(self, shape: DitShape, *, channels: int, token_width: int = 0, vector_width: int = 0) -> None:
        super().__init__()
        width, head_width = shape.width, shape.width // shape.heads
        if width % shape.heads or head_width % 2 or (token_width and shape.context_width % head_width):
            raise ValueError(
                f"width {width}, {shape.heads} heads, context_width {shape.context_width}: "
                "heads must be even and divide both widths"
            )
        if token_width and shape.heads % (shape.context_width // head_width):
            raise ValueError(f"{shape.heads} heads cannot share {shape.context_width // head_width} heads of keys")
        self.shape = shape
        self.turned = max(head_width // 2, min(LEAST_TURNED, head_width))
        self.time_features = TimeFeatures(shape.time_features)
        self.to_time = nn.Sequential(nn.Linear(shape.time_features, width), nn.SiLU(), nn.Linear(width, width))
        self.to_vector = _projection(vector_width, width) if vector_width else None
        self.to_context = _projection(token_width, shape.context_width) if token_width else None
        self.enter_mix = nn.Conv1d(channels, channels, 1, bias=False)
        self.enter = nn.Linear(channels, width, bias=False)
        self.blocks = nn.ModuleList(DitBlock(shape, cross=token_width > 0) for _ in range(shape.depth))
        self.leave = nn.Linear(width, channels, bias=False)
        self.leave_mix = nn.Conv1d(channels, channels, 1, bias=False)
        self.to_modulation: nn.Sequential | None = None
        if shape.timing == "modulation":
            last = nn.Linear(width, 6 * width)
            nn.init.zeros_(last.weight)
            nn.init.zeros_(last.bias)
            self.to_modulation = nn.Sequential(nn.SiLU(), last)
        nn.init.zeros_(self.enter_mix.weight)
        nn.init.zeros_(self.leave_mix.weight)

    def given(
        self,
        *,
        tokens: Tensor | None = None,
        vector: Tensor | None = None,
        prefix: Tensor | None = None,
        aligned: Tensor | None = None,
    ) -> Given:
        """What conditions come to before the first step: `tokens` [B, L, token width] for cross-attention, `vector`
        [B, vector width], `prefix` [B, P, D], `aligned` [B, F, D]."""
        cross: tuple[tuple[Tensor, Tensor], ...] = ()
        if tokens is not None and self.to_context is not None:
            context = self.to_context(tokens[: spoken(tokens)])
            attentions = (cast(CrossAttention, block.cross) for block in self.each_block())
            cross = tuple(one.keys_values(context.to(one.to_keys_values.weight)) for one in attentions)
        if vector is not None and self.to_vector is not None:
            vector = self.to_vector(vector)
        return Given(cross, vector, prefix, aligned)

    @staticmethod
    def together(parts: Sequence[Given]) -> Given:
        """What several pieces are given as one batch. Each part holds one piece, or what is wanted of it and what
        guidance moves it away from: what is wanted of all pieces comes first. Conditions that nothing comes of may have
        been left out of some parts; they are 0."""

        def stacked(tensors: Sequence[Tensor | None]) -> Tensor | None:
            found = [tensor for tensor in tensors if tensor is not None]
            rows = max((len(tensor) for tensor in found), default=0)
            padded = [torch.cat([one, one.new_zeros(rows - len(one), *one.shape[1:])]) for one in found]
            return rearrange(padded, "b rows ... -> (rows b) ...") if found else None

        def cross(block: int) -> tuple[Tensor, Tensor]:
            keys, values = (stacked([part.cross[block][side] for part in parts]) for side in (0, 1))
            assert keys is not None and values is not None
            return keys, values

        if len(parts) == 1:
            return parts[0]
        return Given(
            tuple(cross(block) for block in range(len(parts[0].cross))),
            *(stacked([getattr(part, name) for part in parts]) for name in ("vector", "prefix", "aligned")),
        )

    def forward(self, x: Tensor, times: Tensor, given: Given | None = None, added: Sequence[Tensor] = ()) -> Tensor:
        """Noisy latents [B, C, F] at times [B] (or one for all, []) -> the prediction [B, C, F]; what is `added`
        [B, S, D] comes after the first blocks, one for each."""
        given = given or Given()
        y, modulation = self.entered(x, times, given)
        cosines, sines = rotary_tables(torch.arange(y.shape[1], device=x.device), self.turned)
        for index, block in enumerate(self.blocks):
            y = block(y, cosines, sines, given.cross[index] if given.cross else None, modulation)
            if index < len(added):
                y = y + added[index].to(y)
        made = self.leave(y[:, y.shape[1] - x.shape[-1] :].to(x)).transpose(1, 2)
        return made + self.leave_mix(made)

    def states(self, x: Tensor, times: Tensor, given: Given) -> list[Tensor]:
        """What comes out of each block [B, S, D], for networks that listen in."""
        y, modulation = self.entered(x, times, given)
        cosines, sines = rotary_tables(torch.arange(y.shape[1], device=x.device), self.turned)
        found = []
        for index, block in enumerate(self.blocks):
            y = block(y, cosines, sines, given.cross[index] if given.cross else None, modulation)
            found.append(y)
        return found

    def entered(self, x: Tensor, times: Tensor, given: Given) -> tuple[Tensor, Tensor | None]:
        """What the first block takes [B, S, D], and the modulation [B, 6, D] of all blocks."""
        frames = self.enter((x + self.enter_mix(x)).transpose(1, 2))
        if given.aligned is not None:
            frames = frames + given.aligned
        vector = self.to_time(self.time_features(times.reshape(-1).to(x.dtype))).expand(len(x), -1)
        if given.vector is not None:
            vector = vector + given.vector
        before = [given.prefix] if given.prefix is not None else []
        if self.to_modulation is None:
            return torch.cat([*before, vector[:, None], frames], dim=1).to(self.working), None
        modulation = rearrange(row_by_row(self.to_modulation, vector), "b (six d) -> b six d", six=6)
        return torch.cat([*before, frames], dim=1).to(self.working), modulation.to(self.working)

    @property
    def working(self) -> torch.dtype:
        """What the blocks work in: they alone may be lowered to bfloat16, as times near 1 need their digits."""
        return self.each_block()[0].self_norm.weight.dtype

    def pack(self, precision: Precision) -> None:
        """Packs, for a CPU that makes music, the matrices that work on all frames at every step."""
        pack_linears(self.blocks, precision, products=MANY_ROWS, but=("to_keys_values",))

    def each_block(self) -> list[DitBlock]:
        """The blocks, for those who look inside."""
        return [cast(DitBlock, block) for block in self.blocks]


def spoken(tokens: Tensor) -> int:
    """How many of the first items of conditions [B, L, W] have to be attended to. Nothing comes of items whose tokens
    are all 0, as no layer on their way has a bias; while learning they are let through, whatever they are."""
    if torch.is_grad_enabled():
        return len(tokens)
    some = tokens.flatten(1).any(1).nonzero()
    return int(some[-1]) + 1 if len(some) else 0


def turned(x: Tensor, cosines: Tensor, sines: Tensor) -> Tensor:
    """[..., S, head width] whose first dimensions turn by tables [S, turned / 2], in float32; the rest stays."""
    width = 2 * cosines.shape[-1]
    first = rotate(x[..., :width].float(), cosines, sines).to(x.dtype)
    return first if width == x.shape[-1] else torch.cat([first, x[..., width:]], dim=-1)


def _projection(inputs: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, width, bias=False), nn.SiLU(), nn.Linear(width, width, bias=False))
