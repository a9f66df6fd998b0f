"""AudioLDM 2: a language model says in eight vectors what a text sounds like, and a U-Net paints it.

Liu et al. 2023 (arXiv 2308.05734). Idea: between text and sound stands a "language of audio". GPT-2 reads a sentence
vector (CLAP) and the words (Flan-T5), each between two marks of its own, and goes on with vectors of that language. The
U-Net attends to them, then to the words themselves, and denoises latents of mel spectrograms. In the paper GPT-2 first
learns to predict AudioMAE's features of the sound; here it learns with the U-Net, from what helps to denoise, which is
the paper's second stage.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from einops import repeat
from torch import Tensor, nn
from torch.nn import functional

from songloom.conditioning.clap_text import ClapText
from songloom.conditioning.t5 import flan_large
from songloom.conditioning.text_encoders import MiniLMEncoder, MiniLMSentence, TextEncoder, TextStates
from songloom.config import Settings
from songloom.layers.gpt2 import Gpt2, Gpt2Shape
from songloom.layers.unet import UnetGiven, UnetShape
from songloom.recipe import Recipe
from songloom.systems.generators.mel_diffusion import (
    MelDiffusion,
    MelDiffusionSettings,
    tiny_codec,
    tiny_process,
    tiny_recipe,
    tiny_sampling,
)


class Marked(nn.Module):
    """A sequence at the language model's width, between a mark of its begin and one of its end."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        self.project = nn.Linear(inputs, width)
        self.begin, self.end = nn.Parameter(torch.ones(width)), nn.Parameter(torch.ones(width))

    def forward(self, states: TextStates) -> TextStates:
        """[B, L, E] -> [B, L + 2, D]; the end stands after the padding, as the published weights learned it."""
        begin, end = (repeat(mark, "d -> b 1 d", b=len(states.mask)) for mark in (self.begin, self.end))
        vectors = torch.cat([begin, self.project(states.vectors), end], dim=1)
        return TextStates(vectors, functional.pad(states.mask, (1, 1), value=True))


class AudioLdm2(MelDiffusion, kind="audioldm2"):
    """Text -> sentence and words -> eight vectors of GPT-2 -> latents -> music."""

    summary = "AudioLDM 2: GPT-2 turns text into a language of audio, a U-Net denoises mel latents under it; 16 kHz"

    @dataclass(frozen=True, kw_only=True)
    class Config(MelDiffusionSettings):
        """`sentence` gives one vector of a text, `words` one for every token, `language` goes on with `said` of its
        own. The defaults are those of cvssp/audioldm2 and audioldm2-music."""

        sentence: Settings = field(default_factory=ClapText.Config)
        words: Settings = field(default_factory=flan_large)
        language: Gpt2Shape = field(default_factory=Gpt2Shape)
        said: int = 8

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.sentence: TextEncoder = config.sentence.build()
        self.words: TextEncoder = config.words.build()
        for name, encoder in (("sentence", self.sentence), ("words", self.words)):
            encoder.requires_grad_(False).eval()
            if encoder.stored:
                self.frozen = (*self.frozen, name)
        self.marked_sentence = Marked(self.sentence.width, config.language.width)
        self.marked_words = Marked(self.words.width, config.language.width)
        self.language = Gpt2(config.language)

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        large = cls.Config(shape=UnetShape(attends=(0, 768, 1024, 0), layers=2))
        tiny = cls.Config(
            codec=tiny_codec(),
            process=tiny_process(),
            scaling="channels",
            sentence=MiniLMSentence.Config(longest=16),
            words=MiniLMEncoder.Config(longest=16),
            language=Gpt2Shape(width=32, depth=1, heads=2, hidden=64, positions=64),
            said=4,
            shape=UnetShape(
                widths=(16, 32), depth=1, attended=(False, True), attends=(0, 32, 384), heads=(2, 2), groups=4
            ),
            sampling=tiny_sampling(),
        )
        return {"audioldm2": cls.Config(), "audioldm2-large": large, "audioldm2-tiny": tiny}

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        if preset.endswith("-tiny"):
            return tiny_recipe()
        return Recipe(
            inputs="latents",
            seconds=10.24,
            steps=400_000,
            batch_size=128,
            learning_rate=1e-4,
            betas=(0.9, 0.999),
            warmup=10_000,
            ema=0.9999,
        )

    def given(self, texts: Sequence[str]) -> UnetGiven:
        words = self.on_device(self.words.marked(texts))
        return self.unet.given([(self.speech(self.on_device(self.sentence.marked(texts)), words), None), words])

    def speech(self, sentence: TextStates, words: TextStates) -> Tensor:
        """The vectors [B, said, D] with which the language model goes on after a sentence and its words."""
        first, second = self.marked_sentence(sentence), self.marked_words(words)
        vectors, mask = (torch.cat(parts, dim=1) for parts in zip(first, second, strict=True))
        return self.language.continued(vectors, mask, self.config.said)

    def on_device(self, states: TextStates) -> TextStates:
        """Where the weights are."""
        weight = self.marked_words.project.weight
        return TextStates(states.vectors.to(weight), states.mask.to(weight.device))
