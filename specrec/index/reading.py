"""What worker processes read of a file. Apart from the embedding, so that they load no torch."""

from collections.abc import Iterator
from pathlib import Path

from specrec.audio.streaming import WindowBlock, WindowPlan, window_blocks


def read_track(
    plan: WindowPlan, measure: bool, path: Path
) -> Iterator[WindowBlock | dict[str, float] | None]:
    """Decodes a file once, for its windows and its features.

    Args:
        plan: What windows.
        measure: Whether to measure the features.
        path: Any file that libsndfile or FFmpeg reads.

    Yields:
        The windows, then what was measured meanwhile; None if nothing was.

    Raises:
        AudioError: As `window_blocks`.
    """
    if not measure:
        yield from window_blocks(path, plan)
        yield None
        return
    from specrec.descriptors.measure import TrackMeter  # here, for scipy takes long to load

    meter = TrackMeter()

    def listen() -> TrackMeter:
        nonlocal meter
        meter = TrackMeter()
        return meter

    yield from window_blocks(path, plan, listen)
    try:
        yield meter.finish(path)
    except Exception:  # whatever measuring does, the embedding is good
        yield None
