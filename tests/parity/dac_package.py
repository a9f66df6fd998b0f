"""The reference package `dac`, importable without its audio tools: stubs stand where they would."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
from torch import nn


class Model(nn.Module):
    """What the package needs of its base class."""

    INTERN: list[str] = []
    EXTERN: list[str] = []


def dac_class() -> Any:
    """The package's `DAC`; skips the test where it is not installed."""
    names = ("audiotools", "audiotools.ml", "audiotools.core", "audiotools.core.util", "argbind")
    stubs = {name: ModuleType(name) for name in names}
    tools, ml, core, util, argbind = stubs.values()
    for module, attributes in (
        (ml, {"BaseModel": Model, "Accelerator": object}),
        (core, {"util": util}),
        (tools, {"ml": ml, "core": core, "AudioSignal": object, "STFTParams": object}),
        (argbind, {"bind": lambda *_, **__: lambda function: function}),
    ):
        vars(module).update(attributes)
    before = {name: sys.modules.get(name) for name in names}
    sys.modules.update(stubs)
    try:
        return pytest.importorskip("dac", exc_type=ImportError).DAC
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module
