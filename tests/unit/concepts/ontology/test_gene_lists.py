from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts.ontology.gene_lists import gene_lists, participation_ratio
from cellglass.errors import InputError

GENES = [f"g{i}" for i in range(6)]
SCORES = np.array([[0.9, 0.06, 0.05, -0.8, 0.3, 0.3], [0.0, 0.0, 0.0, -1.0, -2.0, 0.01]])
ALL = np.ones_like(SCORES, dtype=bool)


def chosen(**options: object) -> list[list[int]]:
    return [np.flatnonzero(row).tolist() for row in gene_lists(SCORES, ALL, GENES, **options)]  # type: ignore[arg-type]


def test_cutoff_is_strict():
    assert chosen() == [[0, 1, 4, 5], []]
    assert chosen(threshold=0.3) == [[0], []]


def test_only_tested_and_significant_genes():
    tested = ALL.copy()
    tested[0, 0] = False
    scores = np.where(tested, SCORES, np.nan)
    q = np.full_like(SCORES, 0.01)
    q[0, 4] = 0.05
    assert np.flatnonzero(gene_lists(scores, tested, GENES, gene_q=q)[0]).tolist() == [1, 5]


def test_top_n_takes_positive_scores_and_breaks_ties_by_name():
    assert chosen(rule=1) == [[0], [5]]
    assert len(chosen(rule=4)[0]) == 4
    tie = chosen(rule=2)[0]
    turned = gene_lists(SCORES[:, ::-1], ALL, GENES[::-1], rule=2)[0]
    assert sorted(5 - np.flatnonzero(turned)) == tie


def test_effective_number_of_genes():
    assert participation_ratio(np.array([[3.0] * 5 + [-9.0]])).tolist() == [5.0]
    assert participation_ratio(np.array([[1e-200, 1e-200]])).tolist() == [2.0]
    assert participation_ratio(np.zeros((1, 3))).tolist() == [0.0]
    assert chosen(rule="participation ratio") == [[0], [5]]


@pytest.mark.parametrize("rule", ["top", 0, True])
def test_unknown_rule(rule: object):
    with pytest.raises(InputError, match="list rule"):
        chosen(rule=rule)
