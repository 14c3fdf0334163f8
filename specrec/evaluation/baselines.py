"""What any encoder must beat, computed from the same audio."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float32
from torchaudio.transforms import MFCC

from specrec.audio.pool import load_many
from specrec.audio.waveform import Waveform
from specrec.errors import AudioError
from specrec.index.embedding import embed_waveform
from specrec.model.encoder import Encoder

Progress = Callable[[int, int], None]


def baseline_embeddings(
    paths: Sequence[Path], encoder: Encoder, on_progress: Progress | None = None
) -> dict[str, Float32[np.ndarray, "tracks dim"]]:
    """Embeds files in the ways that need no training.

    - `mfcc`: mean and standard deviation over time of 20 mel-frequency cepstral coefficients;
    - `mfcc_standardized`: the same, each dimension at zero mean and unit variance over the files;
    - `untrained`: the encoder's own architecture and front end with random weights, centered on
      the files' mean as the trained encoder is on its training music's.

    Raises:
        AudioError: If a file can't be used.
    """
    rate = encoder.front_end.sample_rate
    mel = {"n_mels": 128, "n_fft": 2048, "hop_length": 512, "norm": "slaney", "mel_scale": "slaney"}
    mfcc = MFCC(rate, n_mfcc=20, melkwargs=mel)
    untrained = untrained_encoder(encoder)
    cepstra, random = [], []
    for position, loaded in load_many(paths, rate):
        if isinstance(loaded, AudioError):
            raise loaded
        cepstra.append(_mean_and_std(mfcc, loaded))
        random.append(embed_waveform(untrained, loaded).embedding)
        if on_progress:
            on_progress(position + 1, len(paths))
    mean_and_std, drawn = np.stack(cepstra), np.stack(random)
    spread = np.maximum(mean_and_std.std(axis=0), 1e-9)
    return {
        "mfcc": mean_and_std,
        "mfcc_standardized": (mean_and_std - mean_and_std.mean(axis=0)) / spread,
        "untrained": drawn - drawn.mean(axis=0),
    }


def untrained_encoder(encoder: Encoder) -> Encoder:
    """An encoder of the same architecture, with random weights from a fixed seed.

    Its input scale is the trained one's: without it, a random network sees an image whose mean
    drowns everything else.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        untrained = Encoder(encoder.front_end, encoder.architecture)
    untrained.normalize.load_state_dict(encoder.normalize.state_dict())
    return untrained.eval()


def _mean_and_std(mfcc: MFCC, waveform: Waveform) -> Float32[np.ndarray, " dim"]:
    coefficients = mfcc(torch.from_numpy(waveform.samples))
    return torch.cat([coefficients.mean(dim=1), coefficients.std(dim=1)]).numpy()
