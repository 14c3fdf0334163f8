from pathlib import Path

import numpy as np
import pytest

from specrec.config import IndexConfig
from specrec.errors import ModelError
from specrec.evaluation.audio_explanations import evaluate_with_audio
from specrec.evaluation.explanations import MEASURED, evaluate_explanations
from specrec.evaluation.reason_stability import FAINT
from specrec.evaluation.task import choose_rows
from specrec.index.build import build_library
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from tests.libraries import HEARD, write_planted
from tests.sounds import make_music


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Collection:
    return Collection.open(write_planted(tmp_path_factory.mktemp("planted")))


def test_explanations_of_a_planted_library_are_true(planted: Collection) -> None:
    rows = choose_rows(planted, "split == 'test'")[:6]
    done: list[tuple[int, int]] = []
    found = evaluate_explanations(planted, rows, on_progress=lambda *at: done.append(at))
    assert found.queries == len(rows) == len(done)
    for error in found.sum_errors.values():
        assert error.largest < 1e-5
        assert error.pairs == 10 * len(rows)
    # What the embedding holds is claimed, of tracks among the chosen, and true.
    assert list(found.claims) == [MEASURED]
    claims = found.claims[MEASURED]
    assert set(claims.of_feature) <= set(HEARD)
    assert claims.claims > 2
    assert claims.true_share is not None
    assert claims.true_share.value > 0.95
    assert found.named_share.shuffled_usable == 0
    assert found.named_share.shuffled is not None
    assert found.named_share.shuffled.value == 0
    assert found.erasing.pairs == found.specificity.pairs == 10 * len(rows)
    # A contribution as stored is what a search says, whatever the evaluation makes of it.
    neighbors = Library(planted).neighbors("t0", k=10)
    shares = [1 - n.explanation.residual / n.similarity for n in neighbors if n.explanation]
    assert len(shares) == 10
    alone = evaluate_explanations(planted, np.array([0, 1]))
    named = alone.named_share.named
    assert named is not None
    assert named.low <= np.mean(shares) + 1e-6 <= named.high + 2e-6
    assert alone.named_share.random is not None
    assert named.value > alone.named_share.random.value  # what is heard varies most


def test_without_a_probe_one_line_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    library = Collection.open(write_planted(tmp_path, probe=False))
    with pytest.raises(ModelError, match=f"no probe.*specrec probe {tmp_path}"):
        evaluate_explanations(library, np.arange(5))


def test_the_audio_is_heard_again(planted: Collection, tmp_path: Path, model_folder: Path) -> None:
    music = make_music(tmp_path / "music", 20)
    place = tmp_path / "library"
    config = IndexConfig(
        str(music), str(place), str(model_folder), workers=1, measure_features=False
    )
    build_library(config)
    library = Collection.open(place)
    before = evaluate_explanations(planted, np.array([0, 1]))
    masked: list[tuple[int, int]] = []
    found = evaluate_with_audio(
        library, np.array([1, 2]), before, on_mask=lambda *at: masked.append(at)
    )
    assert found.sum_errors["cells"].pairs == 2
    assert found.sum_errors["cells"].largest < 0.02  # the index may be of half precision
    assert found.sum_errors["features"] == before.sum_errors["features"]
    assert list(found.stability) == list(FAINT)
    assert found.deletion is not None
    assert found.deletion.pairs == 2
    assert masked == [(1, 2), (2, 2)]
    assert found.random_weights is not None
    assert found.random_weights.tracks == 2
