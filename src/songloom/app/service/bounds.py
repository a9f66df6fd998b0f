"""The bounds of a server: how much may come in, how fast, and how much of it is kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The most that a server takes: bytes of an upload and seconds that it may last, seconds and channels of a sound,
    and its bytes once it is decoded, for which there are so many seconds of work and bytes of memory; sounds kept of
    one owner, their bytes, and for how many seconds; requests a second of one owner, how many of them at once after
    a pause, and how many open at a time; analyses that wait or run in all, and seconds of one;
    fine-tunings of one owner, files of one, and bytes of the music of all."""

    upload_bytes: int = 100_000_000
    upload_seconds: float = 120.0
    json_bytes: int = 1_000_000
    sound_seconds: float = 600.0
    sound_channels: int = 8
    sound_bytes: int = 1_000_000_000
    decoder_seconds: float = 60.0
    decoder_bytes: int = 1_000_000_000
    sounds: int = 200
    sounds_bytes: int = 2_000_000_000
    sounds_seconds: float = 3600.0
    rate: float = 20.0
    burst: int = 100
    open: int = 32
    analyses: int = 16
    tunings: int = 20
    pieces: int = 1000
    pieces_bytes: int = 8_000_000_000
    analysis_seconds: float = 300.0

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name):g}; a bound is above 0")
