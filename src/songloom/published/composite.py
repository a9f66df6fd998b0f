"""A generator put together from its own tensors and its frozen parts, without a second copy of anything."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from songloom.conditioning.t5 import T5
from songloom.loading import without_memory
from songloom.published.keys import assign
from songloom.systems.codecs.stereo import StereoCodec
from songloom.systems.generators.musicgen import Musicgen
from songloom.systems.roles import Codec


def assembled(settings: Musicgen.Config, own: Mapping[str, Tensor], codec: Codec, text: T5, source: str) -> Musicgen:
    """The generator of its own tensors and its two frozen parts; in stereo `codec` is that of each channel."""
    with without_memory():
        system: Musicgen = settings.build()
    if isinstance(system.codec, StereoCodec):
        system.codec.codec = codec
    else:
        system.codec = codec
    system.text = text
    parts = {name: t for name, t in system.state_dict().items() if name.startswith(("codec.", "text."))}
    assign(system, {**own, **parts}, source=source)
    system.codec.requires_grad_(False)
    return system.eval()
