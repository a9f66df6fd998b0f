"""Pre-trained networks of the metrics by their names: which published file each needs, where it comes from, how it is
opened. No network stands in for another: without its file it says what is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from songloom.checkpoint import file_hash
from songloom.layers.openl3 import POOLS
from songloom.metrics.embeddings import EmbeddingNetwork
from songloom.metrics.networks.audioldm import AudioldmPanns, AudioldmVggish
from songloom.metrics.networks.clap import FadtkLaionClap, FadtkMicrosoftClap
from songloom.metrics.networks.openl3 import StableAudioOpenL3
from songloom.metrics.networks.passt import AudiocraftPasst, StableAudioPasst
from songloom.metrics.networks.vggish import AudiocraftVggish, FadtkVggish
from songloom.published import laion_clap, microsoft_clap, openl3, panns, passt, vggish
from songloom.published.files import locate


@dataclass(frozen=True, kw_only=True)
class Source:
    """A network of `name`: `files` that hold its weights, any one of them, `where` a user gets them, and `build` from
    the file's path and what the facts say of it."""

    name: str
    files: tuple[str, ...]
    where: str
    build: Callable[[Path, str], EmbeddingNetwork]

    def needed(self) -> str:
        """What a user has to do, in one line."""
        return f"{self.name} needs {' or '.join(self.files)} (from {self.where}): give the file or its folder"

    def open(self, place: str | Path | None) -> EmbeddingNetwork:
        """The network of a file, of a folder or hub id with such a file. Raises ValueError that names the file where
        there is none, and for a file that does not fit."""
        path = self.find(place)
        return self.build(path, f"{path.name} (sha256 {file_hash(path)[:12]})")

    def find(self, place: str | Path | None) -> Path:
        """The path of the weights."""
        if place is None:
            raise ValueError(self.needed())
        try:
            path = locate(place)
        except ValueError:
            raise ValueError(f"there is no {place}; {self.needed()}") from None
        if path.is_file():
            return path
        found = next((path / name for name in self.files if (path / name).is_file()), None)
        if found is None:
            raise ValueError(f"{path} holds no such file; {self.needed()}")
        return found


def _openl3(content: str, channels: int) -> Source:
    return Source(
        name=f"openl3-{content}" + ("" if channels == 2 else "-mono"),
        files=(
            *(f"torchopenl3_mel256_{content}_{size}.pth.tar" for size in POOLS),  # the same weights
            f"openl3_audio_mel256_{content}.h5",
        ),
        where=f"{openl3.WHERE} or {openl3.WHERE_KERAS}",
        build=lambda path, said: StableAudioOpenL3(openl3.load(path), said, content=content, channels=channels),
    )


def _laion(content: str, file: str) -> Source:
    return Source(
        name=f"clap-laion-{content}-fadtk",
        files=(file,),
        where="https://huggingface.co/lukewys/laion_clap",
        build=lambda path, said: FadtkLaionClap(laion_clap.load(path), said, content=content),
    )


def _passt(seconds: int) -> Source:
    return Source(
        name=f"passt-audiocraft-{seconds}s",
        files=(passt.FILES[seconds],),
        where=passt.WHERE,
        build=lambda path, said: AudiocraftPasst(passt.load(path), said),
    )


def _panns(rate: int) -> Source:
    return Source(
        name=f"panns-audioldm-{rate // 1000}k",
        files=(panns.FILES[rate],),
        where=panns.WHERE,
        build=lambda path, said: AudioldmPanns(panns.load(path, rate), said),
    )


_vggish = partial(Source, files=(vggish.FILE,), where=vggish.WHERE)
SOURCES = {
    source.name: source
    for source in (
        _vggish(name="vggish-fadtk", build=lambda path, said: FadtkVggish(vggish.load(path), said)),
        _vggish(name="vggish-audiocraft", build=lambda path, said: AudiocraftVggish(vggish.load(path), said)),
        _laion("audio", "630k-audioset-best.pt"),
        _laion("music", "music_audioset_epoch_15_esc_90.14.pt"),
        Source(
            name="clap-2023-fadtk",
            files=("CLAP_weights_2023.pth",),
            where="https://huggingface.co/microsoft/msclap",
            build=lambda path, said: FadtkMicrosoftClap(microsoft_clap.load(path), said),
        ),
        *(_openl3(content, channels) for content in ("music", "env") for channels in (2, 1)),
        Source(
            name="passt-stable-audio",
            files=(passt.FILES[10],),
            where=passt.WHERE,
            build=lambda path, said: StableAudioPasst(passt.load(path), said),
        ),
        *(_passt(seconds) for seconds in passt.FILES),
        _vggish(name="vggish-audioldm", build=lambda path, said: AudioldmVggish(vggish.load(path), said)),
        *(_panns(rate) for rate in (16_000, 32_000)),
    )
}
"""By name."""


def open_network(name: str, place: str | Path | None = None) -> EmbeddingNetwork:
    """The pre-trained network of a name, its weights from `place`. Raises ValueError for an unknown name, a missing
    file, or one that does not fit."""
    if name not in SOURCES:
        raise ValueError(f"no metric network {name!r}; known: {', '.join(SOURCES)}")
    return SOURCES[name].open(place)
