from __future__ import annotations

from typing import Any

import numpy as np

from cellglass.regulation.scaling.some_pairs import columns_of, rows_of, some_regulators


def test_regulators_are_drawn_without_a_look_at_the_labels(planted: Any) -> None:
    p = planted()
    kept, rows, told = some_regulators(p.pairs, p.rows, 5, 1, "t")
    assert len(kept.regulators) == len(rows) == 5
    assert "drawn at random" in told[0]
    at = [p.pairs.regulators.index(g) for g in kept.regulators]
    np.testing.assert_array_equal(kept.labels, p.pairs.labels[at])
    np.testing.assert_array_equal(rows, p.rows[at])
    flipped = rows_of(p.pairs, np.arange(len(p.pairs.regulators)))
    flipped.labels[:] = ~flipped.labels
    assert some_regulators(flipped, p.rows, 5, 1, "t")[0].regulators == kept.regulators
    assert some_regulators(p.pairs, p.rows, 5, 2, "t")[0].regulators != kept.regulators


def test_nothing_is_drawn_where_there_are_few(planted: Any) -> None:
    p = planted()
    kept, rows, told = some_regulators(p.pairs, p.rows, 500, 1, "t")
    assert kept is p.pairs
    assert rows is p.rows
    assert told == []


def test_columns_take_their_labels_with_them(planted: Any) -> None:
    p = planted()
    kept = columns_of(p.pairs, np.array([3, 1]))
    assert kept.genes == (p.pairs.genes[3], p.pairs.genes[1])
    np.testing.assert_array_equal(kept.labels, p.pairs.labels[:, [3, 1]])
    assert kept.out_degree is not None
    assert p.pairs.out_degree is not None
    np.testing.assert_array_equal(kept.out_degree, p.pairs.out_degree[[3, 1]])
