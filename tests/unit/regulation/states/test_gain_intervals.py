"""Intervals of gains against a bootstrap that computes every resample anew."""

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.regulation.networks.recovery import Pairs
from cellglass.regulation.states.gain_intervals import gain_intervals
from cellglass.regulation.states.judged_pairs import JudgedPairs
from cellglass.stats import cluster_bootstrap_auroc

NAMES = tuple(f"G{i}" for i in range(25))


def judged_of(labels):
    mask = ~np.eye(len(labels), 25, dtype=bool)
    pairs = Pairs(NAMES[: len(labels)], NAMES, labels & mask, mask, "net")
    return pairs, JudgedPairs.of(pairs)


def test_they_are_those_of_the_cluster_bootstrap_of_the_difference():
    rng = np.random.default_rng(0)
    labels = rng.random((7, 25)) < 0.25
    pairs, judged = judged_of(labels)
    matrices = rng.normal(size=(3, 7, 25)) + np.array([0, 1, 2])[:, None, None] * labels
    found = gain_intervals(
        np.stack([judged.take(m) for m in matrices]), judged, draws=200, seed=4, task="x"
    )
    slow = cluster_bootstrap_auroc(
        [m[pairs.mask] for m in matrices], pairs.labels[pairs.mask], np.nonzero(pairs.mask)[0],
        draws=200, seed=4, task="x",
    )  # fmt: skip
    for place in (1, 2):
        span = slow.difference(place, 0).interval()
        np.testing.assert_allclose(found[place - 1], [span.low, span.high], atol=1e-12)
    assert found[1, 0] > 0


def test_one_regulator_with_edges_has_no_interval():
    labels = np.zeros((3, 25), bool)
    labels[1, 5:12] = True
    _, judged = judged_of(labels)
    scores = np.random.default_rng(1).normal(size=(3, len(judged)))
    assert np.isnan(gain_intervals(scores, judged, draws=100, seed=1, task="x")).all()


def test_pairs_in_parts_are_refused():
    labels = np.random.default_rng(2).random((4, 25)) < 0.4
    pairs, _ = judged_of(labels)
    judged = JudgedPairs.of(pairs, np.array([0, 1, 0, 1]))
    with pytest.raises(InputError, match="2 parts"):
        gain_intervals(np.zeros((2, len(judged))), judged, draws=100, seed=1, task="x")
