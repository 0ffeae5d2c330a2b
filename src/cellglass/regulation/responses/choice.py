"""The choice of a layer on other perturbations than those it is judged by."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.seeds import generator
from cellglass.stats.differential import Matrix


@dataclass(frozen=True, eq=False)
class NestedChoice:
    """Held-out values of the score that the other folds would choose.

    Attributes
    ----------
    values
        Held-out value of each perturbation, shape (perturbations,).
    fold
        Fold of each perturbation.
    selected
        Name of the score chosen for each fold.
    counts
        How often each score was chosen.
    """

    values: NDArray[np.float64]
    fold: NDArray[np.int64]
    selected: tuple[str, ...]
    counts: dict[str, int] = field(repr=False)

    @property
    def main(self) -> str:
        """The score chosen most often; the first of those chosen alike."""
        return max(self.counts, key=lambda name: self.counts[name])

    def told(self) -> str:
        """Say how the choice was made."""
        if len(self.counts) == 1 and len(self.selected) == 1:
            return self.main
        return f"{self.main}, chosen in {self.counts[self.main]} of {len(self.selected)} folds"


def nested_choice(
    values: Matrix,
    names: list[str],
    *,
    folds: int,
    seed: int,
    task: str,
    groups: NDArray[np.int64] | None = None,
) -> NestedChoice:
    """Choose a score on some perturbations and take its value on the others.

    Parameters
    ----------
    values
        Value of each score on each perturbation, such as AUROCs: scores x perturbations.
    names
        Names of the scores.
    folds
        Folds over perturbations; each perturbation (or group) its own where there are fewer.
    seed, task
        Root seed and name of the stream that deals perturbations to folds.
    groups
        Perturbations that must not be parted, by the number of their group; each its own where
        None.

    Returns
    -------
    NestedChoice
        With one score nothing is chosen, and values are its own.

    Raises
    ------
    InputError
        If there are several scores and no two groups: nothing could be held out.

    Notes
    -----
    Specification 2.12 (A34). The best mean over the other folds is chosen, the earlier score
    where two are equal.

    Examples
    --------
    >>> values = np.array([[0.5, 0.5, 0.5, 0.5], [0.6, 0.7, 0.6, 0.7]])
    >>> nested_choice(values, ["layer 0", "layer 1"], folds=2, seed=1, task="x").selected
    ('layer 1', 'layer 1')
    """
    n_scores, n = values.shape
    if n_scores == 1 or n == 0:
        return NestedChoice(values[0], np.zeros(n, np.int64), (names[0],), {names[0]: 1})
    group = np.arange(n) if groups is None else groups
    n_groups = int(group.max()) + 1
    if n_groups < 2:
        raise InputError(
            f"{n} perturbations in 1 group",
            where="choice of a layer",
            expected="2 that share no perturbed gene, to hold one out",
        )
    n_folds = min(folds, n_groups)
    dealt = np.empty(n_groups, dtype=np.int64)
    dealt[generator(seed, task).permutation(n_groups)] = np.arange(n_groups) % n_folds
    fold = dealt[group]
    held_out = np.empty(n)
    selected = []
    for f in range(n_folds):
        best = int(np.argmax(values[:, fold != f].mean(1)))
        held_out[fold == f] = values[best, fold == f]
        selected.append(names[best])
    return NestedChoice(held_out, fold, tuple(selected), dict(Counter(selected).most_common()))
