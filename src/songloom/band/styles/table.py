"""The table of all styles by name."""

from __future__ import annotations

from songloom.band.styles import beats, classical, club, folk, jazz, machines, pop, rock, solo, soul
from songloom.band.styles.style import Style

_FAMILIES = (solo, classical, jazz, soul, rock, pop, folk, club, beats, machines)

STYLES: dict[str, Style] = {style.name: style for family in _FAMILIES for style in family.STYLES}
