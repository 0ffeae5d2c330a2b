"""What tells one part of the cells, or one model, from another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anndata
import numpy as np
import pytest

from cellglass.concepts.embeddings.sources import (
    checked_columns,
    described,
    hash_of_cells,
    hash_of_model,
    shards_of,
)
from cellglass.errors import InputError


def test_shards_are_the_cells_in_order(cells_for: Callable[..., Any], tmp_path: Path):
    cells = cells_for("scgpt", 7)
    cells.write_h5ad(tmp_path / "cells.h5ad")
    on_disk = anndata.read_h5ad(tmp_path / "cells.h5ad", backed="r")
    for source in (cells, on_disk):
        shards = list(shards_of(source, 3))
        assert [s.n_obs for s in shards] == [3, 3, 1]
        assert (np.vstack([s.X.toarray() for s in shards]) == cells.X.toarray()).all()
        assert not any(s.isbacked for s in shards)
    on_disk.file.close()


def test_hash_sees_values_names_layers_and_columns(cells_for: Callable[..., Any]):
    cells = cells_for("scgpt", 4)
    first = hash_of_cells(cells)
    assert hash_of_cells(cells.copy()) == first
    others = [cells.copy() for _ in range(6)]
    others[0].X.data[0] += 1
    others[1].obs_names = [f"x{i}" for i in range(4)]
    others[2].layers["counts"] = cells.X.copy()
    others[3].obs["donor"] = "D9"
    others[4].X = cells.X.toarray()
    others[5].raw = cells
    assert len({first, *map(hash_of_cells, others)}) == 7
    assert hash_of_cells(others[4]) == hash_of_cells(others[4].copy())


def test_described_keeps_numbers_and_turns_the_rest_into_text(cells_for: Callable[..., Any]):
    cells = cells_for("scgpt", 3)
    cells.obs["n"] = [1, 2, 3]
    cells.obs["flag"] = [True, False, True]
    cells.obs["label"] = cells.obs["label"].where([True, False, True])
    frame = described(cells, ["n", "flag", "label"])
    assert frame["cell"].tolist() == ["cell0", "cell1", "cell2"]
    assert frame["n"].dtype == np.int64
    assert frame["flag"].dtype == bool
    assert frame["label"].tolist() == ["T", None, "T"]


def test_cells_that_cannot_be_told_apart_are_refused(cells_for: Callable[..., Any]):
    cells = cells_for("scgpt", 3)
    assert checked_columns(cells, None) == ["donor", "label"]
    assert checked_columns(cells, []) == []
    with pytest.raises(InputError, match="did you mean 'donor'"):
        checked_columns(cells, ["doner"])
    with pytest.raises(InputError, match="there are no cells"):
        checked_columns(cells[:0], None)
    twice = cells[[0, 1, 1]]
    with pytest.raises(InputError, match="several cells are called cell1"):
        checked_columns(twice, None)
    cells.obs["cell"] = "x"
    with pytest.raises(InputError, match="a column is called 'cell'"):
        checked_columns(cells, None)
    assert checked_columns(cells, ["donor"]) == ["donor"]


def test_hash_of_a_model_is_that_of_its_weights(transformers: dict[str, Any], plain: Any):
    model = transformers["scgpt"]
    assert hash_of_model(model) == hash_of_model(model)
    assert hash_of_model(model) != hash_of_model(model.untrained())
    assert hash_of_model(plain) is None
