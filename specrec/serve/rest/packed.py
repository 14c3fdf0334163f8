"""Numbers of all tracks in an answer: packed, for as text they would be ten times as long."""

from base64 import b64encode

import numpy as np

from specrec.shapes import Float, Shaped

_STEPS = 65_535


def packed(values: Shaped[np.ndarray, "*_"]) -> str:
    """Packs numbers: little-endian, one after the other, in base64.

    >>> packed(np.array([1, 258], np.uint16))
    'AQACAQ=='
    """
    return b64encode(values.astype(values.dtype.newbyteorder("<")).tobytes()).decode()


def packed_points(points: Float[np.ndarray, "tracks 2"]) -> dict[str, object]:
    """Packs points into 16 bits a coordinate, which is finer than any screen.

    Returns:
        `points`, x and y of each in turn, in steps of `step` from `left` and `bottom`.
    """
    corner = points.min(axis=0)
    step = float(np.ptp(points, axis=0).max()) / _STEPS or 1.0
    steps = ((points - corner) / step).round().astype(np.uint16)
    left, bottom = corner.tolist()
    return {"points": packed(steps), "left": left, "bottom": bottom, "step": step}
