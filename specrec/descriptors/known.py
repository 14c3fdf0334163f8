"""What is known of tracks, from a table or by measuring. The vocabulary itself needs no pandas."""

import pandas as pd

from specrec.descriptors.features import FEATURES, SYNONYMS, feature_name


def known_features(tracks: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """What is known of each track: a table's value where it has one, else the measured one.

    Args:
        tracks: With a table's columns; those not named as features are ignored.
        measured: One row a track, in the same order.

    Returns:
        One row a track, float64, NaN where nothing is known. A table's `tempo`, in bpm as ours,
        goes into `tempo_bpm`.
    """
    known = measured.reset_index(drop=True).copy()
    for column in (name for name in (*FEATURES, *SYNONYMS) if name in tracks):
        name = feature_name(column)
        given = pd.to_numeric(tracks[column], errors="coerce").astype("float64")
        given = given.reset_index(drop=True)
        known[name] = given.fillna(known[name]) if name in known else given
    return known
