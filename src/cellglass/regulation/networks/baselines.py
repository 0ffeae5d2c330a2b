"""Trivial baselines: what single genes say about pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import InputError

STATISTICS = ("mean", "variance", "detection")
OUT_DEGREE = "target out-degree"
"""The baseline that should say nothing."""
MARGINS = ("own column mean", "own marginal product")


@dataclass(frozen=True)
class GeneStatistics:
    """Single-gene statistics of regulators and genes over the same cells.

    Parameters
    ----------
    regulators, genes
        Tables with columns mean, variance and detection, on the log1p(CP10k) scale.
    """

    regulators: pd.DataFrame
    genes: pd.DataFrame

    @classmethod
    def of(
        cls, features: pd.DataFrame, regulators: tuple[str, ...], genes: tuple[str, ...]
    ) -> GeneStatistics:
        """Pick rows of a table of gene features (see `cellglass.data.gene_features`).

        Raises
        ------
        InputError
            If a gene has no features.
        """
        missing = [g for g in (*regulators, *genes) if g not in features.index]
        if missing:
            raise InputError(
                f"{len(missing)} genes have no expression statistics, the first is {missing[0]}",
                where="gene features",
                fix="pass the cells in which the edges were computed",
            )
        columns = list(STATISTICS)
        return cls(features.loc[list(regulators), columns], features.loc[list(genes), columns])

    def covariates(self, mask: NDArray[np.bool_]) -> tuple[NDArray[np.float64], list[str]]:
        """Gene-level covariates of each evaluable pair: both ends, their products, distance.

        Returns
        -------
        numpy.ndarray, list of str
            Evaluable pairs (row-major) x covariates in float64, and the covariates' names.
        """
        rows, columns = np.nonzero(mask)
        parts, names = [], []
        for name in STATISTICS:
            source = self.regulators[name].to_numpy(float)[rows]
            target = self.genes[name].to_numpy(float)[columns]
            parts += [source, target, source * target]
            names += [f"regulator {name}", f"target {name}", f"{name} product"]
        means = self.regulators["mean"].to_numpy(float), self.genes["mean"].to_numpy(float)
        parts.append(np.abs(means[0][rows] - means[1][columns]))
        names.append("difference of means")
        return np.column_stack(parts), names

    def scores(self, out_degree: NDArray[np.floating] | None = None) -> dict[str, NDArray]:
        """Baseline scores, regulators x genes, by name.

        Parameters
        ----------
        out_degree
            Targets of each gene in the whole network: a control that should say nothing.
        """
        return {name: make() for name, make in self.makers(out_degree).items()}

    def makers(
        self, out_degree: NDArray[np.floating] | None = None
    ) -> dict[str, Callable[[], NDArray[np.float64]]]:
        """Functions that make the baseline scores, so that not all need to be held at once.

        Parameters
        ----------
        out_degree
            See `scores`.
        """
        found: dict[str, Callable[[], NDArray[np.float64]]] = {}
        for name in STATISTICS:
            source, target = self._values(name)
            found[f"target {name}"] = self._target_only(target)
            found[f"{name} product"] = partial(np.outer, source, target)
        means = self._values("mean")
        found["-|difference of means|"] = lambda: -np.abs(means[0][:, None] - means[1][None, :])
        if out_degree is not None:
            found[OUT_DEGREE] = self._target_only(np.asarray(out_degree, float))
        return found

    def _values(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        return self.regulators[name].to_numpy(float), self.genes[name].to_numpy(float)

    def _target_only(self, values: NDArray[np.float64]) -> Callable[[], NDArray[np.float64]]:
        shape = (len(self.regulators), len(self.genes))
        return lambda: np.broadcast_to(values, shape).copy()


def margin_scores(scores: NDArray[np.floating], mask: NDArray[np.bool_]) -> dict[str, NDArray]:
    """A score's own margins as scores: column mean, and row mean times column mean.

    Parameters
    ----------
    scores
        Regulators x genes.
    mask
        Evaluable pairs.
    """
    held = np.where(mask, scores, 0.0)
    column = held.sum(0) / np.maximum(mask.sum(0), 1)
    row = held.sum(1) / np.maximum(mask.sum(1), 1)
    return dict(
        zip(
            MARGINS,
            (np.broadcast_to(column, scores.shape).copy(), np.outer(row, column)),
            strict=True,
        )
    )
