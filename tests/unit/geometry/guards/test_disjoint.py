from __future__ import annotations

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.guards.disjoint import disjoint_genes
from cellglass.seeds import generator
from cellglass.stats import two_way_blocks


@pytest.fixture(scope="module")
def table() -> tuple[np.ndarray, np.ndarray]:
    """Sources and targets of an edge table, as numbers of genes."""
    rng = generator(1, "disjoint")
    return rng.integers(0, 45, 771), rng.integers(20, 300, 771)


def test_the_published_masks_are_refused(table):
    source, target = table
    source_disjoint = source <= np.median(source)
    target_disjoint = target > np.median(target)
    # one subset evaluated on itself
    same = disjoint_genes(source_disjoint, source_disjoint, {"source": source})
    assert same.failed
    assert same.code == "G5"
    # the two subsets beside one another
    apart = disjoint_genes(source_disjoint, target_disjoint, {"source": source, "target": target})
    assert apart.failed
    assert "is in training and in test" in apart.detail
    with pytest.raises(InputError, match="pair_splits"):
        apart.require()


def test_blocks_of_both_axes_pass_unless_roles_mix(table):
    source, target = table
    train, test = next(two_way_blocks(source, target, 3, 1))
    by = {"source": source, "target": target}
    assert disjoint_genes(train, test, by).state == "passed"
    mixed = set(source[train]) & set(target[test]) | set(target[train]) & set(source[test])
    assert mixed  # genes 20 to 44 are regulators and targets
    assert disjoint_genes(train, test, by, across=True).failed
    alone = ~np.isin(source, list(mixed)) & ~np.isin(target, list(mixed))
    assert disjoint_genes(train & alone, test & alone, by, across=True).state == "passed"


def test_the_sentence_counts_genes():
    found = disjoint_genes([0, 1], [2], {"source": ["A", "B", "C"], "target": ["X", "X", "Y"]})
    assert found.detail == (
        "2 training and 1 test pairs share no gene (2 and 1 of role source, 1 and 1 of role target)"
    )


def test_an_empty_side_is_no_split():
    with pytest.raises(InputError, match="0 test pairs"):
        disjoint_genes([0, 1], np.array([], dtype=int), {"source": ["A", "B"]})
    with pytest.raises(InputError, match="roles none"):
        disjoint_genes([0], [1], {})
