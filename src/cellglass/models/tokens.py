"""What a transformer reads: gene ids, validity and values, cells x positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError

from .vocabulary import Vocabulary


@dataclass(eq=False)
class Tokens:
    """Tokenised cells.

    Parameters
    ----------
    gene_ids
        Integer ids in the model's vocabulary, cells x positions.
    valid
        True where a position holds a token, False at padding. Cells x positions.
    values
        Input values where the family has them (scGPT: bins), cells x positions. Geneformer
        keeps the normalised expression here, so that a gene can be moved to another rank.
    special
        True at special tokens (``<cls>``, ``<eos>``). Taken from `vocabulary` when not given.
    vocabulary
        The vocabulary that `gene_ids` refer to.
    cell_names
        Names of the cells, in order.

    Raises
    ------
    InputError
        If shapes differ or a cell has no valid token.

    Examples
    --------
    >>> tokens = Tokens(gene_ids=[[0, 5, 7]], valid=[[True, True, False]])
    >>> len(tokens), tokens.n_positions, tokens.lengths.tolist()
    (1, 3, [2])
    """

    gene_ids: NDArray[np.int64]
    valid: NDArray[np.bool_]
    values: NDArray[np.float32] | None = None
    special: NDArray[np.bool_] | None = None
    vocabulary: Vocabulary | None = None
    cell_names: Sequence[str] | None = None

    def __post_init__(self) -> None:
        self.gene_ids = _matrix(self.gene_ids, np.int64, "gene_ids")
        self.valid = _matrix(self.valid, np.bool_, "valid")
        self._same_shape("valid", self.valid)
        if self.values is not None:
            self.values = _matrix(self.values, np.float32, "values")
            self._same_shape("values", self.values)
        if self.special is not None:
            self.special = _matrix(self.special, np.bool_, "special")
            self._same_shape("special", self.special)
        elif self.vocabulary is not None:
            known = np.clip(self.gene_ids, 0, self.vocabulary.n_embeddings - 1)
            self.special = self.vocabulary.is_special[known] & self.valid
        if self.cell_names is not None and len(self.cell_names) != len(self.gene_ids):
            raise InputError(
                f"{len(self.cell_names)} cell names for {len(self.gene_ids)} cells", where="Tokens"
            )
        empty = np.flatnonzero(~self.valid.any(axis=1))
        if empty.size:
            raise InputError(
                f"{empty.size} cells have no token, the first is cell {empty[0]}",
                where="Tokens.valid",
                fix="drop cells that express no gene of the vocabulary",
            )

    def _same_shape(self, name: str, array: NDArray[Any]) -> None:
        if array.shape != self.gene_ids.shape:
            raise InputError(
                f"{name} has shape {array.shape}, gene_ids {self.gene_ids.shape}",
                where="Tokens",
                expected="cells x positions, the same for all arrays",
            )

    def __len__(self) -> int:
        return int(self.gene_ids.shape[0])

    @property
    def n_positions(self) -> int:
        """Positions of the longest row, padding included."""
        return int(self.gene_ids.shape[1])

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Valid tokens of each cell, special tokens included."""
        return self.valid.sum(axis=1)

    @property
    def is_gene(self) -> NDArray[np.bool_]:
        """True at valid positions that hold a gene and no special token."""
        return self.valid if self.special is None else self.valid & ~self.special

    def __getitem__(self, cells: slice | Sequence[int] | NDArray[Any]) -> Tokens:
        """Tokens of some cells, all positions kept."""
        index = cells if isinstance(cells, slice) else np.asarray(cells)
        names = self.cell_names
        if names is not None:
            names = list(np.asarray(names, dtype=object)[index])
        return replace(
            self,
            gene_ids=self.gene_ids[index],
            valid=self.valid[index],
            values=None if self.values is None else self.values[index],
            special=None if self.special is None else self.special[index],
            cell_names=names,
        )

    def trimmed(self) -> Tokens:
        """Without the columns in which no cell has a token at the end."""
        used = int(np.flatnonzero(self.valid.any(axis=0))[-1]) + 1
        return replace(
            self,
            gene_ids=self.gene_ids[:, :used],
            valid=self.valid[:, :used],
            values=None if self.values is None else self.values[:, :used],
            special=None if self.special is None else self.special[:, :used],
        )


def pad_rows(
    rows: Sequence[NDArray[Any]], fill: float, dtype: type[np.generic], width: int | None = None
) -> NDArray[Any]:
    """Stack rows of different length into a matrix, the rest filled with `fill`."""
    width = max((len(r) for r in rows), default=0) if width is None else width
    matrix = np.full((len(rows), width), fill, dtype=dtype)
    for i, row in enumerate(rows):
        matrix[i, : len(row)] = row
    return matrix


def _matrix(array: ArrayLike, dtype: type[np.generic], name: str) -> NDArray[Any]:
    if hasattr(array, "detach"):  # a torch tensor, on whatever device
        array = array.detach().cpu().numpy()
    matrix = np.asarray(array)
    if matrix.ndim != 2:
        raise InputError(
            f"{name} has {matrix.ndim} dimensions", where="Tokens", expected="cells x positions"
        )
    if dtype is np.int64 and not np.issubdtype(matrix.dtype, np.integer):
        raise InputError(f"{name} holds {matrix.dtype}, not integers", where="Tokens")
    return np.ascontiguousarray(matrix, dtype=dtype)
