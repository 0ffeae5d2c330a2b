"""What pairs are worth without geometry: degree, expression and the straight line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.degrees import leave_one_out_degrees
from cellglass.geometry.named import numbered, require_different
from cellglass.geometry.pairs import Pairs
from cellglass.seeds import DEFAULT_SEED
from cellglass.stats.arguments import Bools, as_labels
from cellglass.stats.auroc import auroc

if TYPE_CHECKING:
    import pandas as pd

Floats = NDArray[np.float64]
STATISTICS = ("mean", "variance", "detection")
"""Columns of the gene table that expression baselines use."""
DEGREE, EXPRESSION, EUCLIDEAN = "degree product", "expression", "euclidean"


def degree_scores(pairs: Pairs) -> dict[str, Floats]:
    """Degrees of both ends in the reference, without the pair's own label.

    Parameters
    ----------
    pairs
        The pairs.

    Returns
    -------
    dict
        ``"source degree"``, ``"target degree"`` and ``"degree product"``: judged positives of the
        regulator, of the gene, and their product, the pair itself left out; in the order of
        `Pairs.index`.

    Notes
    -----
    Specification 2.2: the baseline that the published screen never ran, AUROC 0.79 to 0.88 on its
    edge tables. The labels of other pairs enter, so that it says how far gene identity goes and
    is no predictor for genes without known pairs; `trained_degrees` is.

    Examples
    --------
    >>> labels = np.array([[True, True], [True, False]])
    >>> pairs = Pairs(("A", "B"), ("C", "D"), labels, np.ones((2, 2), bool), "n")
    >>> degree_scores(pairs)["target degree"].tolist()
    [1.0, 0.0, 1.0, 1.0]
    """
    source, target = _others(pairs)
    return {"source degree": source, "target degree": target, DEGREE: source * target}


def trained_degrees(pairs: Pairs, train: Bools) -> Floats:
    """Degrees of both ends among training pairs alone, as columns of a model.

    Parameters
    ----------
    pairs
        The pairs.
    train
        True at training pairs, in the order of `Pairs.index`.

    Returns
    -------
    numpy.ndarray
        Shape (pairs, 3): logarithm of 1 + degree of the regulator, of the gene, and the sum of
        both, counted over training pairs without the pair itself. Genes in no training pair get
        the mean over training pairs: nothing is known of them.

    Raises
    ------
    InputError
        If `train` is not one boolean a pair, or no pair is in training.

    Examples
    --------
    >>> labels = np.array([[True, True], [True, False]])
    >>> pairs = Pairs(("A", "B"), ("C", "D"), labels, np.ones((2, 2), bool), "n")
    >>> columns = trained_degrees(pairs, np.array([True, True, False, True]))
    >>> np.expm1(columns[:, 0]).round(6).tolist()
    [1.0, 1.0, 0.0, 0.0]
    """
    inside = as_labels(train, pairs.positive.shape, "train")
    if not inside.any():
        raise InputError("no pair is in training", where="trained degrees", expected="some pairs")
    rows, columns = pairs.index
    degrees = []
    for of_gene, degree in zip((rows, columns), _others(pairs, inside), strict=True):
        column = np.log1p(degree)
        unseen = np.bincount(of_gene[inside], minlength=of_gene.max() + 1)[of_gene] == 0
        column[unseen] = column[inside].mean()
        degrees.append(column)
    return np.column_stack([*degrees, degrees[0] + degrees[1]])


def expression_features(pairs: Pairs, table: pd.DataFrame) -> dict[str, Floats]:
    """Mean, variance and detection of the regulator and of the gene.

    Parameters
    ----------
    pairs
        The pairs.
    table
        Indexed by gene (or with a column ``gene``), with columns ``mean``, ``variance`` and
        ``detection``, as `cellglass.data.features.FeatureAccumulator.table` gives.

    Returns
    -------
    dict
        ``"source mean"`` and so on: six columns, in the order of `Pairs.index`.

    Raises
    ------
    InputError
        If a column or a gene is missing, a gene comes twice, or a value is not finite.

    Notes
    -----
    The six confounds of the geometric residual stream (specification 2.2).

    Examples
    --------
    >>> import pandas as pd
    >>> pairs = Pairs(("A",), ("B",), np.array([[True]]), np.array([[True]]), "n")
    >>> table = pd.DataFrame(
    ...     {"mean": [1.0, 2.0], "variance": [0.5, 0.1], "detection": [0.9, 0.8]}, index=["A", "B"]
    ... )
    >>> [v.tolist() for v in expression_features(pairs, table).values()]
    [[1.0], [0.5], [0.9], [2.0], [0.1], [0.8]]
    """
    genes = table.set_index("gene") if "gene" in table.columns else table
    absent = [c for c in STATISTICS if c not in genes.columns]
    if absent:
        raise InputError(
            f"the gene table lacks {', '.join(absent)}", where="expression baseline",
            expected=f"columns {', '.join(STATISTICS)}",
        )  # fmt: skip
    names_of_rows = [str(g) for g in genes.index]
    require_different(names_of_rows, "gene table of the expression baseline")
    known = numbered(names_of_rows)
    missing = [g for g in (*pairs.sources, *pairs.targets) if g not in known]
    if missing:
        raise InputError(
            f"{len(set(missing))} genes have no statistics, the first {missing[0]}",
            where="expression baseline",
            expected="a row for each regulator and gene of the pairs",
            fix="judge only pairs of genes in the table",
        )
    values = genes[list(STATISTICS)].to_numpy(dtype=np.float64)
    rows, columns = pairs.index
    found: dict[str, Floats] = {}
    for role, names, at in (("source", pairs.sources, rows), ("target", pairs.targets, columns)):
        own = values[[known[g] for g in names]]
        if not np.isfinite(own).all():
            gene = names[int(np.flatnonzero(~np.isfinite(own).all(1))[0])]
            raise InputError(
                f"the statistics of {gene} are not finite", where="expression baseline"
            )
        found |= {f"{role} {name}": own[at, j] for j, name in enumerate(STATISTICS)}
    return found


def euclidean_score(pairs: Pairs, cloud: PointCloud) -> Floats:
    """Negative Euclidean distance of each pair.

    Parameters
    ----------
    pairs
        The pairs.
    cloud
        With a point for each regulator and gene.

    Returns
    -------
    numpy.ndarray
        One score a pair, in the order of `Pairs.index`.

    Raises
    ------
    InputError
        If a gene has no point.

    Examples
    --------
    >>> pairs = Pairs(("A",), ("B",), np.array([[True]]), np.array([[True]]), "n")
    >>> euclidean_score(pairs, PointCloud.of([[0.0, 3.0], [4.0, 0.0]], ["A", "B"])).tolist()
    [-5.0]
    """
    from cellglass.geometry.graphs.euclidean import euclidean

    return -euclidean(cloud, pairs.sources, pairs.targets).values[pairs.index]


def baseline_scores(
    pairs: Pairs,
    *,
    table: pd.DataFrame | None = None,
    cloud: PointCloud | None = None,
    n_folds: int = 5,
    seed: int = DEFAULT_SEED,
) -> dict[str, Floats]:
    """Score pairs by every trivial baseline.

    Parameters
    ----------
    pairs
        The pairs.
    table
        See `expression_features`; without it there is no expression baseline.
    cloud
        For Euclidean distances; without it there are none.
    n_folds
        Folds over regulators in which the six expression columns are combined.
    seed
        Of those folds.

    Returns
    -------
    dict
        Baseline to one score a pair: ``"source degree"``, ``"target degree"``,
        ``"degree product"``; the six of `expression_features` and ``"expression"``, their held-out
        logistic combination; ``"euclidean"``.

    Raises
    ------
    InputError
        As the parts.

    Examples
    --------
    >>> pairs = Pairs(("A", "B"), ("C", "D"), np.eye(2, dtype=bool), np.ones((2, 2), bool), "n")
    >>> list(baseline_scores(pairs))
    ['source degree', 'target degree', 'degree product']
    """
    scores = degree_scores(pairs)
    if table is not None:
        from cellglass.geometry.pair_model import held_out_log_odds

        columns = expression_features(pairs, table)
        scores |= columns
        scores[EXPRESSION] = held_out_log_odds(
            pairs, np.column_stack(list(columns.values())), "source", n_folds=n_folds, seed=seed
        )
    if cloud is not None:
        scores[EUCLIDEAN] = euclidean_score(pairs, cloud)
    return scores


def baseline_aurocs(pairs: Pairs, scores: Mapping[str, Floats]) -> dict[str, float]:
    """AUROC of each baseline.

    Parameters
    ----------
    pairs
        The pairs.
    scores
        As `baseline_scores` gives.

    Returns
    -------
    dict
        Baseline to AUROC; below 0.5 where more of it means fewer positives.

    Examples
    --------
    >>> labels = np.array([[True, True, False], [False, True, False]])
    >>> pairs = Pairs(("A", "B"), ("C", "D", "E"), labels, np.ones((2, 3), bool), "n")
    >>> round(baseline_aurocs(pairs, degree_scores(pairs))["target degree"], 3)
    0.667
    """
    return {name: auroc(score, pairs.positive) for name, score in scores.items()}


def _others(pairs: Pairs, counted: Bools | None = None) -> tuple[Floats, Floats]:
    """Positives of the regulator and of the gene among counted pairs, the pair itself left out."""
    held = pairs if counted is None else pairs.within(counted)
    source, target = leave_one_out_degrees(held)
    return source[pairs.mask], target[pairs.mask]
