"""A folder of one's own music before it is learned: heard, captioned where nobody did, a few pieces held out.

All that is found lies in the run's `music` folder (facts.jsonl, tags.jsonl); the music stays where it is, and what was
heard once is not heard again.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from songloom.conditioning.language import is_foreign
from songloom.config import parsed
from songloom.data.manifest import NAME, SPLITS, Caption, Clip, write
from songloom.data.prepare.facts import Facts
from songloom.data.prepare.layouts import Entry, entries
from songloom.data.prepare.pipeline import HEARD, estimates, hear_all, planned_of
from songloom.data.prepare.verdicts import Filters, Verdict, judge
from songloom.data.workers import HERE, Workers, mapped
from songloom.inference.captioning import believed, wordings
from songloom.inference.embedding import Space
from songloom.inference.tagging import Tag, Tagger, Tags

TAGS = "tags.jsonl"
LINK = "audio"
"""What the music is called inside of the run's folder: a link to where it lies."""
FILTERS = Filters(longest=1800.0, cut=0.0)
KEPT_TAGS = 6
"""Of each set, in the log."""
FEWEST, TENTH = 5, 10
"""Of fewer groups none is held out; of more every tenth is, and at least one."""

Report = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Music:
    """What became of each file of `folder`, and lines on what could not be read."""

    folder: Path
    verdicts: tuple[Verdict, ...]
    notes: tuple[str, ...]

    @property
    def kept(self) -> list[Verdict]:
        """What will be learned from or held out."""
        return [one for one in self.verdicts if one.kept]

    @property
    def seconds(self) -> float:
        """The length of what is kept."""
        return sum(one.facts.seconds for one in self.kept if one.facts)

    def write(self, home: Path) -> Path:
        """The manifest of what is kept, in `home`, with a link to the music; gives `home`, which is now a data set.
        Raises ValueError where nothing is kept."""
        if not self.kept:
            first = self.verdicts[0]
            raise ValueError(
                f"{self.folder}: none of {len(self.verdicts)} files can be used; {first.entry.file}: {first.reason}"
            )
        link = home / LINK
        if not (link.is_symlink() and link.resolve() == self.folder.resolve()):
            link.unlink(missing_ok=True)
            link.symlink_to(self.folder.resolve(), target_is_directory=True)
        write(home, [clip_of(one) for one in self.kept])
        return home


def survey(folder: Path, home: Path, *, workers: Workers = HERE, report: Report = lambda _: None) -> Music:
    """Listens to the files of a folder that were not heard before. Raises ValueError for a folder without audio."""
    run = home.parent
    if Path(folder).resolve().is_relative_to(run.resolve()):
        raise ValueError(f"{folder} lies in {run}; the run needs a folder of its own")
    found, notes = entries(folder, leave=run)
    music = heard(folder, found, home, workers=workers, report=report)
    return replace(music, notes=(*notes, *music.notes))


def heard(
    folder: Path, found: Sequence[Entry], home: Path, *, workers: Workers = HERE, report: Report = lambda _: None
) -> Music:
    """Listens to some files of a folder that were not heard before, and notes it in `home`."""
    home.mkdir(parents=True, exist_ok=True)
    facts = hear_all(folder, home / HEARD, found, FILTERS, workers, lambda _step, done, total: report(done / total))
    alone = [replace(entry, artist="") for entry in found]  # all of it may be of one artist
    verdicts = judge(alone, facts, FILTERS, keep_near=True)
    told = [f"{one.entry.file}: left out: {one.reason}" for one in verdicts if one.reason]
    return Music(Path(folder), tuple(held_out(verdicts)), tuple(told))


def held_out(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Every tenth group (pieces that must not be parted) is kept from learning, where the folder says nothing itself;
    of few none is."""
    if any(one.entry.split for one in verdicts if one.kept):
        return list(verdicts)
    first = {one.group: one.facts.samples for one in reversed(verdicts) if one.kept and one.facts}
    groups = sorted(first, key=lambda group: first[group])  # by hashes: in no order of the music
    chosen = set(groups[: max(1, len(groups) // TENTH)] if len(groups) >= FEWEST else ())
    return [replace(one, split=SPLITS[one.group in chosen]) for one in verdicts]


def uncaptioned(music: Music) -> list[Verdict]:
    """The kept pieces without a caption that an English reader understands."""
    return [one for one in music.kept if all(is_foreign(caption.text) for caption in one.entry.captions)]


def captioned(
    music: Music,
    home: Path,
    open_space: Callable[[], Space],
    *,
    workers: Workers = HERE,
    report: Report = lambda _: None,
) -> Music:
    """The music, where each piece that has no caption in English has estimated ones too: from an embedder's tags, which
    is opened only where any piece is still to be heard, and from tempo and key where they are sure."""
    log, missing = home / TAGS, uncaptioned(music)
    known = _logged(log)
    unheard = [one for one in missing if _samples(one) not in known]
    if unheard:
        tagger = Tagger(open_space())
        with log.open("a", encoding="utf-8") as lines:
            if log.stat().st_size:
                lines.write("\n")  # behind a line that was cut off
            tasks = {place: (music.folder / one.entry.file,) for place, one in enumerate(unheard)}
            for number, found in mapped(tagger.tag_file, tasks, workers):
                one, tags = unheard[number], found.whole
                known[_samples(one)] = tags
                lines.write(json.dumps({"samples": _samples(one), "tags": _told(tags)}) + "\n")
                lines.flush()
                report((number + 1) / len(unheard))
    named = {one.entry.file for one in missing}
    return replace(
        music,
        verdicts=tuple(_with_estimates(one, known) if one.entry.file in named else one for one in music.verdicts),
    )


def clip_of(verdict: Verdict) -> Clip:
    """A kept piece as a clip of the run's data set."""
    assert verdict.facts is not None
    clip = planned_of(verdict, verdict.facts).clip
    return replace(clip, audio=f"{LINK}/{clip.audio}", stems={})


def is_data_set(folder: Path) -> bool:
    """Whether a folder is a corpus already, which is learned from as it is."""
    return (Path(folder) / NAME).is_file()


def labels_of(verdict: Verdict) -> dict[str, object]:
    """Tempo and key of a piece: what its folder tells, else what is heard with confidence."""
    heard = estimates(verdict.facts) if verdict.facts else {}
    return {name: verdict.entry.labels.get(name, heard.get(name)) for name in ("tempo", "key")}


def _with_estimates(one: Verdict, known: Mapping[str, Tags]) -> Verdict:
    labels = labels_of(one)
    tempo, key = labels["tempo"], labels["key"]
    heard = believed(
        known[_samples(one)], float(tempo) if isinstance(tempo, int | float) else None, str(key) if key else None
    )
    return _adding(one, wordings(heard, _samples(one)))


def _adding(one: Verdict, captions: Sequence[Caption]) -> Verdict:
    return replace(one, entry=replace(one.entry, captions=(*one.entry.captions, *captions)))


def _samples(one: Verdict) -> str:
    facts: Facts | None = one.facts
    return facts.samples if facts else ""


def _told(tags: Tags) -> dict[str, list[list[object]]]:
    return {
        name: [[tag.label, round(tag.similarity, 4), round(tag.probability, 4)] for tag in ranked[:KEPT_TAGS]]
        for name, ranked in tags.items()
    }


def _logged(log: Path) -> dict[str, Tags]:
    """Tags by the hash of the samples; lines that were cut off are left out."""
    found: dict[str, Tags] = {}
    for line in log.read_text(encoding="utf-8", errors="replace").split("\n") if log.is_file() else ():
        try:
            record = parsed(line)
            found[record["samples"]] = {name: [Tag(*row) for row in rows] for name, rows in record["tags"].items()}
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
    return found
