from __future__ import annotations

from typing import Any

import numpy as np

from cellglass.data import EdgeTable
from cellglass.models.fixed_edges import FixedEdges
from cellglass.regulation.scaling.whole_score import WHOLE, whole_score


def test_it_is_the_mean_over_layers_and_so_over_heads(planted: Any) -> None:
    edges = planted().held.attention
    name, scores = whole_score(edges)
    assert name == WHOLE
    heads = [edges.head(layer, h).scores for layer in edges.layers for h in range(edges.n_heads)]
    np.testing.assert_allclose(scores, np.mean(heads, axis=0))
    np.testing.assert_allclose(whole_score(edges, np.array([4, 1]))[1], scores[[4, 1]])


def test_a_table_has_one_score_and_missing_pairs_get_zero() -> None:
    table = EdgeTable(np.array([[0.0, np.nan], [0.5, 0.0]]), ("A", "B"), ("A", "B"))
    name, scores = whole_score(FixedEdges(table, "genie3"))
    assert name == "genie3"
    assert scores.tolist() == [[0.0, 0.0], [0.5, 0.0]]
    assert whole_score(FixedEdges(table, "x"), np.array([1]))[1].tolist() == [[0.5, 0.0]]
