"""What goes into a store of embeddings: parts of the cells, and what tells one from another."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import sparse

from cellglass.errors import InputError, nearest
from cellglass.models.cell_model import CellModel

if TYPE_CHECKING:
    from anndata import AnnData
    from torch import nn


def shards_of(cells: AnnData, size: int) -> Iterator[AnnData]:
    """Parts of `size` cells, in memory; cells that lie on disk are read part by part."""
    for start in range(0, cells.n_obs, size):
        part = cells[start : start + size]
        yield part.to_memory() if cells.isbacked else part


def checked_columns(cells: AnnData, columns: Sequence[str] | None) -> list[str]:
    """Columns of ``obs`` to keep: those asked for, or all.

    Raises
    ------
    InputError
        If there are no cells, names of cells repeat, or a column is missing or called "cell".
    """
    if not cells.n_obs:
        raise InputError("there are no cells", where="cells")
    if not cells.obs_names.is_unique:
        twice = cells.obs_names[cells.obs_names.duplicated()][0]
        raise InputError(
            f"several cells are called {twice}",
            where="cells.obs_names",
            expected="one name a cell: embeddings are found by it",
            fix="cells.obs_names_make_unique()",
        )
    known = [str(c) for c in cells.obs.columns]
    kept = known if columns is None else [str(c) for c in columns]
    for name in kept:
        if name not in known:
            raise InputError(
                f"there is no column '{name}'", where="cells.obs", fix=nearest(name, known)
            )
        if name == "cell":
            raise InputError(
                "a column is called 'cell'",
                where="cells.obs",
                expected="another name: the store keeps the names of the cells in it",
                fix='cells.obs = cells.obs.rename(columns={"cell": "cell_id"})',
            )
    return kept


def described(cells: AnnData, columns: Sequence[str]) -> pd.DataFrame:
    """Names of cells and the columns kept, as numbers, booleans and strings."""
    out = {"cell": np.asarray(cells.obs_names, dtype=object)}
    for name in columns:
        values = cells.obs[name]
        if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
            out[name] = values.to_numpy()
        else:
            text = values.astype(object)
            out[name] = np.array([None if pd.isna(v) else str(v) for v in text], dtype=object)
    return pd.DataFrame(out)


def hash_of_cells(cells: AnnData) -> str:
    """SHA-256 of all that an embedding of these cells, or its description, can depend on.

    That is values, layers, names, and ``obs``: covariates of a model are columns of it.
    """
    content = hashlib.sha256()
    matrices: list[Any] = [cells.X, *(cells.layers[k] for k in sorted(cells.layers))]
    names = [*map(str, cells.obs_names), "", *map(str, cells.var_names)]
    if cells.raw is not None:
        matrices.append(cells.raw.X)
        names += ["", *map(str, cells.raw.var_names)]
    for matrix in matrices:
        if matrix is None:
            continue
        if sparse.issparse(matrix):
            rows = matrix.tocsr()
            arrays = [rows.data, rows.indices.astype(np.int64), rows.indptr.astype(np.int64)]
        else:
            arrays = [np.asarray(matrix)]
        for array in arrays:
            content.update(f"{array.shape} {array.dtype};".encode())
            content.update(np.ascontiguousarray(array).data)
    content.update("\0".join(names).encode())
    for name in cells.obs.columns:
        content.update(f"\0{name}\0".encode())
        content.update("\0".join(map(str, cells.obs[name])).encode())
    return content.hexdigest()


def hash_of_model(model: CellModel) -> str | None:
    """SHA-256 of a model's weights; None where it has none that can be read.

    The weights are hashed as they are, not the file they came from: an untrained copy has the
    file of the trained model in its provenance.
    """
    network = weights_of(model)
    if network is None:
        return None
    content = hashlib.sha256()
    for name, tensor in sorted(network.state_dict().items()):
        array = tensor.detach().cpu()
        content.update(f"{name} {tuple(array.shape)} {array.dtype};".encode())
        content.update(array.double().numpy().tobytes())
    return content.hexdigest()


def weights_of(model: CellModel) -> nn.Module | None:
    """The torch module of a model, where it has one."""
    from torch import nn

    for name in ("network", "module"):
        found = getattr(model, name, None)
        if isinstance(found, nn.Module):
            return found
    return None
