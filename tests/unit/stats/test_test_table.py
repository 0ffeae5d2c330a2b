import numpy as np
import pandas as pd
import pytest

from cellglass.errors import InputError
from cellglass.stats import TestTable, bh


def table(**changes):
    frame = pd.DataFrame(
        {
            "test": ["c1/t1", "c1/t2", "c2/t1"],
            "estimate": [2.0, 1.0, np.nan],
            "p": [0.01, 0.04, np.nan],
            "n": [9, 9, 9],
            "concept": ["c1", "c1", "c2"],
        }
    ).assign(**changes)
    return TestTable(frame, "ora", "go", "odds ratio", "gene", {"atlas": "a"})


def test_adjust_uses_all_raw_p_and_leaves_the_original_alone():
    given = table()
    found = given.adjust()
    assert found.frame["q"].tolist()[:2] == bh([0.01, 0.04]).tolist()
    assert np.isnan(found.frame["q"][2])
    assert "q" not in given.frame
    assert found.adjust("holm").frame["q"][0] == 0.02
    with pytest.raises(InputError, match="bh or by or holm"):
        given.adjust("fdr")


def test_equal_tables_give_equal_bytes_and_come_back(tmp_path):
    first = table().adjust().write(tmp_path / "a.parquet")
    second = table().adjust().write(tmp_path / "sub" / "b.parquet")
    assert first.read_bytes() == second.read_bytes()
    back = TestTable.read(first)
    pd.testing.assert_frame_equal(back.frame, table().adjust().frame)
    assert (back.analysis, back.family, back.statistic, back.unit) == (
        "ora",
        "go",
        "odds ratio",
        "gene",
    )
    assert back.tags == {"atlas": "a"}
    assert [p.name for p in tmp_path.iterdir() if p.is_file()] == ["a.parquet"]


def test_index_of_the_frame_does_not_reach_the_file(tmp_path):
    a, b = table(), table()
    b.frame.index = [7, 8, 9]
    assert a.write(tmp_path / "a").read_bytes() == b.write(tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"test": ["a", "a", "b"]}, "'a' occurs twice"), ({"p": [0.1, 2.0, 0.3]}, "outside 0 to 1")],
)
def test_wrong_tables_are_refused(changes, message):
    with pytest.raises(InputError, match=message):
        table(**changes)


def test_missing_columns_are_named():
    with pytest.raises(InputError, match=r"\['p', 'n'\] are missing"):
        TestTable(pd.DataFrame({"test": ["a"], "estimate": [1.0]}), "a", "f", "s", "u")


def test_files_that_are_something_else_are_refused(tmp_path):
    path = tmp_path / "x.parquet"
    with pytest.raises(InputError, match="cannot read"):
        TestTable.read(path)
    path.write_bytes(b"no parquet")
    with pytest.raises(InputError, match="cannot read"):
        TestTable.read(path)
    pd.DataFrame({"a": [1]}).to_parquet(path)
    with pytest.raises(InputError, match="not a table of cellglass"):
        TestTable.read(path)
