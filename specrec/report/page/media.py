"""What a page shows and plays of a track: a spectrogram and a few seconds, as data URIs."""

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from PIL import Image

from specrec.audio.encoding import encode_mp3
from specrec.audio.loading import resample
from specrec.audio.pool import map_paths
from specrec.audio.waveform import Waveform
from specrec.descriptors.clip import Clip, load_clip
from specrec.descriptors.mel_db import FLOOR_DB, NOTEBOOK, mel_db
from specrec.errors import AudioError
from specrec.progress import Progress
from specrec.report.spectrogram_png import COLORMAP
from specrec.shapes import Float32

PICTURE_SECONDS = 30.0
"""Length of what a picture shows, from the middle of the track."""

EXCERPT_SECONDS = 8.0
"""Length of what is played, from the middle of that."""

_BITS_PER_SECOND = 32_000
_FADE_SECONDS = 0.05
_WIDTH = 400  # pixels
_QUALITY = 55  # of 100; a spectrogram is noise to a codec, and 40 of them are to stay small


@dataclass(frozen=True)
class Medium:
    """A track to look at and listen to.

    Attributes:
        picture: A mel spectrogram as a data URI (WebP).
        sound: An excerpt as a data URI (MP3); None if sound is left out.
        start_seconds: Where the picture begins in the track.
        end_seconds: Where it ends.
    """

    picture: str
    sound: str | None
    start_seconds: float
    end_seconds: float


MOST_SOUND_BYTES = 2_000_000
"""Size of all excerpts together, as they stand in the page; those beyond are not embedded."""


def collect_media(
    paths: Sequence[Path], sounds: bool, on_progress: Progress | None = None
) -> tuple[dict[Path, Medium], str]:
    """Draws and encodes what is at hand.

    Args:
        paths: Files, those first whose sound matters most.
        sounds: Whether to encode excerpts too.
        on_progress: Called after each file.

    Returns:
        By file, and a note on what is missing; empty if nothing is.
    """
    made = make_media(paths, sounds, on_progress)
    media = {path: item for path, item in made.items() if not isinstance(item, AudioError)}
    notes = []
    if len(media) < len(made):
        gone = next(item for item in made.values() if isinstance(item, AudioError))
        notes.append(f"{len(made) - len(media)} of {len(made)} files are not at hand ({gone}).")
    silenced = silence_rest(media)
    dropped = sum(media[path].sound != silenced[path].sound for path in media)
    if dropped:
        notes.append(f"{dropped} excerpts are left out, to keep the page small.")
    return silenced, " ".join(notes)


def silence_rest(media: Mapping[Path, Medium], most: int = MOST_SOUND_BYTES) -> dict[Path, Medium]:
    """Takes the sound from all that come after `most` bytes of it."""
    spent, kept = 0, {}
    for path, item in media.items():
        spent += len(item.sound or "")
        kept[path] = item if spent <= most else replace(item, sound=None)
    return kept


def make_media(
    paths: Sequence[Path], sounds: bool, on_progress: Progress | None = None
) -> dict[Path, Medium | AudioError]:
    """Draws and encodes tracks in processes of their own.

    Args:
        paths: Their files.
        sounds: Whether to encode excerpts too.
        on_progress: Called after each file.

    Returns:
        By file, the medium or what is wrong with the file.
    """
    made: dict[Path, Medium | AudioError] = {}
    wanted = list(dict.fromkeys(paths))
    for position, medium in map_paths(partial(make_medium, sounds), wanted):
        made[wanted[position]] = medium
        if on_progress:
            on_progress(position + 1, len(wanted))
    return made


def make_medium(sounds: bool, path: Path) -> Medium:
    """Draws and encodes the middle of a track.

    Raises:
        AudioError: If its file can't be used.
    """
    clip = load_clip(path, NOTEBOOK.front_end.sample_rate, PICTURE_SECONDS)
    picture = data_uri("image/webp", _picture(mel_db(clip.waveform, NOTEBOOK)))
    sound = None
    if sounds:
        sound = data_uri("audio/mpeg", encode_mp3(_excerpt(clip), _BITS_PER_SECOND))
    end = clip.start_seconds + clip.waveform.seconds
    return Medium(picture, sound, clip.start_seconds, end)


def data_uri(kind: str, content: bytes) -> str:
    """A file as an address that holds it.

    Args:
        kind: Media type of the file.
        content: Bytes of the file.
    """
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _picture(db: Float32[np.ndarray, "n_mels frames"]) -> bytes:
    levels = np.rint((db - FLOOR_DB) * (255 / -FLOOR_DB)).astype(np.uint8)
    colors = (colormaps[COLORMAP](np.arange(256))[:, :3] * 255).round().astype(np.uint8)
    image = Image.fromarray(colors[levels[::-1]])
    file = io.BytesIO()
    image.resize((_WIDTH, image.height), Image.Resampling.BOX).save(file, "WEBP", quality=_QUALITY)
    return file.getvalue()


def _excerpt(clip: Clip) -> Waveform:
    """The middle of a clip, faded in and out."""
    waveform = resample(clip.waveform, 24_000)
    count = min(len(waveform.samples), round(EXCERPT_SECONDS * waveform.sample_rate))
    start = (len(waveform.samples) - count) // 2
    samples = waveform.samples[start : start + count].copy()
    ramp = np.linspace(0, 1, min(count // 2, round(_FADE_SECONDS * waveform.sample_rate)))
    samples[: len(ramp)] *= ramp
    samples[count - len(ramp) :] *= ramp[::-1]
    return Waveform(samples.astype(np.float32), waveform.sample_rate)
