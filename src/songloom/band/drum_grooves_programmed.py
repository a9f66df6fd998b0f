"""The grooves of machines and samplers: club, hip-hop and game drumming as step strings."""

from __future__ import annotations

from songloom.band.drum_patterns import Groove, Pattern

_AMEN = "BD X.x.......xx....|X.x.......xx....|X.x.......x.....|..xx......x....."
_AMEN_SNARE = "SD ....X..x.x..X..x|....X..x.x..X..x|....X..x.x....X.|.x..X..x.x....X."

CLUB = {
    "house": Groove(
        Pattern(
            kicks=("BD X...X...X...X...",),
            backs=("CP ....x.......x...", "CP ....X.......X...", "CP ....X.......X..g ; SD .......g.g......"),
            times=(
                "CH ..o...o...o...o.",
                "OH ..x...x...x...x. ; CH o..oo..oo..oo..o",
                "OH ..X...X...X...X. ; CH xo.oxo.oxo.oxo.o",
                "OH ..X...X...X...X. ; CH XoxoXoxoXoxoXoxo ; RD X...X...X...X...",
            ),
            extras=(
                (0.45, "MA oxooxoxooxooxoxo"),
                (0.65, "CO ...x..x....x..x. ; CL .......x.......x"),
                (0.8, "TB ....x.......x..."),
            ),
        ),
        fills="house",
    ),
    "techno": Groove(
        Pattern(
            kicks=("BD X...X...X...X...", "BD X...X...X...X..o"),
            backs=("RS .......o......o.", "CP ....x.......x...", "CP ....X.......X... ; RS ..o..o....o..o.."),
            times=(
                "CH ..o...o...o...o.",
                "OH ..x...x...x...x. ; CH o.o.o.o.o.o.o.o.",
                "OH ..X...X...X...X. ; CH oooooooooooooooo",
                "RD ..X...X...X...X. ; CH xoxoxoxoxoxoxoxo ; OH ..x...x...x...x.",
            ),
            extras=(
                (0.4, "T6 ...o..o....o..o."),
                (0.6, "WL ......o..o......|...o......o..o.."),
                (0.75, "MA oxoxoxoxoxoxoxox"),
            ),
        ),
        fills="techno",
        calm="kick",
    ),
    "trance": Groove(
        Pattern(
            kicks=("BD X...X...X...X...",),
            backs=("CP ....x.......x...", "CP ....X.......X... ; SD ....x.......x..."),
            times=(
                "CH ..o...o...o...o.",
                "OH ..X...X...X...X. ; CH o.o.o.o.o.o.o.o.",
                "OH ..X...X...X...X. ; CH xoooxoooxoooxooo",
                "OH ..X...X...X...X. ; CH xoxoxoxoxoxoxoxo ; RD X...X...X...X...",
            ),
            extras=((0.6, "MA xooxxooxxooxxoox"),),
        ),
        fills="trance",
    ),
    "drum and bass": Groove(
        Pattern(
            kicks=(
                "BD X.........x.....",
                "BD X.........x.....|X..x......x.....",
                "BD X.x.......x.....|X.x....x..x.....",
                "BD X.x.......xx....|X..x......x..x..",
            ),
            backs=("SD ....X.......X...", "SD ....X..g.g..X...", "SD ....X..g.g..X..g|....X..g.g..X.gg"),
            times=(
                "CH o...o...o...o...",
                "CH x.o.x.o.x.o.x.o.",
                "CH xoxoxoxoxoxoxoxo",
                "RD X.x.X.x.X.x.X.x. ; CH oxoooxoooxoooxoo",
            ),
            extras=((0.5, "MA ..o...o...o...o."), (0.85, "OH ..x...x...x...x.")),
        ),
        fills="breaks",
        ghosts=0.5,
    ),
    "breakbeat": Groove(
        Pattern(
            kicks=("BD X.......x.......", "BD X.x.......xx....", _AMEN, "BD X.x...x...xx..x."),
            backs=("SD ....X.......X...", "SD ....X..g.g..X..g", _AMEN_SNARE),
            times=("CH o.o.o.o.o.o.o.o.", "CH X.x.X.x.X.x.X.x.", "RD X.x.X.x.X.x.X.x.", "OH X.x.X.x.X.x.X.x."),
            extras=((0.6, "TB ..x...x...x...x."), (0.8, "CO ...x..x....x..x.")),
        ),
        fills="breaks",
        ghosts=0.5,
    ),
}

HIP_HOP = {
    "trap": Groove(
        Pattern(
            kicks=(
                "BD X...............|X.........x.....",
                "BD X.........x.....|X.....x...x.....",
                "BD X.....x...x..x..|X..x......x.....",
                "BD X..x..x...x..x..|X.....x..xx...x.",
            ),
            backs=(
                "CP ........X.......",
                "SD ........X....... ; CP ........X.......",
                "CP ........X....... ; RS ...o......o..o..",
            ),
            times=("CH o...o...o...o...", "CH x.o.x.o.x.o.x.o.", "CH x.x.x.x.x.x.x.x.", "CH xoxoxoxoxoxoxoxo"),
            extras=((0.5, "OH ..............x.|................"), (0.7, "RS ......o.......o.|..........o..o..")),
        ),
        fills="trap",
        rolls=0.8,
    ),
    "boom bap": Groove(
        Pattern(
            kicks=(
                "BD X.........X.....",
                "BD X..x......X.....|X......x..X.....",
                "BD X.x....x..X.....|X......x.xX.....",
                "BD X..x...x..X..x..|X.x....x..X.....",
            ),
            backs=("SD ....X.......X...", "SD ....X..g....X...", "SD ....X..g.g..X..g"),
            times=(
                "CH o...o...o...o...",
                "CH X.x.X.x.X.x.X.x.",
                "CH X.x.X.xoX.x.X.x.",
                "CH X.x.X.x.X.xoX... ; OH ..............x.",
            ),
            extras=((0.8, "TB ....x.......x..."),),
        ),
        fills="boom bap",
        crash="",
        ghosts=0.3,
    ),
    "lo-fi": Groove(
        Pattern(
            kicks=(
                "BD x.........x.....",
                "BD X......x..x.....",
                "BD X..o......x.....|X......x..x.....",
                "BD X.o....x..x..o..",
            ),
            backs=("RS ....x.......x...", "SD ....x.......x...", "SD ....x..g....x..g"),
            times=(
                "CH o...o...o...o...",
                "CH x.o.x.o.x.o.x.o.",
                "CH x.o.x.ooxoo.x.o.",
                "CH x.oox.o.x.o.x... ; OH ..............o.",
            ),
            extras=((0.6, "MA o.ooo.ooo.ooo.oo"),),
        ),
        fills="lo-fi",
        crash="",
        ghosts=0.3,
    ),
    "downtempo": Groove(
        Pattern(
            kicks=(
                "BD X...............",
                "BD X.........x.....",
                "BD X......x..x.....|X..x......x.....",
                "BD X..x...x..x..x..",
            ),
            backs=("RS ........x.......", "SD ....x.......x...", "SD ....X.......X..g ; RS ..........o....."),
            times=(
                "MA o...o...o...o...",
                "CH x.o.x.o.x.o.x.o.",
                "CH x.oox.oox.oox.oo",
                "CH xoxoxoxoxoxoxo.. ; OH ..............x.",
            ),
            extras=(
                (0.45, "WH ......o.........|...o......o....."),
                (0.65, "CO ...o..x....o..x. ; CL .......o.......o"),
            ),
        ),
        fills="lo-fi",
        crash="C2",
        ghosts=0.3,
    ),
}

GAMES = {
    "chiptune": Groove(
        Pattern(
            kicks=("BD X.......X.......", "BD X.....x.X.......", "BD X..x..x.X..x....", "BD X.x...x.X.x...x."),
            backs=("SD ....X.......X...", "SD ....X.......X.x.", "SD ....X..x....X..x"),
            times=(
                "CH ..o...o...o...o.",
                "CH x.x.x.x.x.x.x.x.",
                "CH xooxxooxxooxxoox",
                "CH xoxoxoxoxoxoxoxo ; OH ..x...x...x...x.",
            ),
        ),
        fills="chip",
    ),
}

PROGRAMMED: dict[str, Groove] = {**CLUB, **HIP_HOP, **GAMES}
