"""The chain that makes the embedded model from nothing: corpus, codec, codes, generator, decoder, weights folder.

The generator learns the codes of the codec as it is then; the decoder goes on learning after that to play just the
books that the generator writes. Neither changes what the other needs, so both may train side by side.

Every stage leaves a folder under `out` and is skipped when that is complete; one that was cut off goes on.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from songloom import checkpoint
from songloom.band.corpus import write_corpus
from songloom.data.manifest import NAME
from songloom.data.waves import Progress
from songloom.systems import registry
from songloom.training.distributed import Processes
from songloom.training.run_folder import RunFolder
from songloom.training.session import Plan, build, open_data, plan, resumed_plan, start
from songloom.training.trainer import Pace, Precision, Tell


@dataclass(frozen=True, kw_only=True)
class Table:
    """The numbers of the chain; what is not here stands in the presets and their recipes."""

    hours: float = 14.0
    seed: int = 0
    piece_seconds: float = 30.0
    codec: str = "spectral-codec"
    codec_changes: Mapping[str, str] = field(default_factory=dict)
    generator: str = "loom"
    generator_changes: Mapping[str, str] = field(default_factory=dict)
    decoder_changes: Mapping[str, str] | None = None
    embedder: str | None = None


EMBEDDED = Table(
    hours=20.0,
    codec_changes={"recipe.batch_size": "6", "recipe.steps": "4300"},
    decoder_changes={
        "learns": "decoder",
        "usual": "4",
        "continuous": "0.1",
        "recipe.batch_size": "6",
        "recipe.steps": "6000",
    },
    embedder="shuttle",
)
"""What fits into four hours of two CPU cores; with more, raise the hours and the steps first."""


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
class Chain:
    """The stages of one `out` folder, on one device."""

    out: Path
    table: Table = EMBEDDED
    processes: Processes = Processes()
    jobs: int = 1
    pace: Pace = Pace()
    precision: Precision | None = None

    def stages(self) -> list[Making | Training]:
        """In the order in which they run."""
        return [
            Making("corpus", (self.corpus / NAME).is_file, self._make_corpus),
            Making("waves", lambda: self._trained("codec"), self._make_waves),
            Training("codec", lambda: self._trained("codec"), self._train_codec),
            Making("codes", lambda: self._trained("generator"), self._make_codes),
            Training("generator", lambda: self._trained("generator"), self._train_generator),
            *([] if self.table.decoder_changes is None else [self._decoder_stage()]),
            Making("weights", self.weights.exists, self._make_weights),
            *([] if self.table.embedder is None else self._embedder_stages(self.table.embedder)),
        ]

    def _decoder_stage(self) -> Training:
        return Training("decoder", lambda: self._trained("decoder"), self._train_decoder)

    def _embedder_stages(self, name: str) -> list[Making | Training]:
        """What puts texts and music into one space: trained on log-mel frames, and shipped beside the generator."""
        source, shipped = self.out / "embedder" / "checkpoint", self.out / "weights" / name

        def train(tell: Tell | None, stop: Callable[[], bool]) -> bool:
            return self._train("embedder", name, lambda: plan(name, None, {}, {}), tell, stop)

        def ship(progress: Progress | None) -> None:
            card = (source / "README.md").read_text(encoding="utf-8")
            checkpoint.save(registry.load(str(source)), shipped, card=card, half=True)
            if progress:
                progress(1, 1)

        return [
            Training("embedder", lambda: self._trained("embedder"), train),
            Making("embedder weights", shipped.exists, ship),
        ]

    @property
    def corpus(self) -> Path:
        return self.out / "corpus"

    @property
    def weights(self) -> Path:
        """The finished model, as it ships."""
        return self.out / "weights" / self.table.generator

    def describe(self) -> str:
        """What the chain would do, and how far it is."""
        table, lines = self.table, []
        told = {
            "corpus": f"{table.hours:g} hours of the built-in band, seed {table.seed}",
            "waves": "decoded once",
            "codec": self._describe(table.codec, table.codec_changes),
            "codes": "encoded once by the codec",
            "generator": self._describe(table.generator, table.generator_changes),
            "decoder": self._describe(table.codec, table.decoder_changes or {}),
            "weights": str(self.weights),
            "embedder": "" if table.embedder is None else self._describe(table.embedder, {}),
            "embedder weights": str(self.out / "weights" / str(table.embedder)),
        }
        for stage in self.stages():
            lines.append(f"{stage.name:16} {'done' if stage.done() else 'to do':6} {told[stage.name]}")
        return "\n".join(lines)

    def _describe(self, preset: str, changes: Mapping[str, str]) -> str:
        recipe = plan(preset, None, changes, {}).recipe
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
            jobs=self.jobs,
            progress=progress,
        )

    def _make_waves(self, progress: Progress | None) -> None:
        self._open(self._codec_plan(), progress)

    def _make_codes(self, progress: Progress | None) -> None:
        self._open(self._generator_plan(), progress)

    def _open(self, order: Plan, progress: Progress | None) -> None:
        """Fills the caches that a training will open."""
        system = build(order)
        for split in ("train", "valid"):
            open_data(
                system, order.recipe, self.corpus, split, processes=self.processes, jobs=self.jobs, progress=progress
            )

    def _codec_plan(self) -> Plan:
        return plan(self.table.codec, None, self.table.codec_changes, {})

    def _decoder_plan(self) -> Plan:
        codec = str(self.out / "codec" / "checkpoint")
        return plan(self.table.codec, None, self.table.decoder_changes or {}, {}, codec)

    def _generator_plan(self) -> Plan:
        codec = str(self.out / "codec" / "checkpoint")
        return plan(self.table.generator, None, self.table.generator_changes, {"codec": codec})

    def _train_codec(self, tell: Tell | None, stop: Callable[[], bool]) -> bool:
        return self._train("codec", self.table.codec, self._codec_plan, tell, stop)

    def _train_generator(self, tell: Tell | None, stop: Callable[[], bool]) -> bool:
        return self._train("generator", self.table.generator, self._generator_plan, tell, stop)

    def _train_decoder(self, tell: Tell | None, stop: Callable[[], bool]) -> bool:
        return self._train("decoder", self.table.codec, self._decoder_plan, tell, stop)

    def _train(
        self,
        name: str,
        preset: str,
        fresh: Callable[[], Plan],
        tell: Tell | None,
        stop: Callable[[], bool],
    ) -> bool:
        out = self.out / name
        resume = RunFolder.holds_run(out)
        order = resumed_plan(out, preset, {}) if resume else fresh()
        trainer = start(
            order,
            self.corpus,
            out,
            resume=resume,
            pace=self.pace,
            processes=self.processes,
            precision=self.precision,
            jobs=self.jobs,
        )
        return trainer.run(tell=tell, stop=stop)

    def _make_weights(self, progress: Progress | None) -> None:
        """The generator's checkpoint with its codec inside, decoded by what learned longest, without what only training
        needs, in half precision."""
        source = self.out / "generator" / "checkpoint"
        decoder = self.out / ("codec" if self.table.decoder_changes is None else "decoder") / "checkpoint"
        system = registry.load(str(source))
        system.codec.load_state_dict(registry.load(str(decoder)).state_dict())
        card = (source / "README.md").read_text(encoding="utf-8")
        codec_card = (decoder / "README.md").read_text(encoding="utf-8")
        fresh = self.weights.with_name(f".{self.weights.name}-new")
        shutil.rmtree(fresh, ignore_errors=True)
        checkpoint.save(system, fresh, card=card, half=True)
        (fresh / "parts" / "codec" / "README.md").write_text(codec_card, encoding="utf-8")
        checkpoint.replace_folder(fresh, self.weights)
        if progress:
            progress(1, 1)
