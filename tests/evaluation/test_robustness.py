import io
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf

from specrec.audio.decoding import decode
from specrec.evaluation.robustness import ALTERATIONS, measure_robustness
from specrec.evaluation.stability import compare
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from tests.sounds import dominant_hz, tone, write


def test_an_altered_file_gets_what_a_query_from_outside_gets(
    library: Collection, tmp_path: Path
) -> None:
    paths = [library.audio_root / path for path in library.tracks["path"]]
    originals = np.asarray(library.embeddings)
    done: list[tuple[int, int]] = []
    found = measure_robustness(
        paths,
        {"model": library.model.encoder},
        {"model": originals},
        lambda *progress: done.append(progress),
    )["model"]
    assert list(found) == list(ALTERATIONS)
    assert done == [(number, 6) for number in range(1, 7)]
    samples, rate = sf.read(paths[2], dtype="float32")
    lead = np.zeros(round(0.4 * rate), dtype=np.float32)
    by_hand = {
        "gain +6 dB": samples * np.float32(10**0.3),
        "400 ms of silence first": np.concatenate([lead, samples]),
    }
    for alteration, altered in by_hand.items():
        file = tmp_path / "query.wav"
        sf.write(file, altered, rate, subtype="FLOAT")
        neighbors = Library(library).neighbors(file, k=6)
        rank, cosine = next(
            (neighbor.rank, neighbor.similarity)
            for neighbor in neighbors
            if neighbor.track.path == paths[2].name
        )
        assert found[alteration].cosines[2] == pytest.approx(cosine, abs=1e-5)
        assert found[alteration].ranks[2] == rank
        assert found[alteration].refused == 0


def test_each_alteration_does_what_its_name_says(tmp_path: Path) -> None:
    path = write(tmp_path / "original.wav", tone(3, 500, level=0.8))
    original = decode(path)
    altered = {}
    for name, alter in ALTERATIONS.items():
        data = alter(path, original)
        file = tmp_path / "altered"
        file.write_bytes(data)
        altered[name] = decode(file)
        assert dominant_hz(altered[name].samples, altered[name].sample_rate) == pytest.approx(
            500, abs=1
        )
        if name == "MP3 128 kbit/s":
            assert sf.info(io.BytesIO(data)).subtype == "MPEG_LAYER_III"
            assert len(data) * 8 / 3 == pytest.approx(128_000, rel=0.05)
        if name == "Opus 64 kbit/s":
            assert sf.info(io.BytesIO(data)).subtype == "OPUS"
    peaks = {name: np.abs(sound.samples).max() for name, sound in altered.items()}
    assert peaks["gain +6 dB"] == pytest.approx(0.8 * 1.9953, rel=1e-3)  # above full scale
    assert peaks["gain -6 dB"] == pytest.approx(0.8 / 1.9953, rel=1e-3)
    for milliseconds in (150, 400, 1200):
        samples = altered[f"{milliseconds} ms of silence first"].samples
        lead = round(milliseconds * 44.1)
        assert not samples[:lead].any()
        np.testing.assert_array_equal(samples[lead:], original.samples)
    assert altered["resampled to 16 kHz"].sample_rate == 16_000
    assert altered["resampled to 44.1 kHz"].sample_rate == 44_100


def test_a_file_that_is_refused_once_altered_counts_as_not_found(library: Collection) -> None:
    # Just above the level that counts as silence, and below it when made quieter.
    path = write(library.folder.parent / "quiet.wav", tone(2, level=1.5e-4))
    paths = [path, library.audio_root / "track 1.wav"]
    originals = np.asarray(library.embeddings[:2])
    encoders = {"model": library.model.encoder}
    found = measure_robustness(paths, encoders, {"model": originals})["model"]
    quieter = found["gain -6 dB"]
    assert (quieter.refused, quieter.cosines[0], quieter.ranks[0]) == (1, 0, 2)
    assert quieter.cosines[1] > 0
    assert found["gain +6 dB"].refused == 0


def test_figures_of_planted_vectors() -> None:
    originals = np.eye(4)
    altered = np.array(
        [[1, 0, 0, 0], [1, 2, 0, 0], [0, 0.5, 0.1, 0], [np.nan] * 4], dtype=np.float64
    )
    found = compare(altered, originals)
    assert found.cosines == pytest.approx([1, 2 / 5**0.5, 0.1 / 0.26**0.5, 0])
    assert found.ranks == [1, 1, 2, 4]
    assert found.median_cosine == pytest.approx((2 / 5**0.5 + 0.1 / 0.26**0.5) / 2)
    assert (found.lowest_cosine, found.nearly_equal_share) == (0, 0.25)
    assert (found.first_share, found.worst_rank, found.refused) == (0.5, 4, 1)
