import pandas as pd
import pytest

from cellglass.errors import InputError
from cellglass.stats.audit.columns import find_columns

SEEN = pd.DataFrame({"domain": ["lung"], "layer": [7], "delta_auroc": [0.1], "note": ["x"]})


def drawn(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"domain": ["lung"], "layer": [7], **{k: [v] for k, v in columns.items()}})


def test_usual_names_are_found_and_said():
    found = find_columns(
        SEEN, drawn(null_kind="labels", perm_idx=0, null_value=0.0), ["domain"], "delta_auroc"
    )
    assert (found.null_value, found.null_kind, found.index) == (
        "null_value", "null_kind", "perm_idx",
    )  # fmt: skip
    assert "'null_value'" in found.notes[0]
    assert "'null_kind'" in found.notes[1]


@pytest.mark.parametrize("name", ["null_type", "Null_Family", "family", "kind", "null"])
def test_other_names_of_the_family(name):
    table = drawn(**{name: "labels", "null_value": 0.0})
    assert find_columns(SEEN, table, ["domain"], "delta_auroc").null_kind == name


@pytest.mark.parametrize("name", ["delta_auroc", "null_delta_auroc", "delta_auroc_null"])
def test_the_value_of_a_draw_may_be_named_like_the_observed_one(name):
    table = drawn(**{name: 0.0})
    assert find_columns(SEEN, table, ["domain"], "delta_auroc").null_value == name


def test_without_a_family_all_draws_are_one_and_that_is_said():
    found = find_columns(SEEN, drawn(null_value=0.0), ["domain"], "delta_auroc")
    assert found.null_kind is None
    assert found.index is None
    assert "one family" in found.notes[1]


def test_a_column_of_measurements_named_null_is_no_family():
    table = pd.DataFrame({"domain": ["lung"] * 90, "null": [i / 7 for i in range(90)],
                          "null_value": [0.0] * 90})  # fmt: skip
    assert find_columns(SEEN, table, ["domain"], "delta_auroc").null_kind is None
    text = table.astype({"null": str})[:9]
    assert find_columns(SEEN, text, ["domain"], "delta_auroc").null_kind is None


def test_two_columns_that_could_name_the_family():
    table = drawn(null_kind="labels", null_type="within", null_value=0.0)
    with pytest.raises(InputError, match="'null_kind' and 'null_type' could all name") as caught:
        find_columns(SEEN, table, ["domain"], "delta_auroc")
    assert caught.value.fix == "name it: --null-kind null_kind"
    found = find_columns(SEEN, table, ["domain"], "delta_auroc", null_kind="null_type")
    assert found.null_kind == "null_type"
    # A name with "null" in it comes before one without.
    table = drawn(null_kind="labels", family="MC", null_value=0.0)
    assert find_columns(SEEN, table, ["domain"], "delta_auroc").null_kind == "null_kind"


@pytest.mark.parametrize(
    ("options", "found", "fix"),
    [
        ({"by": ["domian"]}, "there is no column 'domian'", "did you mean 'domain'?"),
        ({"by": ["domain", "note"]}, "there is no column 'note'", "--by domain"),
        ({"value": "delta"}, "there is no column 'delta'", "did you mean 'delta_auroc'?"),
        ({"null_value": "null_vale"}, "there is no column 'null_vale'", "'null_value'"),
        ({"null_kind": "nul_kind"}, "there is no column 'nul_kind'", "'null_kind'"),
        ({"index": "perm"}, "there is no column 'perm'", "perm_idx"),
        ({"by": []}, "no column tells the tests apart", "domain, layer"),
        ({"by": ["domain", "domain"]}, "'domain' is named twice", "for one role"),
        ({"by": ["domain", "delta_auroc"]}, "'delta_auroc' is named twice", "for one role"),
        ({"null_value": "layer", "by": ["layer"]}, "'layer' is a key as well", "--by"),
        ({"null_kind": "null_value"}, "has another role already", "another column"),
    ],
)
def test_columns_that_are_not_there_are_named_with_the_nearest(options, found, fix):
    table = drawn(null_kind="labels", perm_idx=0, null_value=0.0)
    with pytest.raises(InputError) as caught:
        find_columns(SEEN, table, **{"by": ["domain"], "value": "delta_auroc", **options})
    assert found in caught.value.found
    assert fix in caught.value.fix
    assert caught.value.where


def test_the_file_is_named():
    with pytest.raises(InputError, match=r"where: nulls\.csv, by"):
        find_columns(SEEN, drawn(null_value=0.0), ["note"], "delta_auroc",
                     names=("seen.csv", "nulls.csv"))  # fmt: skip


def test_no_value_of_a_draw():
    with pytest.raises(InputError, match="no column of the draws is named like a null value"):
        find_columns(SEEN, drawn(score=0.0), ["domain"], "delta_auroc")


def test_a_family_with_a_name_for_every_draw():
    table = pd.DataFrame({"domain": "lung", "perm_idx": range(1500), "null_value": 0.0})
    with pytest.raises(InputError, match=r"'perm_idx' has 1,500 values"):
        find_columns(SEEN, table, ["domain"], "delta_auroc", null_kind="perm_idx")
