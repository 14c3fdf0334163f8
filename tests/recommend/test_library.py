import gc
import shutil
import subprocess
import sys
import weakref
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from specrec.errors import AudioError, QueryError
from specrec.recommend.library import Library
from specrec.recommend.results import track_of_row
from tests.sounds import make_music, tone, write


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, model_folder: Path) -> Path:
    """A library, which no test changes, of the music beside it."""
    folder = tmp_path_factory.mktemp("eight")
    music = make_music(folder / "music", 8)
    (music / "manifest.csv").write_text(
        "path,title,artist,mood\n"
        "track 0.wav,Blue_Monday,Ana,calm\n"
        "track 1.wav,Blue Train,John,wild\n"
        "track 2.wav,Naïve (live),Ana,\n"
        "track 3.wav,Train,Eva,\n"
    )
    settings = {"workers": 1, "measure_features": False}
    return Library.build(music, folder / "library", model_folder, **settings).collection.folder


@pytest.fixture
def library(folder: Path) -> Library:
    return Library.open(folder)


def test_neighbors_are_those_of_brute_force(library: Library) -> None:
    expected = cosine_similarity(np.asarray(library.collection.embeddings))
    for row in range(len(library)):
        # The random model takes short tones for one recording, here and below.
        neighbors = library.neighbors(library.tracks["track_id"][row], k=5, duplicates=True)
        others = [other for other in np.argsort(-expected[row]) if other != row][:5]
        assert [n.track for n in neighbors] == [
            track_of_row(library.tracks.iloc[other]) for other in others
        ]
        assert [n.rank for n in neighbors] == [1, 2, 3, 4, 5]
        similarities = [n.similarity for n in neighbors]
        np.testing.assert_allclose(similarities, expected[row, others], atol=1e-5)


def test_more_than_there_are_gives_all_others(library: Library) -> None:
    assert len(library.neighbors("track 5", k=100, duplicates=True)) == 7
    with pytest.raises(QueryError, match="k must be 1 or more"):
        library.neighbors("track 5", k=0)


def test_a_file_outside_finds_what_it_sounds_like(library: Library, tmp_path: Path) -> None:
    # The same sound with other bytes: as FLAC, a little quieter.
    import soundfile as sf

    samples, rate = sf.read(library.collection.audio_root / "track 6.wav")
    path = tmp_path / "outside.flac"
    sf.write(path, 0.98 * samples, rate)
    neighbors = library.neighbors(path, k=3)
    assert neighbors[0].track.path == "track 6.wav"
    assert neighbors[0].similarity > 0.99
    assert library.resolve(path).track.track_id is None
    assert library.resolve(path).track.title == "outside"


def test_a_file_of_the_library_and_its_copy_mean_the_track(
    library: Library, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.wav"
    copy.write_bytes((library.collection.audio_root / "track 4.wav").read_bytes())
    by_title = library.neighbors("track 4")
    assert library.neighbors(library.collection.audio_root / "track 4.wav") == by_title
    assert library.neighbors(copy) == by_title
    assert library.neighbors("track 4.wav") == by_title


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("Blue_Monday", "track 0.wav"),
        ("blue monday", "track 0.wav"),
        ("ana BLUE MONDAY", "track 0.wav"),
        ("Train", "track 3.wav"),
        ("John", "track 1.wav"),
        ("naïve live", "track 2.wav"),
        ("ana naïve", "track 2.wav"),
        ("track 7", "track 7.wav"),
    ],
)
def test_words_find_the_one_track_they_fit(library: Library, query: str, path: str) -> None:
    assert library.resolve(query).track.path == path


def test_ambiguous_words_list_the_candidates(library: Library) -> None:
    with pytest.raises(QueryError, match="fits 2 tracks") as caught:
        library.resolve("blue")
    assert "Ana - Blue_Monday" in str(caught.value)
    assert str(library.resolve("Blue Train").track.track_id) in str(caught.value)


def test_words_that_fit_nothing_get_a_hint(library: Library) -> None:
    with pytest.raises(QueryError, match="did you mean 'Blue_Monday'"):
        library.resolve("Blue Mondy")
    with pytest.raises(QueryError, match="neither a file nor a track_id"):
        library.resolve("x" * 5000)
    with pytest.raises(QueryError, match="empty"):
        library.resolve(" ")


def test_a_bad_file_outside_says_why(library: Library, tmp_path: Path) -> None:
    (tmp_path / "text.mp3").write_text("text")
    with pytest.raises(AudioError, match="not_audio"):
        library.neighbors(tmp_path / "text.mp3")
    with pytest.raises(AudioError, match="too_short"):
        library.neighbors(write(tmp_path / "click.wav", tone(0.2)))


def test_tracks_carry_plain_values(library: Library) -> None:
    track = library.resolve("Blue Train").track
    assert track.artist == "John"
    assert track.columns == {"mood": "wild"}
    assert track.year is None
    assert track.duration_seconds == pytest.approx(2.0)
    assert type(track.duration_seconds) is float
    assert library.resolve("track 7").track.columns == {"mood": None}


def test_a_track_of_the_library_needs_no_torch(library: Library) -> None:
    program = (
        "import sys; sys.modules['torch'] = None\n"
        "import specrec\n"
        f"library = specrec.Library.open({str(library.collection.folder)!r})\n"
        "print(len(library.neighbors('Blue Train', duplicates=True)), 'hydra' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["7", "False"]


def test_a_file_outside_is_heard_anew_when_it_changes(library: Library, tmp_path: Path) -> None:
    path = write(tmp_path / "outside.wav", tone(2.0, 300))
    first = library.resolve(path)
    assert library.resolve(path) is first
    write(path, tone(3.0, 1200))
    second = library.resolve(path)
    assert second.track.duration_seconds == pytest.approx(3.0)
    assert abs(second.sound - first.sound).max() > 1e-3


def test_a_query_that_was_resolved_before_the_library_changed_is_refused(
    folder: Path, tmp_path: Path
) -> None:
    library = Library.open(shutil.copytree(folder, tmp_path / "library"))
    asked = library.resolve("track 4"), library.resolve("track 7")
    before = Library.open(library.collection.folder)
    (removed,) = library.remove("track 4")
    assert removed.track == asked[0].track
    for query in asked:
        with pytest.raises(QueryError, match=r"track \d: resolved before .*; resolve it again"):
            library.neighbors(query)
    again = library.neighbors(library.resolve("track 7"), duplicates=True)
    assert len(again) == 6
    assert removed.track not in [item.track for item in again]
    assert len(before.neighbors(asked[1], duplicates=True)) == 7


def test_an_update_repeats_the_settings_of_the_last_run(tmp_path: Path, model_folder: Path) -> None:
    music = make_music(tmp_path / "music", 3)
    settings = {"windows_per_track": 2, "measure_features": False, "workers": 1}
    library = Library.build(music, tmp_path / "library", model_folder, **settings)
    kept = library.collection.generation.segments.keys()
    make_music(tmp_path / "more", 4)
    last = sorted((tmp_path / "more").glob("*.wav"))[-1]
    (query,) = library.add(shutil.copy(last, music / last.name))
    assert query.track.path == last.name
    assert len(library) == 4
    assert {name.split("/")[0] for name in library.collection.generation.segments} == {
        name.split("/")[0] for name in kept
    }  # with another number of windows all tracks would have been embedded anew
    assert library.collection.generation.descriptors.isna().all(axis=None)


def test_a_state_that_is_out_of_date_takes_no_memory(library: Library) -> None:
    library.neighbors(0, where="mood == 'calm'", explain=True)
    before = weakref.ref(library.collection)
    library.update()
    assert library.collection is before()  # nothing is new
    gc.disable()
    try:
        library.remove("track 4")
        assert before() is None
    finally:
        gc.enable()
