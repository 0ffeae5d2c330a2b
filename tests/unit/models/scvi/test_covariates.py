from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.errors import InputError
from cellglass.models.scvi.covariates import Category, Setup, setup_of
from cellglass.models.scvi.saved import SavedModel, read_saved

SETUP = Setup(Category("lane", ("1", "2")), (Category("sex", ("f", "m")),), ("age",))


@pytest.fixture
def obs() -> pd.DataFrame:
    return pd.DataFrame(
        {"lane": [2, 1, 2], "sex": pd.Categorical(["m", "f", "m"]), "age": ["3", "4.5", "1"]},
        index=list("abc"),
    )


def test_each_cell_has_its_own_values(obs: pd.DataFrame) -> None:
    found = SETUP.read(obs)
    assert found.batch.tolist() == [1, 0, 1]
    assert found.categorical.tolist() == [[1], [0], [1]]
    assert found.continuous.tolist() == [[3.0], [4.5], [1.0]]
    assert len(found) == 3
    assert found[[2]].continuous.tolist() == [[1.0]]


def test_all_cells_can_be_read_as_of_one_batch(obs: pd.DataFrame) -> None:
    assert SETUP.read(obs.drop(columns="lane"), batch="2").batch.tolist() == [1, 1, 1]


def test_a_difference_in_any_covariate_is_seen(obs: pd.DataFrame) -> None:
    assert SETUP.read(obs).differ
    assert not SETUP.read(obs)[[0, 0]].differ
    assert SETUP.read(obs)[[0, 2]].differ  # age alone
    assert not Setup().read(obs).differ


def test_batches_that_the_model_never_saw_are_refused(obs: pd.DataFrame) -> None:
    obs["lane"] = ["1", "7", "8"]
    with pytest.raises(InputError, match=r"not trained with '7' \(nor 1 more") as caught:
        SETUP.read(obs)
    assert "batch=" in caught.value.fix
    assert caught.value.where == "obs['lane']"


@pytest.mark.parametrize("column", ["lane", "sex", "age"])
def test_a_missing_column_is_named(obs: pd.DataFrame, column: str) -> None:
    with pytest.raises(InputError, match=f"no column '{column}'"):
        SETUP.read(obs.drop(columns=column))


def test_a_number_that_is_none_names_the_cell(obs: pd.DataFrame) -> None:
    obs.loc["b", "age"] = "old"
    with pytest.raises(InputError, match="no finite number for cell b"):
        SETUP.read(obs)


def test_a_named_batch_must_be_one(obs: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="no batch '3'"):
        SETUP.read(obs, batch="3")
    with pytest.raises(InputError, match="the model has no batches"):
        Setup().read(obs, batch="1")


def test_size_factors_are_read_where_the_model_has_them(obs: pd.DataFrame) -> None:
    assert Setup(size_factor="age").library(obs).tolist() == [3.0, 4.5, 1.0]
    with pytest.raises(ValueError, match="no size factors"):
        Setup().library(obs)


def test_the_setup_of_a_saved_model(scvi_batch_folder: Path) -> None:
    setup = setup_of(read_saved(scvi_batch_folder / "model.pt"))
    assert setup.batch == Category("phase", ("G1", "G2M", "S"))
    assert (setup.n_batch, setup.categorical, setup.continuous) == (3, (), ())


def test_all_kinds_of_fields_are_taken_from_the_registry() -> None:
    fields: dict[str, Any] = {
        "batch": {"categorical_mapping": np.array([0]), "original_key": "_scvi_batch"},
        "labels": {"categorical_mapping": np.array(["x", "y"], dtype=object)},
        "extra_categorical_covs": {"mappings": {"sex": np.array(["f", "m"], dtype=object)}},
        "extra_continuous_covs": {"columns": np.array(["age"], dtype=object)},
    }
    arguments = {"batch_key": None, "layer": "counts", "size_factor_key": "sf"}
    saved = SavedModel(Path("m"), "SCVI", "", (), {}, arguments, fields, {})
    assert setup_of(saved) == Setup(
        None, (Category("sex", ("f", "m")),), ("age",), "counts", "sf", 2
    )
