import librosa
import numpy as np
import pytest
import torch

from specrec.config import FrontEnd
from specrec.model.log_mel import LogMel


@pytest.mark.parametrize(
    "front_end",
    [
        FrontEnd(),
        FrontEnd(sample_rate=16_000, n_fft=512, hop_length=256, n_mels=96, f_min=0, f_max=8000),
        FrontEnd(sample_rate=44_100, n_fft=2048, hop_length=441, n_mels=64, f_max=16_000),
    ],
)
def test_equals_librosa(front_end: FrontEnd) -> None:
    rng = np.random.default_rng(0)
    time = np.arange(3 * front_end.sample_rate) / front_end.sample_rate
    music = 0.3 * np.sin(2 * np.pi * 220 * time * (1 + 0.2 * time)) + 0.01 * rng.normal(
        size=len(time)
    )
    samples = music.astype(np.float32)
    expected = librosa.feature.melspectrogram(
        y=samples,
        sr=front_end.sample_rate,
        n_fft=front_end.n_fft,
        hop_length=front_end.hop_length,
        n_mels=front_end.n_mels,
        fmin=front_end.f_min,
        fmax=front_end.f_max,
        pad_mode="reflect",
    )
    log_mel = LogMel(front_end)(torch.from_numpy(samples)[None])[0].numpy()
    assert log_mel.shape == expected.shape
    power = LogMel(front_end).mel(torch.from_numpy(samples)[None])[0].numpy()
    np.testing.assert_allclose(power, expected, rtol=1e-4)
    np.testing.assert_allclose(log_mel, np.log(expected + front_end.log_floor), rtol=0, atol=1e-4)


def test_silence_is_the_floor() -> None:
    front_end = FrontEnd()
    log_mel = LogMel(front_end)(torch.zeros(1, 22_050))
    assert log_mel.shape == (1, 128, 1 + 22_050 // 512)
    torch.testing.assert_close(log_mel, torch.full_like(log_mel, np.log(front_end.log_floor)))


def test_loudness_does_not_matter_at_a_fixed_level() -> None:
    music = 0.2 * torch.randn(1, 22_050, generator=torch.Generator().manual_seed(0))
    log_mel = LogMel(FrontEnd(level_db=-20))
    torch.testing.assert_close(log_mel(music / 100), log_mel(music), rtol=0, atol=1e-4)
    leveled = 0.1 * music / music.square().mean().sqrt()
    torch.testing.assert_close(log_mel(music), LogMel(FrontEnd())(leveled), rtol=0, atol=1e-4)
    silence = log_mel(torch.zeros(1, 22_050))
    torch.testing.assert_close(silence, torch.full_like(silence, np.log(FrontEnd().log_floor)))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_gpu_gives_the_same() -> None:
    waveform = torch.randn(2, 22_050, generator=torch.Generator().manual_seed(0))
    on_cpu, on_gpu = LogMel(FrontEnd())(waveform), LogMel(FrontEnd()).cuda()(waveform.cuda())
    torch.testing.assert_close(on_gpu.cpu(), on_cpu, rtol=1e-4, atol=1e-4)
