"""Gene space of a domain: its own cells, and a clear sentence where there are too few genes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from cellglass.errors import NotApplicableError
from cellglass.geometry.states.gene_states import GeneStates
from cellglass.geometry.study.domain_cloud import FEWEST_GENES, domain_cloud


def held(n: int = 70, *, few: int = 0, copies: int = 0) -> GeneStates:
    """Two domains; in the second, some genes are rare, and some are copies of the first."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(2, n, 3))
    points[1, :copies] = points[1, 0]
    counts = np.full((2, n), 10)
    counts[1, n - few :] = 9
    return GeneStates(
        (points * counts[..., None])[None].astype(np.float32), counts,
        tuple(f"g{i}" for i in range(n)), (0,), np.zeros(2, dtype=np.int64), np.arange(2),
        ("b",), ("one", "two"), "fold of cells", 10, {},
    )  # fmt: skip


def test_a_domain_has_its_own_states():
    states = held()
    one, two = (domain_cloud(states, 0, d) for d in ("one", "two"))
    assert len(one) == len(two) == 70
    assert not np.allclose(one.points, two.points)
    whole = domain_cloud(states, 0, "all")
    assert np.allclose(whole.points, (one.points + two.points) / 2, atol=1e-5)


def test_copies_stay_and_do_not_count():
    states = held(copies=11)
    assert len(domain_cloud(states, 0, "two")) == 70
    with pytest.raises(NotApplicableError, match="59 genes have a state of their own"):
        domain_cloud(held(copies=12), 0, "two")


def test_too_few_genes_are_told_with_the_domain():
    assert len(domain_cloud(held(few=10), 0, "two")) == FEWEST_GENES
    with pytest.raises(NotApplicableError) as told:
        domain_cloud(held(few=11), 0, "two")
    assert "59 genes have a state of their own in the cells of two" in str(told.value)
    assert "a gene must be in 10 of them" in str(told.value)
    assert "60 are needed" in str(told.value)


def test_a_domain_without_any_gene_or_cell_is_not_applicable(tmp_path: Path):
    for domain, states in (("two", held(few=70)), ("three", held())):
        with pytest.raises(NotApplicableError, match=f"^0 genes .* the cells of {domain}"):
            domain_cloud(states, 0, domain)
    with pytest.raises(NotApplicableError, match=r"^10 genes .* in the cells \(a gene"):
        domain_cloud(held(10), 0, "all")
