from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts.ontology.enrich import enrich
from cellglass.concepts.ontology.libraries import Library
from cellglass.data import GeneSets
from cellglass.errors import InputError
from cellglass.stats.multiplicity import bh

GENES = [f"G{i}" for i in range(300)]
SETS = {f"s{i}": tuple(GENES[12 * i : 12 * i + 12]) for i in range(25)}


def found(unit_level: bool = True):
    """Unit 0 has many terms; unit 1 has one weakly; unit 2 none."""
    scores = np.zeros((300, 3))
    for i in range(8):
        scores[12 * i : 12 * i + 6, 0] = 1.0
    scores[120:124, 1] = 1.0
    scores[150:290:14, 1] = 1.0
    scores[::31, 2] = 1.0
    return enrich(
        scores, Library("x", GeneSets(SETS)), genes=GENES, methods=["ora"], unit_level=unit_level
    )


def test_terms_are_called_in_units_that_hold_any():
    both, pooled = found(), found(unit_level=False)
    result = both.result("ora")
    by_hand = [bh(np.nan_to_num(row, nan=1.0)).min() for row in result.dense("p")]
    np.testing.assert_allclose(result.list_p, by_hand, rtol=1e-12)
    np.testing.assert_allclose(result.list_q, bh(by_hand), rtol=1e-12)
    expected = (result.dense("q") <= 0.05) & (result.list_q <= 0.05)[:, None]
    assert np.array_equal(both.significant().toarray(), expected)
    assert np.array_equal(pooled.significant().toarray(), result.dense("q") <= 0.05)
    assert len(both.frame()) == expected.sum()
    assert (both.frame()["unit_q"] <= 0.05).all()
    assert both.significant(q=1e-30).nnz == 0


def test_methods_that_were_not_run():
    with pytest.raises(InputError, match="'prerank' was not run"):
        found().frame("prerank")


def test_sets_at_the_low_end_do_not_annotate():
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 0.01, (300, 1))
    scores[:12, 0] = -1.0
    result = enrich(
        scores, Library("x", GeneSets(SETS)), genes=GENES, methods=["prerank"], permutations=2_000
    )
    assert result.result("prerank").q[0, 0] < 0.05
    assert not result.annotated("prerank").any()
    assert result.test_table("prerank").statistic == "normalised enrichment score"
