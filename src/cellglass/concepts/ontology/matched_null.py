"""Random gene lists matched in expression and detection, through the same pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.concepts.ontology.enrich import run
from cellglass.concepts.ontology.enrichment import Enrichment, Inputs
from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator
from cellglass.stats.bootstrap import bootstrap_mean
from cellglass.stats.interval import Interval

BIN = 25
"""Genes of a bin, about: alike in detection rate and mean expression."""


@dataclass(frozen=True, eq=False)
class MatchedNull:
    """The annotated share of units beside that of matched random lists.

    Attributes
    ----------
    method
        Of the enrichment.
    share
        Annotated share of the units.
    null_shares
        Annotated share in each draw, shape (draws,).
    unit_null
        How often each unit was annotated under the null, shape (units,).
    interval
        Of `excess`: bootstrap over units.
    interval90
        The same at 90 %, on which a verdict of absence stands.
    p
        (1 + draws whose share reaches the observed one) / (1 + draws).
    fixed
        Share of (unit, tested gene) whose bin holds no other tested gene: they cannot move.
    """

    method: str
    share: float
    null_shares: NDArray[np.float64]
    unit_null: NDArray[np.float64]
    interval: Interval
    interval90: Interval
    p: float
    fixed: float

    @property
    def null_share(self) -> float:
        """Mean annotated share of matched random lists."""
        return float(self.null_shares.mean())

    @property
    def excess(self) -> float:
        """Annotated share minus null share: the number to report."""
        return self.share - self.null_share

    def __str__(self) -> str:
        return (
            f"{self.method}: annotated {self.share:.1%}, matched random lists "
            f"{self.null_share:.1%}, excess {self.excess:.1%} {self.interval} (p = {self.p:.3g}, "
            f"{self.null_shares.size} draws)"
        )


def expression_bins(mean: ArrayLike, detection: ArrayLike, *, size: int = BIN) -> NDArray[np.int64]:
    """Bins of genes that are alike in detection rate and mean expression.

    Parameters
    ----------
    mean, detection
        Mean expression and share of cells with the gene, shape (genes,).
    size
        Genes of a bin, about.

    Returns
    -------
    numpy.ndarray
        Number of each gene's bin: detection is cut into about sqrt(genes / size) slices of equal
        count, each slice by mean into bins of at least `size` genes (fewer only where there are
        fewer genes in all).

    Raises
    ------
    InputError
        If values are not finite or shapes differ.

    Examples
    --------
    >>> expression_bins([1, 9, 1, 9], [0.1, 0.1, 0.1, 0.1], size=2).tolist()
    [0, 1, 0, 1]
    """
    level, seen = (np.asarray(a, dtype=np.float64) for a in (mean, detection))
    if level.ndim != 1 or level.shape != seen.shape or not level.size or size < 1:
        raise InputError(
            f"shapes {level.shape} and {seen.shape}", where="expression bins",
            expected="mean and detection of the same genes",
        )  # fmt: skip
    bad = ~(np.isfinite(level) & np.isfinite(seen))
    if bad.any():
        raise InputError(
            f"{int(bad.sum()):,} genes have no finite mean or detection", where="expression bins",
            fix="compute both over the cells that were attributed",
        )  # fmt: skip
    n_slices = max(1, int(np.sqrt(level.size / size)))
    out = np.empty(level.size, dtype=np.int64)
    number = 0
    for part in np.array_split(np.lexsort((level, seen)), n_slices):
        inner = part[np.argsort(level[part], kind="stable")]
        for members in np.array_split(inner, max(1, inner.size // size)):
            out[members] = number
            number += 1
    return out


def shuffled(
    inputs: Inputs, bins: NDArray[np.int64], units: Sequence[str], *, draw: int, seed: int
) -> Inputs:
    """Scores of each unit permuted among its tested genes of the same bin.

    Parameters
    ----------
    inputs
        Units x genes.
    bins
        Bin of each gene.
    units
        Names, which pick the random order: a unit's draw does not depend on the others.
    draw
        Number of the draw.
    seed
        Root seed.

    Returns
    -------
    Inputs
        The same scores and the same number of genes over any cutoff, on other genes.

    Examples
    --------
    >>> inputs = Inputs(np.array([[1.0, 2.0, 3.0]]), np.array([[True, True, False]]))
    >>> sorted(shuffled(inputs, np.zeros(3, int), ["a"], draw=0, seed=1).scores[0].tolist())
    [1.0, 2.0, 3.0]
    """
    scores = inputs.scores.copy()
    gene_q = None if inputs.gene_q is None else inputs.gene_q.copy()
    for row, unit in enumerate(units):
        genes = np.flatnonzero(inputs.tested[row])
        rng = generator(seed, f"matched null/{unit}/{draw}")
        source = genes[np.argsort(bins[genes], kind="stable")]
        target = genes[np.lexsort((rng.random(genes.size), bins[genes]))]
        scores[row, target] = inputs.scores[row, source]
        if gene_q is not None and inputs.gene_q is not None:
            gene_q[row, target] = inputs.gene_q[row, source]
    return Inputs(scores, inputs.tested, gene_q)


def matched_null(
    enrichment: Enrichment,
    mean: ArrayLike,
    detection: ArrayLike,
    *,
    draws: int = 20,
    bin_size: int = BIN,
    seed: int = DEFAULT_SEED,
    level: float = 0.95,
    permutations: int | None = None,
) -> dict[str, MatchedNull]:
    """How many units would be annotated if their genes were random genes expressed alike?

    Parameters
    ----------
    enrichment
        What was found.
    mean, detection
        Mean expression and detection rate of each of its genes, shape (genes,).
    draws
        Random versions of all units.
    bin_size
        Genes that may stand for one another, about.
    seed
        Root seed.
    level
        Of the interval.
    permutations
        Of prerank; those of the enrichment where None. With another number the units are tested
        again with it, since a coarser p alone would make a smaller null share: `share` is then
        that of the coarser test.

    Returns
    -------
    dict of str to MatchedNull
        By method. Each draw keeps every unit's scores, list length and tested genes and runs
        the same pipeline, false discovery rate and all.

    Raises
    ------
    InputError
        If shapes differ, or there are fewer than 2 units.

    Notes
    -----
    On a small panel nearly any 20 genes share a term; the null share shows it. The interval
    treats units as independent, which seeds of one dictionary are not quite.

    Examples
    --------
    >>> print(matched_null(found, mean, detection)["ora"])  # doctest: +SKIP
    """
    if draws < 1:
        raise InputError(f"{draws} draws", where="matched null", expected="1 or more")
    if len(enrichment.units) < 2:
        raise InputError("1 unit", where="matched null", expected="at least 2")
    bins = expression_bins(mean, detection, size=bin_size)
    if bins.size != len(enrichment.genes):
        raise InputError(
            f"expression of {bins.size:,} genes for {len(enrichment.genes):,}",
            where="matched null", expected="the genes of the enrichment",
        )  # fmt: skip
    options = enrichment.options
    observed = enrichment
    if permutations not in (None, options.permutations) and "prerank" in options.methods:
        options = replace(options, permutations=permutations)
        observed = run(
            enrichment.inputs, enrichment.units, enrichment.genes, enrichment.library, options
        )
    hits = {m: np.zeros((draws, len(enrichment.units)), dtype=bool) for m in enrichment.results}
    for draw in range(draws):
        inputs = shuffled(enrichment.inputs, bins, enrichment.units, draw=draw, seed=seed)
        null = run(inputs, enrichment.units, enrichment.genes, enrichment.library, options)
        for method in hits:
            hits[method][draw] = null.annotated(method)
    fixed = _fixed(enrichment.inputs.tested, bins)
    return {
        method: _summary(method, observed.annotated(method), found, fixed, seed, level)
        for method, found in hits.items()
    }


def _summary(
    method: str,
    observed: NDArray[np.bool_],
    null: NDArray[np.bool_],
    fixed: float,
    seed: int,
    level: float,
) -> MatchedNull:
    shares, share = null.mean(1), float(observed.mean())
    difference = observed - null.mean(0)
    booted = bootstrap_mean(
        difference, unit="unit", draws=2_000, seed=seed, task=f"matched null/{method}", level=level
    )
    p = (1 + int((shares >= share - 1e-12).sum())) / (1 + len(shares))
    return MatchedNull(method, share, shares, null.mean(0), booted.interval(),
                       booted.interval(level=0.90), p, fixed)  # fmt: skip


def _fixed(tested: NDArray[np.bool_], bins: NDArray[np.int64]) -> float:
    """Share of tested genes that are alone in their bin."""
    alone = sum(int((np.bincount(bins[row]) == 1).sum()) for row in tested)
    return alone / int(tested.sum())
