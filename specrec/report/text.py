"""How figures, times, tracks and JSON documents are written, on the terminal and on every page."""

import json
import math
from collections.abc import Mapping
from functools import partial
from typing import Any

from specrec.bootstrap import Estimate
from specrec.recommend.results import Track

FORMAT_VERSION = 1
NONE = "-"
"""What stands where there is no figure."""

INTERVALS = "In brackets: 95 % bootstrap intervals over queries."


def json_document(content: Mapping[str, Any]) -> str:
    """A JSON document that names its format; a figure that is NaN or infinite is null in it.

    >>> print(json_document({"tracks": 3}))
    {
      "format_version": 1,
      "tracks": 3
    }

    Args:
        content: Plain values.
    """
    document = {"format_version": FORMAT_VERSION, **content}
    write = partial(json.dumps, indent=2, ensure_ascii=False, allow_nan=False)
    try:
        return write(document)
    except ValueError:  # a number that JSON can't hold: rare, and looking for it takes long
        return write(_finite(document))


def _finite(value: Any) -> Any:
    """The same values with None for those that JSON can't hold."""
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def percent(share: float, digits: int = 0) -> str:
    """A share from 0 to 1 in percent.

    >>> percent(0.543), percent(0.543, 1)
    ('54 %', '54.3 %')
    """
    return f"{100 * share:.{digits}f} %"


def percent_interval(share: Estimate | None) -> str:
    """A share from 0 to 1 in percent, with its interval.

    >>> percent_interval(Estimate(0.543, 0.5, 0.58))
    '54.3 % (50 to 58)'
    """
    if share is None:
        return NONE
    return f"{percent(share.value, 1)} ({100 * share.low:.0f} to {100 * share.high:.0f})"


def interval(figure: Estimate | None, digits: int = 2, signed: bool = False) -> str:
    """A figure with its interval.

    >>> interval(Estimate(0.543, 0.5, 0.58)), interval(Estimate(0.1, 0, 0.2), 1, signed=True)
    ('0.54 (0.50 to 0.58)', '+0.1 (+0.0 to +0.2)')
    """
    if figure is None:
        return NONE
    sign = "+" if signed else ""
    ends = (figure.value, figure.low, figure.high)
    value, low, high = (f"{end:{sign}.{digits}f}" for end in ends)
    return f"{value} ({low} to {high})"


def score(figure: Estimate) -> str:
    """A score from 0 to 1 with its interval, so short that 80 columns hold six of them.

    >>> score(Estimate(0.543, 0.5, 0.58))
    '0.543 (.50-.58)'
    """
    low, high = (f"{end:.2f}".removeprefix("0")[:3] for end in (figure.low, figure.high))
    return f"{figure.value:.3f} ({low}-{high})"


def file_size(size: float) -> str:
    """A number of bytes in the unit that suits it.

    >>> file_size(12), file_size(287_600)
    ('12 B', '287.6 kB')
    """
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def clock(seconds: float | None) -> str:
    """Seconds as m:ss, or h:mm:ss.

    >>> clock(61), clock(3725), clock(None)
    ('1:01', '1:02:05', '-')
    """
    if seconds is None:
        return NONE
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def name_of(track: Track) -> str:
    """Artist and title of a track, or its title alone."""
    return f"{track.artist} - {track.title}" if track.artist else track.title
