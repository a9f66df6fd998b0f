"""FLAC of music that is still being made: pieces of bytes that together are a valid file, for players and pipes.

libsndfile's encoder writes a header, a frame for every few thousand samples, and at its end goes back to correct the
header. A stream cannot go back, so the header tells from the beginning what is known then: the length, by which players
find the end. The sizes of frames and the checksum stay 0, which stands for unknown (RFC 9639, section 8.2).
"""

from __future__ import annotations

import io

import numpy as np
import soundfile

LENGTH_AT, LENGTH_BYTES = 21, 5
"""Where the 36 bits of the length stand, behind 4 bits of the depth."""
LONGEST = (1 << 36) - 1


class FlacStream:
    """16-bit samples in, bytes out. `samples` is how many will come (per channel)."""

    def __init__(self, sample_rate: int, channels: int, samples: int) -> None:
        if not 0 < samples <= LONGEST:
            raise ValueError(f"a stream of {samples} samples; it has 1 to {LONGEST}")
        self._out = _Ahead()
        self._samples, self._begun = samples, False
        try:
            self._file = soundfile.SoundFile(self._out, "w", sample_rate, channels, "PCM_16", format="FLAC")
        except soundfile.LibsndfileError as error:
            raise ValueError(
                f"flac does not take {channels} channels at {sample_rate} Hz: {error.error_string}"
            ) from None

    def add(self, samples: np.ndarray) -> bytes:
        """The bytes that are ready once these samples [T, C] int16 are there."""
        self._file.write(samples)
        return self._ready()

    def end(self) -> bytes:
        """The bytes of what is left; nothing may be added after."""
        self._file.close()
        return self._ready()

    def _ready(self) -> bytes:
        made = self._out.taken()
        if self._begun or not made:
            return made
        self._begun = True
        head = bytearray(made)
        known = int.from_bytes(head[LENGTH_AT : LENGTH_AT + LENGTH_BYTES]) & ~LONGEST
        head[LENGTH_AT : LENGTH_AT + LENGTH_BYTES] = (known | self._samples).to_bytes(LENGTH_BYTES)
        return bytes(head)


class _Ahead(io.RawIOBase):
    """A file whose bytes are taken as they come; what goes back to change those that are gone is let go."""

    def __init__(self) -> None:
        super().__init__()
        self._new, self._end, self._place = bytearray(), 0, 0

    def taken(self) -> bytes:
        """All bytes since the last time."""
        made = bytes(self._new)
        self._new.clear()
        return made

    def write(self, data: bytes) -> int:  # type: ignore[override]
        fresh = bytes(data)[max(0, self._end - self._place) :]
        self._new += fresh
        self._place += len(data)
        self._end = max(self._end, self._place)
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._place = offset + (0, self._place, self._end)[whence]
        return self._place

    def tell(self) -> int:
        return self._place

    def seekable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True
