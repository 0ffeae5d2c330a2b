"""Does a list share anything with any set? One p value a list, over all its tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def simes_by_row(
    rows: NDArray[np.integer], p: NDArray[np.float64], n_tests: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Simes p value of each row's tests, those that are not given having p = 1.

    Parameters
    ----------
    rows
        Row of each given test, shape (m,).
    p
        Its p value, shape (m,).
    n_tests
        All tests of each row, shape (rows,).

    Returns
    -------
    numpy.ndarray
        min over i of n p_(i) / i, at most 1, shape (rows,); nan for rows without tests.

    Notes
    -----
    Simes, Biometrika 1986; valid for independent and for positively dependent tests, such as
    those of overlapping sets. Adjusting these over lists asks which lists have a term at all, as
    the first stage of Benjamini and Bogomolov, JRSS B 2014. One adjustment over lists x sets
    alone does not answer that: lists with many significant terms raise the threshold for all,
    and the false ones that this admits fall on the random lists
    (`cellglass.concepts.annotation_calibration` measures it).

    Examples
    --------
    >>> import numpy as np
    >>> simes_by_row(np.array([0, 0]), np.array([0.02, 0.01]), np.array([10, 5])).tolist()
    [0.1, 1.0]
    """
    out = np.where(n_tests > 0, 1.0, np.nan)
    order = np.lexsort((p, rows))
    sorted_rows = np.asarray(rows)[order]
    starts = np.searchsorted(sorted_rows, np.arange(n_tests.size))
    rank = np.arange(order.size) - starts[sorted_rows] + 1
    np.minimum.at(out, sorted_rows, n_tests[sorted_rows] * p[order] / rank)
    return out
