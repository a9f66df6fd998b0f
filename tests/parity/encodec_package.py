"""The encodec package beside a torch without torchaudio, which it imports but for its command line."""

from __future__ import annotations

import sys
import types
from typing import Any

import pytest
import torch


def package() -> Any:
    """The package's main module; skips the test where it is not installed."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(sys.modules, "torchaudio", types.ModuleType("torchaudio"))
        return pytest.importorskip("encodec")


def published(name: str) -> Any:
    """The package's model "24khz" or "48khz" at random weights."""
    model = getattr(package().EncodecModel, f"encodec_model_{name}")(pretrained=False)
    model.segment = 1.0 if name == "48khz" else None
    return with_codebooks(model.eval())


def with_codebooks(model: Any) -> Any:
    """Random codebooks, which the package draws at its first training step only, and lengths of weight norm."""
    with torch.no_grad():
        for key, tensor in model.state_dict().items():
            if key.endswith((".embed", ".embed_avg")):
                tensor.normal_(std=0.3)
            elif key.endswith(".inited"):
                tensor.fill_(1)
            elif key.endswith((".weight_g", ".original0")):
                tensor.mul_(torch.rand_like(tensor) + 0.7)
    return model
