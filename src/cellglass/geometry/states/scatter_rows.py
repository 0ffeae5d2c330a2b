"""Adding the states of tokens to the sums of their genes.

Compiled, because `torch.index_add_` on the gathered tokens of a batch makes two copies of them
first; tests compare it with the obvious loop.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True)
def add_rows(
    target: NDArray[np.float32], states: NDArray[np.float32], slots: NDArray[np.int64]
) -> None:
    """Add ``states[c, p]`` to ``target[slots[c, p]]``; a slot of -1 is skipped."""
    n_cells, n_positions, width = states.shape
    for cell in range(n_cells):
        for position in range(n_positions):
            slot = slots[cell, position]
            if slot < 0:
                continue
            out, state = target[slot], states[cell, position]
            for j in range(width):
                out[j] += state[j]
