from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cellglass.data import EdgeTable
from cellglass.errors import InputError
from cellglass.models.fixed_edges import FixedEdges

SCORES = np.array([[0.1, 0.5, np.nan], [0.2, 0.3, 0.4]])
KEPT = np.array([[0.1, np.nan, np.nan], [0.2, 0.3, np.nan]])  # in 5 cells or more


@pytest.fixture
def edges() -> FixedEdges:
    counts = np.array([[9, 0, 9], [9, 9, 0]])
    return FixedEdges.of(
        EdgeTable(SCORES, ("A", "X"), ("A", "B", "C"), counts, min_count=5), "mine"
    )


def test_a_pair_in_too_few_cells_of_the_tables_own_counts_has_no_score(edges: FixedEdges):
    """As `score_edges` has it: one table is judged on the same pairs wherever it is given."""
    assert edges.evaluable.tolist() == [[False, False, False], [True, True, False]]
    assert edges.table.counts is None


def test_it_has_one_candidate_and_no_layers(edges: FixedEdges):
    assert edges.candidate_names() == edges.candidate_names(heads=False) == ["mine"]
    assert (edges.layers, edges.n_heads, edges.strata) == ((), 0, ())
    assert (edges.sources, edges.targets) == (("A", "X"), ("A", "B", "C"))
    np.testing.assert_array_equal(edges.candidate("mine").scores, KEPT)
    np.testing.assert_array_equal(edges.candidates()["mine"], KEPT)
    with pytest.raises(InputError, match=r"no score 'layer 1'[\s\S]*expected: mine"):
        edges.candidate("layer 1")


@pytest.mark.parametrize("shape", [(2, 3), (0, 3), (2, 0)])
def test_it_is_read_as_it_was_written(shape: tuple[int, int], edges: FixedEdges, tmp_path: Path):
    table = edges.table.aligned(("A", "X")[: shape[0]], ("A", "B", "C")[: shape[1]])
    FixedEdges(table, "mine").write(tmp_path)
    read = FixedEdges.read(tmp_path)
    np.testing.assert_array_equal(read.candidate("mine").scores, KEPT[: shape[0], : shape[1]])
    assert (read.sources, read.targets) == (table.sources, table.targets)
    assert read.evaluable.shape == shape
    assert read.name == "mine"
