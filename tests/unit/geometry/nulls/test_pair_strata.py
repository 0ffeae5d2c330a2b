"""Strata of pairs from degree, co-expression and distance."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cellglass.errors import InputError
from cellglass.geometry.degrees import leave_one_out_degrees, reference_degrees
from cellglass.geometry.nulls.pair_strata import pair_strata
from cellglass.geometry.pairs import Pairs


def network(seed=0, shape=(30, 80), mean=3.0):
    rng = np.random.default_rng(seed)
    weight = np.outer(rng.pareto(1.5, shape[0]) + 0.3, rng.pareto(1.5, shape[1]) + 0.2)
    mask = rng.random(shape) < 0.95
    labels = (rng.random(shape) < np.minimum(weight * mean * shape[0] / weight.sum(), 0.8)) & mask
    held = np.ix_(labels.any(1), labels.any(0))  # as Pairs.of_network
    labels, mask = labels[held], mask[held]
    sources = tuple(f"s{i}" for i in range(len(labels)))
    targets = tuple(f"t{i}" for i in range(labels.shape[1]))
    return Pairs(sources, targets, labels, mask, "planted"), rng


def test_strata_are_the_product_of_the_bins():
    pairs, rng = network()
    one, two = rng.normal(size=pairs.mask.shape), rng.normal(size=pairs.mask.shape)
    strata = pair_strata(pairs, {"one": one, "two": two}, bins={"one": 3, "two": 2})
    assert strata.by == "one x two"
    assert (strata.codes[~pairs.mask] == -1).all()
    cut = [np.quantile(v[pairs.mask], q) for v, q in ((one, [1 / 3, 2 / 3]), (two, [1 / 2]))]
    by_hand = 2 * np.digitize(one, cut[0]) + np.digitize(two, cut[1])
    assert np.array_equal(strata.codes[pairs.mask], by_hand[pairs.mask])
    assert strata.notes == ()


def test_bins_may_be_cut_at_the_positives():
    pairs, _ = network()
    degrees = reference_degrees(pairs)
    strata = pair_strata(pairs, {"degree": degrees}, bins=4, at="positives")
    rows, _ = pairs.index
    expected = np.unique(np.quantile(degrees[0][rows][pairs.positive], [0.25, 0.5, 0.75]))
    assert strata.edges["degree (source)"].tolist() == expected.tolist()
    report = strata.null().report
    plain = pair_strata(pairs, {"degree": degrees}, bins=4).null().report
    assert report.largest_share < plain.largest_share  # positives are spread over more strata


def test_two_vectors_make_blocks_of_genes():
    pairs, _ = network()
    degrees = reference_degrees(pairs)
    strata = pair_strata(pairs, {"degree": degrees}, bins=3)
    assert list(strata.edges) == ["degree (source)", "degree (target)"]
    by_degree = {}
    for r, c in zip(*pairs.index, strict=True):
        key = degrees[0][r], degrees[1][c]
        assert by_degree.setdefault(key, strata.codes[r, c]) == strata.codes[r, c]


def test_leave_one_out_degrees_give_the_label_away():
    pairs, _ = network()
    source, _ = leave_one_out_degrees(pairs)
    # within a regulator a positive is 1 below a negative, so that fine bins hold one class
    strata = pair_strata(pairs, {"degree": source}, bins=1000, at="positives")
    of_positives = strata.codes[pairs.labels & (source == 0)]
    assert pairs.labels[strata.codes == of_positives[0]].all()
    assert strata.null().report.n_all_positive > 0
    plain = pairs.labels.sum(1)[:, None] + 0 * source
    strata = pair_strata(pairs, {"degree": plain}, bins=1000, at="positives")
    assert strata.null().report.n_all_positive == 0


def test_residual_is_the_area_within_strata():
    pairs, rng = network()
    feature = rng.integers(0, 30, pairs.mask.shape) + 8.0 * pairs.labels
    strata = pair_strata(pairs, {"distance": feature}, bins=3)
    wins = contests = 0.0
    for code in np.unique(strata.codes[pairs.mask]):
        inside = strata.codes == code
        truth = pairs.labels[inside]
        if 0 < truth.sum() < truth.size:
            pairs_of = truth.sum() * (~truth).sum()
            contests += pairs_of
            wins += pairs_of * roc_auc_score(truth, feature[inside])
    assert strata.residual()["distance"] == pytest.approx(wins / contests, abs=1e-12)
    whole = roc_auc_score(pairs.positive, feature[pairs.mask])
    assert 0.5 < strata.residual()["distance"] < whole


def test_few_wide_bins_leave_degree_and_bins_of_positives_hardly_do():
    pairs, _ = network(shape=(60, 200), mean=8.0)
    degrees = {"degree": reference_degrees(pairs)}
    coarse = pair_strata(pairs, degrees, bins=5).residual()
    fine = pair_strata(pairs, degrees, bins=10, at="positives").residual()
    assert coarse["degree (source)"] > 0.66
    assert fine["degree (source)"] < 0.6
    null = pair_strata(pairs, degrees, bins=5).null()
    assert f"degree (source) {coarse['degree (source)']:.3f}" in " ".join(null.remarks())


def test_ties_and_constants_are_noted():
    pairs, rng = network()
    tied = rng.integers(0, 2, pairs.mask.shape)
    strata = pair_strata(pairs, {"tied": tied, "flat": np.ones(pairs.mask.shape)}, bins=5)
    assert strata.notes == (
        "tied has 2 bins of 5: equal values share one.",
        "flat does not vary: one bin.",
    )
    assert np.unique(strata.codes[pairs.mask]).tolist() == [0, 1]
    with pytest.raises(InputError, match="no feature varies"):
        pair_strata(pairs, {"flat": np.ones(pairs.mask.shape)})


@pytest.mark.parametrize(
    ("features", "settings", "message"),
    [
        ({}, {}, "no feature"),
        ({"x": np.ones((2, 2))}, {}, "an array of shape"),
        ({"x": (np.ones(3), np.ones(80))}, {}, r"feature x \(source\)"),
        ({"x": (np.ones(30),)}, {}, "1 arrays"),
        ({"x": np.nan}, {}, "no finite value"),
        ({"x": 1.0}, {"bins": 0}, "0 bins of x"),
        ({"x": 1.0}, {"bins": {"y": 2}}, "nothing for x"),
        ({"x": 1.0}, {"at": "edges"}, "at is 'edges'"),
    ],
)
def test_refuses(features, settings, message):
    pairs, _ = network()
    if isinstance(features.get("x"), float):
        features = {"x": np.full(pairs.mask.shape, features["x"])}
    with pytest.raises(InputError, match=message):
        pair_strata(pairs, features, **settings)


def test_refuses_pairs_without_a_positive():
    pairs, _ = network()
    with pytest.raises(InputError, match="no positive"):
        pair_strata(pairs.within(~pairs.labels), {"x": np.ones(pairs.mask.shape)})
