from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from cellglass.models.swap_space import SwapSpace

VALUES = np.array([[1.0, 0.0, 2.0, 5.0], [1.0, 3.0, 0.0, 4.0], [0.0, 0.0, 0.0, 5.0]])


class Plain(SwapSpace):
    """Cells whose embedding is their values."""

    genes, cell_names = ("A", "B", "C", "D"), ("p", "q", "r")
    scale, width = "counts", 4
    values = sparse.csr_matrix(VALUES)

    def embed(self, cells: Any = None) -> Any:
        return VALUES[slice(None) if cells is None else cells].astype(np.float32)

    def embed_edits(self, edits: Any) -> Any:
        out = self.embed([e.cell for e in edits])
        for row, edit in zip(out, edits, strict=True):
            row[edit.genes] = edit.values
        return out

    def path_gradients(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError


def test_rows_are_dense_and_differing_are_the_columns_that_differ() -> None:
    space = Plain()
    for cell in range(3):
        assert space.row(cell).tolist() == VALUES[cell].tolist()
    assert space.differing(0, 1).tolist() == [1, 2, 3]
    assert space.differing(0, 2).tolist() == [0, 2]
    assert space.differing(1, 1).tolist() == []


def test_swaps_take_the_other_cells_values() -> None:
    edit = Plain().swap(0, 1, [3, 1])
    assert (edit.cell, edit.genes.tolist(), edit.values.tolist()) == (0, [3, 1], [4.0, 3.0])
    assert Plain().embed_edits([edit]).tolist() == [[1, 3, 2, 4]]


def test_a_full_swap_is_the_other_cell() -> None:
    space = Plain()
    for p, q in ((0, 1), (1, 0), (2, 1)):
        edit = space.full_swap(p, q)
        assert edit.genes.tolist() == space.differing(p, q).tolist()
        assert space.embed_edits([edit]).tolist() == space.embed([q]).tolist()


def test_nothing_is_drawn_unless_a_family_says_so() -> None:
    space = Plain()
    assert space.reseeded(1) is None
    assert (space.n_passes, space.exact_full_swap, space.limits) == (0, True, "")
