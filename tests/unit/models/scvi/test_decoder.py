from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch

from cellglass.models.scvi import ScviModel
from cellglass.models.scvi.decoder import expression


@pytest.mark.parametrize("name", ["model", "batch_model"])
def test_it_is_what_the_module_generates(
    name: str, cells: Any, request: pytest.FixtureRequest
) -> None:
    model: ScviModel = request.getfixturevalue(name)
    z, held = torch.as_tensor(model.embed(cells)), model.covariates(cells)
    with torch.no_grad():
        found = expression(model.module, z, held)
        theirs = model.module.generative(
            z,
            torch.zeros(len(z), 1),
            torch.as_tensor(held.batch[:, None]),
            y=torch.zeros(len(z), 1),
        )
    np.testing.assert_allclose(found, theirs["px"].scale, atol=1e-7)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)


def test_it_is_differentiable_in_z(model: ScviModel, cells: Any) -> None:
    module = copy.deepcopy(model.module).double()
    z = torch.as_tensor(model.embed(cells[:2])).double().requires_grad_()
    held = model.covariates(cells[:2])
    assert torch.autograd.gradcheck(lambda x: expression(module, x, held)[:, :4], z)
