"""Published recipes run on the user's model as they were, and what catches each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from cellglass.data import Network
from cellglass.geometry.alignment.matched import Matched
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.guards.attainable import attainable_level
from cellglass.geometry.guards.containment import label_containment
from cellglass.geometry.pair_baselines import degree_scores
from cellglass.geometry.pairs import Pairs
from cellglass.geometry.recipes.published_alignment import published_cca
from cellglass.geometry.recipes.published_geodesics import published_geodesics
from cellglass.geometry.recipes.published_homology import published_homology
from cellglass.geometry.recipes.published_motif import predicted_auroc, reference_signs
from cellglass.geometry.shape.pca import pca
from cellglass.geometry.splits import PairSplit, published_splits, splits_are_disjoint
from cellglass.seeds import generator
from cellglass.stats import auroc

SAMPLED_CELLS = 256
"""Cells from which published gene states were made (specification 2.1)."""
HOMOLOGY_POINTS, HOMOLOGY_COMPONENTS, HOMOLOGY_DRAWS = 350, 20, 20
NEIGHBOURS = 12
CCA_GENES, CCA_WIDTH, CCA_DRAWS = 320, 48, 19
PUBLISHED_SHARE, LEAST_SHARE = 0.15, 0.01
"""Rows of zeros in published tables (11 to 19 %), shown where these cells leave hardly any."""
SCREENED, READ_AT = 12, 0.05
"""Layers over which the published screen read each p at 0.05."""


@dataclass(frozen=True)
class Recipe:
    """One published recipe on this model.

    Attributes
    ----------
    recipe
        What was done.
    published_way
        What it gives here.
    honest
        What is found without the defect.
    caught
        The sentence of the guard.
    code
        Of the guard.
    found
        Whether the defect shows on these data.
    """

    recipe: str
    published_way: str
    honest: str
    caught: str
    code: str
    found: bool


def unseen_share(counts: Any, seed: int) -> float:
    """Share of the expressed genes that none of 256 random cells contains.

    Parameters
    ----------
    counts
        Cells x genes, sparse.
    seed
        Of the cells drawn; all where there are fewer.
    """
    expressed = np.asarray(counts.getnnz(axis=0) > 0).ravel()
    n = counts.shape[0]
    rows = generator(seed, "geometry.artefacts/cells").choice(
        n, min(SAMPLED_CELLS, n), replace=False
    )
    seen = np.asarray(counts[np.sort(rows)].getnnz(axis=0) > 0).ravel()
    return float((expressed & ~seen).sum() / max(int(expressed.sum()), 1))


def shown_share(share: float) -> tuple[float, str]:
    """Share of rows of zeros that is shown, and where it comes from.

    Parameters
    ----------
    share
        That these cells leave.
    """
    if share >= LEAST_SHARE:
        return share, f"{share:.0%} of the genes, as 256 of these cells leave"
    return PUBLISHED_SHARE, (
        f"{PUBLISHED_SHARE:.0%}, as in published tables; 256 of these cells leave {share:.1%}"
    )


def with_zero_rows(cloud: PointCloud, share: float) -> PointCloud:
    """Add the rows of zeros that published code kept for genes in no cell.

    Parameters
    ----------
    cloud
        Genes with a state.
    share
        Of rows of zeros in the result.
    """
    n = round(len(cloud) * share / (1 - share))
    points = np.vstack([cloud.points, np.zeros((n, cloud.width))])
    return PointCloud(points, (*cloud.names, *(f"in no cell, {i + 1}" for i in range(n))))


def zero_row_loops(cloud: PointCloud, share: float, seed: int) -> Recipe:
    """Loops of the published recipe, with the rows of zeros that its sampling leaves.

    Parameters
    ----------
    cloud
        Genes with a state.
    share
        Of rows of zeros.
    seed
        Root seed.
    """
    shown, told = shown_share(share)
    kept = with_zero_rows(cloud, shown)
    found = published_homology(
        kept, n_points=min(HOMOLOGY_POINTS, len(kept)),
        n_components=min(HOMOLOGY_COMPONENTS, cloud.width), draws=HOMOLOGY_DRAWS, seed=seed,
    )  # fmt: skip
    repaired = found.repaired
    honest = "no row of zeros: the same" if repaired is None else (
        f"without them z = {repaired.z:.1f}, p = {repaired.p:.3f}"
    )  # fmt: skip
    return Recipe(
        "loops (H1) of random genes against shuffled components, genes in no cell kept as zeros",
        f"z = {found.result.z:.1f}, p = {found.result.p:.3f} "
        f"({found.n_zero} of {found.n_points} rows are zeros: {told})",
        honest,
        "; ".join(found.artefacts) or "nothing to catch on these cells",
        "G3",
        repaired is not None and (found.result.p <= READ_AT) != (repaired.p <= READ_AT),
    )


def silent_fallback(cloud: PointCloud, share: float) -> Recipe:
    """Geodesics of the published routine.

    Parameters
    ----------
    cloud
        Genes with a state.
    share
        Of rows of zeros.
    """
    shown, told = shown_share(share)
    kept = with_zero_rows(cloud, shown)
    space = pca(kept, min(HOMOLOGY_COMPONENTS, kept.width)).scores
    found = published_geodesics(space, NEIGHBOURS)
    way = (
        f"Euclidean distances for all pairs ({found.n_unreachable:,} pairs had no path; rows of "
        f"zeros: {told})"
        if found.fell_back
        else "geodesic distances: no fallback on these data"
    )
    return Recipe(
        "geodesic distances from a dense matrix",
        way,
        "sparse graph of distinct points; a path that does not exist is an error",
        found.guard.detail,
        "G4",
        found.fell_back,
    )


def overlapping_splits(pairs: Pairs) -> Recipe:
    """Published "disjoint" splits by the median of gene numbers.

    Parameters
    ----------
    pairs
        The judged pairs.
    """
    subsets = published_splits(pairs)
    first, second = subsets["source_disjoint"].test, subsets["target_disjoint"].test
    guard = splits_are_disjoint(pairs, [PairSplit("both", first, second)])
    regulators, others = (np.unique(pairs.index[0][half]) for half in (first, second))
    shared = np.intersect1d(regulators, others).size
    return Recipe(
        "splits by the median of gene numbers, called disjoint",
        f"{shared} regulators stand in both subsets of {regulators.size} and {others.size}",
        "regulators, targets or both held out, checked gene by gene",
        guard.detail,
        "G5",
        shared > 0,
    )


def leaked_labels(pairs: Pairs, network: Network, base: float) -> Recipe:
    """Membership of the reference as a feature of its own labels.

    Parameters
    ----------
    pairs, network
        The judged pairs and their reference.
    base
        AUROC of the best distance.
    """
    signs = reference_signs(network, *pairs.ends)
    flag = signs != 0 if signs.any() else pairs.positive
    what = "signed pairs of the reference" if signs.any() else "pairs of the reference"
    covered = float((flag & pairs.positive).sum() / pairs.positive.sum())
    held = pairs.prevalence
    guard = label_containment(flag.astype(np.float64), pairs.positive, what)
    return Recipe(
        "membership of the reference as a feature (motif presence)",
        f"AUROC {predicted_auroc(covered * held, held, base):.3f}, {covered:.0%} of the positives "
        "flagged",
        f"refused; the best distance has {base:.3f}",
        guard.detail,
        "G1",
        guard.failed,
    )


def in_sample_retrieval(cloud: PointCloud, seed: int) -> Recipe:
    """Retrieval of genes between this model and random numbers, fitted and judged on the same.

    Parameters
    ----------
    cloud
        Genes with a state.
    seed
        Root seed.
    """
    rng = generator(seed, "geometry.artefacts/numbers")
    rows = np.sort(rng.permutation(len(cloud))[:CCA_GENES])
    mine = cloud.take(rows)
    noise = PointCloud(rng.normal(size=(len(mine), CCA_WIDTH)), mine.names)
    found = published_cca(Matched.of(mine, noise), draws=CCA_DRAWS, seed=seed)
    top = found.table.set_index("measure").loc["top1", "in_sample"]
    value = float(np.atleast_1d(np.asarray(top, dtype=np.float64))[0])
    return Recipe(
        "CCA of this model with random numbers, fitted and judged on the same genes",
        f"{value:.1%} of {found.n_genes} genes find themselves among random numbers",
        f"held out {found.held_out_top1:.1%}, chance {found.chance:.1%}",
        "a map is judged on genes that it has not seen",
        "G6",
        value > 3 * found.chance,
    )


def missing_baseline(pairs: Pairs, base: float, name: str) -> Recipe:
    """Degrees in the reference, which were never judged beside distances.

    Parameters
    ----------
    pairs
        The judged pairs.
    base, name
        AUROC of the best distance, and which it is.
    """
    degrees = {n: auroc(s, pairs.positive) for n, s in degree_scores(pairs).items()}
    best = max(degrees, key=lambda n: degrees[n])
    return Recipe(
        "distances without a baseline of degrees",
        f"{name}: AUROC {base:.3f} against 0.5",
        f"{best} in the reference alone (the pair's own label left out): {degrees[best]:.3f}",
        "increments over degrees and expression are judged, not AUROC",
        "G9",
        degrees[best] > base,
    )


def too_few_draws(level: float) -> Recipe:
    """Twenty draws read at the level of twelve layers.

    Parameters
    ----------
    level
        Of the study.
    """
    guard = attainable_level(HOMOLOGY_DRAWS, level, tests=SCREENED)
    return Recipe(
        f"{HOMOLOGY_DRAWS} draws of a null, {SCREENED} layers",
        f"p = {1 / (HOMOLOGY_DRAWS + 1):.3f} at best",
        f"level {level:g} for {SCREENED} layers together needs more draws",
        guard.detail,
        "G7",
        guard.failed,
    )
