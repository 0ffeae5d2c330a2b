"""Expression of genes over some of the cells of a study."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.data import gene_features, log1p_cp10k
from cellglass.models.datasets import StudyCells

STATISTICS = ("mean", "variance", "detection")


def log_expression(
    cells: StudyCells, genes: pd.DataFrame, inside: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """log1p of counts per 10,000, centred by gene.

    Parameters
    ----------
    cells, inside
        The cells, and which of them count.
    genes
        With the ``column`` of each in the counts.

    Returns
    -------
    numpy.ndarray
        Shape (cells, genes).
    """
    counts = cells.cells.X[inside][:, genes["column"].to_numpy()].tocsr()
    values = log1p_cp10k(counts, cells.cells.obs["n_counts"].to_numpy()[inside]).toarray()
    return np.asarray(values - values.mean(0))


def domain_statistics(
    cells: StudyCells, genes: pd.DataFrame, inside: NDArray[np.bool_]
) -> pd.DataFrame:
    """Table of genes with their mean, variance and detection in some of the cells.

    Where gene states are those of one domain, so must be the statistics that they are held
    against: a marker of the domain is rare in all cells and common in these.

    Parameters
    ----------
    cells, inside
        The cells, and which of them count.
    genes
        With the ``column`` of each in the counts.

    Returns
    -------
    pandas.DataFrame
        The same rows, the three columns made anew.
    """
    counts = cells.cells.X[inside][:, genes["column"].to_numpy()].tocsr()
    found = gene_features(counts, cells.cells.obs["n_counts"].to_numpy()[inside])
    return genes.assign(**{name: found[name].to_numpy() for name in STATISTICS})
