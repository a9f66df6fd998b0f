"""A ControlNet beside a base that nobody has trained yet: both learn in one run, which is resumed as any other."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from training_toys import write_sines

from songloom import checkpoint
from songloom.systems.generators.music_controlnet import MusicControlNet
from songloom.training import session
from songloom.training.trainer import Pace

QUIET = Pace(log_steps=1, valid_steps=0, sample_steps=0)
CHANGES = {"recipe.steps": "4", "recipe.batch_size": "2", "recipe.warmup": "1", "base.glossary": "0"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return write_sines(tmp_path_factory.mktemp("data"), clips=4, seconds=2.0)


def loaded(run: Path) -> MusicControlNet:
    found: MusicControlNet = checkpoint.load(run / "checkpoint")
    return found


def test_the_base_and_its_control_learn_in_one_run_which_goes_on_exactly(data: Path, tmp_path: Path) -> None:
    plan = session.plan("music_controlnet", "tiny", CHANGES, {})
    whole = session.start(plan, data, tmp_path / "whole", pace=QUIET)
    first = {name: weight.clone() for name, weight in whole.system.state_dict().items()}
    assert whole.run()
    made = loaded(tmp_path / "whole")
    for name in ("base.dit.enter.weight", "control.out.0.weight"):
        assert not torch.equal(made.state_dict()[name], first[name]), name
    half = session.start(plan, data, tmp_path / "half", pace=QUIET)
    assert not half.run(stop=lambda: half.state.step == 2)
    plan = session.resumed_plan(tmp_path / "half", "music_controlnet", {})
    assert session.start(plan, data, tmp_path / "half", pace=QUIET, resume=True).run()
    resumed = loaded(tmp_path / "half").state_dict()
    assert all(torch.equal(weight, resumed[name]) for name, weight in made.state_dict().items())
