from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from specrec.report.spectrograms import picture_names

NAME = st.text(st.sampled_from("aAbé. ~日\N{COMBINING ACUTE ACCENT}"), min_size=1, max_size=4)
FILE = st.builds(
    lambda folders, name, suffix: "/".join([*folders, f"x{name}{suffix}"]),
    st.lists(st.sampled_from(["a", "A", "..", "xa.png", "xa"]), max_size=2),
    NAME | st.just("a" * 249) | st.just("日" * 83),
    st.sampled_from([".wav", ".WAV", ".mp3", ".png", ".au", ""]),
)


def test_a_picture_is_named_after_its_file_where_it_lies() -> None:
    names = picture_names(["clip_0.mp3", "a/b/Song one.flac", "a/b.c.wav", "none"])
    assert {path: str(name) for path, name in names.items()} == {
        "clip_0.mp3": "clip_0.png",
        "a/b/Song one.flac": "a/b/Song one.png",
        "a/b.c.wav": "a/b.c.png",
        "none": "none.png",
    }


def test_files_of_one_stem_keep_their_suffix() -> None:
    names = picture_names(["s.wav", "s.mp3", "S.ogg", "s.mp3.wav", "t/s.wav"])
    found = {path: str(name) for path, name in names.items()}
    assert found["s.wav"] == "s.wav.png"
    assert found["S.ogg"] == "S.ogg.png"
    assert found["s.mp3.wav"] != "s.mp3.png"
    assert found["t/s.wav"] == "t/s.png"


def test_a_name_of_a_file_and_a_folder_is_given_once() -> None:
    names = picture_names(["a.png/b.wav", "a.wav"])
    assert str(names["a.png/b.wav"]) == "a.png/b.png"
    assert str(names["a.wav"]) == "a.wav.png"


@given(st.sets(FILE, max_size=12))
def test_names_differ_on_any_file_system_and_stay_inside(paths: set[str]) -> None:
    names = picture_names(sorted(paths))
    assert set(names) == paths
    taken = {str(name).casefold() for name in names.values()}
    assert len(taken) == len(paths)
    folders = {str(folder).casefold() for name in names.values() for folder in name.parents}
    assert not taken & folders
    for name in names.values():
        assert name.suffix == ".png"
        assert len(name.name.encode()) <= 255
        assert not name.is_absolute()
        assert ".." not in name.parts
    assert names == picture_names(sorted(paths))
    assert all(isinstance(name, PurePosixPath) for name in names.values())
