"""Music ControlNet: nothing at first, obedient after seconds of training, and only where something is asked."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest
import torch
from curve_toys import errors, toy

from songloom import checkpoint
from songloom.audio import files
from songloom.audio.clip import Audio
from songloom.conditioning.curve_batch import Curves, of_controls
from songloom.conditioning.curves import Curve
from songloom.data.batch import Batch
from songloom.systems.generators.flow import Flow
from songloom.systems.generators.music_controlnet import MusicControlNet
from songloom.systems.latent_generator import LatentGenerator
from songloom.systems.request import Request
from songloom.training.samples import SAMPLE_SECONDS, write_samples

SECONDS = 0.8
BASES = ["music-controlnet-tiny", "music-controlnet-stable-audio-tiny", "music-controlnet-musicldm-tiny"]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def base_of(system: MusicControlNet) -> Flow:
    assert isinstance(system.base, Flow)
    return system.base


def tiny(name: str = BASES[0], learns: str = "control") -> MusicControlNet:
    torch.manual_seed(0)
    settings = dataclasses.replace(MusicControlNet.presets()[name], learns=learns)  # type: ignore[call-arg]
    system: MusicControlNet = settings.build()
    with torch.no_grad():
        for weight in system.base.parameters():  # as if it had been trained: no gate is closed
            weight.add_(0.05 * torch.randn_like(weight))
    return system.eval()


def melody(note: str = "A") -> Curve:
    return Curve.of_values("melody", [note], 1 / SECONDS)


def request(**fields: object) -> Request:
    return Request(**({"prompt": "calm piano", "seconds": SECONDS, "seed": 3} | fields))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize("guidance", [1.0, 3.0])
@pytest.mark.parametrize("learns", ["control", "all"])
def test_at_step_zero_the_music_is_the_base_s_bit_for_bit(name: str, guidance: float, learns: str) -> None:
    system = tiny(name, learns)
    system.control.begin_as(system.network)
    level = Curve.of_values("dynamics", [-20.0], 1 / SECONDS)
    asked = request(guidance=guidance, melody=melody(), dynamics=level)
    made, free = system.pieces(asked, asked.seed), system.base.pieces(request(guidance=guidance), asked.seed)
    assert torch.equal(torch.cat(list(made), dim=-1), torch.cat(list(free), dim=-1))


def test_training_starts_from_the_base_s_own_loss() -> None:
    system = tiny()
    system.prepare([])
    data, _ = toy(base_of(system), 4)
    torch.manual_seed(5)
    own = system.losses(data, step=0)
    torch.manual_seed(5)
    assert own.keys() == {"denoising", "~explained"}  # how well the base reads is not for this training
    assert torch.equal(own["denoising"], system.base.losses(data, step=0)["denoising"])


def test_a_straightened_base_teaches_its_control_to_denoise_too() -> None:
    base = dataclasses.replace(Flow.presets()["flow-tiny"], curves=None, straight=4)  # type: ignore[call-arg]
    system: MusicControlNet = MusicControlNet.Config(base=base).build().train()
    losses = system.losses(toy(base_of(system), 4)[0], step=0)
    losses["denoising"].backward()
    assert losses.keys() == {"denoising", "~explained"} and base_of(system).teacher is None
    weights = [weight for projection in system.control.out for weight in projection.parameters()]
    assert any(weight.grad is not None and bool(weight.grad.any()) for weight in weights)


def test_a_base_that_is_new_learns_beside_its_control_all_that_it_learns_alone() -> None:
    system = tiny(learns="all").train()
    data, _ = toy(base_of(system), 4)
    system.prepare([data])
    assert base_of(system).scale.measured and system.frozen == ("base.codec",)
    losses = system.losses(data, step=0)
    assert losses.keys() == base_of(system).losses(data, step=0).keys()
    sum(loss for name, loss in losses.items() if not name.startswith("~")).backward()  # type: ignore[union-attr]
    for learner in (base_of(system).dit, base_of(system).text, *system.control.out):
        assert any(weight.grad is not None and bool(weight.grad.any()) for weight in learner.parameters())
    assert all(weight.grad is None for weight in system.codec.parameters()) and not system.codec.training


def test_a_straightened_base_cannot_learn_beside_its_control() -> None:
    base = dataclasses.replace(Flow.presets()["flow-tiny"], curves=None, straight=4)  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="cannot learn with its control"):
        MusicControlNet.Config(base=base, learns="all").build()


def made(system: MusicControlNet, curves: Curves) -> torch.Tensor:
    """The two channels [B, 2, F] that are drawn under curves, one item after the other."""
    frames = curves.values.shape[-1]
    asked = Request(seconds=frames * system.codec.hop_length / system.sample_rate, guidance=1.0, steps=8)
    drawn = []
    for index in range(len(curves.values)):
        one = Curves(curves.values[index : index + 1], curves.known[index : index + 1])
        drawn.append(system.steered(one).draw(asked, None, seed=index)[:, :2])
    return torch.cat(drawn)


@pytest.fixture(scope="module")
def trained() -> MusicControlNet:
    """A base that has learned the toy's music without curves, then a ControlNet beside it, each in seconds."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    settings = MusicControlNet.presets()[BASES[0]]
    system: MusicControlNet = settings.build()
    system.base.requires_grad_(True).train()
    for part, steps in ((system.base, 150), (system, 400)):
        trained_weights = [
            weight
            for name, weight in part.named_parameters()
            if weight.requires_grad and not name.startswith(("codec.", "base."))
        ]
        optimizer = torch.optim.AdamW(trained_weights, 3e-3)
        part.prepare([toy(base_of(system), 16)[0]])
        part.train()
        for step in range(steps):
            torch.manual_seed(step)
            for group in optimizer.param_groups:
                group["lr"] = 3e-3 * min(1, 2 * (1 - step / steps))
            optimizer.zero_grad()
            part.losses(toy(base_of(system), 16)[0], step=step)["denoising"].backward()
            optimizer.step()
        system.base.requires_grad_(False)
    return system.eval()


@torch.no_grad()
def test_after_seconds_of_training_curves_halve_the_error_of_a_run_without(trained: MusicControlNet) -> None:
    torch.manual_seed(99)
    batch, truth = toy(base_of(trained), 12)
    assert batch.curves is not None
    everything = torch.ones(12, 3, 40, dtype=torch.bool)
    free = errors(made(trained, Curves(batch.curves, ~everything)), truth)
    asked = errors(made(trained, Curves(batch.curves, everything)), truth)
    assert bool((asked < 0.5 * free).all()), f"{asked.tolist()} against {free.tolist()}"


@torch.no_grad()
def test_one_control_and_one_half_of_the_time_leave_the_rest_free(trained: MusicControlNet) -> None:
    torch.manual_seed(98)
    batch, truth = toy(base_of(trained), 12)
    assert batch.curves is not None
    known = torch.zeros(12, 3, 40, dtype=torch.bool)
    free = made(trained, Curves(batch.curves, known))
    known[:, 1, :20] = True  # the level of the first half
    part = made(trained, Curves(batch.curves, known))
    first, second = slice(0, 18), slice(22, 40)  # away from the border
    assert float(errors(part[..., first], truth[..., first])[0]) < 0.7 * float(
        errors(free[..., first], truth[..., first])[0]
    )
    # What is not asked for is no nearer to the truth than without any curve.
    assert float(errors(part[..., second], truth[..., second])[0]) > 0.7 * float(
        errors(free[..., second], truth[..., second])[0]
    )
    assert float(errors(part, truth)[1]) > 0.8 * float(errors(free, truth)[1])


def test_every_control_is_heard_and_what_a_curve_leaves_open_changes_nothing_beyond(trained: MusicControlNet) -> None:
    with torch.no_grad():
        plain = trained.generate(request())
        for name, value in (("melody", "A"), ("dynamics", -60.0), ("rhythm", [1.0, 1.0])):
            curve = Curve.of_values(name, [value], 1 / SECONDS)  # type: ignore[arg-type, list-item]
            assert not torch.equal(trained.generate(request(**{name: curve})), plain), name
        tune = Audio(0.3 * torch.sin(2763.0 * torch.arange(32_000) / 16_000)[None], 16_000)
        followed = trained.generate(request(melody=tune))
        drawn = Curve.of_audio("melody", Audio(tune.wave[:, : round(SECONDS * 16_000)], 16_000))
        assert torch.equal(followed, trained.generate(request(melody=drawn)))


def test_text_and_labels_are_left_out_of_some_items_in_training_only(monkeypatch: pytest.MonkeyPatch) -> None:
    system = tiny()
    data, _ = toy(base_of(system), 200)
    heard: list[Batch] = []

    def losses(self: object, batch: Batch, *, step: int) -> dict[str, torch.Tensor]:
        heard.append(batch)
        return {}

    monkeypatch.setattr(LatentGenerator, "losses", losses)
    system.losses(data, step=0)
    system.train()
    system.losses(dataclasses.replace(data, labels=({"tempo": 100.0},) * 200), step=0)
    assert heard[0].texts == data.texts
    assert heard[1].texts.count("") == pytest.approx(200 * system.config.unprompted, abs=30)
    assert all((text == "") == (labels == {}) for text, labels in zip(heard[1].texts, heard[1].labels, strict=True))


def test_what_the_base_has_can_be_asked_and_what_it_lacks_is_refused() -> None:
    system = tiny()
    assert system.generate(request(tempo=90.0)).shape == (1, 1, round(SECONDS * system.sample_rate))
    with pytest.raises(ValueError, match="music-controlnet does not use tempo"):
        tiny(BASES[1]).generate(request(tempo=90.0))
    with pytest.raises(ValueError, match="at most 16"):
        system.generate(Request(seconds=60.0))
    with pytest.raises(ValueError, match=r"does not use melody.*music-controlnet"):
        system.base.generate(request(melody=melody()))


def test_a_run_beside_a_base_of_a_short_window_leaves_samples_as_long_as_that(tmp_path: Path) -> None:
    base = dataclasses.replace(Flow.presets()["flow-tiny"], curves=None, window=64)  # type: ignore[call-arg]
    system: MusicControlNet = MusicControlNet.Config(base=base).build().eval()
    assert base_of(system).longest_seconds == math.inf  # it goes on from window to window
    paths = write_samples(system, toy(base_of(system), 1)[0], tmp_path, 7)
    lengths = [files.info(path).frames for path in paths]
    assert lengths == [64 * system.codec.hop_length]
    assert lengths[0] < SAMPLE_SECONDS * system.sample_rate


@pytest.mark.parametrize(("learns", "codec"), [("control", "base/parts/codec"), ("all", "base.codec")])
def test_a_checkpoint_holds_the_base_whole(tmp_path: Path, learns: str, codec: str) -> None:
    system = tiny(learns=learns)
    with torch.no_grad():
        system.control.out[0].weight.add_(0.1)  # type: ignore[operator]
    checkpoint.save(system, tmp_path / "model")
    assert (tmp_path / f"model/parts/{codec}/model.safetensors").is_file()
    loaded = checkpoint.load(tmp_path / "model")
    made, wanted = (one.generate(request(melody=melody())) for one in (loaded, system))
    assert torch.allclose(made, wanted, atol=1e-4)  # weights that lie otherwise in memory are rounded otherwise


def test_only_latent_generators_can_be_the_base() -> None:
    from songloom.systems.generators.loom import Loom

    with pytest.raises(ValueError, match="the base is loom"):
        MusicControlNet.Config(base=Loom.presets()["loom-tiny"]).build()
    with pytest.raises(ValueError, match="takes curves itself"):
        MusicControlNet.Config(base=Flow.presets()["flow-tiny"]).build()


def test_half_of_the_blocks_are_copied_by_default_and_of_a_u_net_the_way_down() -> None:
    mel = MusicControlNet.presets()[BASES[2]]
    assert len(mel.build().control.out) == 4 + 1  # enter, two levels of one block, one half; the middle
    with pytest.raises(ValueError, match="copied is 2; of the U-Net of musicldm"):
        dataclasses.replace(mel, copied=2).build()  # type: ignore[call-arg]
    flow = MusicControlNet.presets()[BASES[0]].base  # type: ignore[attr-defined]
    assert len(MusicControlNet.Config(base=flow).build().control.out) == 1
    assert len(MusicControlNet.Config(base=flow, copied=2).build().control.out) == 2


def test_curves_lie_on_the_frames_of_the_codec(monkeypatch: pytest.MonkeyPatch) -> None:
    system = tiny()
    seen: list[Curves] = []
    whole = system.steered
    monkeypatch.setattr(system, "steered", lambda curves: seen.append(curves) or whole(curves))
    system.generate(request(melody=melody()))
    frames = system.base.frames(round(SECONDS * system.sample_rate))
    expected = of_controls({"melody": melody()}, system.codec.frame_rate, frames)
    assert torch.equal(seen[0].known, expected.known) and seen[0].values.shape[-1] == frames
