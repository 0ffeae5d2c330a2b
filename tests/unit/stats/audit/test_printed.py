import numpy as np
import pandas as pd
import pytest

from cellglass.stats.audit.printed import (
    compare_printed,
    is_adjusted,
    is_raw_p,
    printed_table,
    tolerance_of,
    words_of,
)
from cellglass.stats.combined_p import fisher


@pytest.fixture
def found(screen, keys, evidence):
    """``found(column=lambda held: values)``: what the audit says of printed columns."""

    def look(decimals=None, draws=8, **columns):
        seen, drawn = screen(draws=draws, effect=0.008)
        held = evidence(seen, drawn, keys, "delta_auroc")
        for name, values in columns.items():
            numbers = pd.Series(np.asarray(values(held), dtype=float))
            text = numbers.map(repr) if decimals is None else numbers.round(decimals).map(str)
            seen[name] = text
        held = evidence(seen, drawn, keys, "delta_auroc")
        return {f.column: f for f in compare_printed(held, "delta_auroc")}

    return look


@pytest.mark.parametrize("decimals", [None, 4, 3])
@pytest.mark.parametrize(
    ("column", "values", "kind"),
    [
        ("p_best", lambda h: h.p_min, "p_min"),
        ("p_value", lambda h: h.p_max, "p_max"),
        ("pval", lambda h: h.p_pooled, "pooled"),
        ("p_label_permutation", lambda h: h.p[:, 2], "family"),
        ("p", lambda h: h.cells.at_least.min(axis=1) / 8, "p_min"),
        ("empirical_p", lambda h: h.pool.at_least / 24, "pooled"),
    ],
)
def test_the_formula_behind_a_printed_p_is_found(found, decimals, column, values, kind):
    told = found(decimals, **{column: values})[column]
    assert told.kind == kind
    assert told.n_agree == told.n == 18
    assert told.is_p
    assert told.formula.plus_one == (column not in ("p", "empirical_p"))


def test_fisher_over_the_rows_of_a_domain(found):
    def combined(held):
        domain = held.table["domain"].to_numpy()
        by_domain = {d: fisher(held.p_min[domain == d], independent=True) for d in set(domain)}
        return [by_domain[d] for d in domain]

    told = found(fisher_p=combined)["fisher_p"]
    assert told.kind == "fisher_rows"
    assert "the rows of each domain, of the smallest p" in told.sentence
    families = found(p_fisher=lambda h: [fisher(p, independent=True) for p in h.p])["p_fisher"]
    assert families.kind == "fisher_families"


def test_gaps_and_null_summaries(found):
    told = found(
        null_gap=lambda h: h.gap, strict_margin=lambda h: h.strict, null_mean=lambda h: h.pool.mean,
        null_q95=lambda h: h.pool.quantile,
        z_score=lambda h: (h.observed - h.pool.mean) / h.pool.sd,
    )  # fmt: skip
    assert {c: t.formula.label for c, t in told.items()} == {
        "null_gap": "observed less the 95 % quantile of all draws (null gap)",
        "strict_margin": "observed less the largest 95 % quantile of a family (strict margin)",
        "null_mean": "mean of all draws",
        "null_q95": "95 % quantile of all draws",
        "z_score": "z against all draws",
    }
    assert all(t.explained and not t.is_p for t in told.values())


def test_what_no_formula_gives_is_said(found):
    rng = np.random.default_rng(0)
    told = found(p_value=lambda h: rng.uniform(size=18), gap=lambda h: rng.normal(size=18))
    assert told["p_value"].kind == ""
    assert not told["p_value"].explained
    assert "given by none" in told["gap"].sentence or "not explained" in told["gap"].sentence


def test_some_rows_that_differ_are_counted(found):
    def nearly(held):
        return np.where(np.arange(18) == 0, 0.987, held.p_max)

    told = found(p=nearly)["p"]
    assert (told.kind, told.n_agree) == ("p_max", 17)
    assert "in 17 of 18 rows" in told.sentence
    far = found(p=lambda h: np.where(np.arange(18) < 9, 0.987, h.p_max))["p"]
    assert far.kind == ""
    assert "is not explained. The formula that comes nearest" in far.sentence


def test_unrelated_columns_are_left_alone(found):
    told = found(
        prevalence=lambda h: np.linspace(0.2, 0.8, 18), p_adjusted=lambda h: h.p_max,
        null_seed=lambda h: np.arange(18.0) + 4200, p_percent=lambda h: h.p_max * 100,
        empty_p=lambda h: [np.nan] * 18,
    )  # fmt: skip
    assert told == {}


def test_zeros_are_counted(found):
    told = found(p=lambda h: h.cells.at_least.min(axis=1) / 8)["p"]
    assert told.zeros > 0
    assert found(p=lambda h: h.p_min)["p"].zeros == 0


def test_rows_without_a_test_are_not_compared(tables, evidence):
    seen, drawn = tables({"a": (1.0, {"x": [0.0]}), "b": (float("nan"), {"x": [0.0]})})
    held = evidence(seen.assign(p=[0.5, 0.5]), drawn)
    assert compare_printed(held, "effect")[0].n == 1
    held = evidence(seen[1:].assign(p=[0.5]), drawn)
    told = compare_printed(held, "effect")[0]
    assert (told.n, told.formula, told.explained) == (0, None, False)
    assert "no number in a row that could be tested" in told.sentence


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["0.05", "0.125"], [5e-4, 5e-4]),  # round(3) drops the last 0
        (["0.0123", "1.2e-05", "0.500"], [5e-6, 5e-8, 5e-5]),  # three significant digits
        (["0.047619047619", "0.5"], [1e-9, 1e-9]),  # printed in full
        (["0", "1"], [0.5, 0.5]),
        (["0.0", "10.25"], [5e-3, 5e-3]),
    ],
)
def test_digits_decide_what_rounding_explains(cells, expected):
    numbers = np.array([float(c) for c in cells])
    found = tolerance_of(pd.Series(cells), numbers)
    assert (found >= np.array(expected) * (1 - 1e-9)).all()
    assert (found <= np.array(expected) * 12).all()
    assert (tolerance_of(pd.Series(numbers), numbers) <= 1.1e-8).all()


def test_names():
    assert {"p", "value", "pvalue"} <= words_of("pValue")
    assert is_raw_p("fisher_p")
    assert is_raw_p("PValue")
    assert not is_raw_p("p_bh")
    assert is_adjusted("qval")
    assert is_adjusted("padj")
    assert not is_adjusted("by_row")


def test_table(found):
    table = printed_table(list(found(p_best=lambda h: h.p_min, gap=lambda h: h.gap).values()))
    assert table["what"].tolist() == ["p", "effect"]
    assert table["explained"].all()
    assert printed_table([]).empty
