"""What settings were called in earlier releases, so that an old command learns what to write."""

_AUGMENT = "training.augment."
NEW_NAMES = {
    "batch_windows": "batch_size",
    "describe": "measure_features",
    "features": "feature_table",
    "search": "index_type",
    "data.extra": "data.unlabeled_audio",
    "training.batch_tracks": "training.batch_size",
    "training.view_seconds": "training.max_view_offset_seconds",
    "training.visits_per_epoch": "training.samples_per_track",
    f"{_AUGMENT}filter_db": f"{_AUGMENT}eq_db",
    f"{_AUGMENT}mask_frames": f"{_AUGMENT}time_mask",
    f"{_AUGMENT}mask_mels": f"{_AUGMENT}frequency_mask",
    f"{_AUGMENT}mix_share": f"{_AUGMENT}mix_probability",
    f"{_AUGMENT}speed": f"{_AUGMENT}max_speed_factor",
}


_DISTILL = "the group distill says who teaches now (as in conf/experiment/base.yaml)"
GONE = {
    "data.teachers": _DISTILL,
    "training.distill_weight": _DISTILL,
    "training.monitor=agreement": _DISTILL,
    "training.monitor=teacher_cosine": _DISTILL,
}
"""What to write in place of settings that no other setting replaces one by one."""


def renamed(name: str) -> str | None:
    """What to say of a setting that has another name now, or is gone; None of any other.

    >>> renamed("search")
    'search is called index_type now'

    Args:
        name: The setting as it is typed, such as `data.extra`, or with a value that was renamed.
    """
    if name in GONE:
        return f"{name} is gone: {GONE[name]}"
    return f"{name} is called {NEW_NAMES[name]} now" if name in NEW_NAMES else None
