import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile as sf
from click.testing import CliRunner
from PIL import Image

import specrec.cli
from specrec.config import IndexConfig
from specrec.errors import QueryError
from specrec.index.build import build_library
from specrec.recommend.collection import Collection
from specrec.study import clusters
from specrec.study.cues import CLAIMS, study_cues
from specrec.study.dataset import of_library, of_table
from specrec.study.spectrogram_cues import cues_of_file
from tests.libraries import write_planted

runner = CliRunner()


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "KS", (2, 3))  # for speed


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Whose tracks are measured, and whose audio is gone."""
    return write_planted(tmp_path_factory.mktemp("planted") / "library")


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two kinds of tracks as a published table has them."""
    rng = np.random.default_rng(0)
    kinds = np.repeat([0, 1], 60)
    frame = pd.DataFrame(
        {
            "track_id": [f"t{row}" for row in range(120)],
            "track_name": [f"[b]夜 {row}" for row in range(120)],
            "energy": np.where(kinds, 0.9, 0.2) + 0.02 * rng.normal(size=120),
            "acousticness": np.where(kinds, 0.1, 0.9) + 0.02 * rng.normal(size=120),
            "track_genre": np.where(kinds, "metal", "folk"),
        }
    )
    path = tmp_path_factory.mktemp("table") / "tracks.csv"
    frame.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Path:
    """Forty short tracks with audio: the more energy a table gives, the more noise they have."""
    folder = tmp_path_factory.mktemp("music")
    rng = np.random.default_rng(0)
    time = np.arange(round(2.5 * 22_050)) / 22_050
    rows = []
    for number, energy in enumerate(np.linspace(0.05, 0.95, 40)):
        tone = np.sin(2 * np.pi * (200 + 5 * number) * time)
        noise = rng.normal(size=len(time))
        sf.write(folder / f"{number}.wav", 0.3 * tone + 0.1 * energy**2 * noise, 22_050)
        rows.append({"path": f"{number}.wav", "artist": f"a{number}", "energy": energy})
    pd.DataFrame(rows).to_csv(folder / "manifest.csv", index=False)
    out = folder / "library"
    config = IndexConfig(
        str(folder), str(out), str(model_folder), workers=1, measure_features=False
    )
    build_library(config)
    return out


def test_clusters_of_a_table(table: Path, tmp_path: Path) -> None:
    picture = tmp_path / "clusters.png"
    arguments = ["clusters", str(table), "--clusters", "2", "--json", "-o", str(picture)]
    result = runner.invoke(specrec.cli.app, arguments)
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    names = {cluster["name"] for cluster in document["clusters"]}
    assert len(names) == 2
    assert any("energetic" in name or "likely not acoustic" in name for name in names)
    numbers = document["cluster_of_track"]
    assert len({numbers[f"t{row}"] for row in range(60)}) == 1
    assert numbers["t0"] != numbers["t100"]
    assert document["sources"] == {"energy": "table", "acousticness": "table"}
    assert Image.open(picture).size[0] > 600


def test_clusters_are_drawn(table: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "clusters.svg", tmp_path / "printed.svg"
    result = runner.invoke(specrec.cli.app, ["plot", "clusters", str(table), "-o", str(one)])
    assert result.exit_code == 0
    assert result.stdout.split() == ["picture", "written", "to", str(one)]
    assert all(text in one.read_text() for text in ("Silhouette", "acousticness", "2 clusters"))
    runner.invoke(specrec.cli.app, ["clusters", str(table), "-o", str(other)])
    assert other.read_bytes() == one.read_bytes()


def test_clusters_are_printed_with_titles_and_an_account(table: Path) -> None:
    result = runner.invoke(specrec.cli.app, ["clusters", str(table)], terminal_width=200)
    assert result.exit_code == 0
    assert "k = 2, of the stable numbers of clusters" in " ".join(result.stdout.split())
    assert "[b]夜" in result.stdout


def test_a_library_is_clustered_by_sound_or_by_features(library: Path) -> None:
    opened = Collection.open(library)
    sound, features = of_library(opened), of_library(opened, "features")
    np.testing.assert_allclose(np.linalg.norm(sound.vectors, axis=1), 1, rtol=1e-6)
    assert set(sound.features) == set(features.features)
    assert set(features.sources.values()) == {"measured"}
    assert features.vectors.shape[1] == len(features.columns)


@pytest.mark.parametrize(("color", "suffix"), [(None, "svg"), ("energy", "svg"), ("genre", "png")])
def test_a_map_is_drawn(table: Path, tmp_path: Path, color: str | None, suffix: str) -> None:
    output = tmp_path / f"map.{suffix}"
    colored = ["--color", color] if color else ["--clusters", "3", "--method", "pca"]
    result = runner.invoke(
        specrec.cli.app, ["plot", "map", str(table), "-o", str(output), *colored]
    )
    assert result.exit_code == 0
    if suffix == "svg":
        text = output.read_text()
        assert ("t-SNE 1" if color else "PC 1") in text
        assert (color or "clusters") in text
    else:
        colors = Image.open(output).convert("RGB").getcolors(1 << 24)
        assert colors is not None
        assert len(colors) > 20


def test_a_map_of_few_tracks_has_no_clusters(table: Path, tmp_path: Path) -> None:
    pd.read_csv(table).head(4).to_csv(tmp_path / "four.csv", index=False)
    paths = str(tmp_path / "four.csv"), "-o", str(tmp_path / "map.svg")
    assert runner.invoke(specrec.cli.app, ["plot", "map", *paths]).exit_code == 0
    drawn = (tmp_path / "map.svg").read_text()
    assert "4 tracks by features, t-SNE" in drawn
    assert "clusters" not in drawn


def test_a_method_that_is_not_there_is_named(table: Path, tmp_path: Path) -> None:
    paths = str(table), "-o", str(tmp_path / "map.svg")
    with pytest.raises(QueryError, match="--method must be tsne, pca, umap, not x"):
        runner.invoke(
            specrec.cli.app, ["plot", "map", *paths, "--method", "x"], catch_exceptions=False
        )


def test_a_column_that_is_not_there_is_named(table: Path, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match="enrgy: no column of that name; did you mean energy"):
        of_table(table).column("enrgy")


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["clusters", "TABLE", "--by", "sound"], "a table has features only"),
        (["clusters", "LIBRARY", "--by", "colors"], "--by must be sound or features, not colors"),
        (["clusters", "LIBRARY", "-o", "a.pdf"], "only PNG and SVG"),
        (["plot", "clusters", "LIBRARY", "-o", "a.pdf"], "only PNG and SVG"),
        (["plot", "cues", "LIBRARY", "-o", "a"], "only PNG and SVG"),
        (["cues", "LIBRARY"], "no track's audio can be read"),
        (["cues", "LIBRARY", "--group", "label"], "no column label to group by"),
    ],
)
def test_errors_say_what_to_do(arguments: list[str], what: str, library: Path, table: Path) -> None:
    places = {"LIBRARY": str(library), "TABLE": str(table)}
    result = runner.invoke(specrec.cli.app, [places.get(one, one) for one in arguments])
    assert result.exit_code != 0
    assert what in str(result.exception)


def test_claims_about_a_library_with_audio(music: Path, tmp_path: Path) -> None:
    opened = Collection.open(music)
    (opened.audio_root / "7.wav").rename(tmp_path / "gone.wav")
    try:
        study = study_cues(opened, workers=1)
    finally:
        (tmp_path / "gone.wav").rename(opened.audio_root / "7.wav")
    assert [item.path for item in study.skipped] == [opened.audio_root / "7.wav"]
    findings = {(item.claim.feature, item.claim.cue): item for item in study.findings}
    level = findings["energy", "upper_level_db"]
    assert (level.source, level.tracks, level.groups) == ("table", 39, 39)
    assert level.verdict == findings["energy", "density"].verdict == "supported"
    assert {item.verdict for item in study.findings[4:]} == {"not known here"}
    own = cues_of_file(opened.audio_root / str(opened.tracks["path"].iloc[0]))
    assert study.cues.iloc[0].to_dict() == pytest.approx(own, nan_ok=True)
    json.dumps(study.to_dict())


def test_cues_are_printed_and_drawn(music: Path, tmp_path: Path) -> None:
    picture = tmp_path / "cues.svg"
    result = runner.invoke(specrec.cli.app, ["cues", str(music), "-o", str(picture)])
    assert result.exit_code == 0
    said = " ".join(result.stdout.split())
    assert "supported" in said
    assert "worked out from the sound" not in said  # a table's energy was not
    text = picture.read_text()
    assert all(verdict in text for verdict in ("supported", "not known here"))
    assert sum(claim.words.split()[0] in text for claim in CLAIMS) == len(CLAIMS)
    again = tmp_path / "again.svg"
    runner.invoke(specrec.cli.app, ["plot", "cues", str(music), "-o", str(again)])
    assert again.read_bytes() == picture.read_bytes()
