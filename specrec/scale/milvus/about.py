"""What explanations need to know of a whole library; it is small, and travels once to who asks."""

import hashlib
import json
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from specrec.explain.ablation import Controls
from specrec.model.distribution import Distribution
from specrec.model.probe import PROBE_FILE, Probe, load_probe, save_probe
from specrec.recommend.collection import Collection
from specrec.recommend.hubness import HubSample
from specrec.recommend.words import sampled
from specrec.scale.milvus.conditions import Field
from specrec.shapes import Float32, Int64

FORMAT_VERSION = 1
_MANIFEST = ("audio_root", "model", "counts")


@dataclass(frozen=True, eq=False)
class About:
    """A library's model, probe, fields, and samples of its tracks.

    Attributes:
        manifest: Of the library's manifest: audio root, model and counts.
        folder: Folder of the library that was pushed.
        fields: The columns that conditions may name.
        measured: Whether the library measures features of its tracks.
        probe: The probe that predicts features; None if there is none.
        distribution: Values of each feature over the library, or a sample of it, ascending; also
            of those with too few values for explanations, if conditions may name them.
        controls: Random directions with which those of features are compared.
        sample: Embeddings of the tracks by which words are measured.
        hubs: Embeddings of the tracks by which hubs are corrected.
        hub_keys: The keys of these tracks.
    """

    manifest: dict[str, Any]
    folder: str
    fields: tuple[Field, ...]
    measured: bool
    probe: Probe | None
    distribution: Distribution
    controls: Controls
    sample: Float32[np.ndarray, "sample dim"]
    hubs: Float32[np.ndarray, "hubs dim"]
    hub_keys: Int64[np.ndarray, " hubs"]

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the model that embedded the tracks."""
        return str(self.manifest["model"]["fingerprint"])


def describe(
    collection: Collection, fields: tuple[Field, ...], keys: Int64[np.ndarray, " tracks"]
) -> About:
    """Draws up what is to be known of a library.

    Args:
        collection: What the library holds.
        fields: Where its columns are stored.
        keys: The keys of its tracks.
    """
    embeddings, stats = collection.embeddings, collection.stats
    distribution = dict(stats.distribution)
    for name in (field.feature for field in fields if field.kind == "share"):
        if name not in distribution:  # too few tracks for explanations, but not for conditions
            values = stats.values(name)
            distribution[name] = np.sort(values[np.isfinite(values)])
    hubs = HubSample(embeddings).rows
    manifest = collection.generation.manifest
    return About(
        {name: manifest[name] for name in _MANIFEST},
        str(collection.folder.resolve()),
        fields,
        len(collection.generation.descriptors.columns) > 0,
        collection.probe,
        distribution,
        collection.explainer.controls,
        np.asarray(embeddings[sampled(len(embeddings))], np.float32),
        np.asarray(embeddings[hubs], np.float32),
        keys[hubs],
    )


def to_bytes(about: About) -> bytes:
    """Writes it down; the same always gives the same bytes."""
    described = {
        "format_version": FORMAT_VERSION,
        "manifest": about.manifest,
        "folder": about.folder,
        "fields": [vars(field) for field in about.fields],
        "measured": about.measured,
    }
    tensors: dict[str, np.ndarray] = {
        "sample": about.sample,
        "hubs": about.hubs,
        "hub_keys": about.hub_keys,
    }
    tensors |= {f"distribution/{name}": values for name, values in about.distribution.items()}
    # In single precision, in which effects are compared.
    tensors |= {f"controls/{group}": axes.astype("f4") for group, axes in about.controls.items()}
    if about.probe is not None:
        with tempfile.TemporaryDirectory() as folder:
            save_probe(about.probe, Path(folder) / PROBE_FILE)
            content = (Path(folder) / PROBE_FILE).read_bytes()
        tensors["probe"] = np.frombuffer(content, np.uint8)
    tensors["about"] = np.frombuffer(json.dumps(described, sort_keys=True).encode(), np.uint8)
    plain = {name: np.ascontiguousarray(tensors[name]) for name in sorted(tensors)}
    return zlib.compress(save(plain), level=1)


def from_bytes(content: bytes) -> About:
    """Reads what `to_bytes` wrote.

    Raises:
        ValueError: If it is of a newer format, or damaged.
    """
    tensors = load(zlib.decompress(content))
    described = json.loads(tensors["about"].tobytes())
    if described["format_version"] > FORMAT_VERSION:
        raise ValueError("was pushed by a newer specrec; update specrec")
    manifest, probe = described["manifest"], None
    if "probe" in tensors:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / PROBE_FILE).write_bytes(tensors["probe"].tobytes())
            probe = load_probe(Path(folder), manifest["model"]["fingerprint"])
    return About(
        manifest,
        described["folder"],
        tuple(Field(**field) for field in described["fields"]),
        described["measured"],
        probe,
        _named(tensors, "distribution"),
        {
            int(group): axes.astype(np.float64)
            for group, axes in _named(tensors, "controls").items()
        },
        tensors["sample"],
        tensors["hubs"],
        tensors["hub_keys"],
    )


def digest(content: bytes) -> str:
    """A name for some bytes."""
    return hashlib.sha256(content).hexdigest()[:12]


def _named(tensors: Mapping[str, np.ndarray], kind: str) -> dict[str, np.ndarray]:
    start = f"{kind}/"
    return {
        name.removeprefix(start): values
        for name, values in tensors.items()
        if name.startswith(start)
    }
