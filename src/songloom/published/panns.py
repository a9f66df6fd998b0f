"""PANNs' published CNN14 for 32, 16 and 8 kHz. The files hold the spectrum's windows and mel bands as weights: they are
held against our own, and say for which rate the file is."""

from __future__ import annotations

from pathlib import Path

import torch

from songloom.layers.cnn14 import Cnn14Shape
from songloom.layers.panns import SCALES, Panns
from songloom.loading import without_memory
from songloom.published.cnn14 import rules
from songloom.published.files import read_tensors
from songloom.published.keys import fill, renamed
from songloom.published.spectrum import check_spectrum

FILES = {32_000: "Cnn14_mAP=0.431.pth", 16_000: "Cnn14_16k_mAP=0.438.pth", 8000: "Cnn14_8k_mAP=0.416.pth"}
"""By the sample rate in Hz."""
WHERE = "https://zenodo.org/records/3987831"
COSINES = "spectrogram_extractor.stft.conv_real.weight"
SHAPE = Cnn14Shape()


def load(path: Path, sample_rate: int) -> Panns:
    """The network of a file for a rate of 32, 16 or 8 kHz, in eval mode. Raises ValueError for tensors that do not
    fit, or are of another rate."""
    theirs, source = read_tensors(path, inside="model"), str(path)
    scale = SCALES[sample_rate]
    size = theirs.get(COSINES, torch.zeros(1)).shape[-1]
    if size != scale.n_fft:
        raise ValueError(f"{source} has windows of {size} samples; PANNs of {sample_rate} Hz have {scale.n_fft}")
    check_spectrum(theirs, "", scale, source)
    with without_memory():
        network = Panns(scale, SHAPE)
    fill(network, renamed(theirs, rules("", "cnn.", SHAPE), source=source), source=source)
    return network.requires_grad_(False).eval()
