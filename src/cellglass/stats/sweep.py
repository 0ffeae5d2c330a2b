"""One sweep over sorted scores that counts wins between groups, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def mann_whitney_sweep(ends, labels, codes, n_groups):  # type: ignore[no-untyped-def]
    """Count twice the wins of positives of one group over negatives of another.

    Parameters
    ----------
    ends
        One past the last item of each run of equal scores, ascending.
    labels, codes
        Label and group of each item, items sorted by score.
    n_groups
        Number of groups.

    Returns
    -------
    numpy.ndarray
        int64, groups x groups: 2 for a win, 1 for a tie.
    """
    wins = np.zeros((n_groups, n_groups), dtype=np.int64)
    lower = np.zeros(n_groups, dtype=np.int64)
    tied_negatives = np.zeros(n_groups, dtype=np.int64)
    tied_positives = np.zeros(n_groups, dtype=np.int64)
    begin = 0
    for end in ends:
        any_positive = False
        for k in range(begin, end):
            if labels[k]:
                tied_positives[codes[k]] += 1
                any_positive = True
            else:
                tied_negatives[codes[k]] += 1
        if any_positive:
            for k in range(begin, end):
                group = codes[k]
                count = tied_positives[group]
                if labels[k] and count > 0:
                    tied_positives[group] = 0
                    for s in range(n_groups):
                        wins[group, s] += count * (2 * lower[s] + tied_negatives[s])
        for k in range(begin, end):
            if not labels[k]:
                lower[codes[k]] += 1
                tied_negatives[codes[k]] = 0
        begin = end
    return wins
