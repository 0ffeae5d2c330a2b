import numpy as np
import pandas as pd
import pytest

from cellglass.errors import InputError
from cellglass.stats.audit.keys import as_label, key_of, labels_of, match_keys, typed


def matched(seen, drawn, **options):
    return match_keys(pd.DataFrame({"k": seen}), pd.DataFrame({"k": drawn}), ["k"], **options)


def test_text_is_matched_as_text():
    found = matched(["NA", "nan", "07", "7"], ["7", "07", "NA", "nan", "x"])
    assert found.row.tolist() == [3, 2, 0, 1, -1]
    assert found.notes == ()
    assert found.strangers == (("k x", 1),)


@pytest.mark.parametrize(
    ("seen", "drawn", "how"),
    [
        (["0", "7", "11"], ["7.0", "11.0", "0.0"], "numbers"),
        ([0, 7, 11], [7.0, 11.0, 0.0], "numbers"),
        (["0", "7", "11"], [7, 11, 0], ""),
        (["-0.0", "1e1", "0.25"], ["10", ".250", "0"], "numbers"),
        (["007", "8", "9"], ["8", "9", "7"], "numbers"),
        (["True", "False", "x"], ["False", "x", "True"], ""),
        (["True", "False", "x"], ["0", "x", "1"], "true and false"),
        ([True, False, "x"], ["FALSE", "x", "TRUE"], "true and false"),
        ([" a", "b", "c"], ["b", "c ", "a"], "text without spaces around it"),
        (["Lung", "Immune", "7.0"], ["immune", "7", "lung"], "text in lower case"),
    ],
)
def test_keys_that_are_written_differently(seen, drawn, how):
    found = matched(seen, drawn)
    assert found.row.tolist() == [1, 2, 0]
    assert [how in note for note in found.notes] == ([True] if how else [])


def test_keys_of_one_table_are_never_made_the_same():
    # 07 and 7 are two genes here; as numbers they would be one.
    found = matched(["07", "7", "a"], ["7.0", "07", "a"])
    assert found.row.tolist() == [-1, 0, 2]
    assert found.notes == ()
    # 7 and 7.0 are one: a table written in two goes.
    found = matched(["7", "8"], ["7", "7.0", "8"])
    assert found.row.tolist() == [0, 0, 1]


def test_very_long_numbers_stay_apart():
    a, b = "12345678901234567890", "12345678901234567891"
    assert matched([a, b], [f"{b}.0", f"{a}.0"]).row.tolist() == [1, 0]


def test_several_columns():
    seen = pd.DataFrame({"domain": ["lung", "lung", "NA"], "layer": ["0", "7", "7"]})
    drawn = pd.DataFrame({"layer": [7.0, 7.0, 0.0, 0.0], "domain": ["NA", "lung", "lung", "NA"]})
    found = match_keys(seen, drawn, ["domain", "layer"])
    assert found.row.tolist() == [2, 1, 0, -1]
    assert found.strangers == (("domain NA, layer 0.0", 1),)


def test_missing_keys_are_a_key():
    found = matched(["a", None], [np.nan, "a", None])
    assert found.row.tolist() == [1, 0, 1]


def test_strangers_are_counted():
    found = matched(["a"], ["a", *(f"x{i // 2}" for i in range(100))])
    assert found.n_strangers == 50
    assert len(found.strangers) == 20
    assert found.strangers[0] == ("k x0", 2)


def test_repeated_keys_are_named_with_what_tells_them_apart():
    seen = pd.DataFrame({"k": ["a", "a", "b", "b"], "layer": [0, 1, 0, 1], "n": [1, 1, 1, 1]})
    drawn = pd.DataFrame({"k": ["a"], "layer": [0]})
    with pytest.raises(
        InputError, match="2 rows of the observed table repeat a key: k a; k b"
    ) as e:
        match_keys(seen, drawn, ["k"], ("seen.csv", "nulls.csv"))
    assert e.value.where == "seen.csv, by k"
    assert e.value.fix == "add a column that tells them apart: --by k,layer"
    with pytest.raises(InputError, match="'layer' tells them apart, but the draws have no such"):
        match_keys(seen, drawn[["k"]], ["k"])
    with pytest.raises(InputError, match="keep one row a key"):
        match_keys(seen[["k", "n"]], drawn, ["k"])


def test_a_null_family_is_no_key():
    seen = pd.DataFrame({"k": ["a", "a"], "kind": ["x", "y"]})
    drawn = pd.DataFrame({"k": ["a", "a"], "kind": ["x", "y"]})
    with pytest.raises(InputError) as caught:
        match_keys(seen, drawn, ["k"], kind="kind")
    assert "--by" not in caught.value.fix


def test_tables_that_do_not_meet():
    with pytest.raises(InputError, match="no draw has the key of an observed row") as caught:
        matched(["a", "b"], ["x", "y"], names=("seen.csv", "nulls.csv"))
    assert "keys such as k a" in caught.value.expected
    assert "'k' has 'a' and 'b' in one table and 'x' and 'y' in the other" in caught.value.fix


def test_labels():
    codes, labels = labels_of(pd.Series([7.0, np.nan, 7.0, 8.5]))
    assert (codes.tolist(), labels) == ([0, 1, 0, 2], ["7.0", "", "8.5"])
    assert labels_of(pd.Series(["b", "a"], dtype="category"))[1] == ["b", "a"]
    assert as_label(pd.NA) == ""
    assert key_of(pd.DataFrame({"k": [None]}), ["k"], 0) == "k (empty)"


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["7", "-1"], "i"), (["1.5", "2.0"], "f"), (["True", "False"], "b"),
        (["07", "1"], "O"), (["NA", "1"], "O"), (["nan", "1.0"], "O"), (["inf", "1.0"], "O"),
        (["1e3", "2.0"], "O"), (["9" * 30, "1"], "O"), (["TRUE"], "O"), ([], "O"),
    ],
)  # fmt: skip
def test_text_gets_a_type_where_nothing_is_lost(texts, kind):
    column = typed(pd.Series(texts, dtype=object))
    assert column.dtype.kind == kind
    assert [str(v) for v in column] == texts


def test_other_types_are_left_alone():
    assert typed(pd.Series([1.0, np.nan])).isna().sum() == 1
    assert typed(pd.Series(["a"], dtype="category")).dtype == object
