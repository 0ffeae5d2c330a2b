import numpy as np
import pandas as pd
import pytest

from cellglass.errors import InputError
from cellglass.stats.audit.rows import (
    cauchy_rows,
    families_table,
    family_summary,
    hardest,
    rows_table,
    states,
)
from cellglass.stats.combined_p import cauchy_combination
from cellglass.stats.multiplicity import bh, by, holm

NAN, INF = float("nan"), float("inf")


def test_one_row_an_observed_row(hand):
    table, suffixes = rows_table(hand)
    assert table["row"].tolist() == ["a", "b", "c"]
    assert suffixes == {"labels": "labels", "pairs": "pairs"}
    assert table["p_labels"].tolist() == pytest.approx([1 / 6, 3 / 4, 1 / 3])
    assert table["q95_pairs"].tolist()[:2] == pytest.approx([0.195, 0.0285])
    assert table["margin_pairs"].tolist()[:2] == pytest.approx([-0.015, 0.0215])
    assert table["n_draws_pairs"].tolist() == [2, 4, 0]
    assert table["n_draws"].tolist() == [7, 7, 2]
    assert table["n_families"].tolist() == [2, 2, 1]
    assert table["hardest_family"].tolist() == ["pairs", "labels", "labels"]
    assert table["attainable_p"].tolist() == pytest.approx([1 / 3, 1 / 4, 1 / 3])
    assert not table["attainable"].any()
    for name, rule in (("bh", bh), ("holm", holm), ("benjamini_yekutieli", by)):
        assert table[name].tolist() == rule([2 / 3, 3 / 4, 1 / 3]).tolist()
    assert set(table["state"]) == {"tested"}


def test_rows_that_cannot_be_tested_stay_and_say_why(tables, evidence):
    seen, drawn = tables({
        "a": (1.0, {"x": [0.0]}), "b": (NAN, {"x": [0.0]}), "c": (INF, {"x": [0.0]}),
        "d": (1.0, {}), "e": (1.0, {"x": [NAN]}),
    })  # fmt: skip
    held = evidence(seen, drawn)
    assert [s.removeprefix("not testable: ") for s in states(held)] == [
        "tested", "there is no observed value", "the observed value is infinite",
        "there are no draws", "all its draws are missing",
    ]  # fmt: skip
    table, _ = rows_table(held)
    assert table[["p_max", "strict_margin", "bh"]].isna().sum().tolist() == [4, 4, 4]
    assert hardest(held) == ["x", "", "", "", ""]
    unread = evidence(seen.astype({"effect": str}).replace("inf", "<0.1"), drawn)
    assert "the observed value is no number" in states(unread)[2]


def test_families_named_like_columns_of_the_audit(tables, evidence):
    seen, drawn = tables({"a": (1.0, {"max": [0.0], "pooled": [2.0], "x": [0.0]})})
    table, suffixes = rows_table(evidence(seen, drawn))
    assert suffixes == {"max": "family_max", "pooled": "family_pooled", "x": "x"}
    assert table[["p_family_max", "p_family_pooled", "p_max"]].iloc[0].tolist() == [0.5, 1.0, 1.0]
    assert table.columns.is_unique


def test_a_key_named_like_a_column_of_the_audit(tables, evidence):
    seen, drawn = (t.rename(columns={"row": "state"}) for t in tables({"a": (1.0, {"x": [0.0]})}))
    with pytest.raises(InputError, match="the key column 'state' is named like"):
        rows_table(evidence(seen, drawn, by=["state"]))


def test_one_row_for_each_row_and_family(hand):
    table = families_table(hand)
    assert table[["row", "null_kind"]].to_numpy().tolist()[:3] == [
        ["a", "labels"], ["a", "pairs"], ["b", "labels"],
    ]  # fmt: skip
    first = table.iloc[0]
    draws = np.array([0.0, 0.01, 0.02, 0.03, 0.04])
    assert first["mean"] == pytest.approx(draws.mean())
    assert first["sd"] == pytest.approx(draws.std(ddof=1))
    assert first["z"] == pytest.approx((0.18 - draws.mean()) / draws.std(ddof=1))
    assert (first["min"], first["max"], first["n_draws"], first["n_at_least"]) == (0, 0.04, 5, 0)
    last = table.iloc[5]
    assert last["n_draws"] == 0
    assert np.isnan(last["p"])


def test_a_null_that_does_not_vary_has_no_z(tables, evidence):
    table = families_table(evidence(*tables({"a": (1.0, {"x": [0.5, 0.5]})})))
    assert table["sd"].tolist() == [0.0]
    assert np.isnan(table["z"][0])


def test_keys_named_like_columns_of_the_long_table(tables, evidence):
    seen, drawn = (t.rename(columns={"row": "mean"}) for t in tables({"a": (1.0, {"x": [0.5]})}))
    table = families_table(evidence(seen, drawn, by=["mean"]))
    assert table["mean"].tolist() == ["a"]
    assert table["audit_mean"].tolist() == [0.5]


def test_share_of_the_effect_that_a_family_keeps(tables, evidence):
    seen, drawn = tables({
        "a": (0.10, {"community": [0.09, 0.10], "labels": [0.0, 0.0]}),
        "b": (0.10, {"community": [0.10, 0.096], "labels": [0.01, -0.01]}),
        "c": (0.50, {"labels": [0.0]}),
    })  # fmt: skip
    table = family_summary(evidence(seen, drawn)).set_index("null_kind")
    assert table.loc["community", "share_kept"] == pytest.approx((0.095 + 0.098) / 0.2)
    assert table.loc["labels", "share_kept"] == pytest.approx(0.0)
    assert table.loc["community", ["n_rows", "rows_without", "draws_min"]].tolist() == [2, 1, 2]
    assert table.loc["labels", ["draws_min", "draws_max", "rows_hardest"]].tolist() == [1, 2, 1]
    # Of row a the 95 % quantile is 0.0995, of row b 0.0998.
    assert table.loc["community", "mean_margin"] == pytest.approx((0.0005 + 0.0002) / 2)
    assert table.loc["community", "rows_above"] == 2


def test_a_family_without_a_tested_row(tables, evidence):
    seen, drawn = tables({"a": (1.0, {"x": [0.0]}), "b": (NAN, {"y": [0.0]})})
    table = family_summary(evidence(seen, drawn)).set_index("null_kind")
    assert table.loc["y", "n_rows"] == 0
    assert np.isnan(table.loc["y", "share_kept"])
    assert isinstance(table, pd.DataFrame)


def test_cauchy_over_families():
    p = np.array([[0.01, NAN], [NAN, NAN], [0.2, 0.3]])
    assert cauchy_rows(p) == pytest.approx(
        [cauchy_combination([0.01]), NAN, cauchy_combination([0.2, 0.3])], nan_ok=True
    )
