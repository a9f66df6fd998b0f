"""LAION's CLAP: music and texts in one space, long music fused into one picture.

Wu et al. 2022 (arXiv 2211.06687). Idea: HTS-AT hears ten seconds, RoBERTa reads, and a contrast over hundreds of
thousands of pairs brings them together. Feature fusion lets the same network hear longer music at once: a shrunk
picture of the whole beside three pieces of it. Clips that have tags instead of a caption are read by a sentence that
names them.

The published code cuts its pieces (and a window of longer music, without fusion) at random, so that a clip has another
vector every time. Here the pieces begin in the middle of each third of the places where one can begin, and music that
is not longer than a window is never fused. Waves that come as numpy arrays are rounded to 16 bits there; here they stay
as they are. Training there also hides stripes of the pictures and leaves out whole blocks at random; here it does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from songloom.conditioning.clap_text import ClapText
from songloom.conditioning.token_text import SPELLED
from songloom.config import Settings
from songloom.layers.decibel_mel import DecibelScale
from songloom.layers.htsat import HtsatShape
from songloom.recipe import Recipe
from songloom.systems.embedders.clap import Clap, ClapSettings, ReluProjection

BASE = HtsatShape(width=128, depths=(2, 2, 12, 2))
"""The larger of the two published audio towers."""
TINY = HtsatShape(width=8, depths=(2, 2), heads=(1, 2), window=4, side=64, bands=16)


def scale_of(bands: int = 64, *, fused: bool = False) -> DecibelScale:
    """How the published models hear. Those with fusion have HTK's mel scale with triangles of height 1."""
    return DecibelScale(
        sample_rate=48_000, hop_length=480, bands=bands, scale="htk" if fused else "slaney", equal_area=not fused
    )


class LaionClap(Clap, kind="laion-clap"):
    """Ten seconds, or with fusion music of any length, and texts -> points of one space."""

    summary = "LAION CLAP: HTS-AT hears, RoBERTa reads, long music may be fused; 48 kHz"

    @dataclass(frozen=True, kw_only=True)
    class Config(ClapSettings):
        """The defaults are those of 630k-audioset-best.pt."""

        sample_rate: int = 48_000
        seconds: float = 10.0
        mel: DecibelScale = field(default_factory=scale_of)
        audio: HtsatShape = field(default_factory=HtsatShape)
        text: ClapText.Config = field(default_factory=lambda: ClapText.Config(longest=77, epsilon=1e-5))
        width: int = 512

    config: Config

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.text: ClapText = config.text.build()
        self.project = ReluProjection(self.audio.width, config.width)
        if self.text.width != config.width:
            raise ValueError(f"texts have {self.text.width} numbers and music {config.width}; one space has one width")

    @classmethod
    def presets(cls) -> dict[str, Settings]:
        return {
            "laion-clap": cls.Config(),
            "laion-clap-fused": cls.Config(audio=HtsatShape(fused=True), mel=scale_of(fused=True)),
            "laion-clap-base": cls.Config(audio=BASE),
            "laion-clap-base-fused": cls.Config(
                audio=HtsatShape(width=BASE.width, depths=BASE.depths, fused=True), mel=scale_of(fused=True)
            ),
            "laion-clap-tiny": tiny(fused=False),
            "laion-clap-fused-tiny": tiny(fused=True),
        }

    @classmethod
    def recipe(cls, preset: str) -> Recipe:
        fused = "fused" in preset
        if preset.endswith("-tiny"):
            return Recipe(seconds=2.5 if fused else 1.0, steps=100, batch_size=8, learning_rate=1e-3, warmup=10)
        return Recipe(
            seconds=10.0,
            long_seconds=30.0 if fused else 0.0,
            long_share=0.5 if fused else 0.0,
            steps=12_000,
            batch_size=2304,
            learning_rate=1e-4,
            betas=(0.9, 0.99),
            weight_decay=0.0,
            warmup=3200,
        )

    @property
    def hearing(self) -> tuple[str, ...]:
        fusion = "feature fusion: longer music at once" if self.config.audio.fused else "no feature fusion"
        return (*super().hearing, fusion)

    def hear(self, wave: Tensor) -> Tensor:
        return functional.normalize(self.project(self.audio.embedding(self.frames(wave))), dim=-1)

    def read(self, texts: Sequence[str]) -> Tensor:
        return self.text.embed(texts)

    def frames(self, wave: Tensor) -> Tensor:
        """Log-mel frames [B, M, F] of a window, or with fusion [B, 4, M, F] of a longer wave."""
        if wave.shape[-1] <= self.window or not self.config.audio.fused:
            return super().frames(wave)
        return pieces(self.mel(wave), self.mel.stft.frames(self.window))

    @torch.no_grad()
    def embed_audio(self, wave: Tensor) -> Tensor:
        """[B, C, T] in [-1, 1] of any length -> [B, E]. With fusion all of it is heard at once; without, in windows."""
        if not self.config.audio.fused:
            return super().embed_audio(wave)
        self.check_wave(wave)
        return self.hear(wave[:, 0]).float()


def pieces(mel: Tensor, frames: int) -> Tensor:
    """Log-mel frames [B, M, F] of longer music -> [B, 4, M, frames]: all of it, shrunk (linearly and without smoothing
    first, as transformers does), and one piece from each third, in the middle of where it can begin. Music that is
    longer by less than a frame stays as it is, [B, M, F]."""
    if mel.shape[-1] == frames:
        return mel
    whole = functional.interpolate(mel[:, None], (mel.shape[1], frames), mode="bilinear", align_corners=False)
    cut = [mel[..., start : start + frames] for start in middles(mel.shape[-1] - frames + 1)]
    return torch.stack([whole[:, 0], *cut], dim=1)


def middles(places: int) -> list[int]:
    """The middle of each third of so many places, the first thirds being longer where 3 does not divide them; an empty
    third has place 0."""
    sizes = [(places + 2 - third) // 3 for third in range(3)]
    return [sum(sizes[:third]) + size // 2 if size else 0 for third, size in enumerate(sizes)]


def tiny(*, fused: bool) -> LaionClap.Config:
    """One second at 8 kHz, and texts spelled letter by letter."""
    mel = DecibelScale(
        sample_rate=8000,
        n_fft=512,
        hop_length=80,
        bands=TINY.bands,
        high=4000.0,
        scale="htk" if fused else "slaney",
        equal_area=not fused,
    )
    text = ClapText.Config(
        vocabulary=SPELLED, width=16, depth=1, heads=2, hidden=32, positions=32, joint=16, longest=32, spelled=True
    )
    audio = HtsatShape(
        width=TINY.width,
        depths=TINY.depths,
        heads=TINY.heads,
        window=TINY.window,
        side=TINY.side,
        bands=TINY.bands,
        fused=fused,
    )
    return LaionClap.Config(sample_rate=8000, seconds=1.0, mel=mel, audio=audio, text=text, width=16)
