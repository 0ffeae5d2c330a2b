from __future__ import annotations

import numpy as np
import pytest
import torch

from cellglass.concepts import NetworkSpace, ToyTransformerSpace, linear_network
from cellglass.errors import InputError
from cellglass.models.swap_space import Edit


def test_edits_replace_values_and_count_passes(mlp):
    space = mlp.space
    edit = Edit(3, np.array([0, 5]), np.array([4.0, 0.0]))
    values = space.row(3)
    values[[0, 5]] = [4.0, 0.0]
    want = space.network(torch.from_numpy(np.log1p(values))[None]).numpy()
    before = space.n_passes
    assert np.allclose(space.embed_edits([edit]), want, atol=1e-6)
    assert space.n_passes == before + 1


@pytest.mark.parametrize("name", ["linear", "mlp", "tokens"])
def test_full_swap_is_exact(name: str, request):
    space = request.getfixturevalue(name).space
    swapped = space.embed_edits([space.full_swap(0, i) for i in range(1, 20)])
    assert np.allclose(swapped, space.embed(np.arange(1, 20)), atol=1e-6)


def test_gradients_are_those_of_finite_differences(mlp):
    space, units = mlp.space, mlp.units
    found = space.path_gradients(0, 1, lambda h: units.pre(h, [0, 2]), start_only=True)
    here, way = np.log1p(space.row(0)), np.log1p(space.row(0)) - np.log1p(space.row(1))
    step = 1e-5
    for gene in range(len(way)):
        moved = np.stack([here, here])
        moved[0, gene] += step
        moved[1, gene] -= step
        pre = units.pre(space.network(torch.from_numpy(moved)), [0, 2]).numpy()
        slope = (pre[0] - pre[1]) / (2 * step)
        assert np.allclose(found[:, gene], slope * way[gene], atol=1e-6)
    assert (found[:, way == 0] == 0).all()


@pytest.mark.parametrize("name", ["mlp", "tokens"])
def test_gradients_along_the_path_are_complete(name: str, request):
    toy = request.getfixturevalue(name)
    space, units = toy.space, toy.units
    if name == "tokens":  # with room for all: a token that gives way has no gradient of its own
        space = ToyTransformerSpace(space.values, width=4, max_tokens=16)
    found = space.path_gradients(0, 1, lambda h: units.pre(h, [0, 1, 2]), steps=200)
    pre = units.read(space.embed([0, 1])).pre
    assert np.allclose(found.sum(1), pre[0] - pre[1], atol=1e-4)


def test_tokens_are_kept_by_gene_and_redrawn(tokens):
    space = tokens.space
    assert isinstance(space, ToyTransformerSpace)
    assert np.array_equal(space.reseeded(0).embed(), space.embed())
    assert not np.allclose(space.reseeded(1).embed(), space.embed())
    # with room for all genes there is nothing to draw
    wide = ToyTransformerSpace(space.values, max_tokens=100)
    assert np.allclose(wide.embed(), wide.reseeded(1).embed())


def test_negative_counts_are_refused():
    with pytest.raises(InputError, match="negative"):
        NetworkSpace([[-1.0, 0.0]], linear_network([[1.0, 1.0]]))
