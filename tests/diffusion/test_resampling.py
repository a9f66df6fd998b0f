"""Steps that are taken again leave a distribution as it is, and make what is new agree with what is known."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from songloom.diffusion.latent_diffusion import keeping
from songloom.diffusion.processes import Cosine, Flow, Process
from songloom.diffusion.resampling import noisier, resampled
from songloom.diffusion.samplers import ddim, euler, seeded

COVARIANCE = torch.tensor([[1.0, 0.9], [0.9, 1.0]])
STEPS = 40


def exact(process: Process, x: Tensor, time: Tensor) -> Tensor:
    """What is expected of two frames that are Gaussian with COVARIANCE."""
    signal, noise = process.signal(time), process.noise(time)
    seen = signal**2 * COVARIANCE + noise**2 * torch.eye(2)
    return x @ torch.linalg.solve(seen, signal * COVARIANCE)


def times(process: Process) -> Tensor:
    return torch.linspace(1.0 if isinstance(process, Flow) else 0.99, 0.0, STEPS + 1)


@pytest.mark.parametrize(("process", "run"), [(Flow(Flow.Config()), euler), (Cosine(Cosine.Config()), ddim)])
def test_samples_keep_their_covariance(process: Process, run: object) -> None:
    noise = seeded(torch.Generator().manual_seed(0))
    x = noise(torch.zeros(1, 4000, 2))
    made = resampled(run, 3)(lambda y, t: exact(process, y, t), x, times(process), process, noise=noise)  # type: ignore[arg-type]
    torch.testing.assert_close(torch.cov(made[0].T), COVARIANCE, atol=0.08, rtol=0)


def test_what_is_new_comes_nearer_to_what_follows_from_the_known() -> None:
    """Of the second frame, given the first, 0.9 of it is expected and a variance of 0.19."""
    process = Flow(Flow.Config())
    known, kept = torch.zeros(1, 4000, 2), torch.tensor([True, False])
    known[..., 0] = torch.linspace(-2, 2, 4000)
    errors = []
    for passes in (1, 2, 4):
        noise = seeded(torch.Generator().manual_seed(1))
        denoise = keeping(lambda y, t: exact(process, y, t), known, kept)
        made = resampled(euler, passes)(denoise, noise(known), times(process), process, noise=noise)
        assert torch.allclose(made[..., 0], known[..., 0], atol=1e-5)
        errors.append(float((made[..., 1] - 0.9 * known[..., 0]).square().mean()))
    assert errors[0] > errors[1] > errors[2] > 0.1
    assert abs(errors[2] - 0.19) < abs(errors[0] - 0.19)


def test_one_pass_is_the_sampler_itself() -> None:
    assert resampled(euler, 1) is euler
    with pytest.raises(ValueError, match="passes is 0"):
        resampled(euler, 0)


def test_going_back_to_more_noise_is_the_process_s_own_way() -> None:
    process, less, more = Cosine(Cosine.Config()), torch.tensor(0.3), torch.tensor(0.7)
    noise = seeded(torch.Generator().manual_seed(2))
    data = torch.full((1, 1, 200_000), 2.0)
    x = process.noised(data, noise(data), less)
    found = noisier(x, process, less, more, noise)
    torch.testing.assert_close(found.mean(), process.signal(more) * 2.0, atol=0.01, rtol=0)
    torch.testing.assert_close(found.std(), process.noise(more), atol=0.01, rtol=0)
