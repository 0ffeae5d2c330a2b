import json

import numpy as np
import pandas as pd
import pytest

from cellglass.errors import InputError
from cellglass.stats import null_margin
from cellglass.stats.audit.audit_draws import audit_draws


def test_a_screen_as_it_is_published(screen, keys):
    """Text cells, other columns, rows in another order: the numbers of section 3.4."""
    seen, drawn = screen(draws=8)
    text = drawn.sample(frac=1, random_state=1).map(str)
    result = audit_draws(seen.map(str), text, by=keys, value="delta_auroc")
    assert result.rows[keys].equals(seen[keys])
    for i, row in seen.iterrows():
        mine = drawn[(drawn[keys] == row[keys]).all(axis=1)]
        draws = {f: g["null_value"].to_numpy() for f, g in mine.groupby("null_kind")}
        found = result.rows.loc[i]
        assert found["observed"] == row["delta_auroc"]
        assert found["strict_margin"] == null_margin.strict_margin(row["delta_auroc"], draws)
        assert found["null_gap"] == null_margin.null_gap(row["delta_auroc"], draws)
        for family, values in draws.items():
            assert found[f"p_{family}"] == (1 + (values >= row["delta_auroc"]).sum()) / 9
            assert found[f"q95_{family}"] == np.quantile(values, 0.95)
        assert found["attainable_p"] == 1 / 9
        assert not found["attainable"]
    assert {"level_unattainable", "no_multiplicity_control"} <= set(result.misuse["code"])
    assert result.summary["survive"]["all"] == 0


def test_layers_as_numbers_and_as_text_and_a_gene_called_na(screen, keys):
    seen, drawn = screen()
    seen["domain"] = seen["domain"].replace("lung", "NA")
    drawn = drawn.assign(domain=drawn["domain"].replace("lung", "NA"), layer=11.0)
    result = audit_draws(seen.map(str), drawn.map(str), by=keys, value="delta_auroc")
    assert (result.rows["state"] == "tested").all()
    assert (result.rows["domain"] == "NA").sum() == 6
    assert any("matched as numbers" in note for note in result.notes)
    assert result.rows["layer"].dtype == np.int64


def test_what_is_not_used_is_told_by_reason(screen, keys):
    seen, drawn = screen()
    seen["delta_auroc"] = seen["delta_auroc"].astype(object)
    seen.loc[0, "delta_auroc"] = ""
    seen.loc[1, "delta_auroc"] = "n.d."
    drawn["null_value"] = drawn["null_value"].astype(object)
    drawn.loc[100, "null_value"] = "failed"
    drawn.loc[101, "null_value"] = None
    lost = drawn[drawn["seed_tag"] == "seed44"].assign(seed_tag="seed99")
    kept = drawn[~((drawn["domain"] == "lung") & (drawn["seed_tag"] == "seed44"))]
    result = audit_draws(seen, pd.concat([kept, lost]), by=keys, value="delta_auroc")
    found = {r["reason"]: r["n"] for r in result.excluded.to_dict("records")}
    assert found == {
        "not testable: there are no draws": 2,
        "not testable: the observed value is no number": 1,
        "not testable: there is no observed value": 1,
        "draws whose key no observed row has": len(lost),
        "draws that are empty": 1,
        "draws that are no number": 1,
        "draws of rows that could not be tested": 48,
    }
    which = result.excluded.set_index("reason").loc["draws whose key no observed row has", "which"]
    assert "seed99" in which
    assert "6 keys in all" in which
    assert len(result.rows) == 18


def test_directions_agree(screen, keys):
    seen, drawn = screen()
    plain = audit_draws(seen, drawn, by=keys, value="delta_auroc").rows
    less = audit_draws(
        seen.assign(delta_auroc=-seen["delta_auroc"]),
        drawn.assign(null_value=-drawn["null_value"]),
        by=keys, value="delta_auroc", direction="less",
    ).rows  # fmt: skip
    for column in ("strict_margin", "null_gap", "p_max", "bh", "p_endpoint_swap"):
        assert (plain[column] == less[column]).all()
    absolute = audit_draws(
        seen.assign(delta_auroc=seen["delta_auroc"].abs()),
        drawn.assign(null_value=drawn["null_value"].abs()), by=keys, value="delta_auroc",
    ).rows  # fmt: skip
    both = audit_draws(seen, drawn, by=keys, value="delta_auroc", direction="two-sided").rows
    assert (both["strict_margin"] == absolute["strict_margin"]).all()
    assert (both["p_max"] == absolute["p_max"]).all()


@pytest.mark.parametrize(
    ("shared", "index", "said"),
    [
        (True, True, "are correlated across rows in 3 of 3"),
        (False, True, "are not correlated across rows"),
        (True, False, "No column numbers the permutations"),
    ],
)
def test_whether_rows_share_their_permutations_is_said(screen, keys, shared, index, said):
    seen, drawn = screen(draws=40, shared=shared)
    table = drawn if index else drawn.drop(columns="perm_idx")
    result = audit_draws(seen, table, by=keys, value="delta_auroc")
    assert any(said in note for note in result.notes)
    assert result.groups["p_shared_permutations"].notna().any() == (shared and index)


def test_numbers_that_do_not_line_up(screen, keys):
    seen, drawn = screen()
    result = audit_draws(seen, drawn.assign(perm_idx=0), by=keys, value="delta_auroc")
    assert any("does not line the draws of rows up" in note for note in result.notes)


def test_the_summary_is_plain_json(screen, keys):
    seen, drawn = screen()
    seen.loc[0, "delta_auroc"] = np.inf
    summary = audit_draws(seen, drawn, by=keys, value="delta_auroc").summary
    again = json.loads(json.dumps(summary, allow_nan=False))
    assert again == summary
    assert summary["draws_needed"] == {"for_the_level": 19, "for_all_rows": 339}
    assert summary["n_tested"] == 17
    assert [f["null_kind"] for f in summary["families"]] == [
        "descriptor_shuffle", "endpoint_swap", "label_permutation",
    ]  # fmt: skip
    assert summary["groupings"][0]["n_groups"] == 1


def test_several_hypotheses_with_families_of_their_own(screen, keys):
    seen, drawn = screen(hypotheses=("H1", "H2"))
    drawn.loc[drawn["hypothesis_id"] == "H2", "null_kind"] += " (2)"
    result = audit_draws(seen, drawn, by=keys, value="delta_auroc")
    assert (result.rows["n_families"] == 3).all()
    assert "p_endpoint_swap (2)" in result.rows
    told = next(m for m in result.findings if m.code == "family_missing")
    assert "depends on 'hypothesis_id'" in told.sentence


def test_columns_need_not_have_names_of_text():
    seen = pd.DataFrame({0: ["a"], 1: [0.5]})
    drawn = pd.DataFrame({0: ["a", "a"], 1: [0.0, 1.0]})
    result = audit_draws(seen, drawn, by=["0"], value="1")
    assert result.rows["p_max"].tolist() == [2 / 3]


def test_tables_are_left_as_they_were(screen, keys):
    seen, drawn = screen()
    before = seen.copy(), drawn.copy()
    audit_draws(seen, drawn, by=keys, value="delta_auroc")
    assert seen.equals(before[0])
    assert drawn.equals(before[1])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"level": 5}, "level is 5"),
        ({"direction": "up"}, "direction is 'up'"),
        ({"by": ["domain"]}, "repeat a key: domain immune"),
        ({"value": "delta_aurok"}, "did you mean 'delta_auroc'"),
    ],
)
def test_what_makes_no_sense_is_refused(screen, keys, options, said):
    with pytest.raises(InputError, match=said):
        audit_draws(*screen(), **{"by": keys, "value": "delta_auroc", **options})


def test_two_hundred_thousand_draws_take_a_moment(keys):
    import time

    rng = np.random.default_rng(0)
    n, families, draws = 100, 5, 400
    seen = pd.DataFrame({"row": np.arange(n), "effect": rng.normal(size=n)})
    drawn = pd.DataFrame({
        "row": np.repeat(np.arange(n), families * draws),
        "null_kind": np.tile(np.repeat([f"f{i}" for i in range(families)], draws), n),
        "perm_idx": np.tile(np.arange(draws), n * families),
        "null_value": rng.normal(size=n * families * draws),
    })  # fmt: skip
    start = time.perf_counter()
    result = audit_draws(seen, drawn, by=["row"], value="effect")
    assert time.perf_counter() - start < 10
    assert result.summary["n_draws"] == 200_000
