"""songloom: text in, music out. `songloom.generate("warm lo-fi piano").save("rain.wav")`."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["Audio", "Request", "generate", "load", "presets"]

if TYPE_CHECKING:
    from songloom.audio.clip import Audio
    from songloom.inference.call import generate
    from songloom.published.load import load
    from songloom.systems.registry import presets
    from songloom.systems.request import Request

_HOMES = {
    "Audio": "audio.clip",
    "Request": "systems.request",
    "generate": "inference.call",
    "load": "published.load",
    "presets": "systems.registry",
}


def __getattr__(name: str) -> Any:
    """The public names, imported on first use: `import songloom` itself stays instant."""
    if name not in _HOMES:
        raise AttributeError(f"module 'songloom' has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
