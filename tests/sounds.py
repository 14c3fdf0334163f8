"""Audio files for tests, in any codec, from signals whose truth is known."""

from pathlib import Path

import av
import numpy as np
import soundfile as sf

RATE = 44_100
MUSIC_RATE = 22_050


def tone(seconds: float, hz: float = 440.0, rate: int = RATE, level: float = 0.3) -> np.ndarray:
    time = np.arange(round(seconds * rate)) / rate
    return (level * np.sin(2 * np.pi * hz * time)).astype(np.float32)


def write(path: Path, samples: np.ndarray, rate: int = RATE, codec: str | None = None) -> Path:
    """Writes with soundfile by suffix, or with the FFmpeg encoder named."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if codec is None:
        if path.suffix == ".opus":
            sf.write(path, samples, rate, format="OGG", subtype="OPUS")
        else:
            sf.write(path, samples, rate)
        return path
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        stream.bit_rate = 128_000
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate = rate
        to_codec = av.AudioResampler(stream.format.name, "mono", rate, frame_size=1024)
        for part in [*to_codec.resample(frame), *to_codec.resample(None)]:
            container.mux(stream.encode(part))
        container.mux(stream.encode(None))
    return path


def dominant_hz(samples: np.ndarray, rate: int) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * rate / len(samples))


def make_music(folder: Path, count: int = 8, first: int = 0) -> Path:
    """Tracks that differ: a chord of two tones over noise, 1.5 to 5 s long."""
    for i in range(first, first + count):
        rng = np.random.default_rng(i)
        seconds = 1.5 + 0.5 * i
        sound = tone(seconds, 150 + 90 * i, MUSIC_RATE) + tone(
            seconds, 2000 - 100 * i, MUSIC_RATE, 0.1
        )
        noise = 0.02 * (i + 1) * rng.normal(size=len(sound))
        write(folder / f"track {i}.wav", (0.5 * sound + noise).astype(np.float32), MUSIC_RATE)
    return folder
