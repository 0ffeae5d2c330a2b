from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import hypergeom

from cellglass.errors import InputError
from cellglass.stats.enrichment.incidence import incidence
from cellglass.stats.enrichment.ora import ora
from cellglass.stats.multiplicity import bh

GENES = [f"g{i}" for i in range(300)]


def problem(seed: int = 0, n_lists: int = 9, n_sets: int = 25):
    rng = np.random.default_rng(seed)

    def draw(low: int, high: int) -> list[str]:
        return [GENES[j] for j in rng.choice(300, rng.integers(low, high), replace=False)]

    lists = {f"l{i}": draw(3, 30) for i in range(n_lists)}
    sets = {f"s{i}": [*draw(5, 60), "elsewhere"] for i in range(n_sets)}
    sets["s0"] = lists["l0"] + GENES[:6]
    return lists, sets, rng.random((n_lists, 300)) < 0.8


def naive(lists, sets, tested):
    """Each test alone, sizes after the cut, BH over all of them."""
    found = {}
    for r, (name, mine) in enumerate(lists.items()):
        universe = {g for g, t in zip(GENES, tested[r], strict=True) if t}
        drawn = set(mine) & universe
        for term, members in sets.items():
            good = set(members) & universe
            if 10 <= len(good) <= 50:
                x = len(drawn & good)
                p = 1.0 if x == 0 else hypergeom.sf(x - 1, len(universe), len(good), len(drawn))
                found[name, term] = (x, len(good), len(drawn), len(universe), p)
    q = bh([v[-1] for v in found.values()])
    return {key: (*v, q[i]) for i, (key, v) in enumerate(found.items())}


@pytest.mark.parametrize("masked", [False, True])
def test_equals_one_test_at_a_time(masked: bool):
    lists, sets, tested = problem()
    result = ora(lists, sets, GENES, tested=tested if masked else None, largest=50)
    expected = naive(lists, sets, tested if masked else np.ones_like(tested))
    assert result.n_tests == len(expected)
    frame = result.frame()
    seen = {(r.list, r.set): r for r in frame.itertuples()}
    assert set(seen) == {key for key, v in expected.items() if v[0] > 0}
    for key, r in seen.items():
        x, size, n, total, p, q = expected[key]
        assert (r.overlap, r.set_size, r.list_size, r.universe) == (x, size, n, total)
        assert r.p == pytest.approx(p, rel=1e-10)
        assert r.q == pytest.approx(q, rel=1e-10)
        assert r.fold == pytest.approx(x / (n * size / total))
    assert np.isfinite(result.dense()).sum() == result.n_tests
    assert (result.dense("q")[~np.isnan(result.dense())] <= 1).all()
    called = {(r.list, r.set) for r in frame.itertuples() if r.q <= 0.05}
    assert ("l0", "s0") in called
    matrix = result.significant(0.05)
    rows, columns = matrix.nonzero()
    assert called == {(result.lists.names[r], result.sets.names[c])
                      for r, c in zip(rows, columns, strict=True)}  # fmt: skip
    assert len(result.frame(q=0.05)) == matrix.nnz


def test_genes_of_the_overlap():
    lists, sets, tested = problem()
    result = ora(lists, sets, GENES, tested=tested, largest=50)
    row = result.frame(genes=True).iloc[0]
    mine = {g for g, t in zip(GENES, tested[0], strict=True) if t and g in lists["l0"]}
    assert set(row["genes"].split(";")) == mine & set(sets[row["set"]])
    assert len(row["genes"].split(";")) == row["overlap"]


def test_prepared_incidences_are_taken_as_they_are():
    lists, sets, _ = problem()
    named = ora(lists, sets, GENES, largest=50)
    given = ora(incidence(lists, GENES), incidence(sets, GENES), GENES, largest=50)
    assert np.array_equal(named.q, given.q)
    with pytest.raises(InputError, match="another universe"):
        ora(incidence(lists, GENES), sets, GENES[::-1], largest=50)


def test_empty_lists():
    lists, sets, _ = problem()
    with pytest.raises(InputError, match=r"1 of 10 gene lists are empty, such as none"):
        ora({**lists, "none": []}, sets, GENES, largest=50)
    with_empty = ora({**lists, "none": []}, sets, GENES, largest=50, allow_empty=True)
    without = ora(lists, sets, GENES, largest=50)
    assert with_empty.n_tests > without.n_tests  # the empty list's tests count
    assert (with_empty.q >= without.q).all()
    assert (with_empty.dense()[-1][~np.isnan(with_empty.dense()[-1])] == 1).all()


def test_lists_of_other_identifiers():
    _, sets, _ = problem()
    with pytest.raises(InputError, match="none of 1 gene lists holds a gene of the universe"):
        ora({"a": ["TP53"]}, sets, GENES)
