"""How near candidates lie to the words that asked for them, as an embedder hears both."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from songloom.audio.clip import Audio
from songloom.inference.candidates import parts
from songloom.inference.embedding import Space
from songloom.systems.request import Request


class TextSimilarity:
    """A score of candidates: the similarity of sound and words, -1..1; over the sections of a story the mean of that.
    `told` is what recipes say of it."""

    def __init__(self, space: Space) -> None:
        self.embedder = space.system
        self.told: dict[str, Any] = {"by": "text", "model": space.name, "model_sha256": space.sha256}
        self._texts: dict[str, Tensor] = {}

    @torch.inference_mode()
    def __call__(self, audio: Audio, request: Request) -> float:
        found = [float(self._text(words) @ self._sound(part)) for part, words, _ in parts(audio, request)]
        return sum(found) / max(1, len(found))

    def _text(self, words: str) -> Tensor:
        """[E]; each text is read once."""
        if words not in self._texts:
            self._texts[words] = self.embedder.embed_text([words])[0]
        return self._texts[words]

    def _sound(self, audio: Audio) -> Tensor:
        wave = audio.fitted(self.embedder.sample_rate, self.embedder.channels)
        return self.embedder.embed_audio(wave[None])[0]
