import numpy as np
import pytest
from scipy import stats

from cellglass.stats.audit.formulas import effect_formulas, p_formulas
from cellglass.stats.combined_p import fisher

NAN = float("nan")


def values(formulas):
    found = {f.label: f.values for f in formulas}
    assert len(found) >= 10
    return found


def test_every_p_against_a_plain_computation(hand):
    found = values(p_formulas(hand))
    plus, bare = "(1 + exceeding) / (1 + draws)", "exceeding / draws"
    assert found[f"largest p over null families, {plus}"] == pytest.approx([2 / 3, 3 / 4, 1 / 3])
    assert found[f"smallest p over null families, {plus}"] == pytest.approx([1 / 6, 1 / 5, 1 / 3])
    assert found[f"smallest p over null families, {bare}"] == pytest.approx([0, 0, 0])
    assert found[f"p of all draws together, {bare}"] == pytest.approx([1 / 7, 2 / 7, 0])
    assert found[f"p against 'labels', {plus}, lower tail"] == pytest.approx([1, 3 / 4, 1])
    assert found[f"p against 'labels', {bare}, absolute values"] == pytest.approx([0, 2 / 3, 1])
    assert found[f"p against 'labels', {plus}, twice the smaller tail"] == pytest.approx(
        [2 / 6, 1, 2 / 3]
    )
    left_out = f"p against 'labels', {bare}, draws equal to the observed value left out"
    assert found[left_out] == pytest.approx([0, 1 / 3, 0])
    z = (0.18 - np.mean([0, 0.01, 0.02, 0.03, 0.04])) / np.std([0, 0.01, 0.02, 0.03, 0.04], ddof=1)
    normal = found["normal approximation to the draws of 'labels', upper tail"]
    assert normal[0] == pytest.approx(stats.norm.sf(z))
    families = found["Fisher's rule over the null families of a row"]
    assert families[0] == pytest.approx(fisher([1 / 6, 2 / 3], independent=True))
    assert families[2] == pytest.approx(1 / 3)
    rows = found["Fisher's rule over all rows, of the smallest p over null families"]
    assert rows == pytest.approx([fisher([1 / 6, 1 / 5, 1 / 3], independent=True)] * 3)


def test_the_soundest_formula_stands_first(hand):
    kinds = [f.kind for f in p_formulas(hand)]
    assert kinds[0] == "p_max"
    assert kinds.index("p_min") > kinds.index("family")
    assert kinds[-1] == "fisher_rows"
    assert p_formulas(hand)[0].plus_one


def test_fisher_over_the_rows_of_each_group(screen, keys, evidence):
    seen, drawn = screen()
    held = evidence(seen, drawn, keys, "delta_auroc")
    found = values(p_formulas(held))
    p = found["Fisher's rule over the rows of each domain, of the smallest p over null families"]
    for domain in seen["domain"].unique():
        mine = (seen["domain"] == domain).to_numpy()
        assert p[mine] == pytest.approx(fisher(held.p_min[mine], independent=True))


def test_direction_decides_which_tail_is_the_plain_one(screen, keys, evidence):
    seen, drawn = screen()
    for direction in ("less", "two-sided"):
        held = evidence(seen, drawn, keys, "delta_auroc", direction=direction)
        first = p_formulas(held)[0]
        assert first.label == "largest p over null families, (1 + exceeding) / (1 + draws)"
        assert first.values.tolist() == held.p_max.tolist()


def test_effects(hand):
    found = values(effect_formulas(hand))
    pool = np.array([0, 0.01, 0.02, 0.03, 0.04, 0.1, 0.2])
    expected = {
        "observed less the 95 % quantile of all draws (null gap)": 0.01,
        "observed less the largest 95 % quantile of a family (strict margin)": -0.015,
        "observed less the mean of all draws": 0.18 - pool.mean(),
        "observed less the largest draw": -0.02,
        "95 % quantile of all draws": 0.17,
        "largest 95 % quantile of a family": 0.195,
        "mean of all draws": pool.mean(),
        "standard deviation of all draws": pool.std(ddof=1),
        "standard deviation of all draws, with n": pool.std(),
        "z against all draws": (0.18 - pool.mean()) / pool.std(ddof=1),
        "mean of 'pairs'": 0.15,
        "number of draws of 'pairs'": 2,
    }
    for label, number in expected.items():
        assert found[label][0] == pytest.approx(number), label


def test_rows_that_cannot_be_tested_have_no_p(tables, evidence):
    seen, drawn = tables({"a": (NAN, {"x": [0.0]}), "b": (1.0, {"x": [0.0, 2.0]})})
    for formula in p_formulas(evidence(seen, drawn)):
        assert np.isnan(formula.values[0]), formula.label


def test_only_so_many_families_have_formulas_of_their_own(tables, evidence):
    many = {f"f{i:02}": [0.0, 1.0] for i in range(60)}
    found = p_formulas(evidence(*tables({"a": (1.0, many), "b": (0.5, many)})))
    assert len({f.family for f in found if f.kind == "family"}) == 40
