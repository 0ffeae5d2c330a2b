"""Covariates that an scVI model was set up with, and those of some cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError, nearest

if TYPE_CHECKING:
    from .saved import SavedModel


@dataclass(frozen=True)
class Category:
    """A categorical covariate.

    Parameters
    ----------
    key
        Column of ``obs``.
    levels
        Its values in the order of their codes, as text.
    """

    key: str
    levels: tuple[str, ...]

    def codes(self, values: Sequence[Any]) -> NDArray[np.int64]:
        """Codes of some values.

        Raises
        ------
        InputError
            If the model never saw one of them.

        Examples
        --------
        >>> Category("batch", ("a", "b")).codes(["b", "a", "b"]).tolist()
        [1, 0, 1]
        """
        known = {level: i for i, level in enumerate(self.levels)}
        found = [str(v) for v in values]
        unknown = [v for v in dict.fromkeys(found) if v not in known]
        if unknown:
            shown = ", ".join(self.levels[:6]) + (", ..." if len(self.levels) > 6 else "")
            raise InputError(
                f"the model was not trained with '{unknown[0]}'"
                + (f" (nor {len(unknown) - 1} more values)" if len(unknown) > 1 else ""),
                where=f"obs['{self.key}']",
                expected=f"one of the model's {len(self.levels)} values: {shown}",
                fix="name the batch to read the cells as (option batch=), or train the model "
                "with these cells",
            )
        return np.array([known[v] for v in found], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Covariates:
    """Covariates of some cells as the module reads them.

    Parameters
    ----------
    batch
        Codes, shape (n_cells,).
    categorical
        Codes, cells x further categorical covariates.
    continuous
        Cells x continuous covariates.
    """

    batch: NDArray[np.int64]
    categorical: NDArray[np.int64]
    continuous: NDArray[np.float64]

    def __getitem__(self, cells: ArrayLike) -> Covariates:
        rows = np.asarray(cells)
        return Covariates(self.batch[rows], self.categorical[rows], self.continuous[rows])

    def __len__(self) -> int:
        return len(self.batch)

    @property
    def differ(self) -> bool:
        """Whether two of the cells differ in one of them."""
        columns = np.column_stack([self.batch, self.categorical, self.continuous])
        return bool(len(columns) and (columns != columns[0]).any())


@dataclass(frozen=True)
class Setup:
    """What the module was told of cells beside their counts.

    Parameters
    ----------
    batch
        The batch; None where the model has none.
    categorical
        Further categorical covariates.
    continuous
        Columns of continuous covariates.
    layer
        Layer of the counts; None for X.
    size_factor
        Column of size factors; None where the library is the sum of the counts.
    n_labels
        Labels that the module was made for.
    """

    batch: Category | None = None
    categorical: tuple[Category, ...] = ()
    continuous: tuple[str, ...] = ()
    layer: str | None = None
    size_factor: str | None = None
    n_labels: int = 1

    @property
    def n_batch(self) -> int:
        """Batches that the module was made for."""
        return 1 if self.batch is None else len(self.batch.levels)

    def with_batch(self, name: str) -> int:
        """Code of a batch by its name.

        Raises
        ------
        InputError
            If the model has no such batch.
        """
        if self.batch is None:
            raise InputError(
                f"batch '{name}' was named, but the model has no batches",
                where="batch", fix="leave batch out",
            )  # fmt: skip
        if name not in self.batch.levels:
            raise InputError(
                f"the model has no batch '{name}'", where="batch",
                expected=", ".join(self.batch.levels[:8]), fix=nearest(name, self.batch.levels),
            )  # fmt: skip
        return self.batch.levels.index(name)

    def read(self, obs: pd.DataFrame, *, batch: str | None = None) -> Covariates:
        """Covariates of some cells, each at its own value.

        Parameters
        ----------
        obs
            Table of the cells.
        batch
            Read all cells as of this batch; their own where None.

        Raises
        ------
        InputError
            If a column is missing, a value is new to the model, or not a finite number.
        """
        n = len(obs)
        if batch is not None:
            codes = np.full(n, self.with_batch(batch), dtype=np.int64)
        elif self.batch is None:
            codes = np.zeros(n, dtype=np.int64)
        else:
            fix = "add the column, or name a batch of the model (option batch=)"
            codes = self.batch.codes(_column(obs, self.batch.key, fix))
        further = [c.codes(_column(obs, c.key)) for c in self.categorical]
        numbers = [_numbers(obs, key) for key in self.continuous]
        return Covariates(
            codes,
            np.column_stack(further) if further else np.zeros((n, 0), dtype=np.int64),
            np.column_stack(numbers) if numbers else np.zeros((n, 0)),
        )

    def library(self, obs: pd.DataFrame) -> NDArray[np.float64]:
        """Size factors of some cells, of a model that was set up with a column of them."""
        if self.size_factor is None:
            raise ValueError("the model reads no size factors")
        return _numbers(obs, self.size_factor)


def setup_of(saved: SavedModel) -> Setup:
    """What a saved model was told of its cells."""
    fields, arguments = saved.fields, saved.setup
    batch = fields.get("batch", {})
    further = fields.get("extra_categorical_covs", {}).get("mappings", {})
    continuous = fields.get("extra_continuous_covs", {}).get("columns", ())
    labels = fields.get("labels", {}).get("categorical_mapping", ())
    setup = Setup(
        categorical=tuple(Category(str(k), _text(v)) for k, v in further.items()),
        continuous=_text(continuous),
        layer=arguments.get("layer"),
        size_factor=arguments.get("size_factor_key"),
        n_labels=max(len(labels), 1),
    )
    if arguments.get("batch_key") is None:
        return setup
    return replace(
        setup, batch=Category(str(batch["original_key"]), _text(batch["categorical_mapping"]))
    )


def _text(values: Any) -> tuple[str, ...]:
    return tuple(str(v) for v in values)


def _column(obs: pd.DataFrame, key: str, fix: str = "add the column") -> Any:
    if key not in obs.columns:
        raise InputError(
            f"the cells have no column '{key}'",
            where="obs",
            expected="the covariates that the model was trained with",
            fix=fix,
        )
    return obs[key].tolist()


def _numbers(obs: pd.DataFrame, key: str) -> NDArray[np.float64]:
    values = pd.to_numeric(pd.Series(_column(obs, key)), errors="coerce").to_numpy(np.float64)
    if not np.isfinite(values).all():
        at = obs.index[int(np.flatnonzero(~np.isfinite(values))[0])]
        raise InputError(
            f"no finite number for cell {at}", where=f"obs['{key}']",
            expected="a number for each cell",
            fix="drop the cells without one, or fill the column",
        )  # fmt: skip
    return values
