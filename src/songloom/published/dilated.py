"""Names of the dilated encoder's and decoder's tensors in published files: by place, or by what they are.

The dac package and stable-audio-tools number the parts of nested sequences, under different words; Hugging Face's
transformers and diffusers name the parts alike. Both become the names of `layers.dilated`.
"""

from __future__ import annotations

from songloom.published.keys import Rule

PARTS = ("first", "dilated", "second", "mix")
"""Of a residual unit, in order."""


def numbered(depth: int, *, encoder: str, decoder: str, inner: str) -> list[Rule]:
    """Rules for `depth` stages in a sequence `encoder` and one `decoder` whose own parts lie in `inner`."""
    rules: list[Rule] = []
    for ours, sequence, units in (("encoder", encoder, 0), ("decoder", decoder, 2)):
        outer, start = sequence.replace(".", r"\."), 3 if units == 0 else 0
        for place, part in enumerate(PARTS):
            for unit in range(3):
                path = rf"{outer}\.(\d+)\.{inner}\.{units + unit}\.{inner}\.{place}\.(.+)"
                rules.append((path, rf"{ours}.steps.\1.units.{unit}.{part}.\2"))
        for place, part in enumerate(("snake", "conv")):
            rules.append((rf"{outer}\.(\d+)\.{inner}\.{start + place}\.([^.]+)", rf"{ours}.steps.\1.{part}.\2"))
            rules.append((rf"{outer}\.{depth + 1 + place}\.([^.]+)", rf"{ours}.steps.{depth + 1}.{part}.\1"))
        rules.append((rf"{outer}\.0\.([^.]+)", rf"{ours}.steps.0.conv.\1"))
    return rules


def named(depth: int) -> list[Rule]:
    """Rules for `depth` stages whose parts have names (snake1, conv1, res_unit1, conv_t1, ...)."""
    rules: list[Rule] = []
    for side, conv in (("encoder", "conv1"), ("decoder", "conv_t1")):
        for stage in range(depth):
            outer, ours = rf"{side}\.block\.{stage}", f"{side}.steps.{stage + 1}"
            for place, part in enumerate(PARTS):
                theirs = f"{'conv' if place % 2 else 'snake'}{place // 2 + 1}"
                for unit in range(3):
                    rules.append((rf"{outer}\.res_unit{unit + 1}\.{theirs}\.(.+)", rf"{ours}.units.{unit}.{part}.\1"))
            rules += [(rf"{outer}\.snake1\.(.+)", rf"{ours}.snake.\1"), (rf"{outer}\.{conv}\.(.+)", rf"{ours}.conv.\1")]
        rules += [
            (rf"{side}\.conv1\.(.+)", rf"{side}.steps.0.conv.\1"),
            (rf"{side}\.snake1\.(.+)", rf"{side}.steps.{depth + 1}.snake.\1"),
            (rf"{side}\.conv2\.(.+)", rf"{side}.steps.{depth + 1}.conv.\1"),
        ]
    return rules
