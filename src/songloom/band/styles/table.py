"""The table of all styles by name."""

from __future__ import annotations

from songloom.band.styles import classical, electronic, groove, solo, songs
from songloom.band.styles.style import Style

STYLES: dict[str, Style] = {
    style.name: style for style in (*solo.STYLES, *classical.STYLES, *groove.STYLES, *songs.STYLES, *electronic.STYLES)
}
