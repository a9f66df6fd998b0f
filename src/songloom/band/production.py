"""How each style is produced: rooms, echoes, ducking, tape, bus and loudness, as data with seeded variation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from songloom.band.piece import Piece

BANDS = (63.0, 125.0, 250.0, 500.0, 1000.0, 2000.0, 4000.0, 8000.0, 16000.0)

# Long-term power per octave band, dB. Popular music falls by some 3 dB an octave to 1 kHz and by 4 to 5 above
# (Pestana et al., "Spectral characteristics of popular commercial recordings", AES 2013).
CURVES: dict[str, tuple[float, ...]] = {
    "pop": (0.0, 0.0, -2.5, -4.5, -6.0, -9.0, -12.0, -16.0, -24.0),
    "rock": (-2.0, 0.0, -2.0, -3.5, -4.5, -7.0, -10.0, -15.0, -25.0),
    "metal": (-2.0, 0.0, -2.0, -4.0, -5.0, -5.5, -8.5, -15.0, -26.0),
    "club": (3.0, 0.0, -5.0, -7.5, -8.5, -10.0, -12.0, -14.5, -21.0),
    "trap": (4.0, 0.0, -6.0, -9.0, -11.0, -13.0, -15.0, -17.0, -23.0),
    "hip hop": (3.0, 1.0, -3.0, -6.0, -9.0, -12.0, -15.0, -19.0, -28.0),
    "dub": (4.0, 2.0, -3.0, -6.0, -8.5, -11.5, -15.0, -20.0, -30.0),
    "lo-fi": (0.0, 1.0, 0.0, -3.0, -7.0, -12.0, -18.0, -28.0, -46.0),
    "acoustic": (-7.0, -1.0, 0.0, -2.0, -5.0, -8.5, -12.5, -18.0, -28.0),
    "jazz": (-3.0, 0.0, -0.5, -2.5, -5.5, -9.5, -14.0, -19.0, -29.0),
    "orchestra": (-6.0, -2.0, 0.0, -1.0, -4.0, -9.0, -15.0, -23.0, -36.0),
    "chip": (-8.0, -4.0, -2.0, -2.0, -3.0, -5.0, -8.0, -11.0, -16.0),
    "natural": (),
}

_BALANCE = {"melody": 0.0, "counter": -4.5, "chords": -4.0, "pad": -7.0, "arpeggio": -6.0, "bass": 0.0,
            "drums": 1.0, "percussion": -8.0}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Production:
    """`space` and `wet` (dB of the return), `drum_space` and `drum_wet` likewise; `echo_beats`, `echo` dB and
    `feedback` of the delay on `echo_roles`; `duck` dB under each kick; `tape` 0..1 of wobble, dullness and
    vinyl; `punch` dB of parallel drum compression; `loudness` LUFS from calm to intense; `curve` of CURVES
    that the mix leans towards by `match` 0..1; `drive` dB of bus saturation; `sweeps` filters and risers at
    section borders; `balance` dB by role on top of the common one."""

    space: str = "studio"
    wet: float = -16.0
    drum_space: str = "room"
    drum_wet: float = -18.0
    echo_beats: float = 0.0
    echo: float = -60.0
    feedback: float = 0.35
    echo_roles: tuple[str, ...] = ("melody",)
    duck: float = 0.0
    tape: float = 0.0
    vinyl: float = 0.0
    low_pass: float = 0.0
    punch: float = 0.0
    width: float = 1.0
    drive: float = 1.0
    ratio: float = 2.0
    loudness: tuple[float, float] = (-17.0, -13.0)
    curve: str = "pop"
    match: float = 0.6
    sweeps: bool = False
    balance: Mapping[str, float] = field(default_factory=dict)


_SOLO = Production("chamber", -13.0, loudness=(-22.0, -18.0), curve="natural", match=0.0, drive=0.0, ratio=1.2)
_ENSEMBLE = replace(_SOLO, space="hall", wet=-11.0, loudness=(-21.0, -17.0))
_POP = Production("plate", -15.0, echo_beats=0.5, echo=-20.0, punch=3.0, loudness=(-14.5, -11.0), drive=2.0, ratio=2.5)
_ROCK = Production(
    "studio", -20.0, "room", -13.0, punch=5.0, loudness=(-13.0, -10.0), curve="rock", match=0.7, drive=3.0, ratio=3.0,
    balance={"chords": 2.0, "drums": 1.0},
)  # fmt: skip
_CLUB = Production(
    "plate", -16.0, "booth", -24.0, 0.75, -17.0, 0.45, ("melody", "arpeggio", "chords"), duck=7.0, width=1.1, drive=3.0,
    ratio=3.0, loudness=(-12.0, -9.0), curve="club", match=0.75, sweeps=True, balance={"drums": 2.5, "bass": 1.0},
)  # fmt: skip
_JAZZ = Production(
    "studio", -14.0, "studio", -15.0, loudness=(-20.0, -15.5), curve="jazz", match=0.45, drive=0.5, ratio=1.6,
    balance={"drums": -3.5, "bass": 0.5},
)  # fmt: skip
_HIP_HOP = Production(
    "studio", -20.0, "booth", -20.0, 0.5, -22.0, width=0.9, drive=3.5, ratio=3.0, punch=4.0, loudness=(-13.5, -10.5),
    curve="hip hop", match=0.7, balance={"drums": 3.0, "bass": 2.0, "melody": -2.0},
)  # fmt: skip

PRODUCTIONS: dict[str, Production] = {
    "solo": _SOLO,
    "ensemble": _ENSEMBLE,
    "organ": replace(_SOLO, space="cathedral", wet=-7.0),
    "orchestra": replace(
        _ENSEMBLE, wet=-8.5, drum_space="hall", drum_wet=-9.0, loudness=(-22.0, -15.0), curve="orchestra", match=0.5,
        width=1.15, balance={"pad": 3.5, "chords": 2.0, "counter": 1.5, "drums": -4.0},
    ),
    "jazz": _JAZZ,
    "big band": replace(_JAZZ, space="chamber", loudness=(-17.0, -13.0), balance={"chords": 2.0, "drums": -1.5}),
    "bossa": replace(_JAZZ, wet=-15.0, balance={"chords": 2.5, "drums": -6.0}, loudness=(-20.0, -16.0)),
    "reggae": Production(
        "spring", -14.0, "spring", -20.0, 0.75, -15.0, 0.5, ("chords", "melody", "counter"), width=0.95, drive=2.5,
        ratio=2.5, punch=2.0, loudness=(-14.0, -11.0), curve="dub", match=0.75,
        balance={"bass": 5.0, "chords": 1.5, "drums": 3.5, "melody": -1.5, "counter": -1.0},
    ),
    "folk": Production(
        "room", -17.0, "room", -18.0, loudness=(-19.0, -15.0), curve="acoustic", match=0.4, drive=0.5, ratio=1.8,
        balance={"chords": 2.5, "drums": -3.0, "bass": -2.0},
    ),
    "country": Production(
        "room", -18.0, "studio", -17.0, 0.22, -15.0, 0.1, ("melody", "counter", "chords"), punch=2.0,
        loudness=(-15.5, -12.5), curve="acoustic", match=0.55, drive=1.0, ratio=2.2,
        balance={"chords": 1.5, "drums": 1.5, "counter": 1.5, "bass": 2.0, "melody": -0.5},
    ),
    "blues": Production(
        "room", -15.0, "room", -14.0, 0.3, -19.0, 0.2, loudness=(-16.5, -13.0), curve="rock", match=0.5, drive=2.0,
        ratio=2.0, balance={"melody": 1.0},
    ),
    "funk": Production(
        "booth", -20.0, "room", -19.0, punch=5.0, loudness=(-14.5, -11.5), curve="pop", match=0.6, drive=2.0, ratio=2.8,
        balance={"bass": 2.5, "drums": 2.0, "chords": 0.5},
    ),
    "soul": replace(_POP, wet=-14.0, echo=-30.0, loudness=(-16.0, -12.5), curve="jazz", balance={"bass": 1.5}),
    "pop": _POP,
    "ballad": replace(_POP, wet=-12.0, punch=1.0, loudness=(-17.0, -13.0), balance={"drums": -2.0}),
    "rock": _ROCK,
    "punk": replace(_ROCK, drum_wet=-15.0, wet=-24.0, loudness=(-11.0, -9.0), drive=5.0),
    "metal": replace(
        _ROCK, loudness=(-11.0, -9.0), curve="metal", match=0.8, punch=6.0, balance={"chords": 4.0, "drums": 2.5},
    ),
    "ambient": Production(
        "wash", -7.0, "hall", -12.0, 0.75, -12.0, 0.6, ("melody", "arpeggio"), width=1.25, drive=0.0, ratio=1.3,
        loudness=(-23.0, -18.0), curve="natural", match=0.0, balance={"pad": 5.0, "drums": -6.0},
    ),
    "new age": Production(
        "cathedral", -10.0, "hall", -12.0, 0.75, -17.0, 0.4, ("melody", "arpeggio"), width=1.15, drive=0.0, ratio=1.4,
        loudness=(-21.0, -17.0), curve="natural", match=0.0, balance={"pad": 3.0, "drums": -5.0},
    ),
    "cinematic": replace(
        _ENSEMBLE, wet=-8.0, drum_space="hall", drum_wet=-7.0, loudness=(-19.0, -12.0), curve="orchestra", match=0.45,
        width=1.2, drive=1.0, ratio=1.8, punch=1.5,
        balance={"pad": 3.0, "chords": 2.0, "drums": 0.5, "percussion": 5.0},
    ),
    "downtempo": Production(
        "hall", -13.0, "studio", -18.0, 0.75, -15.0, 0.45, ("melody", "chords", "arpeggio"), duck=2.5, width=1.1,
        drive=2.0, loudness=(-16.0, -12.5), curve="hip hop", match=0.5, balance={"pad": 2.0, "bass": 1.0},
    ),
    "house": _CLUB,
    "disco": replace(_CLUB, duck=2.0, space="plate", drum_space="room", sweeps=False, curve="pop",
                     balance={"drums": 1.5, "bass": 1.5, "pad": 2.0}),
    "techno": replace(_CLUB, space="hall", duck=9.0, loudness=(-11.0, -9.0), drive=5.0,
                      balance={"drums": 4.0, "bass": 1.0, "melody": -3.0, "pad": -1.0}),
    "trance": replace(_CLUB, space="hall", wet=-13.0, duck=9.0, width=1.2, balance={"drums": 1.5, "arpeggio": 2.0}),
    "drum and bass": replace(_CLUB, space="hall", duck=2.5, echo_beats=1.5, punch=5.0, loudness=(-11.5, -9.0),
                             balance={"drums": 3.0, "bass": 2.5, "pad": 0.5}),
    "trap": replace(_HIP_HOP, space="hall", wet=-17.0, curve="trap", echo_beats=0.75, echo=-18.0, width=1.0, punch=2.0,
                    balance={"drums": 2.5, "bass": 4.0, "melody": -1.5}),
    "hip hop": replace(_HIP_HOP, vinyl=0.35, low_pass=15000.0),
    "lo-fi": Production(
        "room", -16.0, "room", -18.0, duck=2.0, tape=0.8, vinyl=1.0, low_pass=7500.0, punch=3.0, width=0.75, drive=6.0,
        ratio=2.5, loudness=(-17.5, -14.5), curve="lo-fi", match=0.7,
        balance={"drums": 1.5, "chords": 2.0, "melody": -1.5, "bass": 1.0},
    ),
    "synthwave": Production(
        "plate", -15.0, "gated", -10.0, 0.75, -16.0, 0.4, ("melody", "arpeggio"), duck=3.0, width=1.15, drive=3.0,
        ratio=2.8, punch=3.0, loudness=(-13.0, -10.0), curve="club", match=0.6,
        balance={"drums": 2.0, "bass": 1.0, "pad": 1.5},
    ),
    "chip": Production(
        "booth", -40.0, "booth", -40.0, 0.5, -16.0, 0.2, width=0.5, drive=0.0, ratio=1.2, loudness=(-15.0, -11.0),
        curve="chip", match=0.3, balance={"arpeggio": 2.0, "drums": -2.0, "bass": -1.0},
    ),
}  # fmt: skip

# Words of style names, looked for in this order.
_WORDS = (
    ("trap", "trap"), ("drill", "trap"), ("lo-fi", "lo-fi"), ("lofi", "lo-fi"), ("boom bap", "hip hop"),
    ("hip", "hip hop"), ("rap", "hip hop"), ("phonk", "trap"), ("drum and bass", "drum and bass"),
    ("jungle", "drum and bass"), ("breakbeat", "drum and bass"), ("synthwave", "synthwave"), ("80s", "synthwave"),
    ("chip", "chip"), ("trance", "trance"), ("techno", "techno"), ("acid", "techno"), ("house", "house"),
    ("edm", "house"), ("disco", "disco"), ("dubstep", "drum and bass"), ("downtempo", "downtempo"),
    ("trip", "downtempo"), ("chill", "downtempo"), ("ambient", "ambient"), ("drone", "ambient"), ("dub", "reggae"),
    ("reggae", "reggae"), ("ska", "reggae"), ("metal", "metal"), ("punk", "punk"), ("country", "country"),
    ("bluegrass", "folk"), ("blues", "blues"), ("big band", "big band"), ("swing", "big band"), ("bossa", "bossa"),
    ("samba", "bossa"), ("latin", "bossa"), ("salsa", "bossa"), ("jazz", "jazz"), ("funk", "funk"), ("soul", "soul"),
    ("gospel", "soul"), ("r&b", "soul"), ("ballad", "ballad"), ("rock", "rock"), ("grunge", "rock"), ("indie", "rock"),
    ("pop", "pop"), ("celtic", "folk"), ("folk", "folk"), ("singer", "folk"), ("flamenco", "folk"),
    ("quartet", "ensemble"), ("trio", "ensemble"), ("chamber", "ensemble"), ("choir", "organ"), ("organ", "organ"),
    ("orchestra", "orchestra"), ("cinematic", "cinematic"), ("epic", "cinematic"), ("baroque", "ensemble"),
    ("waltz", "ensemble"), ("classical", "ensemble"), ("march", "big band"), ("solo", "solo"), ("piano", "solo"),
    ("guitar", "solo"), ("harp", "solo"), ("flute", "ensemble"), ("cello", "ensemble"), ("violin", "ensemble"),
    ("music box", "solo"), ("world", "folk"), ("new age", "new age"), ("electro", "techno"), ("meditation", "ambient"),
)  # fmt: skip


def production_name(piece: Piece) -> str:
    """The key of PRODUCTIONS for a piece: by the words of its style, else by what it holds."""
    style = piece.style.lower()
    for word, name in _WORDS:
        if re.search(rf"\b{re.escape(word)}", style):
            return name
    if piece.has_drums:
        return "pop"
    return "solo" if len(piece.parts) < 3 else "ensemble"


def production_for(piece: Piece) -> Production:
    """The piece's production with its own reverb, drive, echo and tape amounts, drawn from its seed."""
    base = PRODUCTIONS[production_name(piece)]
    rng = np.random.default_rng([piece.seed & 0xFFFFFFFF, 7001])
    return replace(
        base,
        space=_other_space(base.space, rng),
        wet=base.wet + rng.uniform(-3.0, 2.5),
        drum_wet=base.drum_wet + rng.uniform(-3.0, 3.0),
        echo=base.echo + rng.uniform(-4.0, 3.0),
        feedback=base.feedback * rng.uniform(0.8, 1.2),
        duck=base.duck * rng.uniform(0.7, 1.2),
        tape=base.tape * rng.uniform(0.5, 1.2),
        vinyl=base.vinyl * rng.uniform(0.4, 1.6),
        low_pass=base.low_pass * rng.uniform(0.85, 1.25),
        punch=base.punch * rng.uniform(0.6, 1.3),
        drive=base.drive * rng.uniform(0.6, 1.4),
        width=base.width * rng.uniform(0.9, 1.1),
        match=base.match * rng.uniform(0.7, 1.1),
    )


def role_gain(production: Production, role: str) -> float:
    """Level of a role in the mix in dB relative to a melody."""
    return _BALANCE.get(role, -4.0) + production.balance.get(role, 0.0)


def target_loudness(production: Production, intensity: float) -> float:
    """Integrated loudness in LUFS for an intensity 0..1."""
    calm, intense = production.loudness
    return calm + (intense - calm) * float(np.clip(intensity, 0.0, 1.0))


_NEIGHBOURS = {"room": ("room", "studio"), "studio": ("studio", "room", "chamber"), "chamber": ("chamber", "hall"),
               "plate": ("plate", "plate", "chamber", "hall"), "hall": ("hall", "hall", "chamber")}  # fmt: skip


def _other_space(space: str, rng: np.random.Generator) -> str:
    return str(rng.choice(_NEIGHBOURS.get(space, (space,))))
