import pandas as pd
import pytest

from cellglass.errors import InputError
from cellglass.stats.audit.audit_draws import audit_draws
from cellglass.stats.audit.collapse import one_row_a_test
from cellglass.stats.audit.columns import AuditColumns

COLUMNS = AuditColumns(("k",), "d", "v", "kind", None)
SEEN = pd.DataFrame({
    "k": ["a", "b", "a", "b", "c"], "kind": ["x", "x", "y", "y", "x"],
    "d": [1.0, 2.0, 1.0, 2.0, 3.0], "p": [0.1, 0.2, 0.3, 0.4, 0.5], "note": list("nmnmn"),
})  # fmt: skip


def test_columns_that_differ_are_set_side_by_side():
    table, note = one_row_a_test(SEEN, COLUMNS)
    assert table["k"].tolist() == ["a", "b", "c"]
    assert table["d"].tolist() == [1.0, 2.0, 3.0]
    assert table["note"].tolist() == ["n", "m", "n"]
    assert table["p x"].tolist() == [0.1, 0.2, 0.5]
    assert table["p y"].tolist()[:2] == [0.3, 0.4]
    assert table["p y"].isna().tolist() == [False, False, True]
    assert "once for every value of 'kind'" in note


@pytest.mark.parametrize(
    "table",
    [
        SEEN.drop(columns="kind"),  # no family in it
        SEEN[:2],  # nothing repeats
        SEEN.assign(d=range(5)),  # the observed value differs: not one test
        SEEN.assign(kind="x"),  # repeats within a family
    ],
)
def test_other_tables_stay_as_they_are(table):
    same, note = one_row_a_test(table, COLUMNS)
    assert same is table
    assert note == ""


def test_without_families():
    none = AuditColumns(("k",), "d", "v", None, None)
    assert one_row_a_test(SEEN, none)[0] is SEEN


def test_a_printed_p_of_each_family_is_held_against_its_own(screen, keys):
    seen, drawn = screen(draws=30, effect=0.01)
    plain = audit_draws(seen, drawn, by=keys, value="delta_auroc")
    long = plain.families.rename(columns={"p": "p_value"})[[*keys, "null_kind", "p_value"]]
    long = long.merge(seen, on=keys)
    result = audit_draws(long, drawn, by=keys, value="delta_auroc")
    pd.testing.assert_frame_equal(result.rows, plain.rows)
    told = dict(zip(result.printed["column"], result.printed["formula"], strict=True))
    for family in ("descriptor_shuffle", "endpoint_swap", "label_permutation"):
        assert told[f"p_value {family}"].startswith(f"p against '{family}', (1 + exceeding)")
    assert any("brought together" in note for note in result.notes)
    long.loc[0, "delta_auroc"] += 1
    with pytest.raises(InputError, match="repeat a key"):
        audit_draws(long, drawn, by=keys, value="delta_auroc")
