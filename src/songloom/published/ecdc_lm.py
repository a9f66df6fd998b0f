"""EnCodec's language model, which says what codes are likely after those before.

Défossez et al. 2022 (arXiv 2210.13438), section 3.3: a small Transformer of 5 layers sees the last 3.5 seconds, all
books of a frame at once. An `.ecdc` file decodes only where the same chances come out to the last bit, so each step
does exactly the operations of the encodec package: keys and values are made anew from what each layer was given.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from songloom.loading import without_memory
from songloom.published.ecdc import LAYOUTS
from songloom.published.files import read_tensors
from songloom.published.keys import fill

HEADS = 8
SECONDS = 3.5
PERIOD = 10_000


class Layer(nn.Module):
    """Attention to the past and a feed-forward net, each followed by a norm."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.self_attn = nn.MultiheadAttention(width, HEADS, batch_first=True)
        self.linear1, self.linear2 = nn.Linear(width, inner), nn.Linear(inner, width)
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)

    def forward(self, frame: Tensor, past: Tensor, reach: int) -> Tensor:
        """A frame [1, 1, E] after `past` [1, n, E], of which the last `reach` are seen."""
        seen = torch.cat([past, frame], dim=1)
        distance = past.shape[1] - torch.arange(seen.shape[1]).view(1, -1)
        hidden = ~((distance >= 0) & (distance <= reach))
        frame = self.norm1(frame + self.self_attn(frame, seen, seen, attn_mask=hidden, need_weights=False)[0])
        return self.norm2(frame + self.linear2(functional.gelu(self.linear1(frame))))


class Transformer(nn.Module):
    """A norm, positions, and the layers."""

    def __init__(self, depth: int, width: int, inner: int) -> None:
        super().__init__()
        self.norm_in = nn.LayerNorm(width)
        self.layers = nn.ModuleList(Layer(width, inner) for _ in range(depth))


class EncodecLm(nn.Module):
    """Codes of a frame -> chances [K, V] of the next one's. `reach` is how many frames back it sees."""

    def __init__(self, streams: int, codebook_size: int, depth: int, width: int, inner: int, reach: int) -> None:
        super().__init__()
        self.transformer = Transformer(depth, width, inner)
        self.emb = nn.ModuleList(nn.Embedding(codebook_size + 1, width) for _ in range(streams))
        self.linears = nn.ModuleList(nn.Linear(width, codebook_size) for _ in range(streams))
        self.reach = reach

    def begin(self, streams: int) -> LmChances:
        """The chances of a new segment with the first `streams` codebooks."""
        return LmChances(self, streams)

    def step(self, codes: Tensor, place: int, pasts: list[Tensor] | None) -> tuple[Tensor, list[Tensor]]:
        """Codes [1, k, 1] of the frame before, plus one (0: there is none), at frame `place` -> chances [1, V, k, 1]
        and what each layer was given so far."""
        frame = sum(self.emb[book](codes[:, book]) for book in range(codes.shape[1]))
        assert isinstance(frame, Tensor)
        width = frame.shape[-1]
        if pasts is None:
            pasts = [torch.zeros_like(frame) for _ in self.transformer.layers]
        frame = self.transformer.norm_in(frame) + waves_at(place, width)
        given = []
        for layer, past in zip(self.transformer.layers, pasts, strict=True):
            given.append(torch.cat([past, frame], dim=1)[:, -self.reach :])
            frame = layer(frame, past, self.reach)
        logits = torch.stack([self.linears[book](frame) for book in range(codes.shape[1])], dim=1)
        return torch.softmax(logits.permute(0, 3, 1, 2), dim=1), given


def waves_at(place: int, width: int) -> Tensor:
    """The position's code [1, 1, width]: cosines, then sines, of falling rates."""
    half = width // 2
    phase = torch.tensor([[[place]]]) / (PERIOD ** (torch.arange(half).view(1, 1, -1) / (half - 1)))
    return torch.cat([torch.cos(phase), torch.sin(phase)], dim=-1)


class LmChances:
    """The chances of one segment's frames (see `ecdc_entropy.Chances`)."""

    def __init__(self, model: EncodecLm, streams: int) -> None:
        if streams > len(model.emb):
            raise ValueError(f"the language model knows {len(model.emb)} codebooks, not {streams}")
        self._model, self._streams, self._place = model, streams, 0
        self._pasts: list[Tensor] | None = None

    @torch.no_grad()
    def after(self, codes: list[int] | None) -> np.ndarray:
        """Chances [K, V] of the next frame."""
        before = torch.zeros(self._streams, dtype=torch.int64) if codes is None else 1 + torch.tensor(codes)
        chances, self._pasts = self._model.step(before.view(1, -1, 1), self._place, self._pasts)
        self._place += 1
        found: np.ndarray = chances[0, :, :, 0].T.contiguous().numpy()
        return found


def load(path: Path, model: str) -> EncodecLm:
    """The language model of a published file (`encodec_lm_24khz-1608e3c0.th`, `encodec_lm_48khz-7add9fc3.th`) for
    codes of `model`, a key of LAYOUTS. Raises ValueError when it is another file."""
    tensors = read_tensors(path)
    streams = sum(name.startswith("linears.") and name.endswith(".weight") for name in tensors)
    depth = sum(name.endswith(".linear1.bias") for name in tensors)
    first, inner = tensors.get("linears.0.weight"), tensors.get("transformer.layers.0.linear1.bias")
    if first is None or inner is None or first.ndim != 2 or first.shape[1] % (2 * HEADS):
        raise ValueError(f"{path} is no language model of EnCodec")
    layout = LAYOUTS[model]
    reach = int(SECONDS * -(-layout.sample_rate // layout.hop_length))
    with without_memory():
        lm = EncodecLm(streams, first.shape[0], depth, first.shape[1], len(inner), reach)
    fill(lm, tensors, source=str(path))
    return lm.eval()
