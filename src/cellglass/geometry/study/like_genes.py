"""Partners exchanged among like genes: is each gene in its place, or only its kind?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cellglass.geometry.alignment.cca_similarity import alignment_folds
from cellglass.geometry.alignment.held_out import HeldOut
from cellglass.geometry.alignment.matched import Matched
from cellglass.geometry.alignment.method import Alignment
from cellglass.geometry.alignment.pair_ranks import MEASURES
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.communities import communities
from cellglass.geometry.graphs.knn import knn_graph
from cellglass.geometry.nulls.correspondence import CorrespondenceNull
from cellglass.seeds import generator
from cellglass.stats.arguments import Ints
from cellglass.stats.permutation import NullDistribution

NEIGHBOURS = 20
LEAST_MOVABLE = 0.5
"""Share of the genes that must have a like gene in their fold for the null to mean anything."""
_TOP = MEASURES.index("top1")


@dataclass(frozen=True)
class LikeGenes:
    """Retrieval of held-out genes, beside that of partners exchanged within communities.

    Attributes
    ----------
    null
        Share of genes that find themselves, in the worse direction, against partners exchanged
        among genes of one community of one model: the model in which more is left.
    kinds
        Communities in either model.
    movable
        Share of the genes that have another of their community in their fold, in that model.
    """

    null: NullDistribution
    kinds: tuple[int, int]
    movable: float

    @property
    def sound(self) -> bool:
        """Whether enough partners could be exchanged."""
        return self.movable >= LEAST_MOVABLE


def kinds_of(cloud: PointCloud, seed: int) -> Ints:
    """Community of each gene in a model, for `like_genes`.

    Parameters
    ----------
    cloud
        Distinct points.
    seed
        Of the partition.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(80, 3))
    >>> rows[40:] += 99.0
    >>> kinds = kinds_of(PointCloud.of(rows), 1).tolist()
    >>> set(kinds[:40]) & set(kinds[40:])
    set()
    """
    graph = knn_graph(cloud, min(NEIGHBOURS, len(cloud) - 1))
    return np.asarray(communities(graph, seed=seed).of_points)


def like_genes(
    matched: Matched,
    kinds: tuple[Ints, Ints],
    method: Alignment,
    *,
    folds: int,
    draws: int,
    seed: int,
) -> LikeGenes:
    """Hold retrieval against partners exchanged among genes of one community.

    Parameters
    ----------
    matched
        Genes of two models.
    kinds
        Community of each gene in either model, see `kinds_of`.
    method
        The map, fitted anew to each draw.
    folds
        Folds of genes; the partition is that of `held_out_retrieval` with the same seed.
    draws
        Draws for the communities of each model.
    seed
        Root seed.

    Returns
    -------
    LikeGenes
        Of the model whose communities explain more.

    Notes
    -----
    Two models that know no more than the kind of a gene retrieve genes above chance, for there
    are fewer candidates of a kind than candidates. Exchanging partners within communities of
    one model leaves that intact: if it knows no more than its communities, all such pairings
    are as likely. Communities of both are taken in turn, and the harder null counts.

    Examples
    --------
    >>> from cellglass.geometry.alignment.procrustes import Procrustes
    >>> rows = np.random.default_rng(0).normal(size=(80, 3))
    >>> kinds = kinds_of(PointCloud.of(rows), 1)
    >>> found = like_genes(
    ...     Matched.of_arrays(rows, rows), (kinds, kinds), Procrustes(), folds=4, draws=19, seed=1
    ... )
    >>> found.null.observed, found.null.p, found.sound
    (1.0, 0.05, True)
    """
    fold_of = alignment_folds(matched, folds, seed)
    held = HeldOut(matched, method, fold_of)
    observed = _worse(held, None, generator(seed, "like genes/observed"))
    found = []
    for name, kind in zip(("first", "second"), kinds, strict=True):
        blocks = np.unique(fold_of * (int(kind.max()) + 1) + kind, return_inverse=True)[1]
        moved = np.flatnonzero(np.bincount(blocks)[blocks] > 1)
        drawn = np.full(draws, observed)
        if moved.size:
            null = CorrespondenceNull.of(moved.size, blocks[moved])
            for i, (pairing, rng) in enumerate(null.draws(draws, seed, f"like genes/{name}")):
                partner = np.arange(len(matched))
                partner[moved] = moved[pairing]
                drawn[i] = _worse(held, partner, rng)
        share = moved.size / len(matched)
        found.append((NullDistribution.of(observed, drawn), share))
    hardest, movable = max(found, key=lambda pair: (pair[0].p, pair[0].mean))
    return LikeGenes(hardest, (np.unique(kinds[0]).size, np.unique(kinds[1]).size), movable)


def _worse(held: HeldOut, partner: Ints | None, rng: np.random.Generator) -> float:
    """Share of genes whose nearest candidate is their partner, in the worse direction."""
    values: NDArray[np.float64] = held.values(partner, rng, one_to_one=False)[0]
    return float(values[:, _TOP].mean(-1).min())
