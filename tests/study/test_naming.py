"""A cluster's name is true of its center: the notebook called one "Acoustic" at energy 0.84."""

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specrec.study.naming import (
    MIDDLE,
    SLIGHT,
    STANDS_OUT,
    TOO_FEW,
    name_clusters,
    profile_clusters,
)

FEATURES = ("energy", "acousticness", "valence", "loudness", "tempo_bpm")
NOUNS = {"tempo": "tempo_bpm"}
ADJECTIVES = {
    "energetic": ("energy", 1),
    "calm": ("energy", -1),
    "likely acoustic": ("acousticness", 1),
    "likely not acoustic": ("acousticness", -1),
    "cheerful": ("valence", 1),
    "sad": ("valence", -1),
    "loud": ("loudness", 1),
    "quiet": ("loudness", -1),
    "fast": ("tempo_bpm", 1),
    "slow": ("tempo_bpm", -1),
}


def library(seed: int, tracks: int = 300) -> pd.DataFrame:
    """Random shares of any skew, some missing."""
    rng = np.random.default_rng(seed)
    shapes = rng.uniform(0.3, 6, size=(3, 2))
    shares = {
        name: rng.beta(*shape, size=tracks)
        for name, shape in zip(FEATURES[:3], shapes, strict=True)
    }
    frame = pd.DataFrame(
        {
            **shares,
            "loudness": rng.normal(-9, 4, size=tracks),
            "tempo_bpm": rng.lognormal(4.7, 0.3, size=tracks),
        }
    )
    return frame.mask(rng.random(frame.shape) < 0.05)


def scaled(name: str, values: pd.Series) -> pd.Series:
    """The scale on which differences are alike, written again."""
    if name in FEATURES[:3]:
        held = values.clip(0.005, 0.995)
        return np.log(held / (1 - held))
    return np.log2(values) if name == "tempo_bpm" else values


def check_phrase(phrase: str, own: pd.DataFrame, all_: pd.DataFrame) -> None:
    slight, plain = phrase.startswith("slightly "), phrase in ADJECTIVES
    if plain:
        name, side = ADJECTIVES[phrase]
    else:
        word, _, noun = phrase.removeprefix("slightly ").partition(" ")
        name, side = NOUNS.get(noun, noun), {"higher": 1, "lower": -1}[word]
    column = scaled(name, all_[name])
    off = (scaled(name, own[name]).mean() - column.mean()) / column.std(ddof=0)
    assert side * off >= (SLIGHT if slight else STANDS_OUT)
    assert side * (own[name].mean() - all_[name].mean()) > 0
    assert side * (own[name].median() - all_[name].median()) > 0
    if name in FEATURES[:3] and plain:
        assert (own[name].mean() > 0.5) == (side > 0)


@settings(max_examples=60)
@given(st.integers(0, 10_000), st.integers(2, 7), st.booleans())
def test_every_word_of_every_name_is_true_of_the_center(
    seed: int, count: int, by_energy: bool
) -> None:
    features = library(seed)
    labels = np.random.default_rng(seed).integers(count, size=len(features))
    if by_energy:  # clusters that differ, beside those by chance
        labels = features["energy"].fillna(0.5).rank(method="first").to_numpy() * count // 301
        labels = labels.astype(np.int64)
    names = name_clusters(profile_clusters(features, labels, count), features)
    assert len(set(names)) == count
    for label, name in enumerate(names):
        plain = re.sub(r" \(\d+\)$", "", name)  # a number after a name that others have too
        for phrase in plain.split(", "):
            if phrase != MIDDLE:
                check_phrase(phrase, features[labels == label], features)


def test_chance_names_nothing() -> None:
    rng = np.random.default_rng(3)
    features = pd.DataFrame(rng.random((400, 3)), columns=list(FEATURES[:3]))
    names = name_clusters(profile_clusters(features, rng.integers(2, size=400), 2), features)
    assert names == (MIDDLE, f"{MIDDLE} (2)")


@pytest.mark.parametrize(("rest", "word"), [(0.3, "energetic"), (0.95, "lower energy")])
def test_energy_of_084_is_never_called_calm_or_acoustic(rest: float, word: str) -> None:
    rng = np.random.default_rng(0)
    energy = np.concatenate([rng.normal(0.84, 0.02, 100), rng.normal(rest, 0.02, 100)])
    acousticness = np.concatenate([rng.normal(0.1, 0.02, 100), rng.normal(0.8, 0.02, 100)])
    features = pd.DataFrame({"energy": energy, "acousticness": acousticness}).clip(0, 1)
    labels = np.repeat([0, 1], 100)
    name = name_clusters(profile_clusters(features, labels, 2), features)[0]
    # With acousticness so sure, a name may stop at it; energy is told where it is asked for.
    phrases = {item.feature: item.phrase for item in profile_clusters(features, labels, 2)[0]}
    assert phrases["energy"] == word
    assert phrases["acousticness"] == "likely not acoustic"
    assert "likely acoustic" not in name
    assert "calm" not in name


def test_a_second_name_for_the_same_thing_is_left_out() -> None:
    rng = np.random.default_rng(1)
    bright = np.repeat([1.0, -1.0], 150) + 0.3 * rng.normal(size=300)
    features = pd.DataFrame(
        {
            "centroid_hz": 1500 * 2**bright,
            "rolloff_hz": 3000 * 2 ** (bright + 0.02 * rng.normal(size=300)),
            "loudness_lufs": -14 + 2 * np.repeat([1.0, -1.0], 150) + 2 * rng.normal(size=300),
        }
    )
    profiles = profile_clusters(features, np.repeat([0, 1], 150), 2)
    assert [item.feature for item in profiles[0]][2] == "loudness_lufs"
    first, second = name_clusters(profiles, features)
    assert first in ("bright, loud", "rich in treble, loud")
    assert second in ("dark, quiet", "poor in treble, quiet")


def test_names_that_would_be_one_get_what_tells_them_apart() -> None:
    rng = np.random.default_rng(2)
    labels = np.repeat([0, 1, 2], 200)
    energy = np.choose(labels, [0.9, 0.9, 0.2]) + 0.03 * rng.normal(size=600)
    valence = np.choose(labels, [0.55, 0.45, 0.5]) + 0.1 * rng.normal(size=600)
    features = pd.DataFrame({"energy": energy, "valence": valence}).clip(0, 1)
    names = name_clusters(profile_clusters(features, labels, 3), features)
    assert names == (
        "energetic, slightly higher valence",
        "energetic, slightly lower valence",
        "calm",
    )


def test_of_a_few_tracks_nothing_is_said() -> None:
    features = pd.DataFrame({"energy": [0.9, 0.95, 0.9, *np.linspace(0.1, 0.6, 40)]})
    labels = np.array([0] * 3 + [1] * 40)
    names = name_clusters(profile_clusters(features, labels, 2), features)
    assert names[0] == TOO_FEW
