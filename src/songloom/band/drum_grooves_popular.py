"""The grooves of rock, pop and soul drummers as step strings."""

from __future__ import annotations

from songloom.band.drum_patterns import Groove, Pattern

_ROCK_TIMES = (
    "CH o.o.o.o.o.o.o.o.",
    "CH X.x.X.x.X.x.X.x.",
    "CH X.x.X.x.X.x.X... ; OH ..............x.",
    "RD X.x.X.x.X.x.X.x. ; PH ....o.......o...",
    "OH X...x...X...x...",
)

ROCK = {
    "rock": Groove(
        Pattern(
            kicks=(
                "BD X.......X.......",
                "BD X.......X.x.....",
                "BD X.....x.X.x.....",
                "BD X..x..x.X.x.....",
                "BD X.x...x.X.x...x.",
            ),
            backs=("SD ....X.......X...", "SD ....X.......X..g", "SD ....X..g.g..X..."),
            times=_ROCK_TIMES,
            extras=((0.85, "TB ....x.......x..."),),
        ),
        fills="rock",
        ghosts=0.2,
    ),
    "rock half-time": Groove(
        Pattern(
            kicks=("BD X...............", "BD X.....x.........", "BD X..x..x.......x.", "BD X..x.....xx...x."),
            backs=("SD ........X.......", "SD ........X.....g.", "SD .......gX..g...."),
            times=(
                "CH o...o...o...o...",
                "CH X.x.x.x.X.x.x.x.",
                "OH X...x...X...x...",
                "CR X...x...X...x...",
            ),
        ),
        fills="rock",
        ghosts=0.15,
    ),
    "punk": Groove(
        Pattern(
            kicks=("BD X...X...X...X...", "BD X.x.X.x.X.x.X.x.", "BD X..xX...X..xX...", "BD X.x...x.X.x...x."),
            backs=("SD ....X.......X...", "SD ..X...X...X...X."),
            times=("CH X.x.X.x.X.x.X.x.", "OH X...X...X...X...", "CR X...x...X...x..."),
        ),
        fills="punk",
    ),
    "metal": Groove(
        Pattern(
            kicks=(
                "BD X.......X.x.....",
                "BD X.xx..x.X.xx..x.",
                "BD X.x.X.x.X.xxX.xx",
                "BD Xxx.Xxx.Xxx.Xxx.",
                "BD X.xxX.xxX.xxX.xx",
            ),
            backs=("SD ........X.......", "SD ....X.......X...", "SD ....X.......X..x", "SD ..X...X...X...X."),
            times=("CH X.x.X.x.X.x.X.x.", "OH X...x...X...x...", "RD X...x...X...x...", "C2 X...x...X...x..."),
        ),
        fills="metal",
    ),
    "double-kick": Groove(
        Pattern(
            kicks=("BD X.x.X.x.X.x.X.x.", "BD XxxxXxxxXxxxXxxx", "BD Xx.xXx.xXx.xXx.x", "BD XxxxXxxxXxxxXxxx"),
            backs=("SD ....X.......X...", "SD ........X......."),
            times=("RD X...x...X...x...", "C2 X...x...X...x...", "RB X.x.X.x.X.x.X.x."),
        ),
        fills="metal",
    ),
    "pop": Groove(
        Pattern(
            kicks=("BD X.......X.......", "BD X.....x.X.......", "BD X..x..x.X.......", "BD X..x..x.X..x..x."),
            backs=("RS ....X.......X...", "SD ....X.......X...", "SD ....X.......X... ; CP ....x.......x..."),
            times=(
                "CH o.o.o.o.o.o.o.o.",
                "CH X.x.X.x.X.x.X.x.",
                "CH X.oox.ooX.oox.oo",
                "CH X.x.X.x.X.x.X... ; OH ..............x.",
            ),
            extras=((0.6, "MA o.xoo.xoo.xoo.xo"), (0.8, "TB ....X.......X...")),
        ),
        fills="pop",
        ghosts=0.1,
    ),
    "ballad": Groove(
        Pattern(
            kicks=("BD x...............", "BD X.........o.....", "BD X......xX.......", "BD X.....x.X.x....."),
            backs=("RS ....x.......x...", "RS ....X.......X...", "SD ....X.......X...", "SD ....X..g....X..."),
            times=("CH o...o...o...o...", "CH x.o.x.o.x.o.x.o.", "CH x.oox.oox.oox.oo", "RD X.x.X.x.X.x.X.x."),
        ),
        fills="pop",
        ghosts=0.05,
    ),
    "synthwave": Groove(
        Pattern(
            kicks=("BD X.......X.......", "BD X...X...X...X...", "BD X.......X.x.....", "BD X...X...X...X.x."),
            backs=("SD ....X.......X...", "SD ....X.......X... ; CP ....x.......x..."),
            times=(
                "CH o.o.o.o.o.o.o.o.",
                "CH X.x.X.x.X.x.X.x.",
                "CH xoxoxoxoxoxoxoxo",
                "OH ..x...x...x...x. ; CH x.o.x.o.x.o.x.o.",
            ),
            extras=((0.8, "T2 ..............x. ; T4 ...............x"),),
        ),
        fills="gated",
    ),
}

SOUL = {
    "funk": Groove(
        Pattern(
            kicks=(
                "BD X.........x.....",
                "BD X.x.......x..x..",
                "BD X..x..x...x..x..",
                "BD X.x...x..xx..x.. | X.x......xx..x..",
            ),
            backs=("SD ....X..g....X...", "SD ....X..g.g..X..g", "SD .g..X..g.g.gX..g | ....X..g.g..g.X."),
            times=(
                "CH x.o.x.o.x.o.x.o.",
                "CH XoxoXoxoXoxoXoxo",
                "CH XoxoXoxoXoxoXo.o ; OH ..............X.",
                "CH XoxoXo.oXoxoXo.o ; OH ......x.......X.",
            ),
            extras=((0.7, "TB ....x.......x..."), (0.85, "CO ..x...x...x...x. ; CL ...x..x....x..xx")),
        ),
        fills="funk",
        ghosts=0.6,
    ),
    "soul": Groove(
        Pattern(
            kicks=("BD X.......X.......", "BD X......xX.......", "BD X.....x.X.x.....", "BD X..x..x.X.x....."),
            backs=("RS ....X.......X...", "SD ....X.......X...", "SD ....X..g....X..g", "SD X...X...X...X..."),
            times=("CH o.o.o.o.o.o.o.o.", "CH X.x.X.x.X.x.X.x.", "CH X.x.X.x.X.x.X... ; OH ..............x."),
            extras=((0.5, "TB ....X.......X..."), (0.8, "CO ......x.......xx")),
        ),
        fills="funk",
        ghosts=0.35,
    ),
    "blues shuffle": Groove(
        Pattern(
            kicks=("BD x.......x.......", "BD X.......X.......", "BD X.....x.X.....x.", "BD X...x.x.X...x.x."),
            backs=("RS ....x.......x...", "SD ....X.......X...", "SD ....X.g.....X.g.", "SD g.g.X.g.g.g.X.g."),
            times=("CH x...x...x...x...", "CH X.x.X.x.X.x.X.x.", "RD X.x.X.x.X.x.X.x. ; PH ....x.......x..."),
        ),
        fills="shuffle",
        ghosts=0.1,
    ),
    "disco": Groove(
        Pattern(
            kicks=("BD X...X...X...X...", "BD X...X...X...X.x."),
            backs=("SD ....X.......X...", "SD ....X.......X... ; CP ....X.......X..."),
            times=(
                "CH o.x.o.x.o.x.o.x.",
                "CH xoxoxoxoxoxoxoxo",
                "OH ..X...X...X...X. ; CH X...x...X...x...",
                "OH ..X...X...X...X. ; CH Xo.oXo.oXo.oXo.o",
            ),
            extras=((0.65, "TB ....x.......x..x"), (0.8, "CO ...x..x....x..x. ; CL ......xx......xx")),
        ),
        fills="disco",
    ),
}

POPULAR: dict[str, Groove] = {**ROCK, **SOUL}
