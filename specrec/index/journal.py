"""The results of an index run so far, kept on disk so that an interrupted run goes on."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float16, Float32

from specrec.errors import AudioError, Reason

_TRACKS_A_SHARD = 64


@dataclass(frozen=True, eq=False)
class EmbeddedTrack:
    """What the encoder makes of a track.

    Attributes:
        embedding: Centered, not of unit length: the mean over its windows.
        windows: Centered embeddings of its windows, in order; half precision is what is stored.
        seconds: Duration of its audio.
    """

    embedding: Float32[np.ndarray, " dim"]
    windows: Float16[np.ndarray, "windows dim"]
    seconds: float


@dataclass(frozen=True)
class Failure:
    """Why a content can't be embedded."""

    reason: Reason
    detail: str

    @property
    def lasting(self) -> bool:
        """Whether the same bytes would fail again: a lost disk or a killed decoder says nothing."""
        return self.reason not in (Reason.MISSING, Reason.UNREADABLE, Reason.CRASHED)


Result = EmbeddedTrack | Failure


class Journal:
    """Results by content id, for one model, in numbered shards.

    A shard appears at once and complete, so that a killed run leaves only whole ones behind.
    """

    def __init__(self, library: Path, fingerprint: str) -> None:
        self.folder = library / "journal" / fingerprint
        self._waiting: dict[str, Result] = {}

    def read(self) -> dict[str, Result]:
        """All results of earlier runs."""
        results: dict[str, Result] = {}
        for shard in sorted(self.folder.glob("*.npz")):
            with np.load(shard) as stored:
                failures = json.loads(str(stored["failures"]))
                results |= {name: Failure(Reason(code), text) for name, code, text in failures}
                windows, ends = stored["windows"], stored["ends"]
                starts = np.concatenate([[0], ends])
                for i, name in enumerate(stored["content_ids"]):
                    rows = windows[starts[i] : ends[i]]
                    seconds = float(stored["seconds"][i])
                    results[str(name)] = EmbeddedTrack(stored["embeddings"][i], rows, seconds)
        return results

    def add(self, content_id: str, result: EmbeddedTrack | AudioError) -> Result:
        """Notes a result; every so often, what was noted is written."""
        kept = Failure(result.reason, result.detail) if isinstance(result, AudioError) else result
        if isinstance(kept, EmbeddedTrack) or kept.lasting:
            self._waiting[content_id] = kept
        if len(self._waiting) >= _TRACKS_A_SHARD:
            self.flush()
        return kept

    def flush(self) -> None:
        """Writes what was noted since the last shard."""
        if not self._waiting:
            return
        tracks = {k: v for k, v in self._waiting.items() if isinstance(v, EmbeddedTrack)}
        failures = [
            (k, v.reason, v.detail) for k, v in self._waiting.items() if isinstance(v, Failure)
        ]
        embedded = list(tracks.values())
        windows = [track.windows for track in embedded]
        dim = windows[0].shape[1] if windows else 0
        self.folder.mkdir(parents=True, exist_ok=True)
        shard = self.folder / f"{len(list(self.folder.glob('*.npz'))):06d}.npz"
        temporary = shard.with_suffix(".tmp")
        with temporary.open("wb") as file:
            np.savez(
                file,
                content_ids=np.array(list(tracks), dtype=np.str_),
                embeddings=np.array([track.embedding for track in embedded], dtype=np.float32),
                windows=np.concatenate([np.zeros((0, dim), np.float16), *windows]),
                ends=np.cumsum([len(rows) for rows in windows], dtype=np.int64),
                seconds=np.array([track.seconds for track in embedded], dtype=np.float64),
                failures=np.array(json.dumps(failures)),
            )
        temporary.replace(shard)
        self._waiting.clear()

    def clear(self) -> None:
        """Removes all shards, of whichever model: a complete generation holds their results."""
        shutil.rmtree(self.folder.parent, ignore_errors=True)
