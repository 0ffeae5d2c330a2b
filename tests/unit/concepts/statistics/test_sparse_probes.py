"""Sparse probes: units chosen on training cells only, planted units found."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from cellglass.concepts.statistics.sparse_probes import compare_sparse_probes, sparse_probe
from cellglass.concepts.statistics.unit_choice import label_scores, strongest
from cellglass.errors import InputError


def cells(n_units: int, n_donors: int = 6, per_donor: int = 15, seed: int = 0):
    rng = np.random.default_rng(seed)
    donors = np.repeat(np.arange(n_donors), per_donor)
    codes = rng.integers(2, size=len(donors))
    return np.maximum(rng.normal(size=(len(donors), n_units)), 0), codes, donors


def test_many_random_units_stay_at_chance():
    """90 cells, 3,000 random units: the best of all cells would look excellent."""
    accuracies, leaked = [], []
    for seed in range(3):
        z, codes, donors = cells(3000, seed=seed)
        found = sparse_probe(z, codes, donors, sizes=[1, 5], seed=seed, draws=50)
        accuracies.append(found.summary()["balanced_accuracy"].to_numpy())
        best = strongest(label_scores(z, codes == 1), 5)
        leaked.append(
            sparse_probe(z[:, best], codes, donors, sizes=[5], seed=seed, draws=50)
            .summary()["balanced_accuracy"][0]
        )  # fmt: skip
    assert np.mean(accuracies) == pytest.approx(0.5, abs=0.06)
    assert np.mean(leaked) > 0.7  # what choosing outside the folds would report


def test_planted_unit_is_chosen_in_every_fold():
    z, codes, donors = cells(400)
    z[codes == 1, 123] += 3
    found = sparse_probe(z, codes, donors, sizes=[2, 1], seed=1, draws=100)
    assert found.sizes == (1, 2)
    assert (found.chosen[:, :, 0] == 123).all()
    summary = found.summary()
    assert (summary["balanced_accuracy"] > 0.9).all()
    assert (summary["p"] == 1 / 200).all()
    # within donors: it holds what the composition of these small donors gives
    assert summary["permuted"].between(0.5, 0.6).all()
    assert (summary["unit"] == "donor").all()
    assert set(found.by_label()["units"][[0]]) == {"123"}


def test_accuracy_grows_with_units_where_each_holds_a_part():
    rng = np.random.default_rng(0)
    z, codes, donors = cells(60, per_donor=60)
    z[:, :20] += 0.9 * codes[:, None] * (rng.random((len(codes), 20)) < 0.5)
    found = sparse_probe(z, codes, donors, seed=1, draws=20).summary()
    one, two, five, twenty = found["balanced_accuracy"]
    assert max(one, two) < five - 0.05
    assert five < twenty - 0.1


def test_accuracy_is_the_slow_one():
    z, codes, donors = cells(30)
    z[codes == 1, 3] += 1
    found = sparse_probe(z, codes, donors, sizes=[2], seed=1, draws=10)
    from cellglass.concepts.statistics.probe_models import fit_predict

    hits = np.zeros(len(codes), dtype=bool)
    for train, test in found.design.splits():
        best = strongest(label_scores(z[train], codes[train] == 1), 2)
        named, _ = fit_predict(z[np.ix_(train, best)], codes[train], z[np.ix_(test, best)])
        hits[test] = named == codes[test]
    slow = (hits[codes == 1].mean() + hits[codes == 0].mean()) / 2
    assert found.by_label()["balanced_accuracy"][1] == pytest.approx(slow)


def test_sparse_codes_give_the_same():
    z, codes, donors = cells(50)
    z[codes == 1, 3] += 1
    options = {"sizes": [1, 5], "seed": 1, "draws": 10}
    dense, packed = (sparse_probe(x, codes, donors, **options) for x in (z, sparse.csr_matrix(z)))
    np.testing.assert_array_equal(dense.chosen, packed.chosen)
    np.testing.assert_allclose(dense.bootstrap.estimates, packed.bootstrap.estimates)


def test_kinds_are_compared_in_pairs():
    z, codes, donors = cells(40, per_donor=40)
    concepts = z.copy()
    concepts[codes == 1, 0] += 3
    features = {"concept": concepts, "neuron": z[:, :4]}
    table = compare_sparse_probes(features, codes, donors, reference="neuron", sizes=[1, 20])
    first = table[(table["kind"] == "concept") & (table["n_units"] == 1)].iloc[0]
    assert first["difference_low"] > 0.2
    # four neurons hold no 20, so there is nothing to compare with
    assert table["difference"].isna().sum() == 2
    assert len(table) == 3


def test_a_single_donor_is_marked():
    z, codes, _ = cells(20)
    found = sparse_probe(z, codes, np.zeros(len(codes)), sizes=[1], draws=20)
    assert "one donor" in found.summary()["notes"][0]


@pytest.mark.parametrize("sizes", [[0], [21], []])
def test_sizes_that_cannot_be_are_refused(sizes):
    z, codes, donors = cells(20)
    with pytest.raises(InputError, match="20 units"):
        sparse_probe(z, codes, donors, sizes=sizes)
