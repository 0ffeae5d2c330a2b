from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellglass.data import pbmc68k_reduced
from cellglass.errors import CheckpointError
from cellglass.models import load_model
from cellglass.models.scvi import ScviModel, ScviSwapSpace
from cellglass.testing import check_cell_model


@pytest.fixture
def model(scvi_folder: Path) -> Any:
    return load_model(scvi_folder)


@pytest.fixture
def cells() -> Any:
    return pbmc68k_reduced()[:4].copy()


def test_sound_models_pass(model: Any, cells: Any) -> None:
    assert len(check_cell_model(model, cells)) == 4


def test_a_model_that_draws_fails(model: Any, cells: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rng, embed = np.random.default_rng(0), ScviModel.embed
    monkeypatch.setattr(
        ScviModel, "embed", lambda self, c, **_: embed(self, c) + rng.normal(size=(c.n_obs, 10))
    )
    with pytest.raises(CheckpointError, match="the same cells twice"):
        check_cell_model(model, cells)


def test_a_model_that_reads_cells_together_fails(
    model: Any, cells: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed = ScviModel.embed

    def centred(self: ScviModel, c: Any, **_: Any) -> Any:
        found = embed(self, c)
        return found - found.mean(0)

    monkeypatch.setattr(ScviModel, "embed", centred)
    with pytest.raises(CheckpointError, match="cells one by one"):
        check_cell_model(model, cells)


def test_an_incomplete_exchange_fails(
    model: Any, cells: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        ScviSwapSpace, "full_swap", lambda self, p, q: self.swap(p, q, self.differing(p, q)[1:])
    )
    with pytest.raises(CheckpointError, match="all genes exchanged"):
        check_cell_model(model, cells)


@pytest.mark.parametrize("wrong", [np.zeros((4, 3)), np.full((4, 10), np.nan)])
def test_a_wrong_shape_or_no_number_fails(
    model: Any, cells: Any, monkeypatch: pytest.MonkeyPatch, wrong: Any
) -> None:
    monkeypatch.setattr(ScviModel, "embed", lambda *_, **__: wrong)
    with pytest.raises(CheckpointError, match="embeddings of shape"):
        check_cell_model(model, cells)
