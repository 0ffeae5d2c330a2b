import numpy as np
import pytest

from cellglass.stats.audit.dependence import shared_draws
from cellglass.stats.audit.groups import (
    codes_of,
    groupings,
    groupings_table,
    groups_table,
    is_seed,
    shared_p,
)
from cellglass.stats.combined_p import (
    cauchy_combination,
    fisher,
    harmonic_mean_p,
    shared_permutation_test,
)


@pytest.mark.parametrize("column", ["seed", "seed_tag", "Seed", "cv_fold", "replicate", "run"])
def test_columns_that_number_repeats(column):
    assert is_seed(column)


@pytest.mark.parametrize("column", ["domain", "repressor", "layer", "seeding", "running"])
def test_columns_that_do_not(column):
    assert not is_seed(column)


def test_groupings_leave_out_seeds_and_columns_of_one_value(screen, keys, evidence):
    held = evidence(*screen(), keys, "delta_auroc")
    assert groupings(held) == [
        (), ("domain",), ("split_regime",), ("domain", "split_regime"),
    ]  # fmt: skip
    held = evidence(*screen(hypotheses=("H1", "H2")), keys, "delta_auroc")
    assert ("hypothesis_id", "domain", "split_regime") in groupings(held)


def test_a_key_with_a_value_for_each_row_makes_no_groups(hand):
    assert groupings(hand) == [()]
    assert codes_of(hand, ()).tolist() == [0, 0, 0]


def test_numbers_of_a_group(screen, keys, evidence):
    seen, drawn = screen(draws=19)
    held = evidence(seen, drawn, keys, "delta_auroc")
    table = groups_table(held, shared_draws(held))
    found = table[(table["grouping"] == "domain") & (table["group"] == "lung")].iloc[0]
    mine = (seen["domain"] == "lung").to_numpy()
    assert found["n_rows"] == mine.sum() == 6
    assert found["mean_observed"] == pytest.approx(seen.loc[mine, "delta_auroc"].mean())
    assert found["mean_strict_margin"] == pytest.approx(held.strict[mine].mean())
    assert found["mean_null_gap"] == pytest.approx(held.gap[mine].mean())
    assert found["rows_strict_above_0"] == (held.strict[mine] > 0).sum()
    assert found["share_strict_above_0"] == (held.strict[mine] > 0).mean()
    p = held.p_max[mine]
    assert found["rows_p_max_significant"] == (p <= 0.05).sum()
    assert found["p_largest"] == p.max()
    assert found["p_cauchy"] == cauchy_combination(p)
    assert found["p_harmonic"] == harmonic_mean_p(p)
    assert found["fisher_of_p_min_not_valid"] == pytest.approx(
        fisher(held.p_min[mine], independent=True)
    )
    assert (found["domain"], found["layer"]) == ("lung", "")
    assert np.isnan(found["p_shared_permutations"])  # these are not shared


def test_rows_that_cannot_be_tested_do_not_count(tables, evidence):
    seen, drawn = tables(
        {"a": (1.0, {"x": [0.0]}), "b": (float("nan"), {"x": [0.0]}), "c": (3.0, {"x": [0.0]})}
    )
    found = groups_table(evidence(seen, drawn), []).iloc[0]
    assert (found["n_rows"], found["n_tested"], found["mean_observed"]) == (3, 2, 2.0)
    nothing = groups_table(evidence(seen[1:2], drawn), []).iloc[0]
    assert np.isnan(nothing["p_cauchy"])
    assert nothing["rows_strict_above_0"] == 0


def test_shared_permutations_by_hand(screen, keys, evidence):
    seen, drawn = screen(draws=39, shared=True, effect=0.01)
    held = evidence(seen, drawn, keys, "delta_auroc")
    lined = shared_draws(held)
    mine = (seen["domain"] == "immune").to_numpy()
    found = []
    for family in held.families:
        wide = drawn[drawn["null_kind"] == family].merge(seen[mine], on=keys)
        wide = wide.pivot_table(index=keys, columns="perm_idx", values="null_value")
        observed = seen[mine].set_index(keys)["delta_auroc"].reindex(wide.index)
        found.append(shared_permutation_test(observed.to_numpy(), wide.to_numpy()).p)
    assert shared_p(held, lined, mine) == max(found)
    one = np.zeros(held.n_rows, dtype=bool)
    one[0] = True
    assert np.isnan(shared_p(held, lined, one))
    assert np.isnan(shared_p(held, lined[:1], mine))  # a family is not lined up


def test_in_how_many_groups_the_mean_is_above_0(screen, keys, evidence):
    held = evidence(*screen(effect=0.02), keys, "delta_auroc")
    groups = groups_table(held, [])
    table = groupings_table(groups).set_index("grouping")
    assert table.loc["domain", "n_groups"] == 3
    both = groups[groups["grouping"] == "domain × split_regime"]
    assert (
        table.loc["domain × split_regime", "mean_strict_margin_above_0"]
        == (both["mean_strict_margin"] > 0).sum()
    )


def test_very_many_groups_are_left_to_the_reader(screen, keys, evidence, monkeypatch):
    monkeypatch.setattr("cellglass.stats.audit.groups.MOST_GROUPS", 3)
    held = evidence(*screen(), keys, "delta_auroc")
    assert groupings(held) == [(), ("domain",), ("split_regime",)]
