import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics.pairwise import cosine_similarity

from specrec.descriptors.features import PROPERTIES
from specrec.descriptors.vocabulary import WORDS
from specrec.explain.explainer import Explainer
from specrec.explain.explanation import Explanation
from specrec.explain.feature_stats import FeatureStats
from specrec.explain.sentences import sentence
from specrec.model.probe import Probe
from tests.explain.planted import make_probe

DIM = 40
TRACKS = 200


class World:
    """A library in which three features have a direction each, and the truth is measured."""

    def __init__(self, hidden: tuple[str, ...] = (), r2: dict[str, float] | None = None) -> None:
        rng = np.random.default_rng(0)
        self.embeddings = rng.normal(size=(TRACKS, DIM)).astype(np.float32)
        names = ("centroid_hz", "bass_share", "onset_rate_hz")
        self.probe: Probe = make_probe(
            {name: 3 * np.eye(DIM)[place] for place, name in enumerate(names)}, r2
        )
        self.hidden = hidden
        self.loudness = rng.normal(-14, 3, size=TRACKS)
        self.key = np.zeros(TRACKS)

    def explain(self, query: int, *neighbors: int) -> list[Explanation]:
        table = pd.DataFrame(self.probe.predict(self.embeddings)).drop(columns=list(self.hidden))
        table["loudness_lufs"], table["key"] = self.loudness, self.key
        stats = FeatureStats(table, self.probe, self.embeddings)
        explainer = Explainer(self.embeddings, stats)
        return explainer.explain_row(query, np.array(neighbors))


def test_a_planted_reason_is_named_and_it_alone() -> None:
    world = World()
    world.key = np.arange(TRACKS) % 12.0
    world.embeddings[:2, :3] = [[5, 0.1, -0.1], [5, -0.1, 0.1]]
    (explanation,) = world.explain(0, 1)
    named = {(item.feature, item.side, item.verdict) for item in explanation.reasons}
    named.discard(("loudness_lufs", "high", "both also"))
    assert named == {("centroid_hz", "high", "because")}
    assert explanation.sentence.startswith("Because both are bright (")
    assert "top 1 %" in explanation.sentence


def test_parts_add_up_and_survive_json() -> None:
    world = World()
    for explanation in world.explain(0, 1, 2, 3):
        document = json.loads(json.dumps(explanation.to_dict()))
        total = sum(item["value"] for item in document["contributions"]) + document["residual"]
        assert total == pytest.approx(document["similarity"], abs=1e-9)
        assert document["format_version"] == 1
        values = [item["value"] for item in document["contributions"]]
        assert values == sorted(values, reverse=True)


def test_a_feature_that_is_shared_but_common_is_no_reason() -> None:
    world = World()
    world.embeddings[:2, :3] = 0.1
    (explanation,) = world.explain(0, 1)
    assert not {"centroid_hz", "bass_share", "onset_rate_hz"} & {
        item.feature for item in explanation.reasons
    }


def test_opposites_are_no_reason() -> None:
    world = World()
    world.embeddings[0, 0], world.embeddings[1, 0] = 4, -4
    (explanation,) = world.explain(0, 1)
    assert "centroid_hz" not in {item.feature for item in explanation.reasons}
    contribution = next(c for c in explanation.contributions if c.feature == "centroid_hz")
    assert contribution.value < 0
    assert not contribution.causal


def test_what_the_model_does_not_hear_is_never_a_cause() -> None:
    world = World()
    world.loudness[:2] = -3.0
    (explanation,) = world.explain(0, 1)
    reason = next(item for item in explanation.reasons if item.feature == "loudness_lufs")
    assert (reason.verdict, reason.contribution) == ("both also", None)
    assert "loud (top 1 %)" in explanation.sentence


def test_below_its_floor_a_prediction_says_nothing() -> None:
    world = World(hidden=("centroid_hz",), r2={"centroid_hz": 0.29})
    world.embeddings[:2, 0] = 6
    (explanation,) = world.explain(0, 1)
    assert "centroid_hz" not in {item.feature for item in explanation.reasons}
    assert "centroid_hz" not in {item.feature for item in explanation.contributions}


def test_a_prediction_must_stand_out_by_more_than_it_errs() -> None:
    world = World(hidden=("centroid_hz",))
    world.embeddings[:2, 0] = 6
    (explanation,) = world.explain(0, 1)
    reason = explanation.reasons[0]
    assert (reason.feature, reason.query.measured) == ("centroid_hz", False)
    # The probe's interval is 0.5 on the scale, and its row 3 long.
    median = np.median(world.embeddings[:, 0])
    world.embeddings[:2, 0] = median + 0.9 * 0.5 / 3
    (explanation,) = world.explain(0, 1)
    assert "centroid_hz" not in {item.feature for item in explanation.reasons}


def test_when_nothing_is_shared_the_sentence_says_so() -> None:
    world = World()
    world.loudness[:] = -14
    world.key[:] = np.nan
    world.embeddings[:2, :3] = 0.05
    world.embeddings[1, 3:] = world.embeddings[0, 3:]
    (explanation,) = world.explain(0, 1)
    assert explanation.reasons == ()
    assert explanation.residual > 0.99 * explanation.similarity
    assert explanation.sentence == "Sounds similar, but mostly unexplained by named features."


def test_what_is_shared_but_usual_is_not_said_to_have_no_name() -> None:
    world = World()
    world.loudness[:], world.key[:] = -14, np.nan
    middle = np.median(world.embeddings, axis=0)
    world.embeddings[:2] = 0
    world.embeddings[:2, 0] = middle[0] + 0.3
    (explanation,) = world.explain(0, 1)
    assert explanation.similarity == pytest.approx(1)
    assert explanation.residual == pytest.approx(0, abs=1e-6)
    assert explanation.reasons == ()
    assert explanation.sentence == "Sounds similar, but no shared feature stands out."


def test_what_does_not_match_is_not_said_to() -> None:
    world = World()
    world.embeddings[1] = -world.embeddings[0]
    world.loudness[:2] = -3, -3
    (explanation,) = world.explain(0, 1)
    assert explanation.similarity < 0
    assert explanation.sentence.startswith(
        "No more similar than chance, though both are loud (top 1 %)"
    )
    world.loudness[:], world.key[:] = -14, np.nan
    (explanation,) = world.explain(0, 1)
    assert explanation.sentence == "No more similar than chance."


def test_a_shared_key_is_a_fact_only_if_few_share_it() -> None:
    world = World()
    world.key = np.arange(TRACKS) % 12.0
    explanations = world.explain(0, 12, 13)
    assert "in the key of C" in explanations[0].sentence
    assert "key" not in explanations[1].sentence


@pytest.mark.parametrize("rank", [1, 10, 11, 14])
def test_the_needed_change_takes_the_neighbor_out_or_in(rank: int) -> None:
    world = World()
    world.embeddings[0, 0] = 5
    neighbor = int(np.argsort(-cosine_similarity(world.embeddings)[0])[rank])
    (explanation,) = world.explain(0, neighbor)
    contribution = next(c for c in explanation.contributions if c.feature == "centroid_hz")
    assert contribution.rank_before == rank
    assert contribution.needed_change is not None
    before, after = contribution.needed_change
    predicted = world.probe.predict(world.embeddings[[neighbor]])["centroid_hz"]
    np.testing.assert_allclose(before, predicted[0], rtol=1e-5)
    # Move the track there along the one axis, and search.
    world.embeddings[neighbor, 0] += 1.001 * np.log2(after / before) / 3
    (moved,) = world.explain(0, neighbor)
    assert moved.contributions[0].rank_before == (11 if rank <= 10 else 10)


def test_a_counterfactual_is_a_value_that_some_track_has() -> None:
    world = World()
    values = world.probe.predict(world.embeddings)
    cosines = cosine_similarity(world.embeddings)
    changes = [
        (item.feature, item.needed_change)
        for query in range(10)
        for explanation in world.explain(query, *np.argsort(-cosines[query])[1:15].tolist())
        for item in explanation.contributions
    ]
    found = [(name, change[1]) for name, change in changes if change is not None]
    assert 10 < len(found) < len(changes)
    assert all(values[name].min() <= to <= values[name].max() for name, to in found)


def test_every_feature_has_words() -> None:
    assert set(PROPERTIES) <= set(WORDS)


def test_what_was_asked_for_is_said_by_its_place_where_it_is_not_clear() -> None:
    asked = {"singing", "piano"}
    places = {"singing": 96.4, "piano": 80.0}
    said = sentence(0.4, 0.0, [], asked=asked, amounts=places)
    assert said == "More singing than 96 % of the library, as asked."
    vague = sentence(0.4, 0.0, [], asked=asked, amounts={"singing": 60.0})
    assert vague == "Nearest to what was asked, though none of it is clear."
