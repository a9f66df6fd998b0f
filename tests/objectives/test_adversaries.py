"""The adversarial game: who gets which gradient, values from formulas, and that both sides can win."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from songloom.config import Settings, from_json, to_json
from songloom.objectives.adversaries import Adversary
from songloom.objectives.discriminators.complex_stft import ComplexStft
from songloom.objectives.discriminators.discriminator import Judgement
from songloom.objectives.discriminators.multi_band import MultiBand
from songloom.objectives.discriminators.multi_period import MultiPeriod, folded
from songloom.objectives.discriminators.multi_scale import MultiScale
from songloom.objectives.discriminators.multi_scale_stft import MultiScaleStft
from songloom.objectives.discriminators.patch import Patch

SMALL: dict[str, Settings] = {
    "multi-period": MultiPeriod.Config(periods=(2, 3), widths=(4, 8)),
    "multi-scale": MultiScale.Config(scales=2, widths=(4, 8, 8)),
    "multi-band": MultiBand.Config(windows=(128, 64), width=4),
    "multi-scale-stft": MultiScaleStft.Config(windows=(128, 64), width=4),
    "complex-stft": ComplexStft.Config(window=128, width=2),
    "patch": Patch.Config(widths=(4, 8)),
}


def shown(settings: Settings, items: int = 3) -> Tensor:
    channels = getattr(settings, "channels", 1)
    shape = (items, channels, 32, 24) if isinstance(settings, Patch.Config) else (items, channels, 2000)
    return torch.randn(shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("kind", SMALL)
def test_a_discriminator_scores_each_item_by_itself_and_sends_gradient_everywhere(kind: str, channels: int) -> None:
    settings = replace(SMALL[kind], channels=channels)  # type: ignore[call-arg]
    torch.manual_seed(0)
    network, wave = settings.build(), shown(settings).requires_grad_()
    judgements = network(wave)
    for place, judgement in enumerate(judgements):
        assert judgement.score.shape[:2] == (3, 1) and len(judgement.features) >= 2
        alone = network(wave[1:2])[place]
        assert torch.allclose(judgement.score[1:2], alone.score, atol=1e-5)
    sum(one.score.square().mean() for one in judgements).backward()
    assert wave.grad is not None and bool(wave.grad.abs().sum((1, 2)).gt(0).all())
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None and float(parameter.grad.abs().sum()) > 0, name


def test_the_sides_get_the_gradients_of_their_own_losses_alone() -> None:
    torch.manual_seed(0)
    adversary = Adversary(Adversary.Config(discriminators=(SMALL["multi-period"], SMALL["multi-band"])))
    true = shown(SMALL["multi-band"])
    made = torch.randn_like(true).requires_grad_()
    losses = adversary.losses(true, made, step=0)
    (losses["adversarial"] + losses["features"]).backward(retain_graph=True)
    assert made.grad is not None and float(made.grad.abs().sum()) > 0
    assert all(parameter.grad is None and parameter.requires_grad for parameter in adversary.parameters())
    made.grad = None
    losses["adversary"].backward()
    assert made.grad is None
    assert all(parameter.grad is not None for parameter in adversary.parameters())


@pytest.mark.parametrize(
    ("game", "adversarial", "adversary"),
    [
        ("least-squares", (1 - 0.3) ** 2, (1 - 2.0) ** 2 + 0.3**2),
        ("hinge", -0.3, 0 + 1.3),
        ("clipped-hinge", 0.7, 0 + 1.3),
    ],
)
def test_the_games_are_their_formulas(game: str, adversarial: float, adversary: float) -> None:
    rules = Adversary(Adversary.Config(discriminators=(SMALL["patch"],), game=game))  # type: ignore[arg-type]
    true = [Judgement(torch.full((2, 1, 5), 2.0), (torch.full((2, 3), 4.0), torch.zeros(2, 3)))] * 2
    made = [Judgement(torch.full((2, 1, 5), 0.3), (torch.full((2, 3), 3.0), torch.ones(2, 3)))] * 2
    assert float(rules.fooled(made)) == pytest.approx(2 * adversarial)
    assert float(rules.caught(true, made)) == pytest.approx(2 * adversary)
    assert float(rules.feature_distance(made, true)) == pytest.approx(4 * 1.0)
    averaged = Adversary(replace(rules.config, over="mean", relative=True))
    assert float(averaged.fooled(made)) == pytest.approx(adversarial)
    relative = [Judgement(one.score, one.features[:1]) for one in true]
    assert float(averaged.feature_distance(made[:1], true[:1])) > 1e6  # the second layer of the true one is silent
    with_one = [Judgement(one.score, one.features[:1]) for one in made]
    assert float(averaged.feature_distance(with_one, relative)) == pytest.approx(1 / 4)


def test_columns_of_a_period_hold_every_pth_sample_and_a_mirrored_end() -> None:
    wave = torch.arange(8.0)[None, None]
    assert torch.equal(folded(wave, 3)[0, 0], torch.tensor([[0.0, 1, 2], [3, 4, 5], [6, 7, 6]]))
    assert torch.equal(folded(wave, 2)[0, 0, :, 1], wave[0, 0, 1::2])


def test_the_opponents_play_their_share_of_the_steps_and_not_before_the_start() -> None:
    adversary = Adversary(Adversary.Config(discriminators=(SMALL["patch"],), share=2 / 3, start=5))
    images = shown(SMALL["patch"])
    assert adversary.losses(images, images, step=4) == {}
    played = ["adversary" in adversary.losses(images, images, step=step) for step in range(5, 35)]
    assert sum(played) == 20
    assert "adversary" in adversary.eval().losses(images, images, step=6)
    with pytest.raises(ValueError, match="alike"):
        adversary.losses(images, images[:1], step=5)


def test_an_adversary_is_settings_that_go_to_json_and_back() -> None:
    config = Adversary.Config(discriminators=tuple(SMALL.values()), game="hinge")
    assert from_json(to_json(config)) == config
    with pytest.raises(ValueError, match="needs discriminators"):
        Adversary(Adversary.Config(discriminators=(Adversary.Config(),)))


class Filter(nn.Module):
    """Noise through one learned filter: a generator that can only learn a spectrum."""

    def __init__(self) -> None:
        super().__init__()
        self.taps = nn.Conv1d(1, 1, 15, padding=7)

    def forward(self, noise: Tensor) -> Tensor:
        return self.taps(noise)


def test_the_opponents_win_against_noise_and_a_generator_then_fools_them() -> None:
    torch.manual_seed(0)
    coloured = Filter().requires_grad_(False)
    coloured.taps.weight.copy_(torch.hann_window(15)[None, None] / 2)
    discriminators = (MultiScaleStft.Config(windows=(64,), width=4), MultiPeriod.Config(periods=(2,), widths=(8, 8)))
    adversary = Adversary(Adversary.Config(discriminators=discriminators, features=0.0))
    generator = Filter()
    opponents = torch.optim.AdamW(adversary.parameters(), lr=2e-3, betas=(0.5, 0.9))
    own = torch.optim.AdamW(generator.parameters(), lr=1e-2, betas=(0.5, 0.9))

    def play(steps: int, *, learns: bool) -> float:
        told = []
        for step in range(steps):
            losses = adversary.losses(coloured(torch.randn(8, 1, 256)), generator(torch.randn(8, 1, 256)), step=step)
            told.append(float(losses.pop("~told_apart")))
            sum(losses.values()).backward()  # type: ignore[union-attr]
            for optimizer in (opponents, own) if learns else (opponents,):
                optimizer.step()
            opponents.zero_grad(), own.zero_grad()
        return sum(told[-20:]) / 20

    @torch.no_grad()
    def distance() -> float:
        response, wanted = (torch.fft.rfft(one.taps.weight[0, 0], 64).abs() for one in (generator, coloured))
        return float((response - wanted).norm() / wanted.norm())

    before = distance()
    assert play(60, learns=False) > 0.8
    assert play(250, learns=True) < 0.8
    assert distance() < 0.5 * before


def weights(layers: list[tuple[int, int, int]]) -> int:
    """Numbers in convolutions of (inputs of a group, outputs, kernel) with a gain and a bias for each output."""
    return sum(inputs * outputs * kernel + 2 * outputs for inputs, outputs, kernel in layers)


PERIOD = [(1, 32, 5), (32, 128, 5), (128, 512, 5), (512, 1024, 5), (1024, 1024, 5), (1024, 1, 3)]
SCALE = [(1, 16, 15), (4, 64, 41), (4, 256, 41), (4, 1024, 41), (4, 1024, 41), (1024, 1024, 5), (1024, 1, 3)]
BAND = [(2, 32, 27), (32, 32, 27), (32, 32, 27), (32, 32, 27), (32, 32, 9)]
RESIDUAL = [(32, 64, 3), (64, 128, 4), (128, 128, 3), (128, 256, 4), (256, 256, 3), (256, 512, 4)]


@pytest.mark.parametrize(
    ("settings", "networks", "numbers"),
    [
        (MultiPeriod.Config(), 5, 5 * weights(PERIOD)),
        (MultiScale.Config(), 3, 3 * weights(SCALE)),
        (MultiBand.Config(), 3, 3 * (5 * weights(BAND) + weights([(32, 1, 9)]))),
        (MultiScaleStft.Config(), 5, 5 * weights([*BAND[:4], (32, 32, 9), (32, 1, 9)])),
        (
            ComplexStft.Config(),
            1,
            weights([(2, 32, 49), (512, 1, 8)])
            + sum(weights([(i, i, 9), (i, o, 4 * frames), (i, o, 1)]) for i, o, frames in RESIDUAL),
        ),
        (Patch.Config(), 1, weights([(1, 64, 16), (64, 128, 16), (128, 256, 16), (256, 512, 16), (512, 1, 16)])),
    ],
    ids=SMALL,
)
def test_the_defaults_have_the_published_layers(settings: Settings, networks: int, numbers: int) -> None:
    network = settings.build()
    assert sum(parameter.numel() for parameter in network.parameters()) == numbers
    image = isinstance(settings, Patch.Config)
    with torch.no_grad():
        assert len(network(torch.zeros(1, 1, *((64, 64) if image else (6000,))))) == networks
