from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cellglass.data.edge_blocks import EdgeBlocks, mean_score
from cellglass.data.edges import EdgeTable
from cellglass.errors import InputError

SOURCES, TARGETS = ("A", "B", "NA"), ("B", "C", "A", "NA")


@pytest.fixture
def table() -> EdgeTable:
    """Three donors; the pair (A, C) never meets in the third, (B, NA) never at all."""
    rng = np.random.default_rng(0)
    counts = rng.integers(1, 9, size=(3, 3, 4))
    sums = rng.normal(size=(3, 3, 4)) * counts
    counts[2, 0, 1], sums[2, 0, 1] = 0, 0.0
    counts[:, 1, 3], sums[:, 1, 3] = 0, 0.0
    return EdgeTable.from_sums(
        sums,
        counts,
        SOURCES,
        TARGETS,
        block_names=("d1", "d2", "d3"),
        unit="donor",
        provenance={"model": "mini", "layer": 2, "head": np.int64(1), "direction": "query -> key"},
    )


def equal(a: EdgeTable, b: EdgeTable) -> bool:
    same = (
        np.array_equal(a.scores, b.scores, equal_nan=True)
        and a.sources == b.sources
        and a.targets == b.targets
        and a.min_count == b.min_count
        and dict(a.provenance) == dict(b.provenance)
        and (a.counts is None) == (b.counts is None)
        and (a.blocks is None) == (b.blocks is None)
    )
    if a.counts is not None and b.counts is not None:
        same &= np.array_equal(a.counts, b.counts)
    if a.blocks is not None and b.blocks is not None:
        same &= np.array_equal(a.blocks.sums, b.blocks.sums)
        same &= np.array_equal(a.blocks.counts, b.blocks.counts)
        same &= (a.blocks.names, a.blocks.unit) == (b.blocks.names, b.blocks.unit)
    return bool(same)


def test_scores_are_means_over_all_cells_of_a_pair(table: EdgeTable) -> None:
    assert table.blocks is not None
    assert table.counts is not None
    by_hand = table.blocks.sums[:, 0, 2].sum() / table.blocks.counts[:, 0, 2].sum()
    assert table.scores[0, 2] == pytest.approx(by_hand)
    assert np.isnan(table.scores[1, 3])
    assert table.scores.dtype == np.float64


def test_evaluable_pairs(table: EdgeTable) -> None:
    mask = table.evaluable
    assert not mask[1, 3]  # never seen together
    for i, source in enumerate(SOURCES):
        for j, target in enumerate(TARGETS):
            if source == target:
                assert not mask[i, j]
    assert mask.sum() == 12 - 3 - 1
    assert table.counts is not None
    least = int(np.sort(table.counts[mask])[3])
    strict = EdgeTable(table.scores, SOURCES, TARGETS, table.counts, min_count=least)
    assert strict.evaluable.sum() < mask.sum()
    assert np.all(table.counts[strict.evaluable] >= least)


def test_held_out_blocks(table: EdgeTable) -> None:
    rest = table.subset_blocks(["d1", "d2"])
    assert table.blocks is not None
    expected = table.blocks.sums[:2].sum(0) / np.maximum(table.blocks.counts[:2].sum(0), 1)
    known = table.blocks.counts[:2].sum(0) > 0
    np.testing.assert_allclose(rest.scores[known], expected[known])
    assert rest.provenance["blocks"] == ["d1", "d2"]
    assert rest.provenance["model"] == "mini"
    assert np.isnan(table.subset_blocks([2]).scores[0, 1])
    assert equal(table.subset_blocks([0, 1]), rest)
    with pytest.raises(InputError, match=r"no block 'd4'(?s:.*)valid: 'd1'"):
        table.subset_blocks(["d4"])
    with pytest.raises(InputError, match="0 to 2"):
        table.subset_blocks([3])
    with pytest.raises(InputError, match="no block was chosen"):
        table.subset_blocks([])
    with pytest.raises(InputError, match="no replicate blocks"):
        EdgeTable(table.scores, SOURCES, TARGETS).subset_blocks(["d1"])


def test_one_pass_or_two_give_the_same(table: EdgeTable) -> None:
    """Sums over blocks equal the sums without blocks."""
    assert table.blocks is not None
    flat = EdgeTable.from_sums(
        table.blocks.sums.sum(0), table.blocks.counts.sum(0), SOURCES, TARGETS
    )
    assert np.array_equal(flat.scores, table.scores, equal_nan=True)


def test_transpose(table: EdgeTable) -> None:
    turned = table.transpose()
    assert turned.shape == (4, 3)
    assert turned.scores[2, 1] == table.scores[1, 2]
    assert turned.provenance["transposed"] is True
    assert np.array_equal(
        turned.subset_blocks(["d1"]).scores, table.subset_blocks(["d1"]).scores.T, equal_nan=True
    )
    back = turned.transpose()
    assert back.provenance["transposed"] is False
    assert np.array_equal(back.scores, table.scores, equal_nan=True)


def test_symmetric_needs_both_directions(table: EdgeTable) -> None:
    for how, join in (("mean", np.mean), ("max", np.max)):
        joined = table.symmetric(how)  # type: ignore[arg-type]
        assert joined.sources == joined.targets == ("A", "B", "NA")
        a_b, b_a = table.scores[0, 0], table.scores[1, 2]
        assert joined.scores[0, 1] == joined.scores[1, 0] == pytest.approx(join([a_b, b_a]))
        assert np.isnan(joined.scores[1, 2])  # B -> NA was never seen
        assert np.isnan(joined.scores[2, 1])
        assert joined.blocks is None
        assert joined.provenance["symmetric"] == how
    with pytest.raises(InputError, match="no way to join"):
        table.symmetric("sum")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="both a source and a target"):
        EdgeTable(np.ones((1, 1)), ("A",), ("B",)).symmetric()


def test_aligned_fills_what_is_missing(table: EdgeTable) -> None:
    wanted = table.aligned(["B", "unseen", "A"], ["A", "C", "gone"])
    assert wanted.scores[0, 0] == table.scores[1, 2]
    assert wanted.scores[2, 1] == table.scores[0, 1]
    assert np.isnan(wanted.scores[1]).all()
    assert np.isnan(wanted.scores[:, 2]).all()
    assert wanted.counts is not None
    assert wanted.counts[1].sum() == wanted.counts[:, 2].sum() == 0
    assert wanted.blocks is not None
    assert wanted.blocks.sums[0, 0, 0] == table.blocks.sums[0, 1, 2]  # type: ignore[union-attr]
    assert wanted.subset_blocks(["d1"]).scores[2, 1] == table.subset_blocks(["d1"]).scores[0, 1]
    assert not np.isnan(table.scores[1, 2])  # the original is untouched


def test_names_and_shapes_are_checked() -> None:
    with pytest.raises(InputError, match="1 names occur twice: A"):
        EdgeTable(np.ones((2, 1)), ("A", "A"), ("B",))
    with pytest.raises(InputError, match=r"scores have shape \(2, 1\)"):
        EdgeTable(np.ones((2, 1)), ("A",), ("B",))
    with pytest.raises(InputError, match=r"counts have shape"):
        EdgeTable(np.ones((1, 1)), ("A",), ("B",), np.ones((2, 2), dtype=int))
    with pytest.raises(InputError, match="blocks have shape"):
        EdgeTable(
            np.ones((1, 1)),
            ("A",),
            ("B",),
            blocks=EdgeBlocks(np.ones((1, 2, 2)), np.ones((1, 2, 2), int), ("x",), "donor"),
        )
    with pytest.raises(InputError, match="one name per block"):
        EdgeBlocks(np.ones((2, 1, 1)), np.ones((2, 1, 1), int), ("x", "x"), "donor")
    with pytest.raises(InputError, match="edge blocks"):
        EdgeBlocks(np.ones((2, 1, 1)), np.ones((1, 1, 1), int), ("x", "y"), "donor")
    with pytest.raises(InputError, match="expected: equal shapes"):
        EdgeTable.from_sums(np.ones((1, 1)), np.ones((1, 2)), ("A",), ("B",))


def test_frames_go_both_ways(table: EdgeTable) -> None:
    frame = table.to_frame()
    assert list(frame.columns) == ["source", "target", "score", "count"]
    assert len(frame) == 11  # the unseen pair has no row
    assert len(table.to_frame(evaluable_only=True)) == 8
    again = EdgeTable.from_frame(frame).aligned(SOURCES, TARGETS)
    assert np.array_equal(again.scores, table.scores, equal_nan=True)
    assert np.array_equal(again.counts, table.counts)  # type: ignore[arg-type]


def test_frames_of_others() -> None:
    frame = pd.DataFrame(
        {"TF": ["A", "A"], "gene": ["B", 7], "importance": [0.5, 0.1], "x": [1, 2]}
    )
    found = EdgeTable.from_frame(frame)
    assert found.targets == ("7", "B")  # names are text
    assert found.scores[0].tolist() == [0.1, 0.5]
    assert found.counts is None
    assert EdgeTable.from_frame(frame, score="x").scores[0].tolist() == [2, 1]
    missing = EdgeTable.from_frame(
        pd.DataFrame({"source": ["A", "B"], "target": ["B", "A"], "score": [1.0, 2.0]})
    )
    assert np.isnan(missing.scores[0, 0])
    assert missing.evaluable.tolist() == [[False, True], [True, False]]


def test_frame_errors() -> None:
    rows = {"source": ["A", "A", "B"], "target": ["B", "B", "A"], "score": [1.0, 1.0, 2.0]}
    assert EdgeTable.from_frame(pd.DataFrame(rows)).shape == (2, 2)  # equal rows are one
    rows["score"] = [1.0, 1.5, 2.0]
    with pytest.raises(
        InputError, match="2 rows give a pair different scores; the first is A -> B"
    ):
        EdgeTable.from_frame(pd.DataFrame(rows))
    with pytest.raises(InputError, match=r"no column looks like a target(?s:.*)target='...'"):
        EdgeTable.from_frame(pd.DataFrame({"source": ["A"], "score": [1]}))
    with pytest.raises(InputError, match=r"no column 'scores'(?s:.*)'score'"):
        EdgeTable.from_frame(pd.DataFrame(rows), score="scores")
    with pytest.raises(InputError, match="the first is 'high' in row 2"):
        EdgeTable.from_frame(
            pd.DataFrame({"source": ["A", "B"], "target": ["B", "A"], "score": ["1", "high"]})
        )
    with pytest.raises(InputError, match="1 rows have no source or no target; the first is row 2"):
        EdgeTable.from_frame(
            pd.DataFrame({"source": ["A", ""], "target": ["B", "A"], "score": [1, 2]})
        )


def test_parquet_keeps_everything_with_equal_bytes(table: EdgeTable, tmp_path: Path) -> None:
    first, second = table.write(tmp_path / "a.parquet"), table.write(tmp_path / "b.parquet")
    assert first.read_bytes() == second.read_bytes()
    again = EdgeTable.read(first)
    assert equal(again, table)
    assert again.write(tmp_path / "c.parquet").read_bytes() == first.read_bytes()
    bare = EdgeTable(table.scores, SOURCES, TARGETS, min_count=4)
    assert equal(EdgeTable.read(bare.write(tmp_path / "d.parquet")), bare)


@pytest.mark.parametrize("ending", ["tsv", "csv"])
def test_text_reads_back_exactly(table: EdgeTable, tmp_path: Path, ending: str) -> None:
    path = table.write(tmp_path / f"a.{ending}")
    assert path.read_bytes() == table.write(tmp_path / f"b.{ending}").read_bytes()
    again = EdgeTable.read(path).aligned(SOURCES, TARGETS)
    assert np.array_equal(again.scores, table.scores, equal_nan=True)
    assert "NA" in again.sources


def test_file_errors(table: EdgeTable, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ending '\.xlsx' is unknown"):
        table.write(tmp_path / "a.xlsx")
    with pytest.raises(InputError, match="does not exist"):
        EdgeTable.read(tmp_path / "none.tsv")
    path = table.write(tmp_path / "a.parquet")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(InputError, match="damaged"):
        EdgeTable.read(path)
    with pytest.raises(InputError, match="provenance holds a set"):
        EdgeTable(np.ones((1, 1)), ("A",), ("B",), provenance={"x": {1}}).write(
            tmp_path / "b.parquet"
        )


def test_foreign_parquet(tmp_path: Path) -> None:
    pd.DataFrame({"regulator": ["A"], "target": ["NAN"], "weight": [0.25]}).to_parquet(
        tmp_path / "x.parquet"
    )
    found = EdgeTable.read(tmp_path / "x.parquet")
    assert (found.targets, found.scores[0, 0]) == (("NAN",), 0.25)


def test_mean_score_does_not_warn() -> None:
    assert np.isnan(mean_score(np.array([0.0]), np.array([0]))).all()


@pytest.mark.parametrize("value", [np.inf, -np.inf])
def test_infinite_scores_are_refused(table: EdgeTable, value: float, tmp_path: Path) -> None:
    scores = table.scores.copy()
    scores[0, 1] = scores[1, 0] = value
    with pytest.raises(InputError, match=f"2 scores are infinite; the first is A -> C: {value}"):
        EdgeTable(scores, SOURCES, TARGETS)
    path = tmp_path / "edges.tsv"
    path.write_text(f"source\ttarget\tscore\nA\tB\t0.5\nB\tC\t{value}\n")
    with pytest.raises(InputError, match="1 scores are infinite; the first is B -> C"):
        EdgeTable.read(path)


@pytest.mark.parametrize("count", [-1, 0.5, np.nan, 1e300, np.inf])
def test_counts_that_are_no_numbers_of_cells_are_refused(count: float) -> None:
    frame = pd.DataFrame({"source": ["A", "B"], "target": ["B", "C"], "score": [0.1, 0.2]})
    with pytest.raises(InputError, match=r"1 counts are no numbers of cells; .* in row 2"):
        EdgeTable.from_frame(frame.assign(count=[3, count]))
    with pytest.raises(InputError, match="1 counts are no numbers of cells; the first is A -> C"):
        EdgeTable(np.ones((1, 2)), ("A",), ("B", "C"), np.array([[3, count]]))


def test_a_pair_without_a_cell_is_not_judged() -> None:
    frame = pd.DataFrame({"source": ["A", "A"], "target": ["B", "C"], "score": [0.1, 0.2]})
    assert EdgeTable.from_frame(frame.assign(count=[0, 2])).evaluable.tolist() == [[False, True]]


def test_a_table_without_rows_and_a_folder_say_so(tmp_path: Path) -> None:
    path = tmp_path / "edges.tsv"
    path.write_text("source\ttarget\tscore\n")
    with pytest.raises(InputError, match="the table has no rows, only columns"):
        EdgeTable.read(path)
    with pytest.raises(InputError, match="this is a folder"):
        EdgeTable.read(tmp_path)
