"""One-to-one assignment of the genes of two models by least total cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import Ints


def assign(costs: NDArray[np.float64], rng: np.random.Generator) -> Ints:
    """Assign each row a column of its own so that the total cost is least.

    Parameters
    ----------
    costs
        Shape (n, n).
    rng
        Orders the columns before the search: where several assignments cost the same, one of
        them is taken whose choice knows nothing of the order in which genes came.

    Returns
    -------
    numpy.ndarray
        Column of each row, int64, shape (n,).

    Raises
    ------
    InputError
        If the matrix is not square or a cost is not finite.

    Notes
    -----
    The linear sum assignment problem (Kuhn 1955), solved by SciPy. With equal costs SciPy
    returns the diagonal, which is the true pairing: without the random order a map that knows
    nothing would score 1.

    Examples
    --------
    >>> costs = np.array([[4.0, 1.0, 3.0], [2.0, 0.0, 5.0], [3.0, 2.0, 2.0]])
    >>> assign(costs, np.random.default_rng(0)).tolist()
    [1, 0, 2]
    """
    from scipy.optimize import linear_sum_assignment

    if costs.ndim != 2 or costs.shape[0] != costs.shape[1] or not costs.size:
        raise InputError(
            f"costs of shape {costs.shape}", where="assignment", expected="a square matrix"
        )
    if not np.isfinite(costs).all():
        raise InputError("a cost is not finite", where="assignment", expected="finite costs")
    order = rng.permutation(len(costs))
    _, columns = linear_sum_assignment(costs[:, order])
    return np.asarray(order[columns], dtype=np.int64)
