import networkx as nx
import numpy as np
import pytest
from scipy import sparse

from cellglass.errors import InputError, ResourceError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.knn import knn_graph
from cellglass.geometry.homology.zigzag import Zigzag, split_zigzag, zigzag, zigzag_test


def random_graph(n, p, seed):
    held = np.triu(np.random.default_rng(seed).random((n, n)) < p, 1)
    return sparse.csr_matrix((held | held.T).astype(float))


def rank_mod_2(rows):
    """Rank over the integers modulo 2, by elimination."""
    rows = rows.copy() % 2
    rank = 0
    for column in range(rows.shape[1]):
        pivots = np.flatnonzero(rows[rank:, column]) + rank
        if pivots.size:
            rows[[rank, pivots[0]]] = rows[[pivots[0], rank]]
            others = np.flatnonzero(rows[:, column])
            others = others[others != rank]
            rows[others] ^= rows[rank]
            rank += 1
        if rank == len(rows):
            break
    return rank


def cycles(graph, edges):
    """Basis of the cycle space in the coordinates of all edges, from networkx."""
    basis = []
    for cycle in nx.cycle_basis(nx.from_scipy_sparse_array(graph)):
        row = np.zeros(len(edges), dtype=np.int64)
        for a, b in zip(cycle, cycle[1:] + cycle[:1], strict=True):
            row[edges[frozenset((a, b))]] ^= 1
        basis.append(row)
    return np.array(basis, dtype=np.int64).reshape(-1, len(edges))


def brute_force(source, target):
    """Multiplicities of the intervals from ranks of the maps between cycle spaces."""
    union = sparse.csr_matrix(source + target)
    pairs = np.column_stack(union.nonzero())
    edges = {
        frozenset(p): i for i, p in enumerate(sorted({tuple(sorted(map(int, q))) for q in pairs}))
    }
    s, t, u = (cycles(g, edges) for g in (source, target, union))
    both = rank_mod_2(np.vstack([s, t])) if len(s) + len(t) else 0
    dims = [rank_mod_2(x) if len(x) else 0 for x in (s, t, u)]
    shared = dims[0] + dims[1] - both
    return Zigzag(shared, dims[0] - shared, dims[1] - shared, dims[2] - both)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("p", [0.1, 0.3, 0.6])
def test_bars_equal_ranks_of_cycle_spaces(p, seed):
    source, target = random_graph(9, p, seed), random_graph(9, p, seed + 50)
    assert zigzag(source, target) == brute_force(source, target)


def test_each_kind_of_bar():
    def graph(*edges):
        a, b = np.array(edges).T
        held = sparse.coo_matrix((np.ones(len(edges)), (a, b)), shape=(6, 6))
        return sparse.csr_matrix(held + held.T)

    triangle, other = [(0, 1), (1, 2), (0, 2)], [(3, 4), (4, 5), (3, 5)]
    assert zigzag(graph(*triangle), graph(*other)) == Zigzag(0, 1, 1, 0)
    assert zigzag(graph(*triangle), graph(*triangle)) == Zigzag(1, 0, 0, 0)
    assert zigzag(graph(*triangle[:2]), graph(triangle[2])) == Zigzag(0, 0, 0, 1)
    held = zigzag(graph(*triangle, (2, 3)), graph(*triangle, *other, (0, 3)))
    assert held == Zigzag(shared=1, source=0, target=1, union=1)
    assert held.bars().tolist() == [[0, 3], [1, 2], [1, 3]]
    assert held.total == 3 + 2 + 1


def test_diagonal_and_weights_do_not_count():
    graph = random_graph(8, 0.5, 1)
    weighted = sparse.csr_matrix(graph * 0.3 + sparse.eye(8) * 2.0)
    assert zigzag(weighted, weighted) == zigzag(graph, graph)


def test_sets_of_points_are_graphs_of_their_own_neighbours():
    cloud = PointCloud.of(np.random.default_rng(0).normal(size=(30, 3)))
    sources, targets = cloud.names[:20], cloud.names[12:]
    place = {name: i for i, name in enumerate(cloud.names)}
    graphs = []
    for names in (sources, targets):
        graph = knn_graph(cloud.take(names), 4)
        dense = np.zeros((30, 30))
        at = [place[name] for name in graph.nodes.names]
        dense[np.ix_(at, at)] = graph.lengths.toarray()
        graphs.append(sparse.csr_matrix(dense))
    assert split_zigzag(cloud, sources, targets, k=4) == zigzag(*graphs)


def test_a_copy_in_the_other_set_is_the_same_node():
    points = np.random.default_rng(1).normal(size=(20, 3))
    cloud = PointCloud.of(np.vstack([points, points]))
    found = split_zigzag(cloud, cloud.names[:20], cloud.names[20:], k=4)
    assert found.shared > 0
    assert (found.source, found.target, found.union) == (0, 0, 0)


def test_random_target_sets():
    rng = np.random.default_rng(2)
    cloud = PointCloud.of(rng.normal(size=(60, 3)))
    found = zigzag_test(cloud, cloud.names[:25], cloud.names[25:50], k=5, draws=39)
    assert found.observed == split_zigzag(cloud, cloud.names[:25], cloud.names[25:50], k=5).total
    assert found.draws == 39
    # random sets share as many points with the sources as the targets do
    same = zigzag_test(cloud, cloud.names[:25], cloud.names[:25], k=5, draws=39)
    assert (same.sd, same.p) == (0.0, 1.0)


def test_total_is_the_sum_of_three_cycle_ranks():
    source, target = random_graph(12, 0.3, 1), random_graph(12, 0.3, 2)
    graphs = (source, target, sparse.csr_matrix(source + target))
    ranks = [len(nx.cycle_basis(nx.from_scipy_sparse_array(g))) for g in graphs]
    assert zigzag(source, target).total == sum(ranks)


def test_random_targets_give_uniform_p():
    rng = np.random.default_rng(3)
    cloud = PointCloud.of(rng.normal(size=(40, 3)))
    p = []
    for seed in range(40):
        names = rng.permutation(40)[:10].astype(str).tolist()
        found = zigzag_test(cloud, cloud.names[:15], names, k=3, draws=9, level=None, seed=seed)
        p.append(found.p)
    # 40 uniform values of 0.1 to 1: mean 0.55, standard error 0.045
    assert abs(np.mean(p) - 0.55) < 3 * 0.045


def test_bad_input_is_told():
    cloud = PointCloud.of(np.random.default_rng(0).normal(size=(30, 3)))
    with pytest.raises(InputError, match="5 distinct points"):
        split_zigzag(cloud, cloud.names[:5], cloud.names[10:], k=10)
    with pytest.raises(InputError, match="the first X"):
        split_zigzag(cloud, ["X"], cloud.names[10:])
    with pytest.raises(InputError, match="graphs of 3 and 4 nodes"):
        zigzag(random_graph(3, 0.5, 0), random_graph(4, 0.5, 0))
    with pytest.raises(InputError, match="symmetric"):
        zigzag(sparse.csr_matrix([[0.0, 1.0], [0.0, 0.0]]), random_graph(2, 0.5, 0))
    with pytest.raises(ResourceError, match="at least 19 draws"):
        zigzag_test(cloud, cloud.names[:15], cloud.names[15:], k=4, draws=10)
