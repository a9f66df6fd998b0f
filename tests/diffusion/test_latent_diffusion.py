from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from songloom.data.batch import Batch
from songloom.diffusion import times
from songloom.diffusion.latent_diffusion import (
    LatentScale,
    denoiser,
    denoising_losses,
    guided,
    keeping,
    latents_of,
)
from songloom.diffusion.processes import Cosine, Edm, Flow, Process
from songloom.diffusion.samplers import SAMPLERS, sampler, seeded
from songloom.systems.codecs.spectral_codec import SpectralCodec

PROCESSES: list[Process] = [Cosine.Config().build(), Flow.Config().build(), Edm.Config().build()]


def found(seed: int = 0) -> list[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    scale, shift = torch.tensor([0.5, 2.0, 8.0])[:, None], torch.tensor([1.0, -3.0, 0.0])[:, None]
    batches = [scale * torch.randn(4, 3, 500, generator=generator) + shift for _ in range(5)]
    mask = torch.arange(500).expand(4, 500) < 400
    return [(torch.where(mask[:, None], latents, torch.tensor(99.0)), mask) for latents in batches]


def test_measured_channels_come_to_mean_0_and_deviation_1_and_back() -> None:
    scale = LatentScale(3)
    scale.measure(found(), "channels")
    latents, mask = found(1)[0]
    inside = scale(latents)[mask[:, None].expand_as(latents)].view(4, 3, 400)
    torch.testing.assert_close(inside.mean((0, 2)), torch.zeros(3), atol=0.1, rtol=0)
    torch.testing.assert_close(inside.std((0, 2)), torch.ones(3), atol=0.05, rtol=0)
    torch.testing.assert_close(scale.undo(scale(latents)), latents)


def test_one_scale_for_all_channels_keeps_their_differences() -> None:
    scale = LatentScale(3)
    scale.measure(found(), "whole")
    everything = torch.cat([latents[..., :400].transpose(0, 1).flatten(1) for latents, _ in found()], 1)
    assert scale.deviation.unique().numel() == scale.mean.unique().numel() == 1
    assert scale.deviation[0].item() == pytest.approx(everything.std().item(), rel=1e-3)
    assert scale.mean[0].item() == pytest.approx(everything.mean().item(), abs=1e-3)


def test_a_channel_that_says_nothing_is_not_blown_up() -> None:
    scale = LatentScale(2)
    latents = torch.randn(2, 2, 100)
    latents[:, 1] = 0.3
    scale.measure([(latents, torch.ones(2, 100, dtype=torch.bool))], "channels")
    assert scale.deviation[1].item() == pytest.approx(0.01 * scale.deviation[0].item())
    silent = LatentScale(2)
    silent.measure([(torch.zeros(2, 2, 9), torch.ones(2, 9, dtype=torch.bool))], "channels")
    assert silent(torch.ones(1, 2, 3)).isfinite().all()


def test_latents_come_from_waves_codes_or_latents_alike() -> None:
    torch.manual_seed(0)
    codec = SpectralCodec.presets()["spectral-codec-tiny"].build().eval()
    wave = 0.3 * torch.randn(2, 1, 10 * codec.hop_length)
    empty = Batch(
        texts=("a", "b"),
        labels=({}, {}),
        ids=("a", "b"),
        start=torch.zeros(2),
        seconds=torch.ones(2),
        total=torch.ones(2),
        mask=torch.arange(10 * codec.hop_length).expand(2, -1) < 7 * codec.hop_length,
    )
    with torch.no_grad():
        latents = codec.encode(wave)
    frames = torch.arange(10).expand(2, 10) < 7
    made, mask = latents_of(replace(empty, wave=wave), codec)
    torch.testing.assert_close(made, latents)
    assert torch.equal(mask, frames)
    quantised = codec.dequantize(codec.quantize(latents))
    torch.testing.assert_close(latents_of(replace(empty, wave=wave), codec, "quantised")[0], quantised)
    stored = replace(empty, latents=latents, mask=frames)
    torch.testing.assert_close(latents_of(stored, codec, "quantised")[0], quantised)
    torch.testing.assert_close(latents_of(stored, codec)[0], latents)
    torch.testing.assert_close(latents_of(replace(stored, codes=codec.quantize(latents)), codec)[0], quantised)
    with pytest.raises(ValueError, match="holds none"):
        latents_of(empty, codec)


@pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.config.kind)
def test_nothing_learned_explains_nothing_and_the_exact_denoiser_of_one_point_all(process: Process) -> None:
    torch.manual_seed(0)
    point = 0.5 * torch.randn(1, 3, 20).expand(6, 3, 20)
    mask, drawn = torch.ones(6, 20, dtype=torch.bool), 0.05 + 0.9 * times.uniform(6)
    nothing = denoising_losses(lambda x, time: torch.zeros_like(x), process, point, mask, drawn)
    assert nothing["~explained"].item() == pytest.approx(0.0, abs=1e-5)

    def knows(shown: Tensor, labels: Tensor) -> Tensor:
        at = drawn[:, None, None]
        x = shown / process.inputs(torch.ones(()), at)[0]
        noise = (x - process.signal(at) * point) / process.noise(at)
        return process.target(point, noise, at)

    assert denoising_losses(knows, process, point, mask, drawn)["~explained"].item() == pytest.approx(1.0, abs=1e-4)


def test_frames_outside_do_not_count() -> None:
    latents = torch.randn(2, 3, 10)
    mask = torch.arange(10).expand(2, 10) < 6

    def loss(latents: Tensor) -> float:
        torch.manual_seed(1)
        predict = lambda x, time: torch.zeros_like(x)  # noqa: E731
        return denoising_losses(predict, PROCESSES[1], latents, mask, torch.tensor([0.3, 0.6]))["denoising"].item()

    assert loss(latents) == loss(torch.where(mask[:, None], latents, torch.tensor(7.0)))


def test_guidance_moves_from_one_half_to_the_other_and_beyond() -> None:
    halves = torch.tensor([1.0, 0.25])[:, None, None]
    predict = guided(lambda x, time: halves * x, 3.0)
    x = torch.randn(1, 2, 4)
    torch.testing.assert_close(predict(x, torch.tensor(0.5)), (0.25 + 3 * 0.75) * x)
    back = guided(lambda x, time: halves * x, 3.0, rescale=1.0)
    torch.testing.assert_close(back(x, torch.tensor(0.5)), x)


@pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.config.kind)
@pytest.mark.parametrize("name", SAMPLERS)
def test_what_is_kept_comes_out_as_it_was_and_is_seen_at_the_right_noise_on_the_way(
    name: str, process: Process
) -> None:
    known = torch.randn(1, 2, 4000, generator=torch.Generator().manual_seed(0))
    kept = torch.arange(4000) < 3000
    visited = process.time_of(times.exponential(48, 0.05, 100.0))
    seen: list[tuple[float, float]] = []

    def denoise(x: Tensor, time: Tensor) -> Tensor:
        noise = (x - process.signal(time) * known)[..., kept] / process.noise(time)
        seen.append((noise.mean().item(), noise.std().item()))
        return torch.zeros_like(x)

    noise = seeded(torch.Generator().manual_seed(1))
    x = process.noised(known, noise(known), visited[0])
    made = sampler(name)(keeping(denoise, known, kept), x, visited, process, noise=noise)
    # Euler's and Heun's steps are exact only along straight lines, which the cosine's are not.
    close, near = (0.02, 0.15) if name in ("euler", "heun") else (1e-4, 0.06)
    torch.testing.assert_close(made[..., kept], known[..., kept], atol=close, rtol=1e-4)
    torch.testing.assert_close(made[..., ~kept], torch.zeros(1, 2, 1000), atol=close, rtol=0)
    assert seen == [pytest.approx((0.0, 1.0), abs=near)] * len(seen)


def test_a_denoiser_is_what_the_process_makes_of_the_prediction() -> None:
    process = PROCESSES[0]
    x, time = torch.randn(1, 2, 3), torch.tensor(0.4, dtype=torch.float64)
    made = denoiser(lambda x, time: 2 * x, process)(x, time)
    torch.testing.assert_close(made, process.data(2 * x, x, time))
    assert made.dtype == torch.float32
