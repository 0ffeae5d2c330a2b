"""Mean canonical correlation of two models, fitted on all genes or judged on held-out ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.nulls.correspondence import PairingStatistic
from cellglass.seeds import DEFAULT_SEED
from cellglass.stats.arguments import Ints, as_fraction
from cellglass.stats.folds import group_folds

from .cca import Cca
from .held_out import HeldOut
from .matched import Matched
from .method import principal_axes

Matrix = NDArray[np.float64]


def svcca(matched: Matched, *, variance: float = 0.99, components: int | None = None) -> Matrix:
    """Canonical correlations between the leading principal components of two models.

    Parameters
    ----------
    matched
        Genes of two models.
    variance
        Share of the variance that the components kept must hold.
    components
        Number of components instead.

    Returns
    -------
    numpy.ndarray
        Correlations, largest first.

    Raises
    ------
    InputError
        If there are fewer than 4 genes, or as many components on both sides together as genes:
        some correlation would be 1 whatever the models are.

    Notes
    -----
    Singular values of Q1'Q2, Q an orthonormal basis of the centred components (Raghu et al.,
    NeurIPS 2017; Björck and Golub 1973). In sample: unrelated models with d components each and
    n genes do not give 0, which is why `held_out_cca` stands beside it.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows = rng.normal(size=(30, 3))
    >>> svcca(Matched.of_arrays(rows, rows @ rng.normal(size=(3, 3)))).round(6).tolist()
    [1.0, 1.0, 1.0]
    """
    one, other = _bases(matched, variance, components)
    return np.minimum(np.linalg.svd(one.T @ other, compute_uv=False), 1.0)


def svcca_of_pairings(
    matched: Matched, *, variance: float = 0.99, components: int | None = None
) -> PairingStatistic:
    """Mean of `svcca` as a function of the pairing, bases computed once.

    Parameters
    ----------
    matched, variance, components
        See `svcca`.

    Returns
    -------
    callable
        From a pairing, or None, to the mean correlation.

    Raises
    ------
    InputError
        As `svcca`.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(30, 2))
    >>> statistic = svcca_of_pairings(Matched.of_arrays(rows, rows))
    >>> statistic(None) > 0.999 > statistic(np.arange(30)[::-1])
    True
    """
    one, other = _bases(matched, variance, components)

    def statistic(pairing: Ints | None) -> float:
        moved = other if pairing is None else other[pairing]
        return float(np.minimum(np.linalg.svd(one.T @ moved, compute_uv=False), 1.0).mean())

    return statistic


def held_out_cca(
    matched: Matched, *, method: Cca | None = None, folds: int = 5, seed: int = DEFAULT_SEED
) -> float:
    """Mean correlation of canonical components over genes that were not fitted.

    Parameters
    ----------
    matched
        Genes of two models.
    method
        The analysis; the default of `Cca` where None.
    folds
        Parts into which genes are split; each is held out once.
    seed
        Root seed of the partition.

    Returns
    -------
    float
        Mean over folds and components; about 0 for unrelated models.

    Raises
    ------
    InputError
        If a fold holds out fewer than 5 genes.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> rows = rng.normal(size=(60, 3))
    >>> held_out_cca(Matched.of_arrays(rows, rows @ rng.normal(size=(3, 3)))) > 0.99
    True
    """
    return held_out_cca_of_pairings(matched, method=method, folds=folds, seed=seed)(None)


def held_out_cca_of_pairings(
    matched: Matched, *, method: Cca | None = None, folds: int = 5, seed: int = DEFAULT_SEED
) -> PairingStatistic:
    """`held_out_cca` as a function of the pairing within folds, fitted anew for each.

    Parameters
    ----------
    matched, method, folds, seed
        See `held_out_cca`.

    Returns
    -------
    callable
        From a pairing within the folds of `alignment_folds`, or None, to the mean correlation.

    Raises
    ------
    InputError
        As `held_out_cca`.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(60, 3))
    >>> held_out_cca_of_pairings(Matched.of_arrays(rows, rows))(None) > 0.99
    True
    """
    matched.require_genes(2 * folds, "held-out CCA")
    analysis = Cca() if method is None else method
    return of_folds(matched, analysis, alignment_folds(matched, folds, seed))


def of_folds(matched: Matched, method: Cca, fold_of: Ints) -> PairingStatistic:
    """`held_out_cca_of_pairings` for a partition that is given.

    Parameters
    ----------
    matched, method
        See `held_out_cca`.
    fold_of
        Fold of each gene.

    Returns
    -------
    callable
        From a pairing, or None, to the mean correlation.
    """
    judge = HeldOut(matched, method, fold_of)

    def statistic(pairing: Ints | None) -> float:
        found = []
        for fold, fitted, _, truth in judge.fits(pairing):
            one, other = fitted.transform(matched.first[fold.test], matched.second[fold.test])
            found.append(_correlations(one, other[truth]).mean())
        return float(np.mean(found))

    return statistic


def alignment_folds(matched: Matched, folds: int, seed: int, partition: int = 0) -> Ints:
    """A random partition of the genes, which all alignment measures with one seed share.

    Parameters
    ----------
    matched
        Genes of two models.
    folds
        Parts.
    seed
        Root seed.
    partition
        Its number, where there are several.

    Returns
    -------
    numpy.ndarray
        Fold of each gene.

    Raises
    ------
    InputError
        If there are fewer genes than folds.

    Examples
    --------
    >>> rows = np.arange(1.0, 7.0)[:, None]
    >>> np.bincount(alignment_folds(Matched.of_arrays(rows, rows), 2, 1)).tolist()
    [3, 3]
    """
    return group_folds(np.asarray(matched.names), folds, seed, f"alignment/folds/{partition}")


def _correlations(one: Matrix, other: Matrix) -> Matrix:
    one, other = one - one.mean(0), other - other.mean(0)
    norms = np.linalg.norm(one, axis=0) * np.linalg.norm(other, axis=0)
    # a component that does not vary among the held-out genes predicts nothing there
    return np.asarray((one * other).sum(0) / np.where(norms > 0, norms, 1.0))


def _bases(matched: Matched, variance: float, components: int | None) -> tuple[Matrix, Matrix]:
    matched.require_genes(4, "SVCCA")
    share = as_fraction(variance, "variance")
    bases = []
    for side in (matched.first, matched.second):
        scores = principal_axes(side, min(side.shape) if components is None else components)
        reduced = scores.apply(side)
        size = (reduced**2).sum(0)
        if components is None:
            kept = int(np.searchsorted(np.cumsum(size) / size.sum(), share)) + 1
            reduced, size = reduced[:, :kept], size[:kept]
        bases.append(reduced / np.sqrt(size))
    together = sum(basis.shape[1] for basis in bases)
    if together >= len(matched):
        raise InputError(
            f"{together} components on both sides together for {len(matched)} genes", where="SVCCA",
            expected="fewer components than genes: otherwise some correlations are 1 by necessity",
            fix="set components, or lower variance",
        )  # fmt: skip
    return bases[0], bases[1]
