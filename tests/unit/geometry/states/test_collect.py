"""Gene states of a model, from cells."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import cellglass as cg
from cellglass.errors import InputError
from cellglass.geometry.states.collect import gene_states


@pytest.mark.parametrize("family", ["scgpt", "geneformer"])
def test_states_are_means_over_the_cells_that_hold_a_gene(
    minis: dict[str, Any], some_cells: Any, family: str
):
    model = minis[family]
    states = gene_states(model, some_cells, layers=[0], min_count=3)
    tokens = model.tokenize(some_cells)
    trace = model.forward(tokens, [cg.Tap.residual([0])])
    cloud = states.cloud(0)
    gene = cloud.names[len(cloud) // 2]
    ids = np.flatnonzero((model.vocabulary.labels == gene) | (model.vocabulary.names == gene))
    at = np.isin(tokens.gene_ids, ids) & tokens.is_gene
    expected = trace.residual[0][at].mean(0)
    assert np.allclose(cloud.points[len(cloud) // 2], expected, atol=1e-4)
    assert int(states.count()[states.genes.index(gene)]) == int(at.sum())


def test_blocks_and_domains_add_up(minis: dict[str, Any], some_cells: Any):
    model = minis["geneformer"]
    cells = some_cells.copy()
    cells.obs["tissue"] = np.where(np.arange(cells.n_obs) % 3 == 0, "lung", "blood")
    cells.obs["person"] = [f"p{i % 4}" for i in range(cells.n_obs)]
    states = gene_states(model, cells, domain="tissue", donor="person", min_count=1)
    whole = gene_states(model, cells, donor="person", min_count=1)
    assert (states.domains, states.unit, states.blocks) == (
        ("blood", "lung"), "donor", ("p0", "p1", "p2", "p3"),
    )  # fmt: skip
    parts = [states.count(domain=d) for d in states.domains]
    assert np.array_equal(parts[0] + parts[1], whole.count())
    lung = cells[(cells.obs["tissue"] == "lung").to_numpy()]
    alone = gene_states(model, lung, donor="person", genes=list(states.genes), min_count=1)
    assert np.array_equal(alone.count(), states.count(domain="lung"))
    assert np.allclose(
        np.nan_to_num(alone.means(0)), np.nan_to_num(states.means(0, domain="lung")), atol=1e-4
    )


def test_batches_change_nothing_but_rounding(minis: dict[str, Any], some_cells: Any):
    one, other = (
        gene_states(minis["scgpt"], some_cells[:8], batch_size=b, min_count=1).sums for b in (1, 8)
    )
    assert np.allclose(one, other, atol=1e-4)


def test_bad_requests_are_told(minis: dict[str, Any], some_cells: Any):
    model = minis["scgpt"]
    with pytest.raises(InputError, match="NOSUCHGENE"):
        gene_states(model, some_cells, genes=["LYZ", "NOSUCHGENE"])
    with pytest.raises(InputError, match="named twice"):
        gene_states(model, some_cells, genes=["LYZ", "LYZ"])
    with pytest.raises(InputError, match=r"layers \[99\]"):
        gene_states(model, some_cells, layers=[99])
    with pytest.raises(InputError, match="tissue"):
        gene_states(model, some_cells, domain="tissue")
    with pytest.raises(InputError, match="no states of genes"):
        gene_states(object(), some_cells)  # type: ignore[arg-type]
