"""The embedded codec, at its tiny size: shapes, gradients, learning, saving, chunks."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path

import pytest
import torch
from torch import Tensor

from songloom import checkpoint
from songloom.data.batch import Batch
from songloom.layers.side_by_side import on_threads
from songloom.systems.codecs import spectral_codec
from songloom.systems.codecs.spectral_codec import MagnitudeStream, SpectralCodec, left_right, mid_side


def codec(**changes: object) -> SpectralCodec:
    torch.manual_seed(0)
    settings = SpectralCodec.presets()["spectral-codec-tiny"]
    return dataclasses.replace(settings, **changes).build()


def tones(items: int = 4, samples: int = 8000, channels: int = 1) -> Tensor:
    seconds = torch.arange(samples) / 16_000
    pitches = 110.0 * 2 ** (torch.arange(items * channels) * 5 / 12)
    wave = 0.3 * torch.sin(2 * math.pi * pitches[:, None] * seconds)
    return (wave * (1 + torch.sin(2 * math.pi * 3 * seconds)) / 2).reshape(items, channels, samples)


def batch(wave: Tensor) -> Batch:
    count, nothing = len(wave), torch.zeros(len(wave))
    return Batch(
        texts=("",) * count,
        labels=({},) * count,
        ids=("",) * count,
        start=nothing,
        seconds=nothing,
        total=nothing,
        mask=nothing,
        wave=wave,
    )


def train(system: SpectralCodec, wave: Tensor, steps: int, first: int = 0) -> list[float]:
    optimizer = torch.optim.AdamW(system.parameters(), 3e-3)
    totals = []
    for step in range(first, first + steps):
        torch.manual_seed(step)
        losses = system.losses(batch(wave), step=step)
        total = torch.stack([value for name, value in losses.items() if not name.startswith("~")]).sum()
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        totals.append(float(total.detach()))
    return totals


@pytest.fixture(scope="module")
def trained() -> tuple[SpectralCodec, list[float]]:
    torch.set_num_threads(1)
    system = codec().train()
    totals = train(system, tones(), 110)
    return system.eval(), totals


@pytest.mark.parametrize("samples", [1, 255, 256, 257, 5000])
def test_any_length_has_its_frames_and_comes_back_as_long(samples: int) -> None:
    system = codec().eval()
    wave = tones(2, samples)
    with torch.no_grad():
        latents, codes = system.encode(wave), system.tokenize(wave)
        frames = math.ceil(samples / system.hop_length)
        assert latents.shape == (2, system.latent_width, frames)
        assert codes.shape == (2, system.streams, frames)
        assert codes.dtype == torch.int64
        assert system.decode(latents, length=samples).shape == wave.shape
        assert system.detokenize(codes[:, :2]).shape == (2, 1, frames * system.hop_length)


def test_two_channels_are_coded_as_mid_and_side() -> None:
    system = codec(channels=2).eval()
    wave = tones(1, 3000, channels=2)
    torch.testing.assert_close(left_right(mid_side(wave)), wave)
    with torch.no_grad():
        assert system.decode(system.encode(wave), length=3000).shape == wave.shape


def test_every_weight_gets_a_gradient() -> None:
    system = codec().train()
    losses = system.losses(batch(tones()), step=1000)
    sum(value for name, value in losses.items() if not name.startswith("~")).backward()
    for name, parameter in system.named_parameters():
        assert parameter.grad is not None and bool(parameter.grad.abs().sum() > 0), name


def test_preparation_finds_the_principal_components() -> None:
    system = codec()
    system.prepare([batch(tones()), batch(tones(4, 6000))])
    rows = torch.cat(
        [system.analyse(wave)[1][..., : system.folded].flatten(0, 1) for wave in (tones(), tones(4, 6000))]
    )
    _, _, directions = torch.pca_lowrank(rows, q=24, niter=8)
    found = torch.nn.functional.normalize(system.basis[:6], dim=1)
    torch.testing.assert_close((found * directions[:, :6].T).sum(1).abs(), torch.ones(6), atol=1e-3, rtol=0)
    latents = system._project(rows)
    torch.testing.assert_close(latents.mean(0), torch.zeros(16), atol=1e-3, rtol=0)
    assert float(latents.square().mean()) == pytest.approx(1.0, rel=1e-2)


def test_an_untrained_network_changes_little_after_preparation() -> None:
    system = codec()
    system.prepare([batch(tones())])
    system.eval()
    with torch.no_grad():
        true, _ = system.analyse(tones())
        made = system.magnitudes(system.encode(tones()))
    assert float((made - true).norm() / true.norm()) < 0.35


def test_one_batch_is_learned(trained: tuple[SpectralCodec, list[float]]) -> None:
    _, totals = trained
    assert sum(totals[-10:]) < 0.6 * sum(totals[:10])


def test_more_books_come_nearer_to_the_latents(trained: tuple[SpectralCodec, list[float]]) -> None:
    system, _ = trained
    with torch.no_grad():
        latents = system.encode(tones())
        codes = system.quantize(latents)
        errors = [float((system.dequantize(codes[:, :k]) - latents).square().mean()) for k in (1, 2, 4)]
    assert errors == sorted(errors, reverse=True)


def test_a_decoded_tone_keeps_its_pitch(trained: tuple[SpectralCodec, list[float]]) -> None:
    system, _ = trained
    wave = tones()
    with torch.no_grad():
        decoded = system.detokenize(system.tokenize(wave), length=wave.shape[-1])
    for made, true in zip(torch.fft.rfft(decoded[:, 0]).abs(), torch.fft.rfft(wave[:, 0]).abs(), strict=True):
        assert abs(int(made.argmax()) - int(true.argmax())) <= 8  # 16 Hz


def test_a_repeated_run_gives_the_same_weights() -> None:
    first, second = codec().train(), codec().train()
    assert train(first, tones(), 24) == train(second, tones(), 24)
    for one, other in zip(first.state_dict().values(), second.state_dict().values(), strict=True):
        assert torch.equal(one, other)


def test_training_goes_on_exactly_after_saving(tmp_path: Path) -> None:
    system = codec().train()
    train(system, tones(), 22)
    checkpoint.save(system, tmp_path / "codec")
    twin = checkpoint.load(tmp_path / "codec").train()
    assert train(system, tones(), 5, first=22) == train(twin, tones(), 5, first=22)


def test_a_loaded_codec_gives_the_same_codes(trained: tuple[SpectralCodec, list[float]], tmp_path: Path) -> None:
    system, _ = trained
    checkpoint.save(system, tmp_path / "codec")
    loaded = checkpoint.load(tmp_path / "codec")
    with torch.no_grad():
        assert torch.equal(loaded.tokenize(tones()), system.tokenize(tones()))


def test_coding_in_chunks_gives_the_codes_of_the_whole(
    trained: tuple[SpectralCodec, list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    system, _ = trained
    torch.manual_seed(5)
    wave = 0.1 * torch.randn(1, 1, 20_011) + tones(1, 20_011)
    with torch.no_grad():
        whole, codes = system.encode(wave), system.tokenize(wave)
        monkeypatch.setattr(spectral_codec, "CHUNK_FRAMES", 9)
        torch.testing.assert_close(system.encode(wave), whole, atol=1e-4, rtol=1e-4)
        assert torch.equal(system.tokenize(wave), codes)


def test_magnitudes_of_chunks_are_those_of_the_whole(
    trained: tuple[SpectralCodec, list[float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    system, _ = trained
    with torch.no_grad():
        latents = system.encode(tones(1, 20_000))
        whole = system.decode(latents)
        monkeypatch.setattr(spectral_codec, "CHUNK_FRAMES", 200)
        torch.testing.assert_close(system.decode(latents), whole)
        monkeypatch.setattr(spectral_codec, "CHUNK_FRAMES", 16)
        pieces = torch.cat(list(system.stream(latents)), -1)
        assert pieces.shape == whole.shape
        made, true = system.stft.magnitude(pieces), system.stft.magnitude(whole)
        assert float((made - true).norm() / true.norm()) < 0.2


@pytest.mark.parametrize("threads", [1, 3])
def test_windows_are_decoded_as_their_pieces_are_on_any_number_of_threads(
    trained: tuple[SpectralCodec, list[float]], threads: int
) -> None:
    system, size = trained[0], trained[0].chunk_frames
    latents = torch.randn(1, system.latent_width, 2 * size + 3, generator=torch.Generator().manual_seed(1))
    pieces = torch.split(latents, size, -1)
    with on_threads(1):
        expected = list(system.decode_stream(iter(pieces)))
    with on_threads(threads):
        windows = [latents[..., : size + 1], latents[..., size + 1 :]]
        whole = list(system.decode_windows([latents]))
        assert len(whole) == len(expected) and all(torch.equal(*pair) for pair in zip(whole, expected, strict=True))
        later = list(system.decode_stream(piece for window in windows for piece in torch.split(window, size, -1)))
        assert torch.equal(torch.cat(list(system.decode_windows(windows)), -1), torch.cat(later, -1))


@pytest.mark.parametrize("lengths", [[1], [3, 1, 1], [40], [1, 1, 30, 2]])
def test_magnitudes_come_once_for_every_frame_and_as_soon_as_they_are_known(lengths: list[int]) -> None:
    system, count = codec().eval(), sum(lengths)
    latents = torch.randn(1, system.latent_width, count)
    stream, given = MagnitudeStream(system), 0
    with torch.no_grad():
        made = []
        for piece in torch.split(latents, lengths, -1):
            made.append(stream.push(piece))
            given += piece.shape[-1]
            frames = sum(part.shape[-1] for part in made)
            assert frames == system.config.fold * max(0, given - system.decoder.context)
        made.append(stream.push(None))
        torch.testing.assert_close(torch.cat(made, -1), system.magnitudes(latents)[0])


def test_a_stream_without_latents_is_refused() -> None:
    with pytest.raises(ValueError, match="no latents came"):
        list(codec().decode_stream([]))


def test_silence_stays_finite() -> None:
    system = codec().train()
    losses = system.losses(batch(torch.zeros(2, 1, 4000)), step=0)
    assert all(bool(value.isfinite()) for value in losses.values())


@pytest.mark.parametrize("shape", [(1, 2, 100), (1, 1, 0), (1, 100)])
def test_waves_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="wave"):
        codec().eval().encode(torch.zeros(shape))


def test_a_decoder_that_learns_alone_leaves_codes_as_they_are(trained: tuple[SpectralCodec, list[float]]) -> None:
    before = trained[0]
    system = codec(learns="decoder", usual=2)
    system.load_state_dict(before.state_dict())
    train(system.train(), tones(), 5)
    assert torch.equal(system.eval().tokenize(tones()), before.tokenize(tones()))
    changed = {name for name, value in system.state_dict().items() if not torch.equal(value, before.state_dict()[name])}
    assert changed and all(name.startswith("decoder.") for name in changed)


def test_a_decoder_that_learns_alone_hears_codes_as_they_are_found() -> None:
    """By several paths, of the first books alone, and unquantised with a little noise."""
    settings = dataclasses.replace(SpectralCodec.presets()["spectral-codec-tiny"].quantizer, paths=4)  # type: ignore[attr-defined]
    system = codec(learns="decoder", quantizer=settings, noise=0.0)
    system.prepare([batch(tones())])
    latents, books = system.eval().encode(tones()), torch.tensor([0, 1, 3, 4])
    with torch.no_grad():
        shown = system._coded(latents, books)
    for item, count in enumerate(books.tolist()):
        own = latents[item : item + 1]
        found = own if count == 0 else system.dequantize(system.quantize(own, streams=count))
        assert torch.allclose(shown[item], found[0], atol=1e-6)
    nearest = dataclasses.replace(settings, paths=1)
    greedy = codec(learns="decoder", quantizer=nearest, noise=0.0)
    greedy.load_state_dict(system.state_dict())
    with torch.no_grad():
        further = greedy._coded(latents, books)
    assert (shown - latents).square().mean() < (further - latents).square().mean()
