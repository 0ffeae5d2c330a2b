"""How near each gene is to each regulator, by every measure and layer: one task a domain."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import NotApplicableError
from cellglass.geometry.cloud import PointCloud
from cellglass.geometry.graphs.communities import communities
from cellglass.geometry.graphs.diffusion import TIMES, diffusion_distances
from cellglass.geometry.graphs.euclidean import euclidean
from cellglass.geometry.graphs.geodesics import geodesics
from cellglass.geometry.graphs.knn import KnnGraph, knn_graph
from cellglass.geometry.graphs.triangles import triangle_features
from cellglass.geometry.guards.fallback import geodesic_fallback
from cellglass.geometry.shape.pca import pca
from cellglass.models.datasets import CELLS, StudyCells, read_cells
from cellglass.models.networks import held_network
from cellglass.runs.tasks import TaskContext

from .capture import GENES, domain_cells, read_states
from .domain_cloud import domain_cloud
from .expression import domain_statistics, log_expression
from .names import cells_of

EUCLIDEAN, GEODESIC, DIFFUSION, TRIANGLE = "euclidean", "geodesic", "diffusion", "triangle defect"
COMMUNITY = "community"
MEASURES = (EUCLIDEAN, GEODESIC, DIFFUSION, TRIANGLE, COMMUNITY)
PARTITION_NEIGHBOURS = 20
"""Neighbours of the graph that is divided into communities (specification 2.9)."""
PARTITIONS = 10
"""Seeds over which membership of one community is averaged."""
_META = "scores.json"


@dataclass(frozen=True, eq=False)
class PairScores:
    """Scores of pairs, larger where genes are nearer.

    Attributes
    ----------
    regulators, genes
        Names of rows and columns.
    layers
        Of each entry.
    scores
        Measure to the scores of its variants, shape (layers x variants, regulators, genes);
        memory-mapped.
    variants
        Measure to the names of its variants: the times of a diffusion, one empty name else.
    facts
        One row a layer: points, neighbours, bridges, communities, what guards say.
    table
        Statistics of the genes over the cells of the domain.
    coexpression
        Pearson correlation of log expression over the cells of the domain, shape (regulators,
        genes); 0 where a gene does not vary.
    """

    regulators: tuple[str, ...]
    genes: tuple[str, ...]
    layers: tuple[int, ...]
    scores: Mapping[str, NDArray[np.float32]]
    variants: Mapping[str, tuple[str, ...]]
    facts: pd.DataFrame
    table: pd.DataFrame
    coexpression: NDArray[np.float32]

    @classmethod
    def read(cls, folder: Path) -> PairScores:
        """Read what `score_pairs` left."""
        meta = json.loads((folder / _META).read_text())
        return cls(
            tuple(meta["regulators"]),
            tuple(meta["genes"]),
            tuple(meta["layers"]),
            {m: np.load(folder / f"{_file(m)}.npy", mmap_mode="r") for m in MEASURES},
            {m: tuple(v) for m, v in meta["variants"].items()},
            pd.read_parquet(folder / "facts.parquet"),
            pd.read_parquet(folder / GENES),
            np.load(folder / "coexpression.npy"),
        )

    def named(self, measure: str) -> list[tuple[int, str]]:
        """Layer and variant of each score of a measure, in their order."""
        return [(layer, v) for layer in self.layers for v in self.variants[measure]]


def score_pairs(
    context: TaskContext,
    *,
    states: str,
    domain: str,
    column: str | None,
    networks: Sequence[Mapping[str, Any]],
    components: int,
    neighbours: int,
    most_neighbours: int,
) -> None:
    """Score all pairs of regulator and gene by distances in gene space, layer by layer."""
    held, table = read_states(context.input(states))
    known = set(held.genes)
    sources = {
        s for n in networks
        for s in held_network(n["source"], n["options"]).sources if s in known
    }  # fmt: skip
    parts: dict[str, list[NDArray[np.float32]]] = {m: [] for m in MEASURES}
    facts: list[dict[str, Any]] = []
    regulators: tuple[str, ...] = ()
    genes: tuple[str, ...] = ()
    for layer in held.layers:
        cloud = domain_cloud(held, layer, domain)
        regulators, genes = tuple(g for g in cloud.names if g in sources), cloud.names
        if not regulators:
            raise NotApplicableError(
                f"no regulator of the networks has a state in {cells_of(domain)}"
            )
        found, fact = layer_scores(
            cloud, regulators, components, neighbours, most_neighbours, context.seed
        )
        for measure in MEASURES:
            parts[measure].append(found[measure])
        facts.append({"layer": layer, **fact})
    for measure, arrays in parts.items():
        np.save(context.output / f"{_file(measure)}.npy", np.concatenate(arrays))
    variants = {m: [str(t) for t in TIMES] if m == DIFFUSION else [""] for m in MEASURES}
    meta = {
        "regulators": regulators, "genes": genes, "layers": held.layers, "variants": variants,
    }  # fmt: skip
    (context.output / _META).write_text(json.dumps(meta))
    pd.DataFrame(facts).to_parquet(context.output / "facts.parquet")
    kept = table.set_index("gene").loc[list(genes)].rename_axis("gene").reset_index()
    cells = read_cells(context.input(CELLS))
    inside = domain_cells(cells, domain, column)
    domain_statistics(cells, kept, inside).to_parquet(context.output / GENES)
    np.save(context.output / "coexpression.npy", coexpression(cells, kept, regulators, inside))


def coexpression(
    cells: StudyCells, table: pd.DataFrame, regulators: Sequence[str], inside: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Correlation of the log expression of regulators and genes over some of the cells.

    Parameters
    ----------
    cells, inside
        The cells, and which of them count.
    table
        Genes, with the ``column`` of each in the counts.
    regulators
        Names of rows.

    Returns
    -------
    numpy.ndarray
        float32, shape (regulators, genes); 0 where either does not vary.
    """
    values = log_expression(cells, table, inside)
    size = np.linalg.norm(values, axis=0)
    values = values / np.where(size > 0, size, 1.0)
    place = {str(g): i for i, g in enumerate(table["gene"])}
    rows = [place[r] for r in regulators]
    return (values[:, rows].T @ values).astype(np.float32)


def layer_scores(
    cloud: PointCloud,
    regulators: Sequence[str],
    components: int,
    neighbours: int,
    most_neighbours: int,
    seed: int,
) -> tuple[dict[str, NDArray[np.float32]], dict[str, Any]]:
    """Scores of one cloud by every measure, and facts about its graph.

    Parameters
    ----------
    cloud
        The genes.
    regulators
        Names of rows.
    components
        Principal components in which distances are taken; fewer where there are fewer.
    neighbours, most_neighbours
        Of the graph; it grows from the first to the second until it is connected, and is
        bridged after that.
    seed
        Of the partitions.

    Returns
    -------
    scores : dict
        Measure to scores, shape (variants, regulators, genes).
    facts : dict
        Points, zeros, duplicates, neighbours, bridges, communities, and what guards say.
    """
    kept = min(components, cloud.width, len(cloud.distinct()) - 1)
    space = pca(cloud, kept).scores
    graph = knn_graph(space, neighbours, k_max=most_neighbours, bridge=True)
    line = euclidean(space, regulators).values.copy()
    node = graph.node
    line[node[space.places(regulators, "regulators")][:, None] == node] = 0.0  # but for rounding
    paths = geodesics(graph, regulators)
    walks = diffusion_distances(graph, regulators)
    together, partition = _together(space, regulators, seed)
    scores = {
        EUCLIDEAN: -line[None],
        GEODESIC: -paths.values[None],
        DIFFUSION: -np.stack([walks[t].values for t in TIMES]),
        TRIANGLE: -_triangles(graph, regulators)[None],
        COMMUNITY: together[None],
    }
    guard = geodesic_fallback(paths.values, line, adjacent=_adjacent(graph, regulators))
    apart = line > 0
    facts = {
        "genes": len(cloud), "zeros": cloud.n_zero, "duplicates": cloud.n_duplicates,
        "components": kept,
        "neighbours": graph.k, "bridges": len(graph.bridges),
        "detour": float((paths.values[apart] / line[apart]).mean()),
        "fallback": guard.state, "fallback_detail": guard.detail, **partition,
    }  # fmt: skip
    return {m: s.astype(np.float32) for m, s in scores.items()}, facts


def _triangles(graph: KnnGraph, regulators: Sequence[str]) -> NDArray[np.float64]:
    """Mean median defect of each pair; nan for a gene with itself or an equal one."""
    names = graph.cloud.names
    whole = geodesics(graph, targets=graph.nodes.names)
    ends = [(r, g) for r in regulators for g in names]
    found = triangle_features(whole, [r for r, _ in ends], [g for _, g in ends])
    return found["m"].reshape(len(regulators), len(names))


def _adjacent(graph: KnnGraph, regulators: Sequence[str]) -> NDArray[np.bool_]:
    rows = graph.node[graph.cloud.places(regulators, "regulators")]
    near = graph.lengths[rows].toarray() > 0
    return np.asarray(near[:, graph.node])


def _together(
    space: PointCloud, regulators: Sequence[str], seed: int
) -> tuple[NDArray[np.float64], dict[str, Any]]:
    """Share of partitions in which both genes are in one community."""
    k = min(PARTITION_NEIGHBOURS, len(space.distinct()) - 1)
    graph = knn_graph(space, k)
    rows = space.places(regulators, "regulators")
    total = np.zeros((len(rows), len(space)))
    sizes, modularity = [], []
    for i in range(PARTITIONS):
        found = communities(graph, seed=seed + i)
        codes = found.of_points
        total += codes[rows][:, None] == codes[None, :]
        sizes.append(found.n_communities)
        modularity.append(found.modularity)
    return total / PARTITIONS, {
        "communities": float(np.mean(sizes)), "modularity": float(np.mean(modularity)),
    }  # fmt: skip


def _file(measure: str) -> str:
    return measure.replace(" ", "_")
