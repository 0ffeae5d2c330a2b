"""Log expression of genes over the cells of a study, centred."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.models.datasets import StudyCells

SCALE = 1e4


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
    counts = cells.cells.X[inside][:, genes["column"].to_numpy()].toarray()
    totals = cells.cells.obs["n_counts"].to_numpy()[inside]
    values = np.log1p(counts / totals[:, None] * SCALE)
    return np.asarray(values - values.mean(0))
