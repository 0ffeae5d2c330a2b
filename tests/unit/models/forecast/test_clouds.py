from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

from cellglass.errors import InputError
from cellglass.geometry.states.given import KINDS, read_cloud
from cellglass.models.forecast.clouds import read_size
from cellglass.runs.geometry_section import CloudConfig

NAMES = ("NA", "LYZ", "CD3E", "SPI1")
POINTS = np.random.default_rng(0).normal(size=(4, 3))


def written(folder: Path, kind: str) -> Path:
    file = folder / f"genes{kind}"
    table = pd.DataFrame(POINTS, columns=["a", "b", "c"], index=pd.Index(NAMES, name="g"))
    if kind == ".npz":
        np.savez(file, names=np.array(NAMES), points=POINTS)
    elif kind == ".h5ad":
        data = anndata.AnnData(np.zeros((1, 4)), var=pd.DataFrame(index=list(NAMES)))
        data.varm["X"] = POINTS
        data.write_h5ad(file)
    elif kind == ".parquet":
        table.to_parquet(file)
    else:
        table.to_csv(file, sep="," if ".csv" in kind else "\t")
    return file


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_has_the_size_that_the_run_finds(tmp_path: Path, kind: str) -> None:
    file = written(tmp_path, kind)
    names, width = read_size(CloudConfig(path=str(file)))
    cloud = read_cloud(file)
    assert (tuple(names), width) == (cloud.names, cloud.width) == (NAMES, 3)


@pytest.mark.parametrize("index", [None, "gene", "other"])
def test_names_of_a_table_of_parquet_are_found_where_the_run_finds_them(
    tmp_path: Path, index: str | None
) -> None:
    table = pd.DataFrame({"gene": NAMES, "a": POINTS[:, 0], "b": POINTS[:, 1]})
    if index == "other":
        table = table.rename(columns={"gene": "symbol"})
    file = tmp_path / "genes.parquet"
    (table.set_index("gene") if index == "gene" else table).to_parquet(file)
    names, width = read_size(CloudConfig(path=str(file)))
    assert (tuple(names), width) == (read_cloud(file).names, 2)


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_size(CloudConfig(path=str(tmp_path / "absent.csv")))
    file = tmp_path / "genes.npz"
    np.savez(file, points=POINTS)
    with pytest.raises(InputError, match="no array 'names'"):
        read_size(CloudConfig(path=str(file)))
    with pytest.raises(InputError, match="varm has no 'Y'"):
        read_size(CloudConfig(path=str(written(tmp_path, ".h5ad")), key="Y"))
