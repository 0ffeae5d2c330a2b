"""Cells of a study as probes read them: some of them, with donors and what labels them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.concepts.embeddings.store import EmbeddingStore
from cellglass.concepts.statistics.probe_design import ProbeDesign
from cellglass.errors import InputError
from cellglass.models.datasets import UNLABELLED
from cellglass.seeds import generator

from .cells import LABEL, donor_column
from .description import CELL_TYPE
from .names import TEST


@dataclass(frozen=True, eq=False)
class ProbedCells:
    """Cells that probes are fitted to and judged on.

    Attributes
    ----------
    rows
        Their places in the store, ascending.
    embedding
        Cells x width, as the model gives it.
    obs
        What is known of them.
    groups
        Donor of each; one group where there are none.
    unseen
        True in cells that the dictionary was not trained on.
    note
        How many of how many they are.
    """

    rows: NDArray[np.int64]
    embedding: NDArray[np.float32]
    obs: pd.DataFrame
    groups: NDArray[np.str_]
    unseen: NDArray[np.bool_]
    note: str

    @classmethod
    def drawn(
        cls, store: EmbeddingStore, part: NDArray[np.integer], limit: int, seed: int, task: str
    ) -> ProbedCells:
        """All cells of a store, or some drawn at random where they are more than `limit`.

        Parameters
        ----------
        store
            Embedded cells.
        part
            The split of the dictionary, by the codes of `names`.
        limit
            Cells at most.
        seed, task
            Root seed and name of the draw.
        """
        n = store.array.shape[0]
        rows = np.sort(generator(seed, f"{task}/cells").permutation(n)[:limit])
        obs = store.obs.iloc[rows].reset_index(drop=True)
        donor = donor_column(obs)
        groups = np.zeros(len(rows), dtype=str) if donor is None else obs[donor].to_numpy(str)
        note = f"all {n:,} cells" if len(rows) == n else f"{len(rows):,} of {n:,} cells, drawn"
        return cls(rows, store.array.rows(rows), obs, groups, part[rows] == TEST, note)

    def __len__(self) -> int:
        return len(self.rows)

    def labels(self, columns: Sequence[str]) -> dict[str, NDArray[np.object_]]:
        """Cell types and further columns by name, empty where a cell has no label.

        Parameters
        ----------
        columns
            Further columns of the study.
        """
        wanted = {CELL_TYPE: LABEL, **{c: c for c in columns}}
        return {
            name: np.where(self.obs[c].isna() | (self.obs[c] == UNLABELLED), "", self.obs[c])
            for name, c in wanted.items()
            if c in self.obs
        }


def why_not(
    labels: NDArray[np.object_], groups: NDArray[np.str_], folds: int, seed: int, task: str
) -> str:
    """Why a column cannot be probed; empty where it can.

    Parameters
    ----------
    labels, groups
        Label and donor of each cell.
    folds, seed, task
        Of the probe: which labels donors of several folds share depends on them.
    """
    if len(set(labels) - {""}) < 2:
        return "fewer than two labels"
    try:
        ProbeDesign.make(labels, groups, folds=folds, seed=seed, task=task)
    except InputError as error:
        return error.found
    return ""
