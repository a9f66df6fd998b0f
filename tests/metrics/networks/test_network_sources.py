"""Pre-trained networks by name: found in files, folders and the hub's cache, or a line that says what is missing."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from songloom.layers.cnn14 import Cnn14Shape
from songloom.layers.openl3 import OpenL3
from songloom.layers.panns import SCALES, Panns
from songloom.layers.passt import Passt
from songloom.layers.vggish import Vggish
from songloom.metrics.embeddings import ClassifyingNetwork
from songloom.metrics.networks.sources import SOURCES, open_network
from songloom.published import laion_clap, microsoft_clap, openl3, panns, passt, vggish
from songloom.systems.embedders.laion_clap import LaionClap
from songloom.systems.embedders.microsoft_clap import MicrosoftClap


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """VGGish's file, of a small network."""

    def tiny() -> Vggish:
        return Vggish((3, 4, 5, 5, 6, 6), hidden=10, embedding=7)

    monkeypatch.setattr(vggish, "Vggish", tiny)
    places = {"convs": ("features", (0, 3, 6, 8, 11, 13)), "dense": ("embeddings", (0, 2, 4))}
    tensors = {}
    for name, tensor in tiny().state_dict().items():
        group, place, part = name.split(".")
        tensors[f"{places[group][0]}.{places[group][1][int(place)]}.{part}"] = tensor
    torch.save(tensors, tmp_path / vggish.FILE)
    return tmp_path / vggish.FILE


@pytest.mark.parametrize("name", ["vggish-fadtk", "vggish-audiocraft"])
def test_a_network_opens_from_a_file_and_from_its_folder(name: str, weights: Path) -> None:
    for place in (weights, weights.parent, str(weights)):
        network = open_network(name, place)
        assert network.name == name
        assert network.facts.checkpoint.startswith(f"{vggish.FILE} (sha256 ") and len(network.facts.checkpoint) > 40
        assert network.embed(network.prepare(torch.randn(2, 44_100), 44_100)).shape == (1, 7)


def test_a_network_opens_from_the_hubs_cache(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "hub" / "models--someone--vggish"
    (cache / "snapshots" / "abc").mkdir(parents=True)
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text("abc")
    weights.rename(cache / "snapshots" / "abc" / vggish.FILE)
    monkeypatch.setattr("songloom.published.files.hub_cache", lambda: tmp_path / "hub")
    assert open_network("vggish-fadtk", "someone/vggish").name == "vggish-fadtk"


@pytest.mark.parametrize("name", list(SOURCES))
def test_without_its_file_every_network_says_in_one_line_which_and_from_where(name: str, tmp_path: Path) -> None:
    for place in (None, tmp_path, tmp_path / "nothing.pth", "someone/nothing"):
        with pytest.raises(ValueError) as caught:
            open_network(name, place)
        said = str(caught.value)
        assert "\n" not in said and name in said and "https://" in said
        assert any(file in said for file in SOURCES[name].files)


@pytest.mark.parametrize("name", list(SOURCES))
def test_a_file_of_another_network_is_refused(name: str, tmp_path: Path) -> None:
    torch.save({"some.weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(ValueError, match=r"other\.pth"):
        open_network(name, tmp_path / "other.pth")


def test_an_unknown_name_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(ValueError, match="no metric network 'fad'; known: vggish-fadtk"):
        open_network("fad", None)


@pytest.mark.parametrize("name", list(SOURCES))
def test_what_a_source_opens_has_its_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = {f"passt-audiocraft-{seconds}s": count for seconds, count in ((10, 99), (20, 200), (30, 300))}
    small = Passt(columns.get(name, 99), width=4, depth=1, heads=1, hidden=4, classes=3)
    monkeypatch.setattr(passt, "load", lambda path: small)
    monkeypatch.setattr(openl3, "load", lambda path: OpenL3(widths=(2, 2, 2, 4)))
    monkeypatch.setattr(laion_clap, "load", lambda path: LaionClap.presets()["laion-clap-tiny"].build())
    monkeypatch.setattr(microsoft_clap, "load", lambda path: MicrosoftClap.presets()["microsoft-clap-tiny"].build())
    monkeypatch.setattr(panns, "load", lambda path, rate: Panns(SCALES[rate], Cnn14Shape(widths=(2, 2), embedding=4)))
    monkeypatch.setattr(vggish, "load", lambda path: Vggish((2, 2, 2, 2, 2, 2), hidden=4, embedding=4))
    network = SOURCES[name].build(Path("weights.pt"), "weights.pt (sha256 0)")
    assert network.name == name and network.facts.checkpoint == "weights.pt (sha256 0)"
    assert isinstance(network, ClassifyingNetwork) == name.startswith(("passt", "panns"))
