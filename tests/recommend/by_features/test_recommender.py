"""The recommender by features against a loop over all tracks."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from specrec.errors import CatalogError, QueryError
from specrec.recommend.by_features.recommender import FeatureRecommender
from specrec.recommend.by_features.settings import FeatureSettings, Metric, Scaling
from specrec.recommend.collection import Collection
from specrec.recommend.library import Library
from tests.libraries import TRACKS, write_planted

ON = ("energy", "valence", "acousticness", "tempo")


def make_table(rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "Unnamed: 0": range(rows),
            "track_id": [f"id{row}" for row in range(rows)],
            "artists": [f"Artist {row // 3}" for row in range(rows)],
            "album_name": "Album",
            "track_name": [f"Song {row}" for row in range(rows)],
            "popularity": rng.integers(0, 100, rows),
            "duration_ms": 200_000,
            "energy": rng.random(rows),
            "valence": rng.random(rows),
            "acousticness": rng.random(rows) ** 4,
            "key": rng.integers(0, 12, rows),
            "tempo": rng.uniform(60, 180, rows),
            "track_genre": "pop",
        }
    )
    table.loc[[0, 1], ["energy", "valence"]] = 0.99, 0.02
    table.loc[[0, 1], "tempo"] = 170.0
    return table


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return make_table()


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("scaling", ["robust", "none"])
def test_the_nearest_are_those_of_a_loop(
    table: pd.DataFrame, metric: Metric, scaling: Scaling
) -> None:
    recommender = FeatureRecommender.from_table(table, FeatureSettings(ON, scaling, metric))
    assert len(recommender) == len(table)
    for row in (0, 7, 399):
        found = recommender.neighbors(f"id{row}", k=12)
        scores = recommender.scores_of(row)
        order = [other for other in np.argsort(-scores, kind="stable") if other != row][:12]
        assert [item.track.track_id for item in found] == [f"id{other}" for other in order]
        assert [item.similarity for item in found] == pytest.approx(scores[order], abs=1e-12)
        assert [item.rank for item in found] == list(range(1, 13))


def test_bare_numbers_are_ordered_in_double_precision() -> None:
    rows = 300
    near = pd.DataFrame({"energy": np.linspace(0.1, 0.2, rows)[::-1], "tempo": 5000.0})
    recommender = FeatureRecommender.from_table(near, FeatureSettings(("energy", "tempo"), "none"))
    found = recommender.neighbors("0", k=5)  # cosines differ only after the tenth decimal
    assert [item.track.track_id for item in found] == ["1", "2", "3", "4", "5"]
    expected = cosine_similarity(near.to_numpy()[:1], near.to_numpy())[0, 1:6]
    assert [item.similarity for item in found] == pytest.approx(expected, abs=1e-14)


def test_a_track_is_found_by_id_row_clip_and_words(table: pd.DataFrame) -> None:
    doubled = pd.concat([table, table[5:6].assign(**{"Unnamed: 0": 900})])
    recommender = FeatureRecommender.from_table(doubled)
    assert len(recommender) == len(table)
    for query in ("id5", "5", "900", "clip_900", "clip_5.wav", "Song 5", "artist 1 song 5"):
        assert recommender.resolve(query).track.track_id == "id5"
    track = recommender.resolve("id5").track
    assert (track.artist, track.genre, track.duration_seconds) == ("Artist 1", "pop", 200)
    assert track.columns["rows"] == [5, 900]
    with pytest.raises(QueryError, match="fits no title"):
        recommender.resolve("clip_901")
    with pytest.raises(QueryError, match="k must be 1 or more"):
        recommender.neighbors("id5", k=0)
    with pytest.raises(QueryError, match="are the same track"):
        recommender.explain("id5", "900")


def test_another_release_of_a_song_is_no_neighbor(table: pd.DataFrame) -> None:
    release = table[5:6].assign(track_id="again", energy=table["energy"][5] + 0.001)
    other = table[9:10].assign(track_id="other", track_name="SONG 9", popularity=0)
    nameless = table[5:6].assign(track_id="nameless", artists=None)
    recommender = FeatureRecommender.from_table(pd.concat([table, release, other, nameless]))
    found = recommender.neighbors("id5", k=len(table))
    ids = [item.track.track_id for item in found]
    assert "again" not in ids
    assert ids[0] == "nameless"
    assert len({"id9", "other"} & set(ids)) == 1
    assert found.notes == ("1 track left out: the same recording as one in the list",)


def test_explanations_add_up_and_name_what_is_shared(table: pd.DataFrame) -> None:
    recommender = FeatureRecommender.from_table(table, FeatureSettings(ON))
    assert recommender.space.names == ("energy", "valence", "acousticness", "tempo_bpm")
    for item in recommender.neighbors("id7", k=10):
        explanation = item.explanation
        assert explanation is not None
        assert explanation.residual == 0
        assert explanation.similarity == pytest.approx(item.similarity, abs=1e-12)
        total = sum(part.value for part in explanation.contributions)
        assert total == pytest.approx(item.similarity, abs=1e-12)
        assert {part.rank_before for part in explanation.contributions} == {item.rank}
    explanation = recommender.explain("id0", "id1")
    because = {item.feature for item in explanation.reasons if item.verdict == "because"}
    causal = {item.feature for item in explanation.contributions if item.causal}
    assert because <= causal
    sides = {item.feature: item.side for item in explanation.reasons}
    assert sides["energy"] == "high"
    assert sides["valence"] == "low"
    assert "acousticness" not in because
    alone = FeatureRecommender.from_table(table, FeatureSettings(("popularity", "tempo")))
    said = alone.explain("id7", alone.neighbors("id7")[0].track.track_id or "").sentence
    assert said.startswith(("Similar in ", "Because both are "))


def test_ranks_without_a_feature_are_those_of_a_search_without_it(table: pd.DataFrame) -> None:
    whole = FeatureRecommender.from_table(table, FeatureSettings(ON))
    less = FeatureRecommender.from_table(table, FeatureSettings(ON[:3]))
    explanation = whole.explain("id7", "id20")
    tempo = next(item for item in explanation.contributions if item.feature == "tempo_bpm")
    before, after = whole.scores_of(7), less.scores_of(7)
    assert tempo.drop == pytest.approx(before[20] - after[20], abs=1e-12)
    assert tempo.rank_before == (np.delete(before, 7) > before[20]).sum() + 1
    assert tempo.rank_after == (np.delete(after, 7) > after[20]).sum() + 1


def test_a_needed_change_leads_out_of_the_list_or_into_it(table: pd.DataFrame) -> None:
    recommender = FeatureRecommender.from_table(table, FeatureSettings(ON))
    ranked = np.sort(np.delete(recommender.scores_of(7), 7))[::-1]
    sides = set()
    for item in recommender.neighbors("id7", k=12):
        explanation = recommender.explain("id7", item.track.track_id or "", k=5)
        row = recommender.tracks.index[recommender.tracks["track_id"] == item.track.track_id]
        for part in explanation.contributions:
            if part.needed_change is None:
                continue
            changed = recommender.known.loc[row].assign(**{part.feature: part.needed_change[1]})
            vector = recommender.space.vectors(changed)
            (score,) = recommender.space.scores(recommender.vectors[7], vector)
            assert score == pytest.approx(ranked[5 if item.rank <= 5 else 4], abs=1e-9)
            sides.add(item.rank <= 5)
    assert sides == {True, False}


def test_a_track_of_which_little_is_known_is_left_out(table: pd.DataFrame) -> None:
    holes = table.copy()
    holes.loc[3, ["energy", "valence", "acousticness"]] = np.nan
    holes.loc[4, "energy"] = np.nan
    recommender = FeatureRecommender.from_table(holes, FeatureSettings(ON))
    assert (len(recommender), recommender.left_out, recommender.filled) == (399, 1, 1)
    with pytest.raises(QueryError, match=r"id3: too few of its features are known"):
        recommender.neighbors("id3")
    assert recommender.resolve("id4").track.track_id == "id4"
    ids = [item.track.track_id for item in recommender.neighbors("id4", k=398)]
    assert len(ids) == 398
    assert "id3" not in ids


def test_odd_cells_and_queries_do_no_harm(table: pd.DataFrame) -> None:
    dated = FeatureRecommender.from_table(table.assign(year="1999-03-01", released=pd.Timestamp(0)))
    track = dated.resolve("id4").track
    assert (track.year, track.columns["released"]) == (1999, "1970-01-01")
    with pytest.raises(QueryError, match="the query is empty"):
        dated.resolve("")
    with pytest.raises(QueryError, match="nor text in UTF-8"):
        dated.resolve("\udcfc")


def test_a_key_that_was_not_found_is_unknown(table: pd.DataFrame) -> None:
    keys = np.arange(len(table)) % 13 - 1  # -1 is what Spotify says then
    recommender = FeatureRecommender.from_table(table.assign(key=keys))
    assert (recommender.known["key"].isna().to_numpy() == (keys < 0)).all()


def test_what_a_table_lacks_is_named(table: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=r"mood: unknown feature; the known ones are .*energy"):
        FeatureRecommender.from_table(table, FeatureSettings(("mood",)))
    with pytest.raises(QueryError, match=r"none of the known features, such as energy"):
        FeatureRecommender.from_table(table[["track_id", "popularity"]])
    with pytest.raises(QueryError, match="fewer than 2 tracks"):
        FeatureRecommender.from_table(table[:1])
    with pytest.raises(CatalogError, match="no such file"):
        FeatureRecommender.from_table(tmp_path / "absent.csv")


def test_a_table_on_disk_may_name_its_files(table: pd.DataFrame, tmp_path: Path) -> None:
    named = table.assign(file=[f"music/{row}.wav" for row in range(len(table))])
    named.to_csv(tmp_path / "table.csv", index=False)
    recommender = FeatureRecommender.from_table(tmp_path / "table.csv")
    assert recommender.audio_root == tmp_path.resolve()
    assert recommender.resolve("id3").track.path == "music/3.wav"
    assert FeatureRecommender.from_table(table).audio_root is None


def test_a_library_gives_its_tables_features_else_measured_else_predicted(tmp_path: Path) -> None:
    library = Collection.open(write_planted(tmp_path))
    measured = library.by_features()
    assert set(measured.sources.values()) == {"measured"}
    assert "loudness_lufs" in measured.sources
    assert len(measured) == TRACKS
    library = Collection.open(library.folder)
    library.generation.descriptors = library.generation.descriptors * np.nan
    library.tracks["energy"] = np.linspace(0, 1, TRACKS)
    tabled = library.by_features()
    assert tabled.sources == {"energy": "table"}
    mixed = library.by_features(FeatureSettings(("energy", "centroid_hz")))
    assert mixed.sources == {"energy": "table", "centroid_hz": "predicted"}


def test_predicted_features_are_spoken_of_with_caution(tmp_path: Path) -> None:
    library = Collection.open(write_planted(tmp_path))
    library.generation.descriptors = library.generation.descriptors * np.nan
    recommender = library.by_features()
    assert set(recommender.sources.values()) == {"predicted"}
    by_both = Library(library).explain("t0", "t1", by="both").explanation
    for explanation in (recommender.explain("t0", "t1"), by_both):
        assert "bright (" in explanation.sentence
        assert "kHz" not in explanation.sentence  # which would be said of what was measured
        assert not any(item.query.measured for item in explanation.reasons)
        assert not any(item.measured for item in explanation.neighbor.values())
