"""Strided convolutions between dilated residual blocks: waves to latents at half the rate, again and again.

The encoder and decoder of Jukebox's VQ-VAE (Dhariwal et al. 2020, arXiv 2005.00341, section 3 and appendix B.1);
with one stack of six halvings also those of the first VQ-VAE for audio (arXiv 1711.00937, section 4.3). Every
length that the stride divides keeps its frames exactly; there is no normalisation, so the receptive field is
finite and `reach` computes it.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional


class DilatedBlock(nn.Module):
    """x + narrow(relu(wide(relu(x)))), `wide` dilated: [B, C, T] -> [B, C, T]."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.wide = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.narrow = nn.Conv1d(width, width, 1)

    def forward(self, inner: Tensor) -> Tensor:
        return inner + self.narrow(functional.relu(self.wide(functional.relu(inner))))


def dilations(depth: int, growth: int) -> list[int]:
    """Dilations of `depth` blocks: 1, growth, growth^2, ..."""
    return [growth**block for block in range(depth)]


class DownStack(nn.Module):
    """`halvings` times a convolution of stride two and `depth` dilated blocks, then one to `outputs` channels:
    [B, inputs, T] -> [B, outputs, T / 2^halvings]."""

    def __init__(self, inputs: int, width: int, outputs: int, *, halvings: int, depth: int, growth: int = 3) -> None:
        super().__init__()
        self.dilations = dilations(depth, growth)
        self.halves = nn.ModuleList(
            nn.Conv1d(width if place else inputs, width, 4, stride=2, padding=1) for place in range(halvings)
        )
        self.blocks = nn.ModuleList(
            nn.Sequential(*(DilatedBlock(width, dilation) for dilation in self.dilations)) for _ in range(halvings)
        )
        self.leave = nn.Conv1d(width, outputs, 3, padding=1)

    def forward(self, wave: Tensor) -> Tensor:
        for half, blocks in zip(self.halves, self.blocks, strict=True):
            wave = blocks(half(wave))
        return self.leave(wave)

    def reach(self, frames: int = 0) -> int:
        """Positions of the input, beyond those of the frames, that `frames` more on either side depend on."""
        frames += 1
        for _ in self.halves:
            frames = 2 * (frames + sum(self.dilations)) + 1
        return frames


class UpStack(nn.Module):
    """The mirror: [B, inputs, F] -> [B, outputs, F * 2^doublings]; dilations run from wide to narrow."""

    def __init__(self, inputs: int, width: int, outputs: int, *, doublings: int, depth: int, growth: int = 3) -> None:
        super().__init__()
        self.dilations = dilations(depth, growth)[::-1]
        self.enter = nn.Conv1d(inputs, width, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.Sequential(*(DilatedBlock(width, dilation) for dilation in self.dilations)) for _ in range(doublings)
        )
        self.twices = nn.ModuleList(
            nn.ConvTranspose1d(width, width if place < doublings - 1 else outputs, 4, stride=2, padding=1)
            for place in range(doublings)
        )

    def forward(self, frames: Tensor) -> Tensor:
        frames = self.enter(frames)
        for blocks, twice in zip(self.blocks, self.twices, strict=True):
            frames = twice(blocks(frames))
        return frames

    def reach(self, samples: int = 0) -> int:
        """Frames of the input, beyond those of the samples, that `samples` more on either side depend on."""
        for _ in self.twices:
            samples = (samples + 2) // 2 + sum(self.dilations)
        return samples + 1
