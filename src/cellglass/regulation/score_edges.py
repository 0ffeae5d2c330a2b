"""Any edge table against a reference network, without a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from cellglass.data import EdgeTable, Network, gene_features, log1p_cp10k, prepare
from cellglass.errors import InputError
from cellglass.runs.result import AnalysisResult, Check
from cellglass.runs.sections import StatisticsConfig
from cellglass.seeds import DEFAULT_SEED
from cellglass.stats import not_applicable

from .checklist import ITEMS, complete, recovery_checks
from .coexpression import spearman
from .given import require, require_cells
from .networks.baselines import GeneStatistics
from .networks.layer_scores import too_few
from .networks.notes import network_note
from .networks.recovery import Pairs, evaluate_recovery, with_edges
from .networks.recovery_analysis import recovery_tables
from .study_edges import network_out_degree

if TYPE_CHECKING:
    from anndata import AnnData

CLAIM = "the scores know the reference network beyond single-gene statistics"


def score_edges(
    edges: EdgeTable,
    cells: AnnData,
    network: Network,
    *,
    name: str = "edges",
    max_cells: int | None = 5000,
    min_targets: int = 3,
    settings: StatisticsConfig | None = None,
    seed: int = DEFAULT_SEED,
) -> AnalysisResult:
    """Judge any gene-gene scores against a reference network.

    Parameters
    ----------
    edges
        Scores of source -> target pairs, from attention or any other method.
    cells
        The cells they were computed from: gene statistics and |Spearman| come from them.
    network
        The reference.
    name
        What the scores are called.
    max_cells
        At most so many cells.
    min_targets
        Targets that a regulator needs.
    settings, seed
        Level, margin, draws; root seed.

    Returns
    -------
    AnalysisResult
        Verdict, tables, figures, and the quality-control checklist with every item passed,
        failed or not run.

    Raises
    ------
    InputError
        If no gene of the edges is among the cells' genes, or an argument is of another type.
    NetworkError
        If no edge of the network lies among the scored pairs.

    Examples
    --------
    >>> import cellglass as cg
    >>> planted = cg.controls.simulate("pairs", seed=1)
    >>> network = cg.data.Network.from_frame(planted.reference, name="planted")
    >>> genes = [str(g) for g in planted.cells.var_names]
    >>> scores = np.abs(spearman(planted.cells.X, np.arange(40)))
    >>> edges = cg.data.EdgeTable(scores, planted.regulators, genes)
    >>> str(score_edges(edges, planted.cells, network).verdicts[0].state)
    'PASS'
    """
    require(edges, EdgeTable, "edges", "score_edges", fix="EdgeTable.read(path) or .from_frame")
    require_cells(cells, "score_edges")
    require(network, Network, "network", "score_edges", fix="cg.data.load_network(name or path)")
    settings = settings or StatisticsConfig()
    require(settings, StatisticsConfig, "settings", "score_edges", fix="StatisticsConfig(draws=99)")
    chosen = prepare(cells, max_cells=max_cells, seed=seed)
    counts = chosen.counts()
    genes, column = _shared_genes(edges, counts.genes)
    table = edges.aligned([s for s in edges.sources if s in column], genes)
    in_edges = table.sources
    universe = network.universe(genes, regulators=set(in_edges), min_targets=min_targets)
    table = table.aligned(universe.sources, genes)
    pairs = Pairs(
        universe.sources,
        tuple(genes),
        universe.labels,
        table.evaluable,
        network.name,
        network_out_degree(network, tuple(genes)),
    )
    if why := too_few(with_edges(pairs)):
        return _not_applicable(name, network.name, why)
    matrix = counts.matrix[:, [column[g] for g in genes]]
    features = gene_features(matrix, counts.n_counts)
    features.index = pd.Index(genes)
    expression = log1p_cp10k(matrix, counts.n_counts).toarray()
    rows = np.array([genes.index(s) for s in universe.sources])
    recovery = evaluate_recovery(
        pairs,
        {name: np.nan_to_num(table.scores)},
        GeneStatistics.of(features, universe.sources, tuple(genes)),
        references={"|Spearman|": {"|Spearman|": np.abs(spearman(expression, rows))}},
        settings=settings,
        seed=seed,
        task="score",
        subject=f"The score '{name}'",
        claim=CLAIM,
        tags={"edges": name},
    )
    label = {"edges": name, "network": network.name}
    result = recovery_tables(recovery, pairs, label, "regulation.recovery")
    found = recovery_checks(recovery, pairs, untrained=False)
    found.append(Check("I1", "count scale of the input detected; wrong input refused", "passed",
                       str(chosen.report.scale)))  # fmt: skip
    found.append(Check("R3", "wording of the claim tied to the endpoint", "passed",
                       recovery.verdict.endpoint))  # fmt: skip
    result.checks = complete(found, _REASONS)
    result.notes = [
        f"{len(genes):,} genes are in edges and cells; {len(universe.sources)} of "
        f"{len(in_edges)} regulators have {min_targets} targets or more; "
        f"{int((pairs.labels & pairs.mask).sum()):,} positives.",
        network_note(network, pairs, genes),
        *_unscored(pairs),
    ]
    return result


def _not_applicable(name: str, network: str, why: str) -> AnalysisResult:
    """The result where no interval over regulators can be given."""
    label = {"edges": name, "network": network}
    verdict = not_applicable(CLAIM, f"recovering {network} edges", why=why, tags=label)
    checks = complete([], _REASONS | dict.fromkeys(ITEMS, why))
    return AnalysisResult("regulation.recovery", label, verdicts=[verdict], checks=checks)


def _unscored(pairs: Pairs) -> list[str]:
    """A list of the top edges only judges the order within the list: say so."""
    possible = pairs.mask.size - len(pairs.regulators)
    scored = int(pairs.mask.sum())
    if scored == possible:
        return []
    lost = int((pairs.labels & ~pairs.mask).sum())
    return [
        f"{scored:,} of {possible:,} pairs have a score; the others, {lost:,} edges of the "
        "reference among them, are not judged. If the table was cut to its best edges, give all "
        "scores, or 0 to those cut off."
    ]


_REASONS = {
    "I3": "needs the model's tokens",
    "I6": "needs the model",
    "N5": "no strata were given",
    "R5": "written by cellglass run",
    "R6": "run cellglass demo, or cg.controls.run",
}


def _shared_genes(edges: EdgeTable, names: list[str]) -> tuple[list[str], dict[str, int]]:
    column = {g: i for i, g in enumerate(names)}
    targets = [t for t in edges.targets if t in column]
    sources = [s for s in edges.sources if s in column]
    if not targets or not sources:
        raise InputError(
            f"{len(targets)} targets and {len(sources)} sources of the edges are among the "
            f"{len(names):,} genes of the cells",
            where="edges and cells",
            expected=f"the same names; edges have {list(edges.targets[:3])}, cells {names[:3]}",
            fix="use symbols (or Ensembl ids) in both",
        )
    # A regulator that is no target of any score has a column too, which is never judged.
    known = set(targets)
    return targets + [s for s in sources if s not in known], column
