"""FluidSynth as a pure function: lines of notes in, one stereo signal per line out, one pass for all.

The soundfonts of a (fonts, sample rate) stay loaded in the process; every call plays them with a synthesiser
of its own, so that the same lines give the same samples whatever was rendered before. Each MIDI channel has an
audio group of its own. FluidSynth's own reverb and chorus are off.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from songloom.band.soundfonts import INSTALL, library_is_installed

GAIN = 0.2
BLOCK = 64  # FluidSynth's internal block: events take effect on its edges
CHANNELS = 8  # at a time, fewer than the number of FluidSynth's percussion channel
_BANK_DRUMS = 128
_WARNING = 2  # FluidSynth's log level
_RELEASE_GENERATOR = 38  # of the volume envelope, in timecents (SoundFont 2.04, section 8.1.2)

Wave = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LineNote:
    """A note in seconds."""

    start: float
    length: float
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Line:
    """What one MIDI channel plays. `vibrato` 0..127 is the modulation depth that long notes reach, `swell`
    lets long notes grow, `scoop` bends the start of each note up from so many semitones below (or above),
    `release` scales the notes' release times."""

    font: Path
    program: int
    drums: bool
    notes: Sequence[LineNote] = field(default_factory=tuple)
    vibrato: int = 0
    swell: bool = False
    scoop: float = 0.0
    release: float = 1.0


def render_lines(lines: Sequence[Line], samples: int, sample_rate: int, fonts: Sequence[Path]) -> list[Wave]:
    """Each line as float32 [2, samples]. Raises ValueError without FluidSynth."""
    synth = _player(tuple(fonts), sample_rate)
    waves: list[Wave] = []
    for first in range(0, len(lines), CHANNELS):
        waves += synth.play(lines[first : first + CHANNELS], samples)
    return waves


@lru_cache(maxsize=2)
def _player(fonts: tuple[Path, ...], sample_rate: int) -> _Player:
    if not library_is_installed():
        raise ValueError(f"the band needs FluidSynth; install it: {INSTALL}")
    return _Player(fonts, sample_rate)


class _Player:
    def __init__(self, fonts: tuple[Path, ...], sample_rate: int) -> None:
        import fluidsynth

        self.library = fluidsynth._fl
        self.sample_rate = sample_rate
        self.library.fluid_set_log_function.restype = ctypes.c_void_p
        self.library.fluid_set_log_function.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
        self.library.fluid_synth_add_sfont.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        self.library.fluid_synth_remove_sfont.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        self.library.fluid_synth_process.argtypes = [
            ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p,
        ]  # fmt: skip
        self.library.fluid_synth_set_gen.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_float]
        self.shelf = self._new_synth(1)
        loaded = [self._load(font) for font in fonts]
        self.loaded = [fluidsynth.fluid_synth_get_sfont_by_id(self.shelf.synth, number) for number in loaded]
        self.font_ids: dict[Path, int] = {}
        self.fonts = fonts
        self.synth = self.shelf

    def _load(self, font: Path) -> int:
        number = int(self.shelf.sfload(str(font)))
        if number < 0:
            raise ValueError(f"FluidSynth could not read the soundfont {font}")
        return number

    def _new_synth(self, groups: int) -> Any:
        """A synthesiser with as many audio groups as channels that will play: it fills the idle ones too."""
        import fluidsynth

        synth = fluidsynth.Synth(
            gain=GAIN,
            samplerate=float(self.sample_rate),
            channels=16,
            **{"synth.audio-groups": groups, "synth.audio-channels": groups, "synth.polyphony": 512},
        )
        synth.setting("synth.reverb.active", 0)
        synth.setting("synth.chorus.active", 0)
        return synth

    def play(self, lines: Sequence[Line], samples: int) -> list[Wave]:
        """The lines by a new synthesiser that borrows the loaded fonts: a used one's voices ramp up from the gain
        that they last had, so the first block of a note would depend on what was played before."""
        self.synth = self._new_synth(len(lines))
        add, remove = self.library.fluid_synth_add_sfont, self.library.fluid_synth_remove_sfont
        try:
            self.font_ids = {
                font: int(add(self.synth.synth, sound)) for font, sound in zip(self.fonts, self.loaded, strict=True)
            }
            return self._play(lines, samples)
        finally:
            self.synth.system_reset()
            self._process(np.zeros((2 * len(lines), 4 * BLOCK), np.float32), 0, 4)  # the voices let go of the samples
            logged = self.library.fluid_set_log_function(_WARNING, None, None)  # it warns that no font is left
            for sound in self.loaded:
                remove(self.synth.synth, sound)
            self.library.fluid_set_log_function(_WARNING, logged, None)
            self.synth.delete()
            self.synth = self.shelf

    def _play(self, lines: Sequence[Line], samples: int) -> list[Wave]:
        blocks = -(-samples // BLOCK)
        out = np.zeros((2 * len(lines), blocks * BLOCK), np.float32)
        events: list[tuple[int, int, int, str, int, int]] = []
        for channel, line in enumerate(lines):
            self._select(channel, line)
            events += self._events(channel, line, blocks)
        # Ends before starts on the same edge; the running number keeps the order total.
        events.sort(key=lambda event: event[:3])
        position = 0
        for block, _, _, kind, channel_key, value in events:
            if block > position:
                self._process(out, position, block)
                position = block
            self._send(kind, channel_key >> 8, channel_key & 255, value)
        self._process(out, position, blocks)
        return [out[2 * c : 2 * c + 2, :samples] for c in range(len(lines))]

    def _select(self, channel: int, line: Line) -> None:
        font = self.font_ids[line.font]
        bank = _BANK_DRUMS if line.drums else 0
        if self.synth.program_select(channel, font, bank, line.program) != 0:
            self.synth.program_select(channel, font, bank, 0)

        self.library.fluid_synth_set_gen(
            self.synth.synth, channel, _RELEASE_GENERATOR, 1200.0 * math.log2(line.release)
        )

    def _events(self, channel: int, line: Line, blocks: int) -> list[tuple[int, int, int, str, int, int]]:
        events: list[tuple[int, int, int, str, int, int]] = []
        rate = self.sample_rate / BLOCK

        def add(seconds: float, order: int, kind: str, key: int, value: int) -> None:
            block = int(seconds * rate + 0.5)
            if 0 <= block < blocks:
                events.append((block, order, channel << 20 | len(events), kind, channel << 8 | key, value))

        for note in line.notes:
            start = max(0.0, note.start)
            add(start, 2, "on", note.pitch, note.velocity)
            add(max(start + 0.02, note.start + note.length), 0, "off", note.pitch, 0)
            if line.scoop:
                for step in range(9):
                    bend = -line.scoop * (1.0 - step / 8.0) ** 2
                    add(start + 0.014 * step, 1, "bend", 0, int(8191 * bend / 2.0))
            if note.length > 0.45 and (line.vibrato or line.swell):
                _expression(add, line, start, note.length)
        return events

    def _send(self, kind: str, channel: int, key: int, value: int) -> None:
        if kind == "on":
            self.synth.noteon(channel, key, value)
        elif kind == "off":
            self.synth.noteoff(channel, key)
        elif kind == "bend":
            self.synth.pitch_bend(channel, value)
        else:
            self.synth.cc(channel, key, value)

    def _process(self, out: Wave, first: int, last: int) -> None:
        if last <= first:
            return
        base = out.ctypes.data + first * BLOCK * out.itemsize
        rows = (ctypes.c_void_p * len(out))(*range(base, base + out.nbytes, out.strides[0]))
        self.library.fluid_synth_process(self.synth.synth, (last - first) * BLOCK, 0, None, len(out), rows)


def _expression(add: Callable[[float, int, str, int, int], None], line: Line, start: float, length: float) -> None:
    """Modulation that sets in late and an expression curve that grows to the middle of the note."""
    add(start, 1, "cc", 1, 0)
    for step in range(1, 6):
        when = start + length * (0.2 + 0.12 * step)
        if line.vibrato:
            add(when, 1, "cc", 1, int(line.vibrato * step / 5))
    if line.swell:
        for step in range(9):
            shape = 0.8 + 0.2 * np.sin(np.pi * min(1.0, 0.2 + step / 9.0))
            add(start + length * step / 9.0, 1, "cc", 11, int(127 * shape))
