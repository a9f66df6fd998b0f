"""The composer: a seed and some wishes become a whole Piece, the same one every time.

Every decision draws from its own random stream, named by its purpose, so that asking for another key or
tempo leaves the rest of the piece alone where it can.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from songloom.band import arrangement, basslines, characters, comping, counter, drums, melody
from songloom.band.feel import humanise
from songloom.band.form import count_bars, plan_sections
from songloom.band.harmony import GENERIC, harmonise
from songloom.band.moods import MOODS, PACE_DEVIATION, Mood, mode_factor
from songloom.band.overlaps import without_overlaps
from songloom.band.piece import METERS, Chord, Meter, Note, Part, Piece, Section
from songloom.band.sounds import BEATEN, SOUNDS, Sound
from songloom.band.styles.style import Palette, Seat, Style
from songloom.band.styles.table import STYLES
from songloom.band.theory import chord_tones, fold, nearest

_TEMPO_LIMITS = (30.0, 260.0)
_KICKS = (35, 36)
_STRIPPED_SHARE = 0.08
_DRUMLESS_SHARE = 0.12
_STRIPPED: tuple[tuple[str, ...], ...] = (
    ("drums", "percussion"),
    ("melody",),
    ("chords",),
    ("bass",),
    ("bass", "drums"),
    ("chords", "melody"),
    ("chords", "bass", "melody", "pad", "counter", "arpeggio"),
)
_REGISTERS: Mapping[str, tuple[int, int]] = {
    "chords": (48, 76),
    "pad": (48, 79),
    "arpeggio": (52, 88),
    "counter": (50, 84),
    "bass": (28, 50),
}

_SINGABLE = {"piano": 73, "keys": 70, "organ": 69, "guitar": 66, "distorted guitar": 67, "plucked": 69, "synth": 73}

Stream = Callable[[str], random.Random]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the players share before a note is written."""

    style: Style
    mood: Mood
    tempo: float
    meter: Meter
    tonic: int
    palette: Palette
    swing: float
    sections: tuple[Section, ...]
    chords: tuple[Chord, ...]
    ends: bool


def compose(
    seed: int,
    *,
    style: str | None = None,
    mood: str | None = None,
    tempo: float | None = None,
    tonic: int | None = None,
    mode: str | None = None,
    seconds: float = 30.0,
    roles: Sequence[str] | None = None,
) -> Piece:
    """An original piece of about `seconds`, in whole bars; what is not asked for is drawn from `seed`.

    `tempo` in beats per minute, `tonic` 0..11, `mode` a key of `theory.MODES`; `roles` keeps only the players
    of these roles. A piece without pitched players has no chords; one too short for a note is made longer.
    """
    _check(style, mood, tempo, tonic, mode, seconds)
    stream = _streams(seed)
    chosen = STYLES[style] if style is not None else STYLES[stream("style").choice(sorted(STYLES))]
    plan = _plan(chosen, stream, mood=mood, tempo=tempo, tonic=tonic, mode=mode, seconds=seconds)
    parts = _perform(plan, _seats(chosen, roles, stream("line-up")), stream)
    if not parts and roles is None:  # all that they would play lies beyond one slow bar
        return compose(
            seed, style=style, mood=mood, tempo=tempo, tonic=tonic, mode=mode, seconds=min(600.0, 1.5 * seconds)
        )
    pitched = any(part.notes for part in parts if not _is_kit(SOUNDS[part.sound]))
    return Piece(
        seed=seed,
        style=chosen.name,
        mood=plan.mood.name,
        tempo=plan.tempo,
        meter=plan.meter,
        tonic=plan.tonic,
        mode=plan.palette.mode,
        swing=plan.swing,
        sections=plan.sections,
        chords=plan.chords if pitched else (),
        parts=parts,
        brightness=plan.mood.brightness,
        intensity=plan.mood.intensity,
    )


def draw(seed: int, *, seconds: float = 30.0) -> Piece:
    """A piece as the corpus has them: styles in equal shares; about one in twelve is stripped to drums, to one
    player or to a few, and of the others one in eight plays without its drums, so that "no drums" can be learned of
    styles that have them."""
    stream = _streams(seed)
    style = STYLES[stream("style").choice(sorted(STYLES))]
    present = {seat.role for lineup in style.lineups for seat in lineup}
    chance = stream("stripped")
    roles: Sequence[str] | None = None
    if chance.random() < _STRIPPED_SHARE:
        options = [roles for roles in _STRIPPED if present.intersection(roles) and not present <= set(roles)]
        roles = chance.choice(options) if options else None
    elif "drums" in present and stream("drumless").random() < _DRUMLESS_SHARE:
        roles = sorted(present - BEATEN)
    piece = compose(seed, style=style.name, seconds=seconds, roles=roles)
    return piece if any(part.notes for part in piece.parts) else compose(seed, style=style.name, seconds=seconds)


def _check(
    style: str | None, mood: str | None, tempo: float | None, tonic: int | None, mode: str | None, seconds: float
) -> None:
    if style is not None and style not in STYLES:
        raise ValueError(f"style {style!r} is not one of {', '.join(sorted(STYLES))}")
    if mood is not None and mood not in MOODS:
        raise ValueError(f"mood {mood!r} is not one of {', '.join(MOODS)}")
    if mode is not None and mode not in GENERIC:
        raise ValueError(f"mode {mode!r} is not one of {', '.join(GENERIC)}")
    if tempo is not None and not _TEMPO_LIMITS[0] <= tempo <= _TEMPO_LIMITS[1]:
        raise ValueError(f"tempo {tempo} is not between {_TEMPO_LIMITS[0]:g} and {_TEMPO_LIMITS[1]:g} beats a minute")
    if tonic is not None and not 0 <= tonic <= 11:
        raise ValueError(f"tonic {tonic} is not a pitch class 0..11")
    if not 2.0 <= seconds <= 600.0:
        raise ValueError(f"seconds {seconds} is not between 2 and 600")


def _streams(seed: int) -> Stream:
    return lambda purpose: random.Random(f"songloom band/{seed}/{purpose}")


def _weighted(weights: Mapping[str, float], rng: random.Random) -> str:
    return rng.choices(list(weights), weights=list(weights.values()))[0]


def _mood(style: Style, rng: random.Random) -> Mood:
    return MOODS[_weighted(mood_weights(style), rng)]


def mood_weights(style: Style) -> dict[str, float]:
    """How readily a style takes each mood; the roots of its weights keep the rarer ones in play."""
    return {name: weight**0.5 for name, weight in style.moods.items()}


def _plan(
    style: Style,
    stream: Stream,
    *,
    mood: str | None,
    tempo: float | None,
    tonic: int | None,
    mode: str | None,
    seconds: float,
) -> Plan:
    feeling = MOODS[mood] if mood is not None else _mood(style, stream("mood"))
    palette = _palette(style, feeling, mode, stream("mode"))
    pace = tempo if tempo is not None else _tempo(style, feeling, stream("tempo"))
    meter = METERS[_weighted(style.meters, stream("meter"))]
    key = tonic if tonic is not None else stream("tonic").randrange(12)
    form = stream("form")
    ends = form.random() < style.ends
    intro = form.random() < 0.6
    sections = plan_sections(count_bars(pace, meter, seconds), form.choice(style.forms), feeling, form, intro=intro)
    chords = harmonise(palette, sections, meter, key, stream("harmony"), turns=style.turns, ends=ends)
    swing = round(stream("swing").uniform(*style.swing), 2)
    return Plan(style, feeling, pace, meter, key, palette, swing, sections, chords, ends)


def _palette(style: Style, mood: Mood, mode: str | None, rng: random.Random) -> Palette:
    if mode is None:
        return rng.choices(style.palettes, [each.weight * mode_factor(mood, each.mode) for each in style.palettes])[0]
    own = [each for each in style.palettes if each.mode == mode]
    return rng.choice(own) if own else GENERIC[mode]


def _tempo(style: Style, mood: Mood, rng: random.Random) -> float:
    low, high = style.tempo
    place = min(1.0, max(0.0, rng.gauss(mood.pace, PACE_DEVIATION)))
    return float(round(low + place * (high - low)))


def _seats(style: Style, roles: Sequence[str] | None, rng: random.Random) -> list[Seat]:
    lineup = [seat for seat in rng.choice(style.lineups) if rng.random() < seat.chance]
    return lineup if roles is None else [seat for seat in lineup if seat.role in roles]


def _is_kit(sound: Sound) -> bool:
    return sound.family == "drums" or (sound.family == "percussion" and sound.engine == "soundfont-drums")


def _perform(plan: Plan, seats: Sequence[Seat], stream: Stream) -> tuple[Part, ...]:
    """Every seat's part: drums first (bass needs the kicks), then melody (counter lines need it), then the rest."""
    cast = arrangement.casting(seats, plan.sections, stream("cast"))
    spans = arrangement.stops(plan.sections, plan.meter, stream("stops"), 0.3 if len(seats) > 3 else 0.0)
    order = {"drums": 0, "percussion": 1, "melody": 2}
    written: dict[int, list[Note]] = {}
    sounds = {index: SOUNDS[stream(f"sound {seat.sounds}").choice(seat.sounds)] for index, seat in enumerate(seats)}
    kicks: list[float] = []
    lead: list[Note] = []
    for index in sorted(range(len(seats)), key=lambda place: order.get(seats[place].role, 3)):
        seat, sound = seats[index], sounds[index]
        notes = _write(plan, seat, sound, kicks, lead, stream, index)
        present = [scene[index] for scene in cast]
        notes = arrangement.keep_cast(notes, seat.role, present, plan.sections, plan.meter)
        if seat.role not in ("melody", "drums"):
            notes = arrangement.silence(notes, spans)
        if seat.role == "drums":
            kicks = sorted(note.start for note in notes if note.pitch in _KICKS)
        if seat.role == "melody" and not lead:
            lead = notes
        written[index] = notes
    parts = (_part(plan, seat, written[index], index, sounds, stream) for index, seat in enumerate(seats))
    return tuple(part for part in parts if part.notes)


def _write(
    plan: Plan,
    seat: Seat,
    sound: Sound,
    kicks: Sequence[float],
    lead: Sequence[Note],
    stream: Stream,
    index: int,
) -> list[Note]:
    """The seat's notes over the whole form, before casting, dynamics and human timing."""
    rng = stream(f"notes {index}")
    name = _figure(seat, stream, index)
    low, high = register(seat, sound, name, plan.mood)
    sections, chords = _onward(plan)
    if _is_kit(sound):
        return drums.play(name, sections, plan.meter, rng)
    if seat.role in ("bass", "percussion"):
        line = basslines.play(name, chords, sections, plan.meter, kicks, rng, low, high)
        return line if seat.role == "bass" else _two_drums(line, plan, (low, high))
    if seat.role in ("melody", "counter") and name not in comping.FIGURES:
        ground = melody.Ground(plan.tonic, plan.palette.mode, plan.meter, plan.chords, (low, high))
        if seat.role == "counter":
            return counter.play(name, ground, lead, rng)
        density = min(1.0, max(0.0, plan.mood.density + rng.uniform(-0.1, 0.1)))
        return melody.play(name, ground, plan.sections, density, lambda label: stream(f"melody {index} {label}"))
    return comping.play(name, chords, sections, plan.meter, rng, low, high)


def _figure(seat: Seat, stream: Stream, index: int) -> str:
    """What the seat plays; every groove, bass line and figure knows its own way in each meter."""
    return stream(f"figure {index}").choice(seat.plays)


def _onward(plan: Plan) -> tuple[tuple[Section, ...], tuple[Chord, ...]]:
    """Sections and chords as the rhythm section sees them: a piece that only stops has one bar more, which is
    cut away, so that nobody plays an ending."""
    if plan.ends:
        return plan.sections, plan.chords
    last, first = plan.sections[-1], plan.chords[0]
    more = Section("after", last.start_bar + last.bars, 1, last.energy)
    beats = plan.meter.beats
    return (*plan.sections, more), (
        *plan.chords,
        replace(first, start=float(more.start_bar * beats), length=float(beats)),
    )


def _two_drums(line: Sequence[Note], plan: Plan, limits: tuple[int, int]) -> list[Note]:
    """A bass line on two timpani, tuned to tonic and dominant: what fits neither chord nor drums is not played."""
    ground = melody.Ground(plan.tonic, plan.palette.mode, plan.meter, plan.chords, limits)
    struck = []
    for note in line:
        tones = chord_tones(ground.chord_at(note.start))
        fitting = [drum % 12 for drum in (plan.tonic, plan.tonic + 7) if drum % 12 in tones]
        if fitting:
            struck.append(replace(note, pitch=fold(nearest(fitting[0], note.pitch), *limits)))
    return struck


def register(seat: Seat, sound: Sound, name: str, mood: Mood) -> tuple[int, int]:
    """The pitches that a seat may use: the sound's range, narrowed by the seat or by the role's usual place.

    A melody gets the span of its character `name` around a singable height, shifted by the mood.
    """
    low, high = max(sound.low, seat.low), min(sound.high, seat.high)
    if _is_kit(sound):
        return 0, 127
    if seat.role == "melody" and name in characters.CHARACTERS:
        span = characters.CHARACTERS[name].span
        centre = _SINGABLE.get(sound.family, (low + high) / 2) + mood.register
        bottom = round(min(max(low, centre - span / 2), max(low, high - span)))
        return bottom, min(high, bottom + span)
    if seat.low == 0 and seat.high == 127:
        usual = _REGISTERS.get(seat.role, (low, high))
        if min(high, usual[1]) - max(low, usual[0]) >= 12:
            return max(low, usual[0]), min(high, usual[1])
    return low, high


def _part(
    plan: Plan,
    seat: Seat,
    notes: Sequence[Note],
    index: int,
    sounds: Mapping[int, Sound],
    stream: Stream,
) -> Part:
    """The seat's finished part: closing chord, dynamics and human feel."""
    limits = register(seat, sounds[index], _figure(seat, stream, index), plan.mood)
    finished = list(notes)
    if seat.role in ("melody", "counter"):
        finished = [replace(note, length=note.length * plan.mood.articulation) for note in finished]
    if plan.ends and finished:
        finished = arrangement.close(finished, seat.role, plan.chords[-1], plan.meter, limits)
    finished = arrangement.shade(finished, plan.sections, plan.meter, plan.mood)
    loose = plan.style.timing * (0.6 if seat.role in ("drums", "percussion") else 1.0)
    finished = humanise(
        sorted(finished),
        swing=plan.swing,
        timing=loose,
        velocity=plan.style.touch,
        meter=plan.meter,
        rng=stream(f"feel {index}"),
        level=plan.style.swing_level,
    )
    beats = float(sum(section.bars for section in plan.sections) * plan.meter.beats)
    sound = sounds[index].name
    same = [place for place in sorted(sounds) if sounds[place].name == sound]
    name = sound if len(same) == 1 else f"{sound} {same.index(index) + 1}"
    return Part(name, seat.role, sound, _inside(finished, beats), seat.level, seat.pan)


def _inside(notes: Sequence[Note], beats: float) -> tuple[Note, ...]:
    """Sorted notes between the first downbeat and the end; what rings longer ends there, and a key before it is
    struck again."""
    kept = []
    for note in without_overlaps(notes):
        start = max(0.0, note.start)
        length = min(note.length, beats - start)
        if start < beats - 0.02 and length > 0.02:
            kept.append(replace(note, start=round(start, 4), length=round(length, 4)))
    return tuple(sorted(kept))
