"""CNN14 in the layout of PANNs, which Microsoft's CLAP kept, as a file of its own or half of a larger one."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from songloom.layers.cnn14 import Cnn14Shape
from songloom.published.bert import layers
from songloom.published.keys import Rule
from songloom.published.spectrum import SPECTRUM

PLACES = {"conv1": "first", "bn1": "first_norm", "conv2": "second", "bn2": "second_norm"}


def rules(theirs: str, ours: str, shape: Cnn14Shape) -> list[Rule]:
    """From names that begin with the pattern `theirs` to those of `layers.cnn14.Cnn14` after `ours`."""
    return [
        (theirs + SPECTRUM, None),
        (theirs + r"bn0\.(.+)", rf"{ours}bands_norm.\1"),
        (theirs + r"fc1\.(.+)", rf"{ours}embed.\1"),
        (theirs + r"fc_audioset\.(.+)", rf"{ours}classify.\1" if shape.classes else None),
        *(
            (theirs + rf"conv_block{block + 1}\.{place}\.(.+)", rf"{ours}blocks.{block}.{name}.\1")
            for block in range(len(shape.widths))
            for place, name in PLACES.items()
        ),
    ]


def shape_of(tensors: Mapping[str, Tensor], prefix: str, source: str) -> Cnn14Shape:
    """The size that the shapes of tensors under `prefix` say. Raises ValueError when they are of something else."""
    own = {name.removeprefix(prefix): tensor.shape for name, tensor in tensors.items() if name.startswith(prefix)}
    try:
        return Cnn14Shape(
            widths=tuple(
                own[f"conv_block{block}.conv2.weight"][0] for block in range(1, layers(own, r"conv_block(\d+)\."))
            ),
            embedding=own["fc1.weight"][0],
            classes=own["fc_audioset.weight"][0],
            bands=own["bn0.weight"][0],
        )
    except (KeyError, IndexError) as error:
        raise ValueError(f"{source} holds no CNN14 under {prefix!r}: {error}") from None
