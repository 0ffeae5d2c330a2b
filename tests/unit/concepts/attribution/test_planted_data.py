from __future__ import annotations

import numpy as np
import pytest

from cellglass.concepts import NetworkSpace
from cellglass.concepts.attribution.planted_data import (
    planted_cells,
    planted_model,
    untrained_model,
)
from cellglass.errors import InputError


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.9])
def test_decoys_correlate_as_asked(rho: float):
    cells = planted_cells(decoy_correlation=rho, n_cells=2000, seed=3)
    for k in range(4):
        own, decoy = cells.latent[:, cells.members(k)], cells.latent[:, cells.decoys(k)]
        found = [np.corrcoef(own[:, i % 20], decoy[:, i])[0, 1] for i in range(60)]
        assert np.mean(found) == pytest.approx(rho, abs=0.02)
        assert decoy.std(0).mean() == pytest.approx(own.std(0).mean(), rel=0.05)


def test_decoys_are_expressed_like_genes():
    cells = planted_cells(seed=1)
    mean = np.log1p(cells.counts.toarray()).mean(0)
    genes = mean[~cells.is_decoy & (cells.program >= 0)]
    assert genes.mean() == pytest.approx(mean[cells.is_decoy].mean(), abs=0.3)


@pytest.mark.parametrize("kind", ["linear", "mlp"])
def test_models_read_programs_and_background_but_no_decoy(kind: str):
    cells = planted_cells(n_cells=100, seed=2)
    network, directions = planted_model(cells, kind, seed=2)
    assert directions @ directions.T == pytest.approx(np.eye(4))
    space = NetworkSpace(cells.counts, network)
    at_once = space.path_gradients(
        0, 1, lambda h: h @ h.new_tensor(directions).T, steps=20
    )  # programs x genes
    assert np.abs(at_once[:, cells.is_decoy]).max() == 0
    for k in range(4):
        strange = ~cells.members(k)
        assert np.abs(at_once[k, strange]).max() < 1e-9
        assert np.abs(at_once[k, cells.members(k)]).max() > 1e-3
    bare = NetworkSpace(cells.counts, untrained_model(cells, kind, seed=2))
    assert bare.width == space.width
    reads = bare.path_gradients(0, 1, lambda h: h, steps=2)
    assert (reads[:, cells.is_decoy] != 0).any(0).mean() > 0.4


def test_a_correlation_above_one_is_refused():
    with pytest.raises(InputError, match="a correlation of"):
        planted_cells(decoy_correlation=1.5)
