"""Absorption: a parent label's concept is silent where the concept of a child takes over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.concepts.interventions.concept_edit import Source, codes_of, directions_of
from cellglass.errors import InputError, nearest
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.bootstrap import BootstrapResult

from .probe_design import ProbeDesign
from .probe_models import STEPS, Scaler, fit_logistic
from .probes import DRAWS
from .unit_choice import Selection, label_scores, strongest

PERMUTATIONS = 20
FIRES = 0.5
_PLURALS = {"cells": "cell"}


def hierarchy_by_name(labels: ArrayLike) -> dict[str, tuple[str, ...]]:
    """Parents that labels share by their last words, such as "T cells" of "CD4 T cells".

    Parameters
    ----------
    labels
        Labels; repeats do no harm.

    Returns
    -------
    dict
        Parent to its children, at least two each, sorted; the longest shared ending only. A
        word such as "cells" alone is no parent.

    Examples
    --------
    >>> hierarchy_by_name(["CD4 T cells", "CD8 T cells", "B cells", "NK cells"])
    {'T cells': ('CD4 T cells', 'CD8 T cells')}
    """
    names = sorted({str(label) for label in np.asarray(labels).ravel()})
    found: dict[str, tuple[str, ...]] = {}
    for name in names:
        words = name.split()
        for start in range(1, len(words)):
            ending = words[start:]
            if all(w.lower() in {*_PLURALS, *_PLURALS.values()} for w in ending):
                continue
            children = tuple(
                n for n in names if len(n.split()) > len(ending) and n.split()[start - len(words):]
                == ending
            )  # fmt: skip
            if len(children) > 1 and children not in found.values():
                found[" ".join(ending)] = children
                break
    return found


@dataclass(frozen=True, eq=False)
class Absorption:
    """How often children absorb their parent's concept.

    Attributes
    ----------
    pairs
        (parent, child) pairs, in the order of the tables.
    bootstrap
        Rate of absorption of each pair and, last, their mean.
    silent
        Share of the child's cells in which the parent's unit is silent, by pair.
    fires_in_others
        Number of other children in at least half of whose cells it is active: 0 or 1 where there
        may be no concept of the parent, only one of another child.
    permuted
        Rates with children permuted among the cells of the parent, draws x pairs.
    parent_units, child_units
        Units chosen in each fold, folds x pairs.
    notes
        As in `ProbeResult`.
    """

    pairs: tuple[tuple[str, str], ...]
    bootstrap: BootstrapResult
    silent: NDArray[np.float64]
    fires_in_others: NDArray[np.int64]
    permuted: NDArray[np.float64]
    parent_units: NDArray[np.int64]
    child_units: NDArray[np.int64]
    notes: tuple[str, ...]

    @property
    def rate(self) -> float:
        """Mean rate over pairs."""
        return float(self.bootstrap.estimates[-1])

    def table(self) -> pd.DataFrame:
        """One row a parent and child: rate, interval, permuted children, how to read it."""
        rows = []
        for i, (parent, child) in enumerate(self.pairs):
            interval, drawn = self.bootstrap.interval(i), self.permuted[:, i]
            rate = float(self.bootstrap.estimates[i])
            rows.append({
                "parent": parent, "child": child, "rate": rate, "low": interval.low,
                "high": interval.high, "silent": self.silent[i],
                "fires_in_others": self.fires_in_others[i],
                "permuted": float(drawn.mean()) if drawn.size else np.nan,
                "p": (1 + int((drawn >= rate - 1e-12).sum())) / (1 + drawn.size)
                if drawn.size else np.nan,
                "reading": self._reading(i),
                "unit": interval.unit, "n": interval.n, "notes": "; ".join(self.notes),
            })  # fmt: skip
        return pd.DataFrame(rows)

    def _reading(self, pair: int) -> str:
        n = int(self.fires_in_others[pair])
        if n == 0:
            return "no unit of the parent: the best one is silent in the other children, too"
        if n == 1:
            return "the best unit fires in one other child only: the parent may be split instead"
        return f"the parent's unit fires in {n} other children"


def absorption(
    source: Source,
    embedding: NDArray[np.floating],
    labels: ArrayLike,
    groups: ArrayLike,
    hierarchy: Mapping[str, Sequence[str]] | None = None,
    *,
    select: Selection = "mean difference",
    permutations: int = PERMUTATIONS,
    folds: int = 5,
    seed: int = DEFAULT_SEED,
    penalty: float = 1.0,
    steps: int = STEPS,
    draws: int = DRAWS,
    level: float = 0.95,
    task: str = "absorption",
) -> Absorption:
    """Share of a child's cells in which its own unit takes over from the parent's.

    Parameters
    ----------
    source
        Units of any kind, or a dictionary.
    embedding
        Cells x width, as the model gives it.
    labels, groups
        Fine label (child) and donor of each cell.
    hierarchy
        Parent to its children, which are labels; `hierarchy_by_name` where None.
    select
        See `label_scores`.
    permutations
        Draws in which children are permuted among the parent's cells (within donors) and their
        units are chosen anew.
    folds, seed, penalty, steps, draws, level, task
        As in `probe`.

    Returns
    -------
    Absorption
        Rates with intervals and null.

    Raises
    ------
    InputError
        If there is no parent with two children, a child is no label, or as in `probe`.

    Notes
    -----
    Follows the absorption of Chanin et al. (arXiv 2409.14507) and SAEBench, with cell types for
    first letters. On training cells: the parent's unit is the one largest in the parent against
    all other cells; the child's unit is the one largest in the child against its siblings; the
    parent's direction is a logistic regression on the embedding. A held-out cell of the child is
    absorbed if the parent's unit is silent, the child's unit fires, and of all units the
    child's adds most to the parent's direction: ``z_u <d_u, w>``. Where the parent's unit fires
    in one other child only, absorption cannot be told from a parent that is split into one unit
    a child; the table says so.

    Examples
    --------
    >>> hierarchy_by_name(["naive B", "memory B"])
    {'B': ('memory B', 'naive B')}
    """
    families = hierarchy_by_name(labels) if hierarchy is None else hierarchy
    design = ProbeDesign.make(labels, groups, folds=folds, seed=seed, task=task)
    pairs = _pairs(families, design.names)
    z = codes_of(source, np.asarray(embedding))
    t = source.transform(np.asarray(embedding)).astype(np.float64)
    rows = directions_of(source)
    m = len(pairs)
    state = _Cells(design, pairs, families, select)
    absorbed = np.zeros((1 + permutations, len(design), m), dtype=np.bool_)
    silent = np.zeros((len(design), m), dtype=np.bool_)
    parent_units, child_units, unfinished = [], [], 0
    for fold, (train, test) in enumerate(design.splits()):
        of_parent, of_child = np.zeros(m, np.int64), np.zeros(m, np.int64)
        for parent in dict.fromkeys(p for p, _ in pairs):
            inside = state.inside(parent)
            unit = int(strongest(label_scores(z[train], inside[train], select), 1, signed=True)[0])
            scaler = Scaler(t[train])
            model, converged = fit_logistic(
                scaler(t[train]), inside[train].astype(np.int64), penalty=penalty, steps=steps
            )
            unfinished += not converged
            push = rows @ (model.coef_[0] / scaler.sd)
            held = z[test].tocsc()
            leader = np.asarray(held.multiply(push).tocsr().argmax(1)).ravel()
            quiet = ~_fires(held, unit)
            rows_in = train[inside[train]]
            family = z[rows_in]
            members = np.array([i for i, (p, _) in enumerate(pairs) if p == parent])
            of_parent[members] = unit
            silent[np.ix_(test, members)] = quiet[:, None]
            for draw in range(1 + permutations):
                rng = generator(seed, f"{task}/null/{fold}/{parent}/{draw}")
                codes = design.codes if draw == 0 else state.permuted(inside, rng)
                for i in members:
                    child = state.unit_of(i, codes[rows_in], family, unit)
                    takes = (leader == child) & _fires(held, child) & quiet
                    absorbed[draw, test, i] = takes & (codes[test] == state.code_of(i))
                    if draw == 0:
                        of_child[i] = child
        parent_units.append(of_parent)
        child_units.append(of_child)
    notes = list(design.notes)
    if unfinished:
        notes.append(f"{unfinished} fits had not converged after {steps} steps")
    sizes = np.array([(design.codes == state.code_of(i)).sum() for i in range(m)])
    estimates = absorbed[0].sum(0) / sizes
    return Absorption(
        pairs, state.bootstrap(absorbed[0], estimates, draws, seed, task, level),
        *state.shares(silent), absorbed[1:].sum(1) / sizes, np.array(parent_units),
        np.array(child_units), tuple(notes),
    )  # fmt: skip


def _pairs(
    families: Mapping[str, Sequence[str]], names: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    known = set(names)
    for parent, children in families.items():
        for child in children:
            if child not in known:
                raise InputError(
                    f"child '{child}' of '{parent}' is no label of several donors",
                    where="hierarchy", fix=nearest(child, names),
                )  # fmt: skip
    pairs = tuple((p, c) for p, kids in families.items() if len(kids) > 1 for c in kids)
    if not pairs:
        raise InputError(
            "no parent with at least two children", where="hierarchy",
            expected="parent to children, for example {'T': ['CD4 T', 'CD8 T']}",
            fix="give hierarchy=",
        )  # fmt: skip
    return pairs


def _fires(activations: sparse.csc_matrix, unit: int) -> NDArray[np.bool_]:
    return np.asarray(activations[:, [unit]].toarray()[:, 0] > 0)


@dataclass(eq=False)
class _Cells:
    """Cells by parent and child."""

    design: ProbeDesign
    pairs: tuple[tuple[str, str], ...]
    families: Mapping[str, Sequence[str]]
    select: Selection

    def code_of(self, pair: int) -> int:
        return self.design.names.index(self.pairs[pair][1])

    def inside(self, parent: str) -> NDArray[np.bool_]:
        codes = [self.design.names.index(c) for c in self.families[parent]]
        return np.isin(self.design.codes, codes)

    def permuted(self, inside: NDArray[np.bool_], rng: np.random.Generator) -> NDArray[np.int64]:
        codes = self.design.codes.copy()
        for donor in range(self.design.n_donors):
            rows = np.flatnonzero(inside & (self.design.donors == donor))
            codes[rows] = rng.permutation(codes[rows])
        return codes

    def unit_of(
        self,
        pair: int,
        codes: NDArray[np.int64],
        family: sparse.csr_matrix,
        parent_unit: int,
    ) -> int:
        """The child's unit among its siblings: cells of the parent and their activations."""
        scores = label_scores(family, codes == self.code_of(pair), self.select)
        scores[parent_unit] = -np.inf
        return int(strongest(scores, 1, signed=True)[0])

    def bootstrap(
        self,
        absorbed: NDArray[np.bool_],
        estimates: NDArray[np.float64],
        draws: int,
        seed: int,
        task: str,
        level: float,
    ) -> BootstrapResult:
        m = len(self.pairs)
        members = np.stack([self.design.codes == self.code_of(i) for i in range(m)], axis=1)
        counts = sparse.csr_matrix(np.hstack([absorbed, members]).astype(np.float64))
        sums = self.design.resample(counts, draws=draws, seed=seed, task=task)
        drawn = sums[:, :m] / np.where(sums[:, m:] > 0, sums[:, m:], np.nan)
        held = ~np.isnan(drawn)
        mean = np.where(held, drawn, 0).sum(1) / np.maximum(held.sum(1), 1)
        names = (*(f"{child} in {parent}" for parent, child in self.pairs), "mean")
        return self.design.bootstrap(
            names, np.append(estimates, estimates.mean()),
            np.vstack([drawn.T, mean]), level,
        )  # fmt: skip

    def shares(self, silent: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Share silent in the child; siblings in which the parent's unit is active."""
        own, others = [], []
        for i, (parent, _) in enumerate(self.pairs):
            child = self.design.codes == self.code_of(i)
            own.append(silent[child, i].mean())
            siblings = [self.design.names.index(c) for c in self.families[parent]]
            firing = [1 - silent[self.design.codes == s, i].mean() for s in siblings]
            own_code = self.code_of(i)
            others.append(
                sum(f >= FIRES for f, s in zip(firing, siblings, strict=True) if s != own_code)
            )
        return np.array(own), np.array(others, dtype=np.int64)
