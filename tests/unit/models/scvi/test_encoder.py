from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from cellglass.models.scvi import ScviModel


@pytest.mark.parametrize("name", ["model", "batch_model"])
def test_the_sparse_way_is_the_dense_way(
    name: str, cells: Any, request: pytest.FixtureRequest
) -> None:
    model: ScviModel = request.getfixturevalue(name)
    counts, covariates = model.counts(cells).matrix, model.encoder_covariates(cells)
    path = model.encoder
    dense = path.dense_hidden(path.tensor(counts.toarray()), covariates)
    np.testing.assert_allclose(path.hidden(counts, covariates), dense.detach(), atol=1e-4)
    assert path.reads_covariates == (name == "batch_model")


@pytest.mark.parametrize("name", ["model", "batch_model"])
def test_the_steps_are_those_of_the_module(
    name: str, cells: Any, request: pytest.FixtureRequest
) -> None:
    model: ScviModel = request.getfixturevalue(name)
    covariates = model.covariates(cells)
    counts = torch.as_tensor(model.counts(cells).matrix.toarray()).float()
    with torch.no_grad():
        theirs = model.module._regular_inference(counts, torch.as_tensor(covariates.batch[:, None]))
    ours = model.embed_counts(model.counts(cells).matrix, covariates)
    np.testing.assert_allclose(ours, theirs["qz"].loc, atol=1e-5)


def test_an_encoder_that_reads_covariates_must_get_them(batch_model: ScviModel, cells: Any) -> None:
    with pytest.raises(ValueError, match="reads covariates"):
        batch_model.embed_counts(batch_model.counts(cells).matrix, None)


def test_counts_without_a_logarithm(model: ScviModel, monkeypatch: pytest.MonkeyPatch) -> None:
    path, values = model.encoder, torch.tensor([0.0, 3.0])
    assert path.transformed(values).tolist() == pytest.approx([0.0, np.log(4)])
    assert path.slope(values).tolist() == [1.0, 0.25]
    monkeypatch.setattr(model.module, "log_variational", False)
    assert path.transformed(values).tolist() == [0.0, 3.0]
    assert path.slope(values).tolist() == [1.0, 1.0]
