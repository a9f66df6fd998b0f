"""A BERT encoder (Devlin et al. 2019) small enough to read, for frozen sentence encoders such as MiniLM.

Ours, because importing transformers takes seconds; the tests hold it to transformers' BertModel.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from einops import rearrange
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-12


class BertLayer(nn.Module):
    """Self-attention and a GELU feed-forward, each followed by its residual norm (post-norm)."""

    def __init__(self, width: int, heads: int, hidden: int, epsilon: float = EPSILON) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.attention_norm = nn.LayerNorm(width, eps=epsilon)
        self.expand = nn.Linear(width, hidden)
        self.contract = nn.Linear(hidden, width)
        self.hidden_norm = nn.LayerNorm(width, eps=epsilon)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """[B, L, D] and mask [B, L] (True is a token) -> [B, L, D]."""
        queries, keys, values = rearrange(self.qkv(x), "b l (three h d) -> three b h l d", three=3, h=self.heads)
        mixed = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=mask[:, None, None])
        x = self.attention_norm(x + self.out(rearrange(mixed, "b h l d -> b l (h d)")))
        return self.hidden_norm(x + self.contract(functional.gelu(self.expand(x))))


class Bert(nn.Module):
    """Token ids to one vector per token; the tables are zero until weights are loaded."""

    def __init__(
        self,
        *,
        vocabulary: int,
        width: int,
        depth: int,
        heads: int,
        hidden: int,
        positions: int = 512,
        epsilon: float = EPSILON,
    ) -> None:
        super().__init__()
        self.tokens = nn.Parameter(torch.zeros(vocabulary, width))
        self.positions = nn.Parameter(torch.zeros(positions, width))
        self.segment = nn.Parameter(torch.zeros(width))
        self.norm = nn.LayerNorm(width, eps=epsilon)
        self.layers = nn.ModuleList(BertLayer(width, heads, hidden, epsilon) for _ in range(depth))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """ids [B, L] int64, mask [B, L] bool (True is a token) -> [B, L, D]."""
        x = self.norm(functional.embedding(ids, self.tokens) + self.positions[: ids.shape[1]] + self.segment)
        for layer in self.layers:
            x = layer(x, mask)
        return x


_NAMES = {
    "out": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "expand": "intermediate.dense",
    "contract": "output.dense",
    "hidden_norm": "output.LayerNorm",
}


def bert_weights(published: Mapping[str, Tensor], depth: int) -> dict[str, Tensor]:
    """The state of `Bert` from a published BERT's tensors (names of transformers' BertModel, all segment 0)."""
    state = {
        "tokens": published["embeddings.word_embeddings.weight"],
        "positions": published["embeddings.position_embeddings.weight"],
        "segment": published["embeddings.token_type_embeddings.weight"][0],
        "norm.weight": published["embeddings.LayerNorm.weight"],
        "norm.bias": published["embeddings.LayerNorm.bias"],
    }
    for index in range(depth):
        theirs, ours = f"encoder.layer.{index}", f"layers.{index}"
        for kind in ("weight", "bias"):
            parts = [published[f"{theirs}.attention.self.{part}.{kind}"] for part in ("query", "key", "value")]
            state[f"{ours}.qkv.{kind}"] = torch.cat(parts)
            state |= {f"{ours}.{name}.{kind}": published[f"{theirs}.{their}.{kind}"] for name, their in _NAMES.items()}
    return state
