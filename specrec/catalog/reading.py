"""What worker processes read for the catalog: a module of its own, so that they load no pandas."""

from pathlib import Path

from specrec.catalog.identity import audio_id, content_id
from specrec.catalog.tags import Tags, read_tags
from specrec.errors import AudioError, SkipReason


def identify(path: Path) -> tuple[str, str, Tags]:
    """The `content_id`, the `audio_id` and the tags of a file.

    Raises:
        AudioError: If it can't be read.
    """
    try:
        return content_id(path), audio_id(path), read_tags(path)
    except OSError as error:
        detail = f"can't be read: {error.strerror}"
        raise AudioError(path, SkipReason.UNREADABLE, detail) from error
