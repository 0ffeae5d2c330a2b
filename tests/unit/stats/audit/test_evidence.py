import numpy as np
import pandas as pd
import pytest

from cellglass.errors import InputError
from cellglass.stats.audit.columns import find_columns
from cellglass.stats.audit.evidence import gather

NAN, INF = float("nan"), float("inf")


def test_numbers_of_tables_written_by_hand(hand):
    assert hand.families == ("labels", "pairs")
    assert hand.p == pytest.approx(
        np.array([[1 / 6, 2 / 3], [3 / 4, 1 / 5], [1 / 3, NAN]]), nan_ok=True
    )
    assert hand.p_max == pytest.approx([2 / 3, 3 / 4, 1 / 3])
    assert hand.p_min == pytest.approx([1 / 6, 1 / 5, 1 / 3])
    assert hand.p_pooled == pytest.approx([2 / 8, 3 / 8, 1 / 3])
    assert hand.attainable_row == pytest.approx([1 / 3, 1 / 4, 1 / 3])
    # Quantiles: a 0.038 and 0.195, pool 0.17; b 0.059 and 0.0285, pool 0.05 + 0.7 x 0.01.
    assert hand.margins == pytest.approx(
        np.array([[0.142, -0.015], [-0.009, 0.0215], [0.105, NAN]]), nan_ok=True
    )
    assert hand.strict == pytest.approx([-0.015, -0.009, 0.105])
    assert hand.gap == pytest.approx([0.01, -0.007, 0.105])
    assert hand.testable.all()
    assert hand.name(1) == "row b"


def brute(seen, drawn, by, direction):
    """Each row and family by itself, with nothing but NumPy."""
    turn = {"greater": lambda v: v, "less": np.negative, "two-sided": np.abs}[direction]
    found = []
    for _, row in seen.iterrows():
        mine = drawn[(drawn[by] == row[by]).all(axis=1)]
        observed = turn(row["delta_auroc"])
        families = {f: turn(g["null_value"].to_numpy()) for f, g in mine.groupby("null_kind")}
        p = {f: (1 + (v >= observed).sum()) / (v.size + 1) for f, v in families.items()}
        q = {f: np.quantile(v, 0.95) for f, v in families.items()}
        pool = np.concatenate(list(families.values()))
        found.append((p, observed - max(q.values()), observed - np.quantile(pool, 0.95)))
    return found


@pytest.mark.parametrize("direction", ["greater", "less", "two-sided"])
def test_against_a_loop_over_rows(screen, keys, evidence, direction):
    seen, drawn = screen(draws=8)
    shuffled = drawn.sample(frac=1, random_state=0)
    found = evidence(seen, shuffled, keys, "delta_auroc", direction=direction)
    for i, (p, strict, gap) in enumerate(brute(seen, drawn, keys, direction)):
        assert found.p[i].tolist() == [p[f] for f in found.families]
        assert found.strict[i] == strict
        assert found.gap[i] == gap


def test_what_cannot_be_used_is_counted(tables, evidence):
    seen, drawn = tables({
        "a": (1.0, {"x": [0.0, NAN, INF]}), "b": (NAN, {"x": [0.0]}), "c": (INF, {"x": [0.0]}),
        "d": (1.0, {}), "e": (1.0, {"x": [NAN]}),
    })  # fmt: skip
    drawn = pd.concat([drawn, drawn[:1].assign(row="z")])
    found = evidence(seen, drawn)
    assert found.testable.tolist() == [True, False, False, False, False]
    assert found.missing.ravel().tolist() == [1, 0, 0, 0, 1]
    assert found.p[0, 0] == 2 / 3  # the infinite draw is above every value
    assert found.strict[0] == -INF
    assert np.isnan(found.p[1:]).all()
    assert np.isnan(found.strict[1:]).all()
    assert found.lost == {
        "draws whose key no observed row has": 1, "draws that are empty": 2,
        "draws that are no number": 0,
    }  # fmt: skip


def test_text_is_read_like_numbers(screen, keys, evidence):
    seen, drawn = screen()
    plain = evidence(seen, drawn, keys, "delta_auroc")
    text = evidence(seen.astype(str), drawn.map(str), keys, "delta_auroc")
    assert (plain.strict == text.strict).all()
    assert (plain.p == text.p).all()
    assert text.keys["layer"].dtype == np.int64
    assert text.keys.equals(plain.keys)


def test_families_without_a_name_and_with_spaces(tables, evidence):
    seen, drawn = tables({"a": (1.0, {"x": [0.0], " x": [0.5], "": [2.0]})})
    found = evidence(seen, drawn)
    assert found.families == ("(no name)", "x")
    assert found.cells.n.tolist() == [[1, 2]]


def test_no_family_column(tables, evidence):
    seen, drawn = tables({"a": (1.0, {"x": [0.0], "y": [2.0]})})
    found = evidence(seen, drawn.drop(columns="null_kind"))
    assert found.families == ("null",)
    assert found.p_max.tolist() == [2 / 3]


def test_columns_that_vary_within_a_row_and_family(screen, keys, evidence):
    seen, drawn = screen(hypotheses=("H1", "H2"))
    one = seen[seen["hypothesis_id"] == "H1"]
    found = evidence(one, drawn.assign(score=np.arange(len(drawn)) / 7), keys[1:], "delta_auroc")
    assert found.varying == {"hypothesis_id": 2}
    assert evidence(seen, drawn, keys, "delta_auroc").varying == {}
    kinds = drawn.assign(strata=["plain", "degree"] * (len(drawn) // 2))
    assert evidence(seen, kinds, keys, "delta_auroc").varying == {"strata": 2}


def test_levels_are_met_by_equal_numbers(hand):
    assert hand.passes(np.array([0.05, 0.05 + 1e-9, NAN])).tolist() == [True, False, False]


@pytest.mark.parametrize("which", [0, 1])
def test_empty_tables(tables, which):
    both = list(tables({"a": (1.0, {"x": [0.0]})}))
    columns = find_columns(*both, ["row"], "effect")
    both[which] = both[which][:0]
    with pytest.raises(InputError, match="the table has no rows"):
        gather(*both, columns)


def test_too_many_pairs_of_row_and_family(tables, monkeypatch):
    both = tables({"a": (1.0, {"x": [0.0], "y": [0.0]}), "b": (1.0, {"x": [0.0]})})
    monkeypatch.setattr("cellglass.stats.audit.evidence.MOST_CELLS", 3)
    with pytest.raises(InputError, match="2 rows times 2 null families"):
        gather(*both, find_columns(*both, ["row"], "effect"))
