"""VGGish's weights as PyTorch ships them: torchvggish's file `vggish-10086976.pth`."""

from __future__ import annotations

from pathlib import Path

from songloom.layers.vggish import Vggish
from songloom.loading import without_memory
from songloom.published.files import read_tensors
from songloom.published.keys import Rule, fill, renamed

FILE = "vggish-10086976.pth"
WHERE = "https://github.com/harritaylor/torchvggish/releases/tag/v0.1"
CONVOLUTIONS = (0, 3, 6, 8, 11, 13)
"""Places of the convolutions among ReLUs and poolings."""
RULES: list[Rule] = [
    *((rf"features\.{theirs}\.(.+)", rf"convs.{ours}.\1") for ours, theirs in enumerate(CONVOLUTIONS)),
    *((rf"embeddings\.{2 * ours}\.(.+)", rf"dense.{ours}.\1") for ours in range(3)),
]


def load(path: Path) -> Vggish:
    """The network of a file, in eval mode. Raises ValueError for tensors that do not fit."""
    with without_memory():
        network = Vggish()
    fill(network, renamed(read_tensors(path), RULES, source=str(path)), source=str(path))
    return network.requires_grad_(False).eval()
