from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from specrec.audio.loading import load
from specrec.config import IndexConfig
from specrec.errors import CatalogError, LibraryError, ModelError
from specrec.evaluation.embedding_sources import find_sources
from specrec.evaluation.protocol import evaluate_library
from specrec.evaluation.retrieval import METRICS
from specrec.evaluation.robustness import ALTERATIONS
from specrec.index.build import build_library
from specrec.model.embedding import embed_waveform
from specrec.model.model import load_model
from specrec.recommend.collection import Collection


@pytest.fixture(scope="module")
def reversed_library(library: Collection, other_model: Path) -> Collection:
    """The same music under other names and in another order, by another model."""
    folder = library.folder.parent / "reversed"
    folder.mkdir()
    for row in range(6):
        data = (library.audio_root / f"track {row}.wav").read_bytes()
        (folder / f"{9 - row}.wav").write_bytes(data)
    place = folder.parent / "reversed-library"
    build_library(
        IndexConfig(str(folder), str(place), str(other_model), workers=1, measure_features=False)
    )
    return Collection.open(place)


def test_a_model_and_a_library_of_it_give_the_same_embedding(
    library: Collection, reversed_library: Collection, other_model: Path
) -> None:
    models = (str(other_model), str(reversed_library.folder))
    found = evaluate_library(library, "half", "family", models=models, where="half == 1")
    second, third = "other", f"other ({reversed_library.folder})"
    assert list(found.embeddings) == ["random", second, third]
    assert found.embeddings[second].fingerprint == found.embeddings[third].fingerprint
    assert (found.embeddings["random"].origin, found.embeddings["random"].dim) == (
        str(library.folder),
        24,
    )
    assert found.track_ids == library.tracks["track_id"].tolist()[:3]
    assert [(table.label, table.artist_filter) for table in found.retrieval] == [
        ("half", False), ("half", True), ("family", False), ("family", True),
    ]  # fmt: skip
    for table in found.retrieval:
        assert table.figures[second] == table.figures[third]
        assert set(table.differences) == {second, third}
        assert set(table.figures[second]) == set(METRICS)
    assert found.hubness[second] == found.hubness[third]
    assert found.robustness == {}


def test_other_libraries_are_matched_by_content_or_track_id(
    library: Collection, reversed_library: Collection, other_model: Path
) -> None:
    encoder = load_model(other_model, device="cpu").encoder
    rows = np.array([4, 1])
    source = find_sources(library, rows, (str(reversed_library.folder),))["other"]
    assert source.vectors is not None
    for row, vector in zip(rows, source.vectors, strict=True):
        expected = embed_waveform(encoder, load(library.audio_root / f"track {row}.wav", 16_000))
        np.testing.assert_allclose(vector, expected.embedding, atol=1e-5)
    renamed = Collection.open(library.folder)
    renamed.generation.tracks = library.tracks.assign(
        content_id=[f"re-encoded {row}" for row in range(6)],
        track_id=reversed_library.tracks["track_id"].tolist(),
    )
    by_id = find_sources(renamed, rows, (str(reversed_library.folder),))["other"]
    np.testing.assert_array_equal(by_id.vectors, reversed_library.embeddings[rows])


def test_wrong_models_are_refused(
    library: Collection, reversed_library: Collection, model_folder: Path, other_model: Path
) -> None:
    rows = np.arange(6)
    with pytest.raises(ModelError, match="nowhere"):
        find_sources(library, rows, ("nowhere",))
    # The library's own model again is told apart by its folder; a third time is one too many.
    names = list(find_sources(library, rows, (str(model_folder), str(other_model))))
    assert names == ["random", f"random ({model_folder})", "other"]
    with pytest.raises(ModelError, match="given twice"):
        find_sources(library, rows, (str(model_folder), str(model_folder)))
    strangers = Collection.open(library.folder)
    strangers.generation.tracks = library.tracks.assign(
        content_id=[f"other {row}" for row in range(6)],
        track_id=pd.Series([f"other {row}" for row in range(6)]),
    )
    with pytest.raises(LibraryError, match=r"lacks 6 of the 6 tracks, track 0\.wav for one"):
        find_sources(strangers, rows, (str(reversed_library.folder),))


def test_baselines_and_robustness_come_in_the_same_run(library: Collection) -> None:
    # The library's model is called "random": the baseline of that name gives way.
    done: list[tuple[int, int]] = []
    altered: list[tuple[int, int]] = []
    found = evaluate_library(
        library,
        "half",
        where="half == 1",
        baselines=True,
        robustness=True,
        on_embed=lambda *progress: done.append(progress),
        on_alter=lambda *progress: altered.append(progress),
    )
    assert list(found.embeddings) == [
        "random", "mel", "mfcc", "mfcc_standardized", "pixels", "untrained", "imagenet",
        "random (baseline)",
    ]  # fmt: skip
    assert found.embeddings["pixels"].dim == 64 * 128
    assert found.embeddings["pixels"].origin is None
    assert set(found.hubness) == set(found.embeddings) == set(found.retrieval[0].figures)
    assert found.robustness.keys() == {"random"}
    assert found.robustness["random"].keys() == ALTERATIONS.keys()
    assert done[-1] == altered[-1] == (3, 3)


def test_imagenet_weights_that_cannot_be_read_cost_only_their_baseline(
    library: Collection, imagenet_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "hub" / "checkpoints" / imagenet_weights.name
    broken.parent.mkdir(parents=True)
    broken.write_text("no weights")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    found = evaluate_library(library, "half", where="half == 1", baselines=True)
    assert "imagenet" not in found.embeddings
    assert "mfcc" in found.embeddings
    assert imagenet_weights.name in found.left_out["imagenet"]


def test_stored_embeddings_are_standardized_means(library: Collection, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    ids = library.tracks["track_id"].tolist()[::-1]
    windows = [rng.normal(5, 3, (count, 4)) for count in (1, 2, 3, 4, 5, 6)]
    stored = {"track_id": ids, "windows": [1, 2, 3, 4, 5, 6], "deep": np.concatenate(windows)}
    np.savez(tmp_path / "other.npz", **stored)
    rows = np.array([5, 0, 2])
    given = f"{tmp_path / 'other.npz'}:deep"
    source = find_sources(library, rows, (given,))["deep"]
    assert source.encoder is None
    means = np.stack([windows[5 - row].mean(axis=0) for row in rows])
    np.testing.assert_allclose(
        source.vectors, (means - means.mean(axis=0)) / means.std(axis=0), atol=1e-5
    )
    for array, message in (("shallow", "shallow"), ("track_id", "other.npz")):
        with pytest.raises(CatalogError, match=message):
            find_sources(library, rows, (f"{tmp_path / 'other.npz'}:{array}",))
    np.savez(tmp_path / "few.npz", track_id=ids[:1], windows=[1], deep=windows[0])
    with pytest.raises(CatalogError, match="nor of 1 more"):
        find_sources(library, rows, (f"{tmp_path / 'few.npz'}:deep",))
