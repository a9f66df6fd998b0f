"""The commands as a user meets them: what they make, what they print, and one line for what is wrong."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import resource
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from command_runs import Run

from songloom import checkpoint
from songloom.app import cli
from songloom.audio import files
from songloom.systems import registry
from songloom.systems.request import Request


def test_the_overview_names_every_command_with_the_first_line_of_its_help(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    source = Path(cli.__file__).parent
    for group in (cli.COMMANDS, cli.DATA):
        for name, (home, summary) in group.items():
            module, function = home.split(":")
            tree = ast.parse((source / f"{module.rsplit('.', 1)[1]}.py").read_text(encoding="utf-8"))
            found = next(
                n
                for n in tree.body
                if isinstance(n, ast.FunctionDef)
                and (n.name == function or f"{function}.default" in map(ast.unparse, n.decorator_list))
            )
            assert (ast.get_docstring(found) or "").startswith(summary[:-1]), name
            assert group is cli.DATA or name in out


def test_help_tells_defaults_and_leaves_out_what_is_off_or_empty(run: Run) -> None:
    words = [*cli.COMMANDS, *(f"data {name}" for name in cli.DATA)]
    told = {name: " ".join(run(*name.split(), "--help")[1].replace("│", " ").split()) for name in words}
    for empty in ("False", "()", "None"):
        assert [name for name, text in told.items() if not text or f"[default: {empty}]" in text] == []
    for name, default in (("generate", "10.0"), ("decode", "0.0"), ("serve", "127.0.0.1"), ("studio", "True")):
        assert f"[default: {default}]" in told[name]


def test_a_disk_that_fills_is_told_with_the_file_and_leaves_nothing(run: Run, model: Path, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))  # files can grow no further
    try:
        code, out, err = run("generate", "x", "-o", "a.wav", "--seconds", 1, "--model", model)
        streamed = run("generate", "x", "-o", "s.wav", "--seconds", 1, "--stream", "--model", model)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (code, out, err) == (1, "", "songloom: a.wav: File too large\n")
    assert streamed == (1, "", "songloom: s.wav: File too large\n")
    assert [(path.name, path.stat().st_size) for path in tmp_path.iterdir()] == [("s.wav", 4096)]


def test_a_folder_that_cannot_be_written_to_is_refused_before_a_model_is_loaded(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != Path("locked"))  # root may write anywhere
    (tmp_path / "locked").mkdir()
    code, _, err = run("generate", "x", "-o", "locked/a.wav", "--model", "nothing")
    assert (code, err) == (2, "songloom: locked cannot be written to; choose another folder\n")


def test_a_prompt_becomes_a_file_of_the_asked_length_that_replays_exactly(
    run: Run, model: Path, tmp_path: Path
) -> None:
    code, out, err = run(
        "generate", "calm harp", "-o", "harp.wav", "--seconds", 1.5, "--seed", 3, "--model", model, "--json"
    )
    assert (code, err) == (0, "")
    line = json.loads(out)
    assert line["request"]["prompt"] == "calm harp"
    assert line["request"]["seed"] == 3
    wave, rate = files.read(tmp_path / "harp.wav")
    assert wave.shape[-1] == round(1.5 * rate)
    assert bool(wave.abs().max() > 0.01)
    code, out, _ = run("replay", "harp.wav")
    assert code == 0
    assert "the same samples" in out


@pytest.mark.parametrize("suffix", ["wav", "flac", "aiff", "ogg", "opus", "mp3"])
def test_every_format_carries_its_recipe_and_replays(run: Run, model: Path, tmp_path: Path, suffix: str) -> None:
    assert run("generate", "x", "-o", f"a.{suffix}", "--seconds", 1, "--model", model)[0] == 0
    recipe = json.loads(files.read_metadata(tmp_path / f"a.{suffix}") or "")
    assert recipe["request"]["prompt"] == "x"
    assert len(recipe["model_sha256"]) == 64
    assert run("replay", f"a.{suffix}")[:2] == (0, f"a.{suffix}: the same samples\n")


def test_a_file_that_was_changed_replays_otherwise(run: Run, model: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    assert run("generate", "x", "-o", "a.mp3", "--seconds", 1, "--model", model)[0] == 0
    (wave, rate), recipe = files.read(path), files.read_metadata(path)
    files.write(path, 0.5 * wave, rate, metadata=recipe)
    code, out, err = run("replay", "a.mp3", "-o", "again.wav")
    assert (code, err) == (3, "") and out.startswith("a.mp3: the samples differ by up to ")
    assert (tmp_path / "again.wav").is_file()
    assert run("replay", "a.mp3", "-o", "nowhere/b.wav") == (2, "", "songloom: nowhere is no folder; make it first\n")
    files.write(path, wave[:, rate // 4 :], rate, metadata=recipe)
    code, out, err = run("replay", "a.mp3")
    assert (code, err) == (3, "") and re.fullmatch(
        r"a\.mp3: the samples differ: it has \d+, its recipe makes \d+\n", out
    )


def test_help_tells_the_exit_codes_of_replay(run: Run) -> None:
    code, out, _ = run("replay", "--help")
    assert code == 0 and "The exit code is 0 where it is, 3 where it is not" in " ".join(out.split())


@pytest.mark.parametrize(
    ("code", "said"), [(0, ""), (1, "songloom: player could not play a.wav, which is written: no card\n")]
)
def test_a_player_plays_and_what_it_cannot_is_told(
    run: Run, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str
) -> None:
    folder = tmp_path / "programs"
    folder.mkdir()
    (folder / "player").write_text(f"#!/bin/sh\necho $* > played\necho no card >&2\nexit {code}\n")
    (folder / "player").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    monkeypatch.setattr("songloom.app.generate.PLAYERS", (("nothing",), ("player", "-q")))
    asked = ("generate", "x", "-o", "a.wav", "--seconds", 1, "--model", model, "--play")
    assert run(*asked)[::2] == (2 if code else 0, said)
    assert (tmp_path / "played").read_text() == "-q a.wav\n"


def test_without_a_player_the_file_is_written_all_the_same(
    run: Run, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("songloom.app.generate.PLAYERS", (("nothing",),))
    code, _, err = run("generate", "x", "-o", "a.wav", "--seconds", 1, "--model", model, "--play")
    assert code == 2 and "no player found; a.wav is written (tried nothing)" in err and (tmp_path / "a.wav").is_file()


def test_candidates_are_ranked_and_kept_when_asked(run: Run, model: Path, tmp_path: Path) -> None:
    code, out, _ = run(
        "generate",
        "x",
        "-o",
        "a.wav",
        "--seconds",
        2,
        "--candidates",
        2,
        "--keep-all",
        "--bpm",
        120,
        "--model",
        model,
        "--json",
    )
    assert code == 0
    seeds = {json.loads(line)["request"]["seed"] for line in out.splitlines()}
    assert seeds == {0, 1}
    assert (tmp_path / "a-2.wav").is_file()
    first, second = ((tmp_path / name).read_bytes() for name in ("a.wav", "a-2.wav"))
    (tmp_path / "a.wav").unlink()
    again = ("generate", "x", "-o", "a.wav", "--candidates", 2, "--keep-all", "--model", model)
    code, _, err = run(*again)
    assert (code, err) == (2, "songloom: a-2.wav exists; choose another name or add --overwrite\n")
    assert not (tmp_path / "a.wav").exists() and (tmp_path / "a-2.wav").read_bytes() == second != first


def test_a_bad_line_of_a_prompt_file_is_named_and_the_others_are_made(run: Run, model: Path, tmp_path: Path) -> None:
    lines = [
        '{"prompt": "one", "seconds": 1}',
        "not json",
        '{"prompt": "two", "seconds": 1}',
        '{"prompt": "x", "colour": 1}',
        "[" * 100_000,
    ]
    (tmp_path / "p.jsonl").write_text("\n".join(lines))
    code, _, err = run("generate", "--prompts", "p.jsonl", "--out", "made", "--model", model)
    assert code == 2
    assert err.splitlines() == [
        "songloom: p.jsonl line 2: it is not JSON: Expecting value at letter 1",
        f"songloom: p.jsonl line 4: unknown field colour; there are {', '.join(f.name for f in fields(Request))}",
        "songloom: p.jsonl line 5: the JSON is nested too deeply",
        "songloom: 3 of 5 lines of p.jsonl could not be used",
    ]
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["0001-one.wav", "0003-two.wav"]


@pytest.mark.parametrize("prompt", ["", "🎵🎶", "悲しいピアノ", "word " * 10_000, "\x00\x1b[31m", "../../etc/passwd"])
def test_any_prompt_makes_a_file_inside_the_folder(run: Run, model: Path, tmp_path: Path, prompt: str) -> None:
    code, _, err = run("generate", prompt, "--seconds", 0.5, "--model", model)
    assert (code, err) == (0, "prompt: of 10002 tokens loom reads the first 16\n" if len(prompt) > 1000 else "")
    assert len(list(tmp_path.glob("*.wav"))) == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["generate", "x", "--seconds", "0"], "seconds must be from 0.1 to 3600"),
        (["generate", "x", "--seconds", "-1"], "seconds must be from 0.1 to 3600"),
        (["generate", "x", "--seconds", "nan"], "seconds must be a number"),
        (["generate", "x", "--seconds", "1e9"], "seconds must be from 0.1 to 3600"),
        (["generate", "x", "--seconds", "ten"], "seconds"),
        (["generate", "x", "--key", "H"], "key 'H' is not known"),
        (["generate", "x", "--bpm", "5000"], "tempo must be from 20 to 300"),
        (["generate", "x", "-o", "a.xyz"], "a.xyz"),
        (["generate", "x", "-o", "nowhere/a.wav"], "nowhere"),
        (["generate", "x", "-o", "-"], "--stream"),
        (["generate", "x", "--model", "nothing"], "no model 'nothing'"),
        (
            ["generate", "x", "--model", "musicgen-small"],
            "no model 'musicgen-small', which is a preset without weights",
        ),
        (["generate", "x", "--model", "nobody/nothing"], "hf download nobody/nothing"),
        (["generate", "x", "--model", "spectral-codec"], "makes no music from text"),
        (["generate", "x", "--melody", "none.wav"], "no file none.wav"),
        (["generate", "x", "--loudness", "5"], "loudness"),
        (["generate"], "give a prompt"),
        (["generate", "x", "--stream", "--json"], "--stream does not go with --json"),
        (["generate", "--prompts", "p", "--out", "d", "-o", "a.wav"], "--prompts does not go with --output"),
        (["generate", "--prompts", "none.jsonl"], "--out"),
        (["generate", "--prompts", os.devnull, "--out", "d"], "ends in"),
        (["replay", "none.wav"], "none.wav"),
        (["decode", "none.loom"], "none.loom"),
        (["encode", "none.wav"], "none.wav"),
        (["show", "nothing"], "nothing"),
        (["generate", "calm", "harp", "music"], "what is 'harp music' for? Words that belong together stand in quotes"),
        (["nothing"], "nothing"),
        (["train"], "--out"),
    ],
)
def test_wrong_input_is_one_line_and_no_traceback(run: Run, tmp_path: Path, words: list[str], message: str) -> None:
    code, out, err = run(*words)
    assert code in (1, 2)
    assert message in err
    assert err.count("\n") == 1
    assert "Traceback" not in out + err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    command = f"rmdir ../gone && {sys.executable} -m songloom.app.cli list"
    surroundings = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}  # a path from here would lead nowhere there
    found = subprocess.run(
        command, shell=True, cwd=tmp_path / "gone", env=surroundings, capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr == "songloom: the folder that this runs in is gone; change to another one\n"


def test_words_that_the_terminal_cannot_write_stop_no_work(
    run: Run, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(terminal, encoding="ascii", write_through=True))
    assert run("generate", "悲", "--dry-run", "--model", model)[::2] == (0, "")
    told = json.loads(terminal.getvalue())
    assert told["output"] == "悲.wav" and told["request"] == {"prompt": "悲"}


def test_a_folder_is_no_file_and_a_file_no_folder_whatever_may_be_replaced(run: Run, tmp_path: Path) -> None:
    (tmp_path / "a.wav").mkdir()
    (tmp_path / "p.txt").write_text("harp")
    code, _, err = run("generate", "x", "-o", "a.wav", "--overwrite", "--model", "nothing")
    assert (code, err) == (2, "songloom: a.wav is a folder; a file name is needed\n")
    code, _, err = run("generate", "--prompts", "p.txt", "--out", "p.txt", "--overwrite", "--model", "nothing")
    assert (code, err) == (2, "songloom: --out p.txt is a file; the results need a folder\n")


def test_an_existing_file_is_never_overwritten_unasked(run: Run, model: Path, tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"precious")
    code, _, err = run("generate", "x", "-o", "a.wav", "--seconds", 1, "--model", model)
    assert code == 2
    assert "exists" in err
    assert (tmp_path / "a.wav").read_bytes() == b"precious"
    assert run("generate", "x", "-o", "a.wav", "--seconds", 1, "--model", model, "--overwrite")[0] == 0


def test_damaged_weights_are_refused_by_their_hash(run: Run, model: Path, tmp_path: Path) -> None:
    registry.discover()
    checkpoint.save(checkpoint.load(model), tmp_path / "m")
    path = tmp_path / "m" / "model.safetensors"
    data = bytearray(path.read_bytes())
    data[-1] ^= 255
    path.write_bytes(data)
    code, _, err = run("generate", "x", "-o", "a.wav", "--model", "m")
    assert code == 2
    assert "damaged" in err


def test_a_dry_run_writes_nothing(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("generate", "x", "--bpm", "90", "--dry-run")
    assert code == 0
    assert json.loads(out)["request"]["tempo"] == 90
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_stops_with_a_word_and_leaves_no_file(
    run: Run, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("songloom.inference.song.make", interrupted)
    assert run("generate", "x", "-o", "a.wav", "--model", model) == (130, "", "songloom: stopped\n")
    assert list(tmp_path.iterdir()) == []


AT_AN_IMPORT = """
import signal, sys
_, module, number = sys.argv
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
class Signalling:
    def find_spec(self, name, *_):
        if name == module:
            signal.raise_signal(int(number))
sys.meta_path.insert(0, Signalling())
from songloom.app.cli import main
sys.argv = ["songloom", "generate", "x", "--dry-run"]
main()
"""


@pytest.mark.parametrize("module", ["cyclopts", "songloom.app.generate", "torch"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_command_that_is_stopped_while_it_imports_ends_with_a_word(
    tmp_path: Path, module: str, number: signal.Signals, code: int
) -> None:
    command = [sys.executable, "-c", AT_AN_IMPORT, module, str(int(number))]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (code, "", "songloom: stopped\n")


def test_a_stream_holds_the_whole_piece(run: Run, model: Path, tmp_path: Path) -> None:
    assert run("generate", "x", "-o", "s.wav", "--seconds", 2, "--stream", "--model", model)[0] == 0
    wave, rate = files.read(tmp_path / "s.wav")
    assert wave.shape[-1] == 2 * rate


def test_list_and_show_tell_of_every_preset(run: Run) -> None:
    listed = json.loads(run("list", "--json")[1])
    names = [name for system in listed["systems"].values() for name in system["presets"]]
    assert any(name.endswith("-tiny") for name in names)
    for name in names:
        code, out, _ = run("show", name, "--json")
        assert code == 0
        assert json.loads(out)["parameters"] > 0


def test_importing_the_package_and_the_command_tree_stays_light() -> None:
    heavy = "{'torch', 'numpy', 'scipy', 'transformers'}"
    code = f"import sys, songloom, songloom.app.cli; print(sorted({heavy} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_a_published_table_of_prompts_names_files_by_its_ids(run: Run, model: Path, tmp_path: Path) -> None:
    table = "audiocap_id,youtube_id,start_time,caption\n103549,7fmOlUlwoNg,20,harp\n12,x,0,\n"
    (tmp_path / "p.csv").write_text(table, encoding="utf-8")
    code, _, err = run("generate", "--prompts", "p.csv", "--out", "made", "--seconds", 0.5, "--model", model)
    assert code == 2 and "p.csv row 2: it has no caption" in err
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["103549.wav"]


@pytest.mark.parametrize(
    ("option", "text"), [("--steps", "1.5"), ("--seed", "2.7"), ("--candidates", "1e3"), ("--top-k", "x")]
)
def test_a_number_that_is_not_whole_is_refused_and_not_rounded(run: Run, option: str, text: str) -> None:
    code, out, err = run("generate", "harp", option, text, "-o", "a.wav")
    assert (code, out) == (2, "") and f"{option}: {text} is no whole number" in err.replace("Invalid value for ", "")


def test_a_line_that_says_how_many_candidates_has_so_many_and_another_as_many_as_are_usual(
    run: Run, tmp_path: Path
) -> None:
    lines = [{"prompt": "harp"}, {"prompt": "harp", "candidates": 1}, {"prompt": "harp", "candidates": 2}]
    (tmp_path / "asked.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    words = ("generate", "--prompts", "asked.jsonl", "--model", "flow", "--seconds", 0.5, "--json")

    def made(*more: object) -> list[int]:
        code, out, _ = run(*words, *more)
        assert code == 0
        return [json.loads(line).get("ranked", {"of": 1})["of"] for line in out.splitlines()]

    assert made("--out", "usual") == [3, 1, 2]
    assert made("--out", "asked", "--candidates", 4) == [4, 1, 2]
