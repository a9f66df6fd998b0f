"""Random-projection quantisation against vector-quantize-pytorch."""

import pytest
import torch

from songloom.bottlenecks.random_projection import RandomProjectionQuantizer

vqp = pytest.importorskip("vector_quantize_pytorch")


@pytest.mark.parametrize("streams", [1, 3])
@pytest.mark.parametrize("normalise", [True, False])
def test_codes_are_those_of_the_reference(streams: int, normalise: bool) -> None:
    torch.manual_seed(0)
    settings = {"streams": streams, "codebook_size": 64, "width": 20, "projection": 8, "normalise": normalise}
    ours = RandomProjectionQuantizer.Config(**settings).build()
    latents = 3 * torch.randn(2, 20, 100) + 1
    for stream in range(streams):  # with several codebooks the reference has another, trained projection per head
        theirs = vqp.RandomProjectionQuantizer(dim=20, codebook_size=64, codebook_dim=8, norm=normalise)
        theirs.rand_projs.copy_(ours.projections[stream : stream + 1])
        theirs.vq._codebook.embed.copy_(ours.entries[stream : stream + 1])
        assert torch.equal(ours.quantize(latents)[:, stream], theirs(latents.transpose(1, 2)))
    assert torch.equal(ours.quantize(latents, streams=1), ours.quantize(latents)[:, :1])


def test_nothing_learns_and_latents_pass_as_they_are() -> None:
    quantizer = RandomProjectionQuantizer.Config(codebook_size=16, width=6, projection=4).build().train()
    before = {name: value.clone() for name, value in quantizer.state_dict().items()}
    latents = torch.randn(2, 6, 30)
    passed = quantizer(latents)
    assert passed.latents is latents and not passed.losses and not list(quantizer.parameters())
    assert all(torch.equal(value, before[name]) for name, value in quantizer.state_dict().items())
    with pytest.raises(ValueError, match="nothing decodes"):
        quantizer.dequantize(passed.codes)


def test_neither_loudness_nor_offset_of_a_frame_changes_its_code() -> None:
    torch.manual_seed(0)
    quantizer = RandomProjectionQuantizer.Config(codebook_size=64, width=16, projection=8).build()
    latents = torch.randn(1, 16, 50)
    assert torch.equal(quantizer.quantize(latents), quantizer.quantize(5 * latents - 3))
