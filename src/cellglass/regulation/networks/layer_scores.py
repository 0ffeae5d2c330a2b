"""The scores that are held against a network: layers and what stands beside them, one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from cellglass._words import plural
from cellglass.data import Network
from cellglass.errors import NetworkError
from cellglass.models.attention_edges import AttentionEdges
from cellglass.models.fixed_edges import FixedEdges
from cellglass.regulation.coexpression import COEXPRESSION as COEXPRESSION
from cellglass.regulation.coexpression import spearman
from cellglass.regulation.study_edges import StudyEdges, filled, network_pairs
from cellglass.runs.result import AnalysisResult
from cellglass.stats import not_applicable

from .baselines import GeneStatistics
from .recovery import Pairs, with_edges

Kind = Literal["candidate", "reference", "baseline"]

SIGNED = "Spearman"
UNTRAINED = "untrained: "
FEWEST_REGULATORS = 2


@dataclass(frozen=True)
class Score:
    """A score that is made when it is looked at.

    Parameters
    ----------
    name
        As tables call it.
    kind
        What is under test, what stands beside it, or what single genes say.
    make
        Gives the score of each pair, float64, regulators x genes.
    """

    name: str
    kind: Kind
    make: Callable[[], NDArray[np.float64]]


class Matrices(Sequence[NDArray[np.float64]]):
    """Scores as a sequence of matrices of which none is kept.

    A battery of 12 layers over 2,000 x 2,000 genes would hold 1 GB of scores at once, and the
    untrained copy as much again; made one at a time it holds 32 MB.

    Parameters
    ----------
    scores
        The scores.

    Examples
    --------
    >>> held = Matrices([Score("a", "candidate", lambda: np.ones((1, 2)))])
    >>> len(held), held[0].tolist()
    (1, [[1.0, 1.0]])
    """

    def __init__(self, scores: Sequence[Score]) -> None:
        self.scores = tuple(scores)

    def __len__(self) -> int:
        return len(self.scores)

    @overload
    def __getitem__(self, index: int) -> NDArray[np.float64]: ...
    @overload
    def __getitem__(self, index: slice) -> Matrices: ...
    def __getitem__(self, index: int | slice) -> NDArray[np.float64] | Matrices:
        if isinstance(index, slice):
            return Matrices(self.scores[index])
        return self.scores[index].make()

    def __iter__(self) -> Iterator[NDArray[np.float64]]:
        return (score.make() for score in self.scores)


def layer_scores(
    held: StudyEdges, rows: NDArray[np.int64], *, signed: bool = False, untrained: bool = True
) -> list[Score]:
    """Layers of a model, or the scores of a table; |Spearman| and the untrained layers beside.

    Parameters
    ----------
    held
        Captured edges and what stands beside them.
    rows
        Rows of the regulators that are judged, among those captured.
    signed
        Also co-expression with its sign, and scores of a table without theirs where it has
        negative ones.
    untrained
        Whether the untrained copy stands beside, where there is one.

    Returns
    -------
    list of Score
        Layers (mean over heads; heads are the business of `judge_recovery`), then references.
    """
    found = [_candidate(held.edges, name, rows) for name in _names(held.edges)]
    if signed and isinstance(held.edges, FixedEdges):
        found += [
            Score(f"|{score.name}|", "candidate", _absolute(score.make))
            for score in found
            if score.make().min() < 0
        ]

    @cache
    def correlation() -> NDArray[np.float64]:
        return spearman(held.expression, held.rows[rows])

    found.append(Score(COEXPRESSION, "reference", lambda: np.abs(correlation())))
    if signed:
        found.append(Score(SIGNED, "reference", lambda: correlation().copy()))
    if untrained and held.untrained is not None:
        found += [
            _candidate(held.untrained, name, rows, UNTRAINED) for name in _names(held.untrained)
        ]
    return found


def single_gene_scores(statistics: GeneStatistics, pairs: Pairs) -> list[Score]:
    """What single genes say, as scores; see `GeneStatistics.scores`."""
    makers = statistics.makers(pairs.out_degree)
    return [Score(name, "baseline", make) for name, make in makers.items()]


def _names(edges: AttentionEdges | FixedEdges) -> list[str]:
    """Layers as they were read: not transposed, symmetric or by head."""
    return [f"layer {n}" for n in edges.layers] or edges.candidate_names(heads=False)


def _candidate(
    edges: AttentionEdges | FixedEdges, name: str, rows: NDArray[np.int64], family: str = ""
) -> Score:
    return Score(
        f"{family}{name}",
        "reference" if family else "candidate",
        lambda: filled(edges.candidate(name).scores, rows),
    )


def _absolute(make: Callable[[], NDArray[np.float64]]) -> Callable[[], NDArray[np.float64]]:
    return lambda: np.abs(make())


def judged_pairs(
    held: StudyEdges, network: Network, name: str, min_targets: int
) -> tuple[Pairs, NDArray[np.int64]]:
    """Pairs of a network that can be judged, for statistics whose unit is the regulator.

    Returns
    -------
    Pairs, numpy.ndarray
        See `network_pairs`; edges that cannot be judged are left out.

    Raises
    ------
    NetworkError
        If fewer than two regulators keep an edge, or none keeps a negative.
    """
    pairs, rows = network_pairs(held, network, name, min_targets)
    pairs = with_edges(pairs)
    if why := too_few(pairs):
        raise NetworkError(
            why,
            where=f"{len(held.edges.targets):,} evaluable genes",
            fix="bring a larger network, or more genes",
        )
    return pairs, rows


def too_few(pairs: Pairs) -> str:
    """Why no interval over regulators can be given; empty where one can.

    Parameters
    ----------
    pairs
        Pairs of a network, those without a judged edge left out.
    """
    n = int(pairs.labels.any(1).sum())
    if n >= FEWEST_REGULATORS and (pairs.mask & ~pairs.labels).any():
        return ""
    return (
        f"{n} {plural('regulator', n)} of {pairs.network} can be judged; an interval over "
        f"regulators needs {FEWEST_REGULATORS}, and pairs that are no edges"
    )


def not_judged(
    analysis: str, held: StudyEdges, network: str, known: str, error: NetworkError
) -> AnalysisResult:
    """The result of an analysis that a network or the genes at hand do not allow.

    Parameters
    ----------
    analysis
        Its name.
    held
        The subject.
    network
        What the report calls the network.
    known
        What the claim says the edges know.
    error
        Why.
    """
    label = {**held.label, "network": network}
    verdict = not_applicable(
        held.claim(known), f"recovering {network} edges", why=error.found, tags=label
    )
    return AnalysisResult(analysis, label, verdicts=[verdict])


def size_of(pairs: Pairs) -> str:
    """Regulators, edges and pairs, for captions.

    Examples
    --------
    >>> labels = np.array([[False, True, False]])
    >>> mask = np.array([[False, True, True]])
    >>> size_of(Pairs(("A",), ("A", "B", "C"), labels, mask, "x"))
    '1 regulator, 1 edge among 2 pairs'
    """
    regulators, edges = int(pairs.labels.any(1).sum()), int(pairs.labels.sum())
    return (
        f"{regulators:,} {plural('regulator', regulators)}, {edges:,} {plural('edge', edges)} "
        f"among {int(pairs.mask.sum()):,} pairs"
    )
