"""Clouds from files of a user."""

from __future__ import annotations

from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest

from cellglass.errors import InputError
from cellglass.geometry.states.given import read_cloud

POINTS = np.array([[1.5, 2.0], [3.0, -4.0], [0.0, 0.0]])
NAMES = ["NA", "LYZ", "nan"]


def write(folder: Path, kind: str) -> Path:
    path = folder / f"genes{kind}"
    table = pd.DataFrame(POINTS, columns=["a", "b"])
    table.insert(0, "gene", NAMES)
    if kind == ".npz":
        np.savez(path, names=np.array(NAMES), points=POINTS)
    elif kind == ".h5ad":
        adata = anndata.AnnData(np.ones((2, 3), dtype=np.float32))
        adata.var_names = NAMES
        adata.varm["states"] = POINTS
        adata.write_h5ad(path)
    elif kind == ".parquet":
        table.to_parquet(path)
    elif kind == "-index.parquet":
        table.set_index("gene").to_parquet(path)
    else:
        table.to_csv(path, sep="," if ".csv" in kind else "\t", index=False)
    return path


@pytest.mark.parametrize(
    "kind", [".csv", ".csv.gz", ".tsv", ".parquet", "-index.parquet", ".npz", ".h5ad"]
)
def test_every_kind_gives_the_same_cloud(tmp_path: Path, kind: str):
    cloud = read_cloud(write(tmp_path, kind))
    assert list(cloud.names) == NAMES
    assert np.array_equal(cloud.points, POINTS)
    assert cloud.n_zero == 1


def test_bad_files_are_told(tmp_path: Path):
    with pytest.raises(InputError, match="no such file"):
        read_cloud(tmp_path / "nowhere.csv")
    (tmp_path / "x.xlsx").write_text("")
    with pytest.raises(InputError, match=r"kind \.xlsx"):
        read_cloud(tmp_path / "x.xlsx")
    (tmp_path / "text.csv").write_text("gene,a\nLYZ,high\n")
    with pytest.raises(InputError, match="no numbers"):
        read_cloud(tmp_path / "text.csv")
    (tmp_path / "twice.csv").write_text("gene,a\nLYZ,1\nLYZ,2\n")
    with pytest.raises(InputError, match=r"names come twice: LYZ[\s\S]*twice.csv"):
        read_cloud(tmp_path / "twice.csv")
    (tmp_path / "one.csv").write_text("gene\nLYZ\n")
    with pytest.raises(InputError, match="1 columns"):
        read_cloud(tmp_path / "one.csv")
    np.savez(tmp_path / "bare.npz", points=POINTS)
    with pytest.raises(InputError, match="no array 'names'"):
        read_cloud(tmp_path / "bare.npz")
    with pytest.raises(InputError, match="varm has no 'other'"):
        read_cloud(write(tmp_path, ".h5ad"), key="other")
