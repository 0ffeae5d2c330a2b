from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from cellglass.data import EdgeTable
from cellglass.errors import NetworkError
from cellglass.models.fixed_edges import FixedEdges
from cellglass.regulation.scaling.shared import coverage, shared_pairs


def reversed_table(held: Any, n_genes: int, n_rows: int) -> Any:
    """The same cells with an edge table of fewer genes and rows, in another order."""
    genes = held.edges.targets[:n_genes][::-1]
    rows = held.regulators[:n_rows][::-1]
    scores = np.arange(len(rows) * len(genes), dtype=float).reshape(len(rows), -1)
    scores[0, 0] = np.nan
    table = EdgeTable(scores, rows, genes)
    frame = held.genes.set_index("gene").loc[list(genes)].reset_index()
    frame["row"] = frame["gene"].isin(rows)
    return replace(
        held, edges=FixedEdges(table, "t"), untrained=None, genes=frame, name="t", kind="table",
        expression=held.expression[:, :n_genes][:, ::-1],
    )  # fmt: skip


def test_the_universe_is_what_all_subjects_have(planted: Any) -> None:
    p = planted(1.0)
    other = reversed_table(p.held, 60, 10)
    pairs, places = shared_pairs([p.held, other], p.network, "planted", 3)
    assert set(pairs.genes) == set(p.held.edges.targets[:60])
    assert set(pairs.regulators) <= set(p.held.regulators[:10])
    scores = other.edges.table.scores
    for place, whole in zip(places, (p.held.attention.layer(1).scores, scores), strict=True):
        found = place.of(whole)
        regulators, genes = place.held.regulators, list(place.held.edges.targets)
        for i, r in enumerate(pairs.regulators):
            for j, g in enumerate(pairs.genes[:5]):
                value = whole[regulators.index(r), genes.index(g)]
                assert found[i, j] == (0.0 if np.isnan(value) else value)
    lost = other.regulators[0], other.edges.targets[0]  # the pair without a score
    if lost[0] in pairs.regulators:
        at = pairs.regulators.index(lost[0]), pairs.genes.index(lost[1])
        assert not pairs.mask[at]
    assert "60 genes" in coverage(pairs, places)
    assert "80 genes and 16 rows" in coverage(pairs, places)


def test_one_subject_is_enough(planted: Any) -> None:
    p = planted(1.0)
    pairs, _ = shared_pairs([p.held], p.network, "planted", 3)
    assert pairs.regulators == p.pairs.regulators
    np.testing.assert_array_equal(pairs.labels, p.pairs.labels & p.pairs.mask)


def test_nothing_shared_is_told(planted: Any) -> None:
    p = planted(1.0)
    other = reversed_table(p.held, 60, 1)
    with pytest.raises(NetworkError, match=r"^(1 regulator|(?!1 )\d+ regulators) of planted"):
        shared_pairs([p.held, other], p.network, "planted", 3)
