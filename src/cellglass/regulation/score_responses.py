"""Any edge table against a perturbation screen, without a model."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from cellglass.data import EdgeTable, Network, gene_features, log1p_cp10k
from cellglass.data.screens import Screen
from cellglass.errors import InputError, nearest
from cellglass.models.datasets import StudyCells
from cellglass.models.fixed_edges import FixedEdges
from cellglass.runs.result import AnalysisResult
from cellglass.runs.sections import ResponsesConfig, StatisticsConfig
from cellglass.seeds import DEFAULT_SEED

from .given import require
from .responses.judged import Judged
from .responses.judges import JUDGES
from .responses.measured import measure
from .study_edges import StudyEdges


def score_responses(
    edges: EdgeTable,
    screen: Screen,
    *,
    name: str = "edges",
    analyses: Sequence[str] | None = None,
    network: Network | None = None,
    responses: ResponsesConfig | None = None,
    settings: StatisticsConfig | None = None,
    seed: int = DEFAULT_SEED,
) -> dict[str, AnalysisResult]:
    """Judge any gene-gene scores by the responses of a perturbation screen.

    Parameters
    ----------
    edges
        Scores of source -> target pairs; sources that are perturbed are judged.
    screen
        The screen; see `cellglass.data.open_screen`.
    name
        What the scores are called.
    analyses
        Names such as ``"response_increment"``; all that make sense for an edge table when None.
    network
        A directed reference, for out-degrees and for perturbations of regulators.
    responses, settings, seed
        How responses are called; level, margin, draws; root seed.

    Returns
    -------
    dict of str to AnalysisResult
        By name of the analysis; a screen that cannot judge the scores gives NOT APPLICABLE with
        the reason.

    Raises
    ------
    InputError
        If no perturbed gene is a source, if no target is measured, if there is no such analysis,
        or if an argument is of another type.

    Notes
    -----
    Gene statistics and |Spearman| come from the control cells, as the responses do. Several
    screens, models and networks at once are a study: ``cellglass init --table FILE --screen FILE``.

    Examples
    --------
    >>> import cellglass as cg
    >>> planted = cg.controls.simulate_screen("nothing", seed=1)
    >>> screen = cg.data.open_screen(planted.screen, name="planted")
    >>> genes = screen.genes
    >>> noise = np.random.default_rng(0).random((len(planted.regulators), len(genes)))
    >>> edges = EdgeTable(noise, planted.regulators, genes)
    >>> found = score_responses(edges, screen, analyses=["response_baselines"])
    >>> str(found["response_baselines"].verdicts[0].state) != "PASS"
    True
    """
    at = "score_responses"
    require(edges, EdgeTable, "edges", at, fix="EdgeTable.read(path) or .from_frame")
    require(screen, Screen, "screen", at, fix="open a file with cg.data.open_screen(path)")
    if network is not None:
        require(network, Network, "network", at, fix="cg.data.load_network(name or path)")
    chosen = list(JUDGES) if analyses is None else list(analyses)
    for wanted in chosen:
        if wanted not in JUDGES:
            raise InputError(f"no analysis '{wanted}'", fix=nearest(wanted, list(JUDGES)))
    rules = responses or ResponsesConfig()
    require(rules, ResponsesConfig, "responses", at, fix="ResponsesConfig(min_cells=20)")
    settings = settings or StatisticsConfig()
    require(settings, StatisticsConfig, "settings", at, fix="StatisticsConfig(draws=99)")
    judged = Judged(
        _held(edges, screen, name, rules, seed), measure(screen, rules, seed), rules,
        settings, network if network and network.directed else None, seed,
    )  # fmt: skip
    return {wanted: JUDGES[wanted](judged) for wanted in chosen}


def _held(
    edges: EdgeTable, screen: Screen, name: str, rules: ResponsesConfig, seed: int
) -> StudyEdges:
    """Scores over the measured genes, beside the expression of the control cells."""
    column = {g: i for i, g in enumerate(screen.genes)}
    genes = [t for t in edges.targets if t in column]
    perturbed = dict.fromkeys(g for entry in screen.perturbed for g in entry.genes)
    sources = [g for g in perturbed if g in set(edges.sources)]
    if not genes or not sources:
        raise InputError(
            f"{len(sources)} of {len(perturbed)} perturbed genes are sources of the edges, and "
            f"{len(genes)} of their targets are measured",
            where=f"edges and {screen.name}",
            expected=f"the same names; edges have {list(edges.sources[:3])}, the screen "
            f"{list(perturbed)[:3]}",
            fix="use symbols in both",
        )
    # a perturbed gene that is no target of any score is not judged, but correlates with others
    genes += [s for s in sources if s in column and s not in set(genes)]
    controls = screen.controls(rules.n_controls, seed)
    counts = screen.read(controls)
    columns = np.array([column[g] for g in genes], dtype=np.int64)
    log = log1p_cp10k(counts.matrix, counts.n_counts)
    features = gene_features(counts.matrix[:, columns], counts.n_counts)
    table = pd.DataFrame(
        {
            "gene": genes,
            "column": columns,
            "row": np.isin(genes, sources),
            **{c: features[c].to_numpy() for c in ("mean", "variance", "detection")},
        }
    )
    return StudyEdges(
        FixedEdges.of(edges.aligned(sources, genes), name), None, table,
        log[:, columns].toarray().astype(np.float32), _cells(counts.matrix, len(controls)),
        np.arange(len(controls)), None, name, "table",
    )  # fmt: skip


def _cells(matrix: object, n: int) -> StudyCells:
    """The control cells in one block: scores of a table are the same whatever the cells."""
    from anndata import AnnData

    zeros = np.zeros(n, dtype=np.int64)
    one = np.zeros(1, dtype=np.int64)
    return StudyCells(
        AnnData(matrix), np.full(n, -1), zeros, zeros, (), ("all cells",), "fold of cells",
        one - 1, one, {},
    )  # fmt: skip
