"""Scores of pairs: each measure against a slow formula, copies, bridges, domains, refusals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import cdist

from cellglass.errors import NotApplicableError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.study.expression import log_expression
from cellglass.geometry.study.names import scores_name, states_name
from cellglass.geometry.study.pair_scores import (
    COMMUNITY,
    DIFFUSION,
    EUCLIDEAN,
    GEODESIC,
    MEASURES,
    TRIANGLE,
    PairScores,
    coexpression,
    layer_scores,
    score_pairs,
)
from cellglass.models.datasets import read_cells

MODEL = "mini-geneformer"


def names(n: int) -> tuple[str, ...]:
    return tuple(f"G{i:03d}" for i in range(n))


@pytest.fixture(scope="module")
def cloud() -> PointCloud:
    """Ninety points, of which the last is a copy of the first."""
    points = np.random.default_rng(0).normal(size=(90, 4))
    points[-1] = points[0]
    return PointCloud(points, names(90))


@pytest.fixture(scope="module")
def scored(cloud: PointCloud) -> Any:
    return layer_scores(cloud, cloud.names[:5], 20, 8, 35, 1)


def test_distances_are_those_of_all_components(cloud: PointCloud, scored: Any):
    scores, facts = scored
    assert facts["components"] == 4
    assert set(scores) == set(MEASURES)
    straight = cdist(cloud.points[:5], cloud.points)
    assert np.allclose(-scores[EUCLIDEAN][0], straight, atol=1e-5)


def test_fewer_components_are_kept_where_asked(cloud: PointCloud):
    _, facts = layer_scores(cloud, cloud.names[:2], 2, 8, 35, 1)
    assert facts["components"] == 2


def test_geodesics_are_shortest_paths(cloud: PointCloud, scored: Any):
    scores, facts = scored
    points = cloud.points[:-1]
    away = cdist(points, points)
    near = np.argsort(away, axis=1)[:, 1 : facts["neighbours"] + 1]
    graph = nx.Graph()
    for i, row in enumerate(near):
        graph.add_weighted_edges_from((i, int(j), away[i, j]) for j in row)
    found = nx.single_source_dijkstra_path_length(graph, 0)
    assert np.allclose([-scores[GEODESIC][0][0, j] for j in range(89)],
                       [found[j] for j in range(89)], atol=1e-5)  # fmt: skip
    paths = scores[GEODESIC][0] / np.where(scores[EUCLIDEAN][0] == 0, 1, scores[EUCLIDEAN][0])
    assert facts["detour"] == pytest.approx(paths[scores[EUCLIDEAN][0] != 0].mean(), rel=1e-5)


def test_copies_of_a_gene_have_its_scores_and_no_triangle(scored: Any):
    scores, facts = scored
    assert facts["duplicates"] == 1
    for measure in MEASURES:
        for variant in scores[measure]:
            assert np.array_equal(variant[1:, 0], variant[1:, 89])
    assert np.isnan(scores[TRIANGLE][0][0, [0, 89]]).all()
    assert int(np.isnan(scores[TRIANGLE]).sum()) == 5 + 1  # each with itself, one with its copy
    for measure in (EUCLIDEAN, GEODESIC, DIFFUSION):
        assert np.all(scores[measure][:, 0, 89] == 0)


def test_a_gene_shares_its_own_community(scored: Any):
    scores, facts = scored
    shares = scores[COMMUNITY][0]
    assert ((shares >= 0) & (shares <= 1)).all()
    assert (shares[np.arange(5), np.arange(5)] == 1).all()
    assert facts["communities"] > 1
    assert 0 < facts["modularity"] < 1


def test_clumps_are_communities_and_are_bridged():
    rng = np.random.default_rng(1)
    points = rng.normal(size=(120, 3)) + 500 * (np.arange(120) % 2)[:, None]
    scores, facts = layer_scores(PointCloud(points, names(120)), names(4), 3, 8, 12, 1)
    assert facts["bridges"] >= 1
    assert facts["fallback"] == "passed"
    other = np.arange(120) % 2 == 1
    assert (scores[COMMUNITY][0][0, other] == 0).all()
    assert np.isfinite(scores[GEODESIC]).all()


def test_a_task_leaves_what_is_read(planting: Any, plant: Callable[..., Any], cell_genes: Any):
    design = planting.near(cell_genes["gene"][:100])
    known = plant(
        {"m": {-2: design.points, 3: planting.noise(design.genes, width=6)}}, design.genes,
        [*design.edges, (design.genes[0], "NOTHERE"), ("NOTHERE", design.genes[1])],
    )  # fmt: skip
    held = PairScores.read(known.folders.inputs[known.scores("m")])
    assert held.genes == design.genes
    assert held.regulators == design.genes[:20]
    assert held.layers == (-2, 3)
    assert held.named(EUCLIDEAN) == [(-2, ""), (3, "")]
    assert held.named(DIFFUSION)[:5] == [(-2, "1"), (-2, "2"), (-2, "4"), (-2, "8"), (3, "1")]
    for measure in MEASURES:
        assert held.scores[measure].shape == (len(held.named(measure)), 20, 100)
    assert held.facts["layer"].tolist() == [-2, 3]
    assert held.table["gene"].tolist() == list(design.genes)
    assert held.coexpression.shape == (20, 100)


def test_equal_input_gives_equal_bytes(planting: Any, plant: Callable[..., Any], cell_genes: Any):
    design = planting.near(cell_genes["gene"][:80])
    known = plant({"m": {0: design.points}}, design.genes, design.edges)
    folders = [known.folders.inputs[known.scores("m")] for _ in range(2)]
    files = sorted(p.name for p in folders[0].iterdir())
    assert files == sorted(p.name for p in folders[1].iterdir())
    for name in files:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name


def test_coexpression_is_a_correlation_over_the_cells(cells_folder: Path):
    study = read_cells(cells_folder)
    still = int(np.flatnonzero(np.asarray(study.cells.X.sum(0)).ravel() == 0)[0])
    table = pd.DataFrame({"gene": ["a", "b", "c", "still"], "column": [0, 1, 2, still]})
    inside = np.arange(80) < 50
    found = coexpression(study, table, ["b", "still"], inside)
    values = log_expression(study, table, inside)
    expected = np.corrcoef(values[:, :3].T)[1]
    assert np.allclose(found[0, :3], expected, atol=1e-6)
    assert (found[1] == 0).all()
    assert found[0, 3] == 0


def real(captured: Any, tmp_path: Path, domain: str) -> PairScores:
    genes = captured.inputs[states_name(MODEL)]
    table = pd.read_parquet(genes / "genes.parquet")["gene"].astype(str)
    file = tmp_path / "net.tsv"
    edges = [(table[i], table[j]) for i in range(0, 24, 3) for j in range(30, 60)]
    pd.DataFrame(edges, columns=["source", "target"]).to_csv(file, sep="\t", index=False)
    folder = captured.run(
        scores_name(MODEL, domain), score_pairs, states=states_name(MODEL), domain=domain,
        column="phase", networks=[{"source": str(file), "options": {}}], components=20,
        neighbours=8, most_neighbours=35,
    )  # fmt: skip
    return PairScores.read(folder)


def test_domains_of_a_model_are_kept_apart(captured: Any, tmp_path: Path, cells_folder: Path):
    one, other = (real(captured, tmp_path, d) for d in ("G1", "S"))
    assert set(other.genes) < set(one.genes)  # there are few cells in S
    shared = list(other.genes)
    both = [held.table.set_index("gene").loc[shared] for held in (one, other)]
    study = read_cells(cells_folder)
    for name, table in zip(("G1", "S"), both, strict=True):
        seen = study.cells.X[study.columns["phase"] == name][:, table["column"].to_numpy()]
        assert np.allclose(table["detection"], (seen.toarray() > 0).mean(0))
    # the table of tokens knows no cells: there, domains are the same
    at = [[held.genes.index(g) for g in shared] for held in (one, other)]
    rows = [[held.regulators.index(g) for g in other.regulators] for held in (one, other)]
    last = [
        held.scores[EUCLIDEAN][-1][np.ix_(r, c)]
        for held, r, c in zip((one, other), rows, at, strict=True)
    ]
    assert not np.allclose(*last)
    assert not np.allclose(
        one.coexpression[np.ix_(rows[0], at[0])], other.coexpression[np.ix_(rows[1], at[1])]
    )


def test_a_domain_of_few_cells_has_no_gene_space(captured: Any, tmp_path: Path):
    with pytest.raises(NotApplicableError, match=r"0 genes have a state .* in the cells of G2M"):
        real(captured, tmp_path, "G2M")


def test_too_few_genes_are_refused(planting: Any, plant: Callable[..., Any], cell_genes: Any):
    design = planting.near(cell_genes["gene"][:59])
    known = plant({"m": {0: design.points}}, design.genes, design.edges)
    with pytest.raises(NotApplicableError, match="59 genes have a state of their own"):
        known.scores("m")


def test_copies_do_not_make_a_gene_space(planting: Any, plant: Callable[..., Any], cell_genes: Any):
    design = planting.near(cell_genes["gene"][:100])
    points = design.points[np.minimum(np.arange(100), 39)]
    known = plant({"m": {0: points}}, design.genes, design.edges, noise=0.0)
    with pytest.raises(NotApplicableError, match="40 genes have a state of their own"):
        known.scores("m")


def test_a_network_without_a_regulator_is_refused(
    planting: Any, plant: Callable[..., Any], cell_genes: Any
):
    genes = tuple(cell_genes["gene"][:80])
    known = plant({"m": {0: planting.noise(genes)}}, genes, [("OTHER", genes[0])])
    with pytest.raises(NotApplicableError, match="no regulator of the networks has a state"):
        known.scores("m")
