"""All guards of features of pairs at once, as a step of a study calls them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from cellglass.errors import InputError
from cellglass.geometry.pair_values import pair_values
from cellglass.geometry.pairs import Pairs
from cellglass.stats.auroc import auroc

from .baselines_run import baselines_run
from .containment import label_containment
from .guard import GuardResult
from .provenance import provenance_overlap, source_tag
from .rows import degenerate_rows

if TYPE_CHECKING:
    from cellglass.data.network import Network
    from cellglass.geometry.cloud import PointCloud


def check_features(
    features: Mapping[str, tuple[ArrayLike, Collection[str]]],
    pairs: Pairs,
    *,
    labels: Collection[str] | None = None,
    cloud: PointCloud | None = None,
    baselines: Mapping[str, float] | None = None,
    extra: Mapping[str, Collection[str]] | None = None,
    networks: Mapping[str, Network] | None = None,
) -> list[GuardResult]:
    """Run the guards that features, labels, points and baselines can be judged by.

    Parameters
    ----------
    features
        Name to values (sources x targets, or in the order of `Pairs.index`) and provenance tags.
    pairs
        The pairs and their labels.
    labels
        Provenance tags of the labels; read from the name of the network where None.
    cloud
        The points that the features were measured on.
    baselines
        AUROC of each baseline on the same pairs, of
        `cellglass.geometry.pair_baselines.baseline_aurocs`; an empty mapping fails.
    extra, networks
        See `cellglass.geometry.guards.provenance.provenance_overlap`.

    Returns
    -------
    list of GuardResult
        G1 and G2 of each feature, G3 of the cloud, G9 of the baselines; those of what was not
        given are "not run". The other guards judge splits, nulls and samples: call them where
        these are made.

    Raises
    ------
    InputError
        If there is no feature, a value is missing, a tag is unknown, or the network's name does
        not tell where the labels come from.

    Examples
    --------
    >>> import numpy as np
    >>> truth = np.arange(400).reshape(20, 20) % 4 == 0
    >>> pairs = Pairs(
    ...     tuple(f"r{i}" for i in range(20)), tuple(f"t{i}" for i in range(20)), truth,
    ...     np.ones((20, 20), bool), "TRRUST",
    ... )
    >>> noise = np.random.default_rng(0).normal(size=(20, 20))
    >>> features = {"distance": (noise, ["model"]), "motif": (truth, ["trrust"])}
    >>> [(r.code, r.state) for r in check_features(features, pairs)]
    [('G1', 'passed'), ('G2', 'passed'), ('G1', 'failed'), ('G2', 'failed'), ('G3', 'not run'), \
('G9', 'not run')]
    """
    if not features:
        raise InputError("no features", where="check_features", expected="at least one")
    tags = labels
    if tags is None:
        found = source_tag(pairs.network)
        if found is None:
            raise InputError(
                f"where the labels of {pairs.network!r} come from is not known",
                where="check_features",
                expected="provenance tags of the labels",
                fix='labels=["trrust"], or a source of your own with extra=',
            )
        tags = [found]
    results = []
    areas = {}
    for name, (values, provenance) in features.items():
        flat = pair_values(values, pairs, name)
        areas[name] = auroc(flat, pairs.positive)
        results.append(label_containment(flat, pairs.positive, name))
        results.append(provenance_overlap(provenance, tags, name, extra=extra, networks=networks))
    if cloud is None:
        results.append(GuardResult.not_run("G3", "no points were given"))
    else:
        results.append(degenerate_rows(cloud))
    if baselines is None:
        results.append(GuardResult.not_run("G9", "no baselines were given"))
    else:
        results.append(baselines_run(baselines, areas))
    return results
