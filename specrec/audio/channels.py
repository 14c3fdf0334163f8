"""Channels of a recording: their mix, and their weights in loudness."""

from collections.abc import Sequence

import numpy as np

from specrec.shapes import Float32

_CANCELLED = 1e-3  # of the channels' power in their mean: -30 dB
_SURROUND = {"BL", "BR", "BC", "SL", "SR", "SDL", "SDR", "TBL", "TBC", "TBR"}
_BASS = {"LFE", "LFE2"}
# The channels of files that don't name them, by their number, as in WAV.
_USUAL = {
    4: ("FL", "FR", "BL", "BR"),
    5: ("FL", "FR", "FC", "BL", "BR"),
    6: ("FL", "FR", "FC", "LFE", "BL", "BR"),
    7: ("FL", "FR", "FC", "LFE", "BC", "SL", "SR"),
    8: ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"),
}


def loudness_weights(names: Sequence[str]) -> tuple[float, ...]:
    """Computes the weight of each channel's power in loudness (ITU-R BS.1770-4, table 3).

    The bass channel counts only if there is no other.

    Args:
        names: FFmpeg's names of the channels.

    >>> loudness_weights(("FL", "FR", "FC", "LFE", "SL", "SR"))
    (1.0, 1.0, 1.0, 0.0, 1.41, 1.41)
    """
    if set(names) <= _BASS:
        return (1.0,) * len(names)
    return tuple(0.0 if name in _BASS else 1.41 if name in _SURROUND else 1.0 for name in names)


def usual_weights(channels: int) -> tuple[float, ...]:
    """Computes `loudness_weights` of a file that does not name its channels."""
    return loudness_weights(_USUAL.get(channels, ("FC",) * channels))


def mix(
    channels: Float32[np.ndarray, "channels samples"],
) -> Float32[np.ndarray, " samples"]:
    """Averages channels; if they cancel each other, takes the first channel that has power.

    One channel may be the other's negative, which is inaudible, but makes the mean zero.
    """
    if len(channels) == 1:
        return np.ascontiguousarray(channels[0])
    mono: np.ndarray = channels[0].copy()
    for channel in channels[1:]:  # numpy's mean takes longer than decoding over so short an axis
        mono += channel
    mono /= np.float32(len(channels))
    if _power(mono) < _CANCELLED * _power(channels) / len(channels):
        powers = [_power(channel) for channel in channels]
        loud = next(place for place, power in enumerate(powers) if 2 * power >= max(powers))
        return channels[loud].copy()
    return mono


def _power(samples: Float32[np.ndarray, "*shape"]) -> float:
    flat = samples.ravel(order="K")  # no copy: sums don't mind the order
    return float(np.einsum("i,i->", flat, flat))  # on one thread
