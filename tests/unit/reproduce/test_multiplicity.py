import math

import numpy as np
import pytest
from scipy import stats

from cellglass.errors import InputError
from cellglass.reproduce import State, find_paper, reproduce
from cellglass.reproduce.multiplicity import recompute, rho_p
from cellglass.stats import bh, is_bh

from .conftest import number, table

FAMILY = ("-0.608", "-0.581", "0.511", "0.846", "0.564", "0.731")


def of_family(rhos=FAMILY, n: int = 18) -> list[float]:
    rows = [
        number(id=f"r{i}", given={"rule": "bh of rho", "family": "f", "rho": rho, "n": n})
        for i, rho in enumerate(rhos)
    ]
    found = recompute(table(*rows), 1)
    return [found[r.id].value for r in rows]


def test_p_of_a_rank_correlation_is_that_of_scipy():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=18), rng.normal(size=18)
    expected = stats.spearmanr(x, y)
    assert rho_p(float(expected.statistic), 18) == pytest.approx(float(expected.pvalue))


def test_bh_is_over_the_whole_family():
    p = [rho_p(float(r), 18) for r in FAMILY]
    assert of_family() == pytest.approx(bh(p).tolist())


def test_printed_q_values_are_not_bh_of_the_printed_correlations():
    """Published values first: they fail as printed, and hold with another value for KEGG."""
    printed = [0.011, 0.014, 0.030, 0.0, np.nan, 0.001]
    p = [rho_p(float(r), 18) for r in FAMILY]
    given = [q if not math.isnan(q) else bh(p)[4] for q in printed]
    assert not is_bh(p, given)
    p[4] = rho_p(0.831, 18)
    given[4] = bh(p)[4]
    assert is_bh(p, given)


def test_the_smallest_of_some_tests_and_floors_and_signs():
    rows = [
        number(id="a", given={"rule": "smallest of", "p": "0.011", "tests": 11}),
        number(id="b", given={"rule": "sign test", "positive": 9, "n": 9}),
        number(id="c", given={"rule": "floor", "draws": 200}),
        number(id="d", given={"rule": "fisher of floors", "draws": 20, "combined": 3}),
        number(id="e"),
    ]
    found = recompute(table(*rows), 1)
    assert found["a"].value == pytest.approx(0.121)
    assert found["b"].value == pytest.approx(stats.binomtest(9, 9, alternative="greater").pvalue)
    assert found["c"].value == pytest.approx(1 / 201)
    expected = stats.combine_pvalues([1 / 21] * 3, method="fisher").pvalue
    assert found["d"].value == pytest.approx(float(expected))
    assert "e" not in found


def test_an_unknown_rule_gets_the_nearest_name():
    with pytest.raises(InputError, match="did you mean 'floor'"):
        recompute(table(number(given={"rule": "flor", "draws": 3})), 1)


def test_what_differs_is_told_with_its_reason():
    found = reproduce("edges", tables=["multiplicity"]).comparisons
    differs = [c for c in found if c.state is State.DIFFERS]
    assert [c.row.id for c in differs] == ["depth-string700", "depth-string900", "depth-reactome"]
    assert all("0.831, not 0.564" in c.reasons[0] for c in differs)


def test_published_p_values_at_their_floor_in_geometry():
    assert {r.given["rule"] for r in find_paper("geometry").by_id["floors"].rows} == {
        "floor", "fisher of floors",
    }  # fmt: skip
