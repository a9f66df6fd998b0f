"""The grooves of jazz, Latin, folk and orchestral drummers as step strings."""

from __future__ import annotations

from songloom.band.drum_patterns import Groove, Pattern

_WALTZ_THREE = Pattern(
    kicks=("BD x...........", "BD X...........", "BD X.........o."),
    backs=("RS ....o...o...", "SD ....o...x...", "SD ....x...x.g."),
    times=("PH ....o...o...", "CH ....o...x...", "CH x...x...x.x.", "RD X...x...x.x."),
)

_SIX_EIGHT = Pattern(
    kicks=("BD X...........", "BD X.........x.", "BD X...x.....x.", "BD X...x...x.x."),
    backs=("RS ......X.....", "SD ......X.....", "SD ......X...g.", "SD ....g.X..g.."),
    times=("CH o.o.o.o.o.o.", "CH X.x.x.X.x.x.", "CH X.x.xxX.x.xx", "RD X.x.x.X.x.x.", "OH X.....X....."),
    extras=((0.75, "TB ......X....."),),
)

JAZZ = {
    "jazz swing": Groove(
        Pattern(
            kicks=("BD g...g...g...g...", "BD o...g...o...g...", "BD g...g...g.....x.", "BD ......x.....g..."),
            backs=("RS ............o...", "SD ..........g.....", "SD ......o.......g.", "SD ..g.......o...g."),
            times=(
                "PH ....x.......x... ; RD x...o...x...o...",
                "RD x...X.o.x...X.o. ; PH ....x.......x...",
                "RD x...X.x.x...X.x. ; PH ....x.......x...",
                "RD X.o.X.x.X...X.x. ; PH ....x.......x...",
            ),
        ),
        fills="jazz",
        crash="C2",
        ghosts=0.5,
        meters={
            "3/4": Pattern(
                kicks=("BD o...........", "BD o.....g.....", "BD x.........g."),
                backs=("RS ........o...", "SD ......g.....", "SD ....g.....o."),
                times=(
                    "RD x...o...o... ; PH ....x.......",
                    "RD X...x.o.x... ; PH ....x...x...",
                    "RD X...x.x.x.o. ; PH ....x...x...",
                ),
            )
        },
    ),
    "jazz brushes": Groove(
        Pattern(
            kicks=("BD g.......g.......", "BD g...g...g...g...", "BD o.......g.....g."),
            backs=("SD ....o.......o...", "SD o...x.g.o...x.g.", "SD o.g.x.g.o.g.x.g."),
            times=(
                "ES o.......o....... ; PH ....o.......o...",
                "ES o...o...o...o... ; PH ....x.......x...",
                "RD o...x.o.o...x.o. ; PH ....x.......x...",
            ),
        ),
        fills="brush",
        crash="R2",
        ghosts=0.3,
        meters={
            "3/4": Pattern(
                kicks=("BD g...........", "BD o...........", "BD o.......g..."),
                backs=("SD ....o...o...", "SD o...x.g.o...", "SD o...x.g.x.g."),
                times=(
                    "ES o........... ; PH ....o...o...",
                    "ES o...o...o... ; PH ....x...x...",
                    "RD x...o.o.o... ; PH ....x...x...",
                ),
            )
        },
    ),
    "big band": Groove(
        Pattern(
            kicks=("BD g...g...g...g...", "BD o...o...o...o...", "BD x...o...x...o.x.", "BD x...o.x.x...o.x."),
            backs=("RS ............x...", "SD ......g.........", "SD ....x.......x...", "SD ....X.....x.X..."),
            times=(
                "CH x...X.o.x...X.o. ; PH ....o.......o...",
                "CH X...X.x.X...X.x. ; PH ....x.......x...",
                "RD X...X.x.X...X.x. ; PH ....x.......x...",
                "R2 X...X.x.X...X.x. ; PH ....X.......X...",
            ),
        ),
        fills="bigband",
        ghosts=0.25,
    ),
}

LATIN = {
    "bossa": Groove(
        Pattern(
            kicks=("BD x.......x.......", "BD x.....o.x.....o.", "BD X..o..x.X.....x."),
            backs=(
                "RS o.....o.....o...|....o.....o.....",
                "RS x.....x.....x...|....x.....x.....",
                "RS X.....x.....X...|....x..o..X.....",
            ),
            times=("CH o.o.o.o.o.o.o.o.", "CH xoxoxoxoxoxoxoxo", "RD x.o.x.o.x.o.x.o. ; PH ....x.......x..."),
            extras=(
                (0.4, "MA xoxoxoxoxoxoxoxo"),
                (0.75, "CO ......x.......x. ; CM ....o.......o... ; CL ...............o"),
            ),
        ),
        fills="bossa",
        crash="",
    ),
    "salsa": Groove(
        Pattern(
            kicks=("BD ...x............", "BD ...x.......x....", "BD ...x..o....x..o."),
            backs=(
                "CV ..x.x...x..x..x.",
                "CV x..x..x...x.x...",
                "CV x..x..x...x.x... ; SD ..............g.",
            ),
            times=(
                "MA xoxoxoxoxoxoxoxo",
                "CB X.x.X.x.X.x.X.x. ; MA xoxoxoxoxoxoxoxo",
                "CB X.xxX.xxXoxxX.xx ; MA xoxoxoxoxoxoxoxo",
                "CB X.xxX.xxX.xxX.xx ; T1 x.xx.x.xx.xx.x.x ; MA xoxoxoxoxoxoxoxo",
            ),
            extras=(
                (0.15, "CM oxo.oxo.oxo.oxo. ; CO ......xx......xx ; CL ...o.......o...."),
                (0.55, "BH xoxoxo.oxoxoxo.o ; BL ......x.......x."),
            ),
        ),
        fills="latin",
        calm="all",
    ),
    "reggae one drop": Groove(
        Pattern(
            kicks=("BD ....X.......X...", "BD ....X.......X...", "BD ....X..o....X..."),
            backs=(
                "RS ....X.......X...",
                "RS ....X.......X..o",
                "RS ....X..o....X...|....X.....o.X..o",
                "SD ....X.......X...",
            ),
            times=(
                "CH o...o...o...o...",
                "CH x.x.x.x.x.x.x.x.",
                "CH x.xox.xox.xox.xo",
                "CH x.xox.xox.xox... ; OH ..............X.",
            ),
            extras=((0.6, "TB ..x...x...x...x."), (0.75, "CB ..............o.")),
        ),
        fills="reggae",
    ),
    "reggae steppers": Groove(
        Pattern(
            kicks=("BD X...X...X...X...",),
            backs=("RS ....X.......X...", "RS ...oX..o...oX...", "SD ....X.......X..."),
            times=("CH o.x.o.x.o.x.o.x.", "CH x.X.x.X.x.X.x.X.", "CH xoX.xoX.xoX.xo.. ; OH ..............X."),
            extras=((0.5, "TB ....x.......x..."),),
        ),
        fills="reggae",
    ),
}

FOLK = {
    "country train": Groove(
        Pattern(
            kicks=("BD X.......X.......", "BD X.......X.......", "BD X...x...X...x...", "BD X.....x.X.....x."),
            backs=(
                "RS ....x.......x...",
                "SD g.g.X.g.g.g.X.g.",
                "SD o.ogX.ogo.ogX.og",
                "SD ogogXgogogogXgog",
                "SD gogoXogogogoXogo",
            ),
            times=(
                "PH ....o.......o...",
                "PH ....x.......x...",
                "CH ..x...x...x...x.",
                "CH x.x.x.x.x.x.x.x.",
                "TB ..x...x...x...x. ; PH ....x.......x...",
            ),
        ),
        fills="country",
        ghosts=0.1,
    ),
    "folk": Groove(
        Pattern(
            kicks=("BD x.......x.......", "BD X.......X.......", "BD X...x...X...x..."),
            backs=("", "RS ....x.......x...", "CP ....x.......x... ; TB ....o.......o..."),
            times=("MA o.x.o.x.o.x.o.x.", "TB o.x.o.X.o.x.o.X.", "MA xoXoxoXoxoXoxoXo"),
        ),
        fills="folk",
        crash="",
        calm="all",
    ),
    "waltz": Groove(
        Pattern(
            kicks=("BD X...............", "BD X.......o......."),
            backs=("RS ....o...o...o...", "SD ....o...x...x...", "SD ....x...x...x.g."),
            times=("PH ....o...o...o...", "CH ....o...x...x...", "RD X...x...x.x.x..."),
        ),
        fills="folk",
        meters={"3/4": _WALTZ_THREE},
    ),
    "six-eight": Groove(
        Pattern(
            kicks=("BD X.......X.......", "BD X.....x.X.....x."),
            backs=("RS ....X.......X...", "SD ....X.......X..."),
            times=("CH o.o.o.o.o.o.o.o.", "CH X.x.X.x.X.x.X.x.", "RD X.x.X.x.X.x.X.x."),
        ),
        fills="rock",
        ghosts=0.1,
        meters={"6/8": _SIX_EIGHT},
    ),
    "march": Groove(
        Pattern(
            kicks=("BD X.......X.......", "BD X...o...X...o...", "BD X...x...X...x..."),
            backs=("SD o...o...o.o.o...", "SD X..oo.o.X..ox.r.", "SD X.oox.ooX.rrx.r.", "SD XoooXoooXorrX.r."),
            times=("", "", "R2 x...............|................"),
        ),
        fills="march",
        crash="C2",
        calm="all",
        meters={
            "6/8": Pattern(
                kicks=("BD X.....X.....", "BD X...o.X...o."),
                backs=("SD o.....o...o.", "SD X.o.o.x.o.r.", "SD X.o.oox.r.rr"),
                times=("", "", "R2 x..........."),
            )
        },
    ),
    "orchestral": Groove(
        Pattern(
            kicks=("BD o...............", "BD X...............", "BD X.......x.......", "BD X.......x...x..."),
            backs=("", "", "TR ........o.......", "SD ............g.gg", "SD X.oox.rrX.oox.rr"),
            times=("", "", "R2 o...............|................|................|................"),
            extras=((0.62, "TL X.....x.X.....x. ; TS ...o......o.o..."), (0.85, "TB ....o...o...o...")),
        ),
        fills="orchestral",
        crash="C2",
        calm="kick",
        meters={
            "3/4": Pattern(
                kicks=("BD o...........", "BD x...........", "BD X.......o..."),
                backs=("", "", "TR ....o...o...", "SD ....g...g...", "SD ....o...o.gg"),
                times=("", "TR ........o...", "TB ....o...o..."),
            ),
            "6/8": Pattern(
                kicks=("BD o...........", "BD X...........", "BD X.....x....."),
                backs=("", "", "TR ......o.....", "SD ......g...gg", "SD x.o.o.x.o.rr"),
                times=("", "", "R2 o..........."),
                extras=((0.62, "TL X...x.X..... ; TS ..o.....o.o."),),
            ),
        },
    ),
    "shaker": Groove(
        Pattern(
            times=("MA o.x.o.x.o.x.o.x.", "MA xoXoxoXoxoXoxoXo", "MA xoXoxoXoxoXoxoXo", "MA XoxoXoxoXoxoXoxo"),
            extras=((0.5, "TB ....x.......x..."), (0.75, "CO ......x.......xx ; CL ...x...........x")),
        ),
        fills="none",
        crash="",
    ),
}

TRADITIONAL: dict[str, Groove] = {**JAZZ, **LATIN, **FOLK}
