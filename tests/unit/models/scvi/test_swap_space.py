from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from cellglass.models.scvi import ScviModel, ScviSwapSpace
from cellglass.models.swap_space import Edit


@pytest.fixture
def space(model: ScviModel, cells: Any) -> ScviSwapSpace:
    return model.swap_space(cells)


def read_of(width: int, n: int = 3) -> Any:
    weights = torch.as_tensor(np.random.default_rng(5).normal(size=(width, n)) / 3).float()
    return lambda z: torch.tanh(z @ weights)


def test_cells_are_embedded_as_the_model_does(
    space: ScviSwapSpace, model: ScviModel, cells: Any
) -> None:
    np.testing.assert_allclose(space.embed(), model.embed(cells), atol=1e-6)
    np.testing.assert_array_equal(space.embed([3, 1]), space.embed()[[3, 1]])
    assert space.n_passes == 40 + 2 + 40
    assert space.cell_names == tuple(cells.obs_names)


def test_columns_are_genes_that_some_cell_expresses(
    space: ScviSwapSpace, model: ScviModel, cells: Any
) -> None:
    counts = model.counts(cells).matrix.toarray()
    assert list(space.genes) == [g for g, c in zip(model.genes, counts.T, strict=True) if c.any()]
    np.testing.assert_array_equal(space.row(7), counts[7][counts.any(0)])


def test_all_single_swaps_are_what_the_dense_batch_gives(
    space: ScviSwapSpace, model: ScviModel
) -> None:
    columns = space.differing(0, 1)
    found = space.embed_edits([space.swap(0, 1, [g]) for g in columns])
    at = np.array([model.vocabulary.gene_id(g) for g in space.genes])
    dense = np.zeros((len(columns), len(model.genes)), dtype=np.float32)
    dense[:, at] = space.row(0)
    dense[np.arange(len(columns)), at[columns]] = space.row(1)[columns]
    with torch.no_grad():
        expected = model.encode(torch.as_tensor(dense))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert np.abs(found - space.embed([0])).max() > 1e-3


def test_all_genes_exchanged_give_the_other_cell(space: ScviSwapSpace) -> None:
    assert space.exact_full_swap
    pairs = [(0, 1), (5, 30), (12, 12), (39, 2)]
    found = space.embed_edits([space.full_swap(p, q) for p, q in pairs])
    assert np.abs(found - space.embed([q for _, q in pairs])).max() < 1e-5


def test_covariates_stay_those_of_the_cell(batch_model: ScviModel, cells: Any) -> None:
    space = batch_model.swap_space(cells)
    assert not space.exact_full_swap
    assert "covariates" in space.limits
    phases = cells.obs["phase"].to_numpy()
    p = int(np.flatnonzero(phases == "G1")[0])
    same, other = int(np.flatnonzero(phases == "G1")[1]), int(np.flatnonzero(phases == "S")[0])
    found = space.embed_edits([space.full_swap(p, same), space.full_swap(p, other)])
    np.testing.assert_allclose(found[0], space.embed([same])[0], atol=1e-5)
    as_p = cells[[other]].copy()
    as_p.obs["phase"] = "G1"
    np.testing.assert_allclose(found[1], batch_model.embed(as_p)[0], atol=1e-5)
    assert np.abs(found[1] - space.embed([other])[0]).max() > 1e-4
    alike = batch_model.swap_space(cells[phases == "G1"])
    assert alike.exact_full_swap
    assert alike.limits == ""


def test_parts_do_not_change_numbers(space: ScviSwapSpace, monkeypatch: pytest.MonkeyPatch) -> None:
    edits = [space.swap(0, 1, [g]) for g in space.differing(0, 1)]
    whole = space.embed_edits(edits)
    gradients = space.path_gradients(0, 1, read_of(10), steps=10)
    monkeypatch.setattr("cellglass.models.scvi.swap_space.EDITS_A_PASS", 50)
    monkeypatch.setattr("cellglass.models.scvi.swap_space.POINTS_A_PASS", 3)
    np.testing.assert_allclose(space.embed_edits(edits), whole, atol=1e-6)
    again = space.path_gradients(0, 1, read_of(10), steps=10)
    np.testing.assert_allclose(again, gradients, atol=1e-6)


def test_rows_are_the_same_whether_kept_or_not(
    space: ScviSwapSpace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cellglass.models.scvi.swap_space.ROWS_KEPT", 2)
    for cell in (0, 1, 2, 0, 0, 2, 3, 1, -1):
        np.testing.assert_array_equal(space.row(cell), space.values[cell].toarray().ravel())
    space.row(0)[:] = 99  # a copy
    np.testing.assert_array_equal(space.row(0), space.values[0].toarray().ravel())


def test_no_edits_and_edits_of_nothing(space: ScviSwapSpace) -> None:
    assert space.embed_edits([]).shape == (0, 10)
    nothing = Edit(4, np.array([], dtype=np.int64), np.array([]))
    np.testing.assert_array_equal(space.embed_edits([nothing]), space.embed([4]))


def test_integrated_gradients_account_for_the_whole_fall(space: ScviSwapSpace) -> None:
    read = read_of(10)
    fall = read(torch.as_tensor(space.embed([0]))) - read(torch.as_tensor(space.embed([1])))
    for steps, tolerance in ((100, 0.05), (4000, 0.002)):
        found = space.path_gradients(0, 1, read, steps=steps)
        assert found.shape == (3, len(space.genes))
        np.testing.assert_allclose(found.sum(1), fall[0], atol=tolerance)
    alike = np.setdiff1d(np.arange(len(space.genes)), space.differing(0, 1))
    assert not found[:, alike].any()


def test_captum_gives_the_same_integrated_gradients(space: ScviSwapSpace, model: ScviModel) -> None:
    attr = pytest.importorskip("captum.attr")
    read, steps = read_of(10), 50
    at = np.array([model.vocabulary.gene_id(g) for g in space.genes])

    def whole(cell: int) -> torch.Tensor:
        row = np.zeros((1, len(model.genes)), dtype=np.float32)
        row[0, at] = space.row(cell)
        return torch.as_tensor(row)

    forward = attr.IntegratedGradients(lambda x: read(model.encode(x)))
    found = space.path_gradients(0, 1, read, steps=steps)
    for output in range(3):
        theirs = forward.attribute(
            whole(0), whole(1), target=output, n_steps=steps, method="riemann_middle"
        )
        np.testing.assert_allclose(found[output], theirs[0, at].detach(), atol=1e-5)


def test_the_gradient_at_the_cell_is_that_of_autograd(
    space: ScviSwapSpace, model: ScviModel
) -> None:
    read = read_of(10)
    at = np.array([model.vocabulary.gene_id(g) for g in space.genes])
    row = torch.zeros(1, len(model.genes))
    row[0, at] = torch.as_tensor(space.row(0)).float()
    row.requires_grad_()
    (gradient,) = torch.autograd.grad(read(model.encode(row))[0, 1], row)
    expected = gradient[0, at].numpy() * (space.row(0) - space.row(1))
    found = space.path_gradients(0, 1, read, start_only=True)
    np.testing.assert_allclose(found[1], expected, atol=1e-5)


def test_gradients_keep_the_covariates(batch_model: ScviModel, cells: Any) -> None:
    space, read = batch_model.swap_space(cells), read_of(10)
    phases = cells.obs["phase"].to_numpy()
    p, q = int(np.flatnonzero(phases == "G1")[0]), int(np.flatnonzero(phases == "S")[0])
    ends = torch.as_tensor(
        np.vstack([space.embed([p]), space.embed_edits([space.full_swap(p, q)])])
    )
    fall = read(ends)[0] - read(ends)[1]
    np.testing.assert_allclose(
        space.path_gradients(p, q, read, steps=4000).sum(1), fall, atol=0.005
    )


def test_nothing_is_drawn(space: ScviSwapSpace) -> None:
    assert space.reseeded(7) is None
    with pytest.raises(ValueError, match="at least 1"):
        space.path_gradients(0, 1, read_of(10), steps=0)
