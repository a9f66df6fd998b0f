"""The chain that makes the embedded models from nothing: corpus, codec, codes, generator, reader, decoder, weights
folder; then an embedder and a flow.

The generator learns the codes of the codec as it is then; the decoder goes on learning after that, mostly by a few
books as generators write them. Neither changes what the other needs, so both may train side by side. The reader of
prompts is taught once more by itself, and what it knows then both generators ship with. The flow learns the latents of
the codec that ships, and hears its conditions from the start as the generator has learned to; then its paths are
straightened, it is taught by what a tagger hears in its music, and learns to be led. Last it is measured how each
generator's music is mixed beside the corpus, and what it lacks is set in what ships.

Every stage leaves a folder under `out` and is skipped when that is complete; one that was cut off goes on.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from songloom import checkpoint
from songloom.band.corpus import write_corpus
from songloom.data import manifest
from songloom.data.manifest import NAME
from songloom.data.waves import Progress
from songloom.data.workers import HERE, Workers
from songloom.systems import registry
from songloom.training.distributed import Processes
from songloom.training.mix import lacking
from songloom.training.reader import Lessons, load_reader, save_reader, teach
from songloom.training.run_folder import RunFolder
from songloom.training.session import Plan, build, open_data, plan, resumed_plan, start
from songloom.training.trainer import Pace, Precision, Tell


@dataclass(frozen=True, kw_only=True)
class Table:
    """The numbers of the chain; what is not here stands in the presets and their recipes. A mix is measured by at most
    `mixed` clips."""

    hours: float = 14.0
    seed: int = 0
    piece_seconds: float = 30.0
    codec: str = "spectral-codec"
    codec_changes: Mapping[str, str] = field(default_factory=dict)
    generator: str = "loom"
    generator_changes: Mapping[str, str] = field(default_factory=dict)
    lessons: Lessons | None = None
    decoder_changes: Mapping[str, str] | None = None
    embedder: str | None = None
    flow: str | None = None
    flow_changes: Mapping[str, str] = field(default_factory=dict)
    straight_changes: Mapping[str, str] | None = None
    tagger: str | None = None
    tagger_changes: Mapping[str, str] = field(default_factory=dict)
    heard_changes: Mapping[str, str] = field(default_factory=dict)
    away_changes: Mapping[str, str] | None = None
    mixed: int = 100


GENTLY = {
    "recipe.learning_rate": "0.0004",
    "recipe.muon_rate": "0.004",
    "recipe.warmup": "20",
    "recipe.ema": "0.98",
}
"""How a flow learns that is trained already."""
EMBEDDED = Table(
    hours=20.0,
    codec_changes={"recipe.batch_size": "6", "recipe.steps": "4300"},
    decoder_changes={
        "learns": "decoder",
        "usual": "5",
        "continuous": "0.25",
        "quantizer.paths": "4",
        "recipe.steps": "12000",
    },
    lessons=Lessons(),
    embedder="shuttle",
    flow="flow",
    straight_changes={"straight": "8", "sampling.guidance": "2.0", "recipe.steps": "400", **GENTLY},
    tagger="tagger",
    heard_changes={
        "heard": "0.1",
        "dropped.drums": "0.3",
        "otherwise.worded": "0.4",
        "otherwise.undrummed": "0.4",
        "recipe.long_share": "0.1",
        "recipe.steps": "600",
        **GENTLY,
    },
    away_changes={
        "away.drums": "0.5",
        "away.mood": "1.0",
        "dropped.drums": "0.0",
        "otherwise.undrummed": "0.5",
        "recipe.long_share": "0.1",
        "recipe.steps": "200",
        **GENTLY,
    },
)
"""By the steps' own times some eight hours of two CPU cores; with more, raise the hours and the steps first."""


@dataclass(frozen=True, slots=True)
class Making:
    """A stage that works through a known number of items."""

    name: str
    done: Callable[[], bool]
    run: Callable[[Progress | None], None]


@dataclass(frozen=True, slots=True)
class Training:
    """A stage that trains; `run` returns False when it was stopped before the end."""

    name: str
    done: Callable[[], bool]
    run: Callable[[Tell | None, Callable[[], bool]], bool]


@dataclass(frozen=True, kw_only=True)
class Begins:
    """What a training begins with: frozen parts, a model's weights, those of single parts."""

    parts: Mapping[str, str] = field(default_factory=dict)
    init: str | None = None
    begin: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Chain:
    """The stages of one `out` folder, on one device. Where nobody says which `workers` prepare the data, all processors
    make the corpus, and this process does the rest."""

    out: Path
    table: Table = EMBEDDED
    processes: Processes = Processes()
    workers: Workers | None = None
    pace: Pace = Pace()
    precision: Precision | None = None

    def stages(self) -> list[Making | Training]:
        """In the order in which they run."""
        table = self.table
        found: list[Making | Training] = [
            Making("corpus", (self.corpus / NAME).is_file, self._make_corpus),
            self._opening("waves", "codec"),
            self._training("codec"),
            self._opening("codes", "generator"),
            self._training("generator"),
        ]
        if table.lessons is not None:
            found.append(Making("reader", self.reader.is_file, self._teach_reader))
        if table.decoder_changes is not None:
            found.append(self._training("decoder"))
        found.append(Making("weights", self.weights.exists, self._make_weights))
        if table.embedder is not None:
            found += [self._training("embedder"), self._shipping("embedder", "embedder", table.embedder)]
        if table.flow is not None:
            found += [self._opening("latents", "flow"), self._training("flow")]
            then = ["straight"] if table.straight_changes is not None else []
            if then and table.tagger is not None:
                then += ["tagger", "heard"]
            if then and table.away_changes is not None:
                then.append("away")
            found += [self._training(name) for name in then]
            found.append(self._shipping("flow", ["flow", *then][-1], table.flow, reads=True))
        return found

    def _training(self, name: str) -> Training:
        return Training(name, lambda: self._trained(name), lambda tell, stop: self._train(name, tell, stop))

    def _opening(self, name: str, training: str) -> Making:
        """Fills the caches that a training will open."""

        def run(progress: Progress | None) -> None:
            order = self._plan(training)
            system = build(order)
            for split in ("train", "valid"):
                open_data(
                    system,
                    order.recipe,
                    self.corpus,
                    split,
                    processes=self.processes,
                    workers=self.workers or HERE,
                    progress=progress,
                )

        return Making(name, lambda: self._trained(training), run)

    def _shipping(self, name: str, training: str, model: str, *, reads: bool = False) -> Making:
        """Puts what a training made beside the generator, in half precision; what `reads` prompts gets the reader."""
        source, shipped = self.out / training / "checkpoint", self.out / "weights" / model

        def run(progress: Progress | None) -> None:
            card, system = (source / "README.md").read_text(encoding="utf-8"), registry.load(str(source))
            if reads:
                self._hand_over(system)
                self._mix(system, progress)
            checkpoint.save(system, shipped, card=card, half=True)
            if progress:
                progress(1, 1)

        return Making(f"{name} weights", shipped.exists, run)

    @property
    def corpus(self) -> Path:
        return self.out / "corpus"

    @property
    def weights(self) -> Path:
        """The finished model, as it ships."""
        return self.out / "weights" / self.table.generator

    @property
    def reader(self) -> Path:
        """The reader that was taught by itself."""
        return self.out / "reader.safetensors"

    def describe(self) -> str:
        """What the chain would do, and how far it is."""
        table, lines = self.table, []
        told = {
            "corpus": f"{table.hours:g} hours of the built-in band, seed {table.seed}",
            "waves": "decoded once",
            "codes": "encoded once by the codec",
            "latents": "encoded once by the codec that ships",
            "reader": "captions, the same in words of the glossary, its phrases",
            "weights": str(self.weights),
            "embedder weights": str(self.out / "weights" / str(table.embedder)),
            "flow weights": str(self.out / "weights" / str(table.flow)),
        }
        for stage in self.stages():
            text = told.get(stage.name) or self._describe(stage.name)
            lines.append(f"{stage.name:16} {'done' if stage.done() else 'to do':6} {text}")
        return "\n".join(lines)

    def _describe(self, name: str) -> str:
        preset, changes, _ = self._learns(name)
        recipe = plan(preset, None, {k: v for k, v in changes.items() if k.startswith("recipe.")}, {}).recipe
        return f"{preset}: {recipe.steps:,} steps of {recipe.batch_size} x {recipe.seconds:g} s, seed {recipe.seed}"

    def _trained(self, name: str) -> bool:
        run = RunFolder(self.out / name)  # only looked at: it may be running
        if not (run.checkpoint / "training" / "state.json").is_file():
            return False
        state = run.state()
        return state.step >= state.recipe.steps

    def _make_corpus(self, progress: Progress | None) -> None:
        table = self.table
        write_corpus(
            self.corpus,
            hours=table.hours,
            seed=table.seed,
            seconds=table.piece_seconds,
            workers=self.workers or Workers(0),
            progress=progress,
        )

    def _learns(self, name: str) -> tuple[str, Mapping[str, str], Begins]:
        """The preset, the changes and the beginning of a training."""
        table, none = self.table, Begins()
        codec, flow, straight = self._run("codec"), str(table.flow), table.straight_changes or {}
        shipped = str(self.weights / "parts" / "codec")
        return {
            "codec": (table.codec, table.codec_changes, none),
            "generator": (table.generator, table.generator_changes, Begins(parts={"codec": codec})),
            "decoder": (table.codec, table.decoder_changes or {}, Begins(init=codec)),
            "embedder": (str(table.embedder), {}, none),
            "flow": (flow, table.flow_changes, Begins(parts={"codec": shipped}, begin=self._hearing())),
            "straight": (flow, straight, Begins(init=self._run("flow"))),
            "tagger": (str(table.tagger), table.tagger_changes, Begins(parts={"codec": shipped})),
            "heard": (
                flow,
                {"straight": straight.get("straight", "0"), **table.heard_changes},
                Begins(parts={"tagger": self._run("tagger")}, init=self._run("straight")),
            ),
            "away": (
                flow,
                {"straight": straight.get("straight", "0"), **(table.away_changes or {})},
                Begins(init=self._run("straight" if table.tagger is None else "heard")),
            ),
        }[name]

    def _run(self, name: str) -> str:
        """The checkpoint that a training leaves."""
        return str(self.out / name / "checkpoint")

    def _hearing(self) -> dict[str, str]:
        """The parts by which a generator hears its conditions, from the one that ships."""
        return dict.fromkeys(("text", "musical"), str(self.weights))

    def _plan(self, name: str) -> Plan:
        preset, changes, how = self._learns(name)
        return plan(preset, None, changes, how.parts, how.init, begin=how.begin)

    def _train(self, name: str, tell: Tell | None, stop: Callable[[], bool]) -> bool:
        out, preset = self.out / name, self._learns(name)[0]
        resume = RunFolder.holds_run(out)
        order = resumed_plan(out, preset, {}) if resume else self._plan(name)
        trainer = start(
            order,
            self.corpus,
            out,
            resume=resume,
            pace=self.pace,
            processes=self.processes,
            precision=self.precision,
            workers=self.workers or HERE,
        )
        return trainer.run(tell=tell, stop=stop)

    def _teach_reader(self, progress: Progress | None) -> None:
        system: Any = registry.load(str(self.out / "generator" / "checkpoint"))
        clips = [clip for clip in manifest.read(self.corpus) if clip.split == "train"]
        teach(system.text.reader, clips, system.config.text_tokens, self.table.lessons or Lessons(), progress)
        save_reader(system.text.reader, self.reader)

    def _hand_over(self, system: Any) -> None:
        """Gives a generator the reader that was taught by itself, if one was."""
        if self.table.lessons is not None:
            system.text.reader.adopt(load_reader(system.text.reader, self.reader))

    def _mix(self, system: Any, progress: Progress | None) -> None:
        """Sets what a generator's own music lacks beside the clips that no training saw."""
        if not hasattr(system.config, "mix"):
            return
        clips = [clip for clip in manifest.read(self.corpus) if clip.split == "valid"][: self.table.mixed]
        system.config = replace(system.config, mix=lacking(system.eval(), self.corpus, clips, progress))

    def _make_weights(self, progress: Progress | None) -> None:
        """The generator's checkpoint with its codec inside, decoded by what learned longest, without what only training
        needs, in half precision."""
        source = self.out / "generator" / "checkpoint"
        decoder = self.out / ("codec" if self.table.decoder_changes is None else "decoder") / "checkpoint"
        system = registry.load(str(source))
        system.codec.load_state_dict(registry.load(str(decoder)).state_dict())
        self._hand_over(system)
        self._mix(system, progress)
        card = (source / "README.md").read_text(encoding="utf-8")
        codec_card = (decoder / "README.md").read_text(encoding="utf-8")
        fresh = self.weights.with_name(f".{self.weights.name}-new")
        shutil.rmtree(fresh, ignore_errors=True)
        checkpoint.save(system, fresh, card=card, half=True)
        (fresh / "parts" / "codec" / "README.md").write_text(codec_card, encoding="utf-8")
        checkpoint.replace_folder(fresh, self.weights)
        if progress:
            progress(1, 1)
