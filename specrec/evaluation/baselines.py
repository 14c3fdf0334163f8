"""What any encoder must beat, computed from the same audio."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_avg_pool2d
from torchaudio.transforms import MFCC, AmplitudeToDB, MelSpectrogram

from specrec.audio.waveform import Waveform
from specrec.config import IMAGENET, Architecture
from specrec.evaluation.extraction import Extractor, encoder_extractor
from specrec.metrics import standardize
from specrec.model.encoder import Encoder
from specrec.model.imagenet import pretrained_backbone
from specrec.shapes import Float, Float32

SAMPLE_RATE = 22_050  # whatever the encoder's, so that baselines agree between libraries
PICTURE = (64, 128)  # mel bands, time steps
_DYNAMIC_RANGE_DB = 80.0
_MEL = {"n_mels": 128, "n_fft": 2048, "hop_length": 512, "norm": "slaney", "mel_scale": "slaney"}


def random_embeddings(tracks: int) -> Float[np.ndarray, "tracks 64"]:
    """Chance: 64 independent normal numbers a track, from a fixed seed."""
    return np.random.default_rng(0).normal(size=(tracks, 64))


def baseline_extractors(encoder: Encoder) -> dict[str, Extractor]:
    """The ways to embed a track that need no training.

    - `mel`: mean and standard deviation over time of 128 mel bands in dB;
    - `mfcc`: the same of 20 mel-frequency cepstral coefficients;
    - `mfcc_standardized`: each of its dimensions at zero mean and unit variance over the files;
    - `pixels`: the picture of the spectrogram, so that the cosine is a distance of pictures;
    - `untrained`: an encoder's own architecture and front end with random weights, centered on
      the files' mean as the trained encoder is on its training music's.
    """
    spectrogram = torch.nn.Sequential(
        MelSpectrogram(SAMPLE_RATE, **_MEL), AmplitudeToDB("power", _DYNAMIC_RANGE_DB)
    )
    cepstrum = MFCC(SAMPLE_RATE, n_mfcc=20, melkwargs=_MEL)

    def mfcc(waveform: Waveform) -> Float32[np.ndarray, " dim"]:
        return _mean_and_std(cepstrum(torch.from_numpy(waveform.samples)))

    def mel(waveform: Waveform) -> Float32[np.ndarray, " dim"]:
        return _mean_and_std(spectrogram(torch.from_numpy(waveform.samples)))

    def pixels(waveform: Waveform) -> Float32[np.ndarray, " dim"]:
        return _picture(spectrogram(torch.from_numpy(waveform.samples))).numpy().ravel()

    untrained = encoder_extractor(untrained_encoder(encoder))
    return {
        "mel": Extractor(SAMPLE_RATE, mel),
        "mfcc": Extractor(SAMPLE_RATE, mfcc),
        "mfcc_standardized": Extractor(SAMPLE_RATE, mfcc, standardize),
        "pixels": Extractor(SAMPLE_RATE, pixels),
        "untrained": Extractor(untrained.sample_rate, untrained.embed, _center),
    }


def imagenet_extractor(encoder: Encoder) -> Extractor:
    """The mean feature map of a ResNet-18 that knows only ImageNet's pictures.

    It sees the encoder's spectrograms, and is centered on the files' mean.

    Raises:
        ModelError: If its weights can't be had.
    """
    imagenet = encoder_extractor(imagenet_encoder(encoder))
    return Extractor(imagenet.sample_rate, imagenet.embed, _center)


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


def imagenet_encoder(like: Encoder, name: str = "resnet18", source: str = IMAGENET) -> Encoder:
    """What an ImageNet network makes of spectrograms, untrained on music: a baseline.

    Args:
        like: Gives the front end, and the mean and variance of each band.
        name: The network's name in torchvision, such as `resnet18`.
        source: Where its weights are from, as `pretrained_backbone` takes it.

    Returns:
        An encoder in evaluation mode whose embedding is the mean of the feature map: its head is
        the identity and its center zero.

    Raises:
        ModelError: If the weights can't be had; a baseline is then left out.
    """
    backbone = pretrained_backbone(name, source)
    encoder = Encoder(like.front_end, Architecture(name, embedding_dim=backbone.channels))
    encoder.backbone.load_state_dict(backbone.state_dict())
    for moment in ("running_mean", "running_var"):  # not the scale and offset learned after them
        encoder.normalize.get_buffer(moment).copy_(like.normalize.get_buffer(moment))
    nn.init.eye_(encoder.head.weight)
    nn.init.zeros_(encoder.head.bias)
    return encoder.eval()


def _mean_and_std(bands: Float32[Tensor, "bands frames"]) -> Float32[np.ndarray, " dim"]:
    return torch.cat([bands.mean(dim=1), bands.std(dim=1)]).numpy()


def _picture(decibels: Float32[Tensor, "bands frames"]) -> Float32[Tensor, "height width"]:
    """Grey levels, 1 for the loudest cell and 0 for 80 dB below, resized by area."""
    levels = (decibels - decibels.max()) / _DYNAMIC_RANGE_DB + 1
    return adaptive_avg_pool2d(levels[None], PICTURE)[0]


def _center(vectors: Float32[np.ndarray, "tracks dim"]) -> Float32[np.ndarray, "tracks dim"]:
    return vectors - vectors.mean(axis=0)
