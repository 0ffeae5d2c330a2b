"""Nulls of geometry: uniform p where nothing is true, power where something is planted.

Gaussian clouds with labels that do not know them. Labels are made here with NumPy, not by the
code under test; seeds are fixed. Each quick case has a long one with more seeds.
"""

from __future__ import annotations

from collections.abc import Callable

import networkx as nx
import numpy as np
import pytest
from scipy import sparse, stats
from scipy.spatial.distance import cdist

from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.degrees import reference_degrees
from cellglass.geometry.graphs.geodesics import geodesics
from cellglass.geometry.graphs.knn import KnnGraph, knn_graph
from cellglass.geometry.nulls.community_shuffle import CommunityShuffle
from cellglass.geometry.nulls.descriptor_shuffle import DescriptorShuffle
from cellglass.geometry.nulls.distance_permutation import DistancePermutation
from cellglass.geometry.nulls.endpoint_swap import EndpointSwap
from cellglass.geometry.nulls.feature_shuffle import FeatureShuffle
from cellglass.geometry.nulls.motif_decoy import MotifDecoy
from cellglass.geometry.nulls.pair_strata import pair_strata
from cellglass.geometry.nulls.rewiring import Rewiring
from cellglass.geometry.nulls.run import Null, null_draws
from cellglass.geometry.nulls.sign_shuffle import SignShuffle
from cellglass.geometry.nulls.within_bins import quantile_bins
from cellglass.geometry.pairs import Pairs
from cellglass.stats import auroc
from cellglass.stats.nulls import (
    DegreePreserving,
    LabelNull,
    LabelPermutation,
    LabelWithinRegulator,
    NullScorer,
    null_distribution,
)

GENES, REGULATORS, POSITIVES = 60, 15, 60

quick_and_long = pytest.mark.parametrize(
    "repeats", [80, pytest.param(500, marks=pytest.mark.long)], ids=["quick", "long"]
)


def assert_uniform(p: list[float]) -> None:
    assert stats.kstest(p, "uniform").pvalue > 0.01, np.quantile(p, [0.01, 0.05, 0.1, 0.2, 0.5])


def assert_valid(p: list[float]) -> None:
    """P(p <= a) <= a within 3.5 standard errors, and not far below it."""
    values = np.asarray(p)
    for level in (0.05, 0.1, 0.2, 0.5):
        slack = 3.5 * np.sqrt(level * (1 - level) / values.size)
        assert level / 4 - slack <= np.mean(values <= level) <= level + slack, level


def rejected(p: list[float], level: float = 0.05) -> float:
    return float(np.mean(np.asarray(p) <= level))


def cloud_of(rng: np.random.Generator) -> PointCloud:
    return PointCloud.of(rng.normal(size=(GENES, 6)), [f"g{i}" for i in range(GENES)])


def distances(cloud: PointCloud) -> np.ndarray:
    return cdist(cloud.points[:REGULATORS], cloud.points)


def pairs_of(cloud: PointCloud, rng: np.random.Generator, weight: np.ndarray) -> Pairs:
    """As many positives as stated, each pair with the odds of its weight; no gene with itself."""
    mask = np.array(cloud.names[:REGULATORS])[:, None] != np.array(cloud.names)[None, :]
    p = (weight * mask).ravel()
    labels = np.zeros(mask.size, bool)
    labels[rng.choice(mask.size, POSITIVES, replace=False, p=p / p.sum())] = True
    return Pairs(cloud.names[:REGULATORS], cloud.names, labels.reshape(mask.shape), mask, "planted")


def problem(seed: int) -> tuple[PointCloud, Pairs, np.random.Generator]:
    """A Gaussian cloud, and pairs that know nothing of it."""
    rng = np.random.default_rng([11, seed])
    cloud = cloud_of(rng)
    return cloud, pairs_of(cloud, rng, np.ones((REGULATORS, GENES))), rng


def label_p(null: LabelNull, score: np.ndarray, seed: int, draws: int = 199) -> float:
    scorer = NullScorer([score], null.labels, null.mask)
    found = null_distribution(scorer, null, draws=draws, seed=seed, task="calibration")
    return found.distributions[0].p


def run_p(statistic: Callable, null: Null, seed: int, draws: int = 59) -> float:
    return null_draws(statistic, null, draws=draws, seed=seed, task="calibration").result.p


def area(score: np.ndarray, pairs: Pairs) -> float:
    return float(auroc(score[pairs.mask], pairs.positive))


def by_degree(pairs: Pairs) -> LabelNull:
    degrees = {"degree": reference_degrees(pairs)}
    return pair_strata(pairs, degrees, bins=10, at="positives").null()


def by_feature(name: str, feature: np.ndarray, pairs: Pairs, bins: int = 10) -> LabelNull:
    return pair_strata(pairs, {name: feature}, bins=bins).null()


def label_nulls(pairs: Pairs, cloud: PointCloud, coexpression: np.ndarray) -> dict[str, LabelNull]:
    return {
        "label": LabelPermutation(pairs.labels, pairs.mask),
        "regulator": LabelWithinRegulator(pairs.labels, pairs.mask),
        "degree": by_degree(pairs),
        "co-expression": by_feature("co-expression", coexpression, pairs),
        "distance": by_feature("distance", distances(cloud), pairs, bins=5),
    }


@quick_and_long
@pytest.mark.parametrize(
    "name", ["label", "regulator", "degree", "degree elsewhere", "co-expression", "distance"]
)
def test_label_nulls_are_uniform_for_random_labels(name: str, repeats: int):
    p = []
    for seed in range(repeats):
        cloud, pairs, rng = problem(seed)
        nulls = label_nulls(pairs, cloud, rng.normal(size=pairs.mask.shape))
        degrees = rng.pareto(1.5, REGULATORS), rng.pareto(1.5, GENES)
        nulls["degree elsewhere"] = pair_strata(pairs, {"degree": degrees}).null()
        p.append(label_p(nulls[name], -distances(cloud), seed))
    # Degrees of the labels themselves make strata that hold part of the labels' own noise.
    (assert_valid if name == "degree" else assert_uniform)(p)


def feature_shuffle_p(seed: int) -> float:
    cloud, pairs, _ = problem(seed)
    return run_p(lambda c: area(-distances(c), pairs), FeatureShuffle(cloud), seed)


def endpoint_p(seed: int) -> float:
    cloud, pairs, rng = problem(seed)
    judged = pairs.mask & (pairs.labels | (rng.random(pairs.mask.shape) < 0.25))  # a sample
    pairs, score = pairs.within(judged), -distances(cloud)
    null = EndpointSwap(pairs, -score)
    return run_p(lambda ends: float(auroc(score[ends], pairs.positive)), null, seed)


def descriptor_p(seed: int) -> float:
    cloud, pairs, rng = problem(seed)
    length = distances(cloud)[pairs.mask]
    feature = length + rng.normal(size=length.size)
    null = DescriptorShuffle(feature, quantile_bins(length, 6))
    return run_p(lambda f: float(auroc(-f, pairs.positive)), null, seed)


def community_p(seed: int) -> float:
    cloud, pairs, _ = problem(seed)
    nearest = cdist(cloud.points, cloud.points[:4]).argmin(1)  # four centres: genes of the cloud
    nearest[:4] = nearest[4:8]  # centres are no genes like others
    null = CommunityShuffle(nearest)
    same = pairs.mask.copy()

    def statistic(community: np.ndarray) -> float:
        same[:] = community[:REGULATORS, None] == community[None, :]
        # ties leave few values: a little of a second feature parts them
        return area(same - 1e-6 * distances(cloud), pairs)

    return run_p(statistic, null, seed)


def sign_p(seed: int) -> float:
    cloud, pairs, rng = problem(seed)
    signs = np.where(pairs.labels, rng.choice([-1, 1], size=pairs.mask.shape), 0)
    score = distances(cloud)
    null = SignShuffle(signs, pairs.mask, zeros="out")
    return run_p(lambda s: float((s * score).sum()), null, seed)


def motif_p(seed: int) -> float:
    _, pairs, rng = problem(seed)
    null = MotifDecoy(pairs, rng.normal(size=pairs.mask.shape))
    return run_p(lambda m: area(m, pairs), null, seed)


def rewiring_p(seed: int) -> float:
    """Clustering of a random regular graph: what the null states, exactly."""
    cloud, _, _ = problem(seed)
    graph = nx.random_regular_graph(6, GENES, seed=seed)
    null = Rewiring(graph_on(cloud, graph), seed=seed)
    return run_p(path_length, null, seed, draws=39)


def graph_on(cloud: PointCloud, graph: nx.Graph) -> KnnGraph:
    i, j = np.array(graph.edges).T
    length = np.linalg.norm(cloud.points[i] - cloud.points[j], axis=1)
    one_way = sparse.csr_matrix((length, (i, j)), shape=(GENES, GENES))
    nodes, alone = np.arange(GENES), np.zeros(GENES, np.int64)
    return KnnGraph(cloud, nodes, cloud, sparse.csr_matrix(one_way + one_way.T), 6, (), alone)


def path_length(graph: KnnGraph) -> float:
    return float(geodesics(graph, graph.cloud.names[:20]).values.mean())


@quick_and_long
@pytest.mark.parametrize(
    "p_of",
    [feature_shuffle_p, endpoint_p, descriptor_p, community_p, sign_p, motif_p, rewiring_p],
    ids=lambda f: f.__name__.removesuffix("_p"),
)
def test_other_nulls_are_uniform_where_they_hold(p_of: Callable[[int], float], repeats: int):
    # Exchanged ends are new pairs, no permutation of the old: valid, and not exact.
    check = assert_valid if p_of is endpoint_p else assert_uniform
    check([p_of(seed) for seed in range(repeats)])


@pytest.mark.long
def test_rewired_neighbours_and_permuted_distances_are_no_test_of_a_cloud():
    """Documented: draws are another kind of graph, or no metric: any cloud differs."""
    lengths, areas, broken = [], [], []
    for seed in range(300):
        cloud, pairs, _ = problem(seed)
        null = Rewiring(knn_graph(cloud, 8), seed=seed)
        areas.append(run_p(
            lambda g, pairs=pairs: area(-geodesics(g, pairs.sources).values, pairs), null, seed,
            draws=39,
        ))  # fmt: skip
        if seed < 20:
            lengths.append(run_p(path_length, null, seed, draws=39))
            matrix = DistancePermutation.of(cloud)
            # single linkage: longest edge of the minimum spanning tree
            broken.append(run_p(
                lambda m: float(sparse.csgraph.minimum_spanning_tree(m).max()), matrix, seed,
            ))  # fmt: skip
    print(lengths, broken)
    assert min(lengths) == 1.0 or max(lengths) == 1 / 40
    assert max(broken) < 0.05
    # the area of geodesics against random labels does not differ
    assert rejected(areas) == pytest.approx(0.05, abs=3.5 * np.sqrt(0.05 * 0.95 / 300))


def proximity(seed: int, strength: float) -> tuple[PointCloud, Pairs, np.ndarray]:
    """Targets near their regulator; co-expression that knows nothing of it."""
    rng = np.random.default_rng([12, seed])
    cloud = cloud_of(rng)
    pairs = pairs_of(cloud, rng, np.exp(-strength * distances(cloud)))
    return cloud, pairs, rng.normal(size=pairs.mask.shape)


@quick_and_long
def test_planted_proximity_is_found_by_each_label_null_but_that_of_distance(repeats: int):
    found: dict[str, list[float]] = {}
    areas = []
    for seed in range(repeats):
        cloud, pairs, coexpression = proximity(seed, 0.8)
        score = -distances(cloud)
        areas.append(area(score, pairs))
        nulls = label_nulls(pairs, cloud, coexpression)
        nulls["both degrees"] = DegreePreserving(pairs.labels, pairs.mask, seed=seed)
        fine = pair_strata(pairs, {"distance": -score}, bins=20, at="positives")
        nulls["distance"] = fine.null()
        for name, null in nulls.items():
            found.setdefault(name, []).append(label_p(null, score, seed, 99))
    power = {name: rejected(p) for name, p in found.items()}
    print(f"AUROC {np.mean(areas):.3f}; power at 0.05: {power}")
    distance = power.pop("distance")
    assert min(power.values()) > 0.85, power
    assert distance < 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / repeats)


def confounded(kind: str, seed: int, **coarse: int) -> tuple[Pairs, np.ndarray, LabelNull]:
    """Labels that follow one confounder, a score that copies it, and the null made of it."""
    rng = np.random.default_rng([13, seed])
    shape = (60, 200) if kind == "degree" else (30, 100)
    if kind == "degree":
        source, target = rng.pareto(1.5, shape[0]) + 0.3, rng.pareto(1.5, shape[1]) + 0.2
        p = np.minimum(np.outer(source, target) / (source.sum() * target.sum()) * 500, 0.8)
        confounder = np.log(np.outer(source, target))
    else:
        confounder = rng.gamma(4.0, size=shape)
        p = 0.25 * np.exp(-0.5 * (confounder - confounder.min()))
    labels = rng.random(shape) < p
    kept = np.ix_(labels.any(1), labels.any(0))
    labels, confounder = labels[kept], confounder[kept]
    names = tuple(
        tuple(f"{x}{i}" for i in range(n)) for x, n in zip("st", labels.shape, strict=True)
    )
    pairs = Pairs(*names, labels, np.ones_like(labels), kind)
    sign = 1.0 if kind == "degree" else -1.0
    score = sign * confounder + rng.normal(size=labels.shape)
    feature = reference_degrees(pairs) if kind == "degree" else confounder
    fine = {"bins": 10 if kind == "degree" else 40, "at": "positives"}
    return pairs, score, pair_strata(pairs, {kind: feature}, **(coarse or fine)).null()


@quick_and_long
@pytest.mark.parametrize("kind", ["degree", "distance", "co-expression"])
def test_confounders_are_found_by_the_plain_null_and_not_by_their_own(kind: str, repeats: int):
    plain, own = [], []
    for seed in range(repeats):
        pairs, score, null = confounded(kind, seed)
        plain.append(label_p(LabelPermutation(pairs.labels, pairs.mask), score, seed, 99))
        own.append(label_p(null, score, seed, 99))
    print(f"{kind}: plain {rejected(plain):.3f}, stratified {rejected(own):.3f}")
    assert rejected(plain) > 0.95
    assert rejected(own) < 0.05 + 3.5 * np.sqrt(0.05 * 0.95 / repeats)


@pytest.mark.long
def test_five_bins_do_not_take_a_confounder_away():
    """Documented in `pair_strata`: degrees have a heavy tail, and bins are wide."""
    p: dict[str, list[float]] = {"degree": [], "distance": []}
    for seed in range(200):
        for kind, found in p.items():
            _, score, null = confounded(kind, seed, bins=5)
            found.append(label_p(null, score, seed, 99))
    assert rejected(p["degree"]) > 0.95
    assert 0.12 < rejected(p["distance"]) < 0.4
