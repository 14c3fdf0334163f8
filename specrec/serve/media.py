"""What is heard of a track: its file."""

from pathlib import Path

from specrec.recommend.library import Library
from specrec.serve.problems import NotFoundError

# What browsers know these files by; of others only the bytes are told.
_MEDIA_TYPES = {
    ".aac": "audio/aac",
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".m4b": "audio/mp4",
    ".mka": "audio/x-matroska",
    ".mp3": "audio/mpeg",
    ".mp4": "audio/mp4",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".wav": "audio/wav",
    ".wave": "audio/wav",
    ".webm": "audio/webm",
    ".wma": "audio/x-ms-wma",
}


def audio_file(library: Library, row: int) -> Path:
    """Finds the file of a track.

    Raises:
        NotFoundError: If it is gone, or a link leads out of the folder of music.
    """
    stored = str(library.tracks["path"].array[row])
    try:
        root = library.collection.audio_root.resolve(strict=True)
        path = (root / stored).resolve(strict=True)
    except (OSError, RuntimeError, ValueError):  # links in a circle; a path that can't be one
        raise NotFoundError(f"the file of {stored} is gone") from None
    if not path.is_relative_to(root) or not path.is_file():
        raise NotFoundError(f"{stored} is no file in the folder of music")
    return path


def media_type(path: Path) -> str:
    """The media type of an audio file, by its suffix."""
    return _MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream")
