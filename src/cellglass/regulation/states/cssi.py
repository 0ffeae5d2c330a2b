"""CSSI on an AnnData with any edge function: edges within cell states, beside shuffled states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from cellglass.data import Network, counts_of, gene_features, log1p_cp10k
from cellglass.errors import InputError, nearest
from cellglass.regulation.coexpression import MIN_CELLS as LEAST_CELLS
from cellglass.regulation.given import require, require_cells
from cellglass.seeds import DEFAULT_SEED
from cellglass.stats import auroc

from .aggregators import AGGREGATORS, Aggregator, aggregate
from .edge_functions import EdgeFunction, SpearmanEdges, score_matrix, spearman_edges
from .quality import StratumQuality, stratum_quality
from .strata import MIN_CELLS, Strata, find_strata, given_strata, large_strata
from .stratified import CSSIResult, Statistic, stratified

if TYPE_CHECKING:
    from anndata import AnnData

MAX_GENES = 2000


def cssi(
    cells: AnnData,
    edges: Literal["spearman"] | EdgeFunction = "spearman",
    *,
    strata: str | ArrayLike | None = None,
    embedding: str | NDArray[np.floating] | None = None,
    network: Network | None = None,
    statistic: Statistic | None = None,
    regulators: Sequence[str] | None = None,
    genes: Sequence[str] | None = None,
    min_targets: int = 3,
    aggregators: Sequence[Aggregator] = AGGREGATORS,
    min_cells: int = MIN_CELLS["structured"],
    n_strata: tuple[int, int] | None = None,
    resolution: float = 1.0,
    shuffles: int = 100,
    seed: int = DEFAULT_SEED,
) -> CSSIResult:
    """Do cell states sharpen edges more than shuffled states do?

    Parameters
    ----------
    cells
        Counts, or what they can be recovered from (see `cellglass.data.counts_of`).
    edges
        ``"spearman"``, or a function: ``edges(indices)`` gives scores, regulators x genes, from
        the cells with these indices. It needs `genes`, and with a network as reference its rows
        are `regulators`.
    strata
        Column of ``cells.obs``, or one label a cell; cells without a label are left out. When
        None, strata are found in the embedding.
    embedding
        Key of ``cells.obsm``, or an array, cells x dimensions: best a model's embedding of the
        cells. It also measures the quality of strata that are given.
    network, statistic
        What is compared: pooled AUROC against a reference network, or any function that takes
        scores and gives a number, the larger the better.
    regulators, genes
        Rows and columns. With ``"spearman"``, regulators are the network's sources when None,
        and genes are all, or the 2,000 most variable beside the regulators where there are more.
    min_targets
        Targets among the genes that a regulator needs to be judged.
    aggregators
        See `aggregate`; all eight.
    min_cells
        Strata with fewer cells are left out: 20 for correlations, 5 will do for synthetic normal
        data, 50 for attention (`cellglass.regulation.states.strata.MIN_CELLS`).
    n_strata, resolution
        Of strata that are found, see `find_strata`.
    shuffles
        Draws with the strata permuted over cells, sizes kept; they cannot be left out.
    seed
        Root seed.

    Returns
    -------
    CSSIResult
        ``print(result)`` shows pooled, each aggregator, its gain, and mean, sd and p of shuffled
        strata beside it; ``result.edges("max")`` is an edge table.

    Raises
    ------
    InputError
        If strata, embedding, network or genes are missing, of another type or do not fit the
        cells, or fewer than two strata are large enough.

    Notes
    -----
    Kendiukhov 2026 (arXiv 2602.17532), A13-A18; specification 2.16. Choosing the best aggregator
    on this table is selection: choose it on other cells (`held_out_choice`).

    Examples
    --------
    >>> import cellglass as cg
    >>> planted = cg.controls.simulate("pairs", seed=1)
    >>> network = cg.data.Network.from_frame(planted.reference, name="planted")
    >>> found = cssi(planted.cells, strata="state", network=network, shuffles=19)
    >>> table = found.table().set_index("aggregator")
    >>> bool(table.loc["max", "gain"] > 0), float(table.loc["max", "p"])
    (True, 0.05)
    """
    require_cells(cells, "cssi")
    if network is not None:
        require(network, Network, "network", "cssi", fix="cg.data.load_network(name or path)")
    if min_cells < LEAST_CELLS:
        raise InputError(
            f"min_cells is {min_cells}", where="cssi", expected=f"at least {LEAST_CELLS}",
            fix=f"{MIN_CELLS['structured']} for correlations",
        )  # fmt: skip
    space = _embedding(cells, embedding)
    labels = _strata(cells, strata, space, n_strata, resolution, min_cells, seed)
    if (network is None) == (statistic is None):
        raise InputError(
            "neither a network nor a statistic" if network is None else "a network and a statistic",
            where="CSSI",
            expected="one of the two: what scores are compared by",
        )
    function: EdgeFunction
    if edges == "spearman":
        function, rows, columns = _spearman(cells, network, regulators, genes)
    elif callable(edges):
        if genes is None or regulators is None:
            raise InputError(
                "an edge function without names of its rows and columns",
                where="CSSI",
                fix="give regulators= and genes=",
            )
        function, rows, columns = edges, tuple(map(str, regulators)), tuple(map(str, genes))
    else:
        raise InputError(f"edges are {edges!r}", expected="'spearman' or a function of cells")
    measured = "statistic given"
    if network is not None:
        statistic = _auroc_against(network, rows, columns, min_targets)
        measured = f"pooled AUROC against {network.name}"
    assert statistic is not None  # one of the two was given
    found = stratified(
        _of_shape(function, rows, columns), labels, statistic, aggregators=aggregators,
        min_cells=min_cells, shuffles=shuffles, embedding=space, seed=seed,
    )  # fmt: skip
    return replace(found, regulators=rows, genes=columns, measured=measured)


def _embedding(
    cells: AnnData, embedding: str | NDArray[np.floating] | None
) -> NDArray[np.float64] | None:
    if isinstance(embedding, str):
        if embedding not in cells.obsm:
            raise InputError(
                f"no embedding '{embedding}'",
                where="cells.obsm",
                fix=nearest(embedding, cells.obsm),
            )
        embedding = cells.obsm[embedding]
    if embedding is None:
        return None
    expected = f"numbers, {cells.n_obs:,} cells x dimensions (one or more)"
    try:
        found = np.asarray(embedding, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InputError(
            f"an embedding that is no array of numbers: {error}", where="cssi", expected=expected
        ) from error
    if found.ndim != 2 or len(found) != cells.n_obs or not found.shape[1]:
        raise InputError(f"an embedding of shape {found.shape}", where="cssi", expected=expected)
    bad = int((~np.isfinite(found)).any(1).sum())
    if bad:
        raise InputError(
            f"{bad:,} cells have values in the embedding that are NaN or infinite", where="cssi",
            expected=expected,
        )  # fmt: skip
    return found


def _strata(
    cells: AnnData,
    strata: str | ArrayLike | None,
    space: NDArray[np.float64] | None,
    n_strata: tuple[int, int] | None,
    resolution: float,
    min_cells: int,
    seed: int,
) -> Strata:
    if strata is None and space is None:
        raise InputError(
            "neither strata nor an embedding to find them in",
            where="CSSI",
            fix="give strata='cell_type', or embedding=model.embed(cells)",
        )
    if strata is None:
        assert space is not None
        return find_strata(
            space, n_strata=n_strata, resolution=resolution, min_cells=min_cells, seed=seed
        )
    source = "given"
    if isinstance(strata, str):
        if strata not in cells.obs:
            raise InputError(
                f"no column '{strata}'", where="cells.obs", fix=nearest(strata, cells.obs.columns)
            )
        source, strata = f"column {strata}", cells.obs[strata]
    found = given_strata(strata, source)
    if len(found.codes) != cells.n_obs:
        raise InputError(
            f"{len(found.codes):,} strata", expected=f"one for each of {cells.n_obs:,} cells"
        )
    return found


def _spearman(
    cells: AnnData,
    network: Network | None,
    regulators: Sequence[str] | None,
    genes: Sequence[str] | None,
) -> tuple[SpearmanEdges, tuple[str, ...], tuple[str, ...]]:
    """|Spearman| of log1p(CP10k) over the genes asked for."""
    counts = counts_of(cells)
    names = [str(g) for g in counts.genes]
    place = {g: i for i, g in enumerate(names)}
    if regulators is None:
        if network is None:
            raise InputError("no regulators and no network", where="CSSI", fix="give regulators=")
        regulators = [g for g in network.sources if g in place]
    if genes is None:
        chosen = _variable(counts.matrix, counts.n_counts, [place[g] for g in regulators
                                                            if g in place])  # fmt: skip
        genes = [names[i] for i in chosen]
    for what, asked in (("regulators", regulators), ("genes", genes)):
        unknown = [g for g in asked if g not in place]
        if unknown:
            raise InputError(
                f"{len(unknown)} of {len(asked)} {what} are no genes of the cells: {unknown[:3]}",
                where=what,
                fix=nearest(unknown[0], place),
            )
    position = {g: i for i, g in enumerate(genes)}
    rows = [g for g in regulators if g in position]
    if not rows:
        raise InputError("no regulator is among the genes", where="CSSI", fix="give other genes=")
    log = log1p_cp10k(counts.matrix, counts.n_counts)[:, [place[g] for g in genes]]
    function = SpearmanEdges(log, np.array([position[g] for g in rows]))
    return function, tuple(rows), tuple(genes)


def _variable(
    matrix: sparse.csr_matrix, n_counts: NDArray[np.float64], first: list[int]
) -> list[int]:
    """All genes, or some first and the most variable others."""
    features = gene_features(matrix, n_counts)
    if len(features) <= MAX_GENES:
        return list(range(len(features)))
    ranked = np.argsort(-features["variance"].to_numpy(), kind="stable").tolist()
    kept = list(dict.fromkeys([*first, *ranked]))[: max(MAX_GENES, len(first))]
    return sorted(kept)


def _of_shape(
    function: EdgeFunction, rows: tuple[str, ...], columns: tuple[str, ...]
) -> EdgeFunction:
    """Check that an edge function gives what its names say."""
    if isinstance(function, SpearmanEdges):
        return function

    def checked(cells: NDArray[np.int64]) -> NDArray[np.float64]:
        scores = score_matrix(function(cells), "edge function")
        if scores.shape != (len(rows), len(columns)):
            raise InputError(
                f"scores of shape {scores.shape}",
                where="edge function",
                expected=f"{len(rows)} regulators x {len(columns)} genes",
            )
        return scores

    return checked


def _auroc_against(
    network: Network, rows: tuple[str, ...], columns: tuple[str, ...], min_targets: int
) -> Statistic:
    """Pooled AUROC over the regulators with enough targets; a pair without a score ranks last."""
    universe = network.universe(list(columns), regulators=set(rows), min_targets=min_targets)
    position = {g: i for i, g in enumerate(rows)}
    judged = np.array([position[g] for g in universe.sources])
    place = {g: j for j, g in enumerate(columns)}
    mask = np.ones(universe.labels.shape, dtype=np.bool_)
    for i, g in enumerate(universe.sources):
        mask[i, place[g]] = False
    truth = universe.labels[mask]

    def statistic(scores: NDArray[np.float64]) -> float:
        values = scores[judged][mask]
        finite = np.isfinite(values)
        if not finite.any():
            raise InputError("no pair has a score", where="edge function")
        last = np.nextafter(values[finite].min(), -np.inf)
        return auroc(np.where(finite, values, last), truth)

    return statistic


__all__ = [
    "AGGREGATORS",
    "MIN_CELLS",
    "Aggregator",
    "CSSIResult",
    "EdgeFunction",
    "SpearmanEdges",
    "Statistic",
    "Strata",
    "StratumQuality",
    "aggregate",
    "cssi",
    "find_strata",
    "given_strata",
    "large_strata",
    "spearman_edges",
    "stratified",
    "stratum_quality",
]
