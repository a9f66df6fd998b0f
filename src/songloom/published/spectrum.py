"""Spectrum and mel bands that lie in files as weights of convolutions (torchlibrosa's layout): only looked at.

They never learn, so a network makes its own; a file whose bands are others must not pass for what it is not.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from songloom.layers.decibel_mel import DecibelMel, DecibelScale

SPECTRUM = r"(?:spectrogram_extractor\.stft\.conv_(?:real|imag)\.weight|logmel_extractor\.melW)"
"""Names of these tensors, after what is before them."""


def check_spectrum(tensors: Mapping[str, Tensor], prefix: str, scale: DecibelScale, source: str) -> None:
    """Raises ValueError where the file's own window or mel bands, under `prefix`, are not those of `scale`."""
    bands = tensors.get(f"{prefix}logmel_extractor.melW")
    if bands is not None and not _same(bands.T, DecibelMel(scale).filters):
        raise ValueError(f"{source} hears by other mel bands than {scale}")
    cosines = tensors.get(f"{prefix}spectrogram_extractor.stft.conv_real.weight")
    if cosines is not None and not _same(cosines[0, 0], torch.hann_window(scale.n_fft)):  # of frequency 0
        raise ValueError(f"{source} hears by other windows than {scale}")


def _same(found: Tensor, own: Tensor) -> bool:
    return found.shape == own.shape and torch.allclose(found.float(), own, atol=1e-4 * float(own.max()))
