"""Fills by family: what the drummer plays at the end of a section.

A fill is a line (see `drum_patterns`) of 4, 8 or 16 steps that ends with its bar; it replaces what the groove
would play there. Families go from the short to the long; a leading "+" keeps the groove under the fill.
"""

from __future__ import annotations

FILLS: dict[str, tuple[str, ...]] = {
    "none": (),
    "rock": (
        "SD x.xX",
        "SD xxX. ; T2 ...x",
        "SD xxxx.... ; T2 ....xx.. ; T6 ......xX ; BD x...x...",
        "SD X.xxX... ; T1 .....xx. ; T6 .......X ; BD ....x...",
        "SD xxxx............ ; T1 ....xxxx........ ; T3 ........xxxx.... ; T6 ............xxXX ; BD x...x...x...x...",
        "SD X..X..X......... ; T2 .........x..x... ; T6 ..........xx.xXX ; BD x..x..x.........",
    ),
    "punk": (
        "SD xxxX",
        "SD xxxxXxXX",
        "SD X.X.X.X.xxxxXXXX ; BD X.X.X.X.........",
    ),
    "metal": (
        "SD xxXX ; BD xxxx",
        "SD xx...... ; T1 ..xx.... ; T3 ....xx.. ; T6 ......XX ; BD x.x.x.x.",
        "SD X..X..X......... ; T2 .xx.xx..x..x.... ; T6 .........xx.xxxX ; BD .xx.xx.xxxxxxxxx",
        "SD xxxx............ ; T1 ....xxxx........ ; T3 ........xxxx.... ; T6 ............xxxX ; BD xxxxxxxxxxxxxxxx",
    ),
    "pop": (
        "SD ..xX",
        "SD x.xX ; T4 .x..",
        "SD x..x..x. ; T2 ....x... ; T6 .......X ; BD x...x...",
        "SD x.x.x.xx ; CP x.x.x.xx",
        "SD x.x.x.x.xxxx.... ; T2 ............xx.. ; T6 ..............xX ; BD x...x...x...x...",
    ),
    "gated": (
        "T1 x... ; T3 ..x. ; T6 ...X",
        "T1 x.x..... ; T3 ...x.x.. ; T6 ......xX ; BD x...x...",
        "T1 X..X..x......... ; T3 ........x.xx.... ; T6 ............X.XX ; BD x...x...x...x...",
    ),
    "funk": (
        "+SD ..xg",
        "SD xgxX ; BD ...x",
        "SD x.gx.gXg ; BD ..x..x.. ; OH ......x.",
        "SD X.gx..X.g.xxX.xX ; BD .x..xx.x.x....x. ; T4 ..............x.",
    ),
    "shuffle": (
        "SD x.x.",
        "SD x.x.X.X. ; BD x...x...",
        "SD x.x.x... ; T2 ....x.x. ; T6 ......X. ; BD x...x...",
    ),
    "disco": (
        "SD xxxx ; BD X...",
        "SD x.x.xxXX ; BD X...X...",
        "SD ........x.x.xxXX ; T2 x.xx............ ; T5 ....x.xx........ ; BD X...X...X...X...",
    ),
    "jazz": (
        "+SD ..o.",
        "SD x.g.X... ; BD ......x. ; RD x...x...",
        "SD t.o.x.g. ; T2 ....o... ; BD ..x...x.",
        "SD x.o.X.g.o.x..... ; T2 ..........o.x... ; T6 ..............x. ; BD ....x.......x... ; PH ....x.......x...",
    ),
    "brush": (
        "+SD o.g.",
        "SD o.g.x.o. ; BD ......o.",
        "SD ogo.x.g.ogo.x.o. ; BD ..............o. ; PH ....o.......o...",
    ),
    "bigband": (
        "SD x.X.",
        "SD x.x.X.X. ; BD ..x...x.",
        "SD X.x.X... ; T2 ......x. ; BD x...X.X.",
        "SD X.X.x.xxX.x..... ; T2 ..........x.x... ; T6 .............xX. ; BD x...x...X...x.X.",
    ),
    "latin": (
        "+T1 ..xx",
        "T1 x.xx.... ; T4 ....x.xX",
        "BH xxxx.... ; BL ....xxxX",
        "T1 r.x.x.x......... ; T4 ........x.x.x... ; T6 .............xXX ; CB X...X...X...X...",
    ),
    "bossa": (
        "+RS ..oo",
        "+CO ..xo",
        "+RS o..o..o. ; CL .......o",
    ),
    "reggae": (
        "SD ..tX",
        "SD X..x..X. ; T2 .....x..",
        "T1 x..x.... ; T4 ....x..x ; BD x.......",
        "SD t..x..t.....X...",
    ),
    "country": (
        "SD xgxX",
        "SD gogoxoXX",
        "SD xoxoxoxoxoxoXXXX ; BD X...X...X...X...",
    ),
    "folk": (
        "+SD ..ox",
        "T4 o.x.x.xx",
        "T4 x.x.x...x.x.xxxx ; BD x.......x.......",
    ),
    "house": (
        "CP ..xX",
        "BD ....",
        "+SD ....x.xx",
        "SD x..x..x.x..xx.xX ; CP x..x..x.x..xx.xX ; BD X...X...X.......",
    ),
    "techno": (
        "CH oxxX",
        "BD ........ ; CH ....oxxX",
        "CP ....x.xX ; CH xxxxxxxx",
        "SD ........xxxxXXXX ; CH xxxxxxxxxxxxxxxx ; OH ..x...x...x...x.",
    ),
    "trance": (
        "SD xxXX",
        "SD xxxxXXXX ; BD X...X...",
        "SD x.x.x.x.xxxxrrrr ; CP x...x...x.x.xxxx ; BD X...X...X...X...",
    ),
    "breaks": (
        "SD x.xx",
        "SD x.xxx.xX ; BD .x...x.. ; CH x.x.x.x.",
        "SD X..x..X..xx.XrXr ; BD x.x..x..x..x.... ; CH x.x.x.x.x.x.x.x.",
        "SD rrxxXxxXrrxxXXXX ; BD ....x.......x...",
    ),
    "trap": (
        "CH rtqq",
        "BD ........ ; CH ......qq",
        "SD ....x.rq ; CH x.x.r...",
        "SD x...x...x.x.xxrq ; CP x...x...x.x.xxxx",
    ),
    "boom bap": (
        "SD ..xX",
        "SD x..xX.gX ; BD .x....x. ; CH x.x.x.x.",
        "SD ....X..xX..xX.xX ; BD x.x....x.x....x. ; CH x.x.x.x.x.x.x.x.",
    ),
    "lo-fi": (
        "+SD ..og",
        "SD o..gx.g. ; BD .o....x. ; CH x.o.x.o.",
        "SD ....x..g..o.x.og ; BD x.....o..x...... ; CH x.o.x.o.x.o.x...",
    ),
    "chip": (
        "SD xxxX",
        "SD x.xxxxXX ; BD X...X...",
        "SD x.xxx.xxxxxxXXXX ; T2 .x...x.......... ; BD X...X...X...X...",
    ),
    "march": (
        "SD rrrX",
        "SD X.rrX.rr ; BD X...X...",
        "SD X.rrX.rrrrrrrrrX ; BD X...X...X.......",
    ),
    "orchestral": (
        "SD rrrr",
        "SD grrrrrrr ; BD o.....x.",
        "TL X..x..X. ; TS .o.....x ; BD X.....X.",
        "SD ggrrrrrrrrrrrrrr ; BD o.......o...x.xX",
        "TL X.....x.X..x..X. ; TS ...o......o.xoxx ; SD ........ggrrrrrr",
    ),
}


def fill_length(line: str) -> int:
    """Steps that a fill lasts in 4/4."""
    return max(len(voice.split()[1]) for voice in line.removeprefix("+").split(";"))
