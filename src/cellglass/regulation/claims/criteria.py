"""What must hold before a score may be said to know gene regulation."""

from __future__ import annotations

from dataclasses import dataclass

CURATED = "recovers curated edges"
PREDICTS = "predicts the response to a perturbation"
USED = "is used by the model"


@dataclass(frozen=True)
class Criterion:
    """One of the four criteria.

    Parameters
    ----------
    id
        ``"C1"`` to ``"C4"``.
    endpoint
        What of the claim it speaks about; a criterion says nothing on the other endpoints.
    condition
        What must hold, in words.
    analyses
        Registered analyses whose results decide it; none where this version has none.
    also
        Registered analyses whose verdicts must be PASS as well: stricter than published.

    Notes
    -----
    Specification 2.23.

    Examples
    --------
    >>> CRITERIA["C2"].endpoint
    'predicts the response to a perturbation'
    """

    id: str
    endpoint: str
    condition: str
    analyses: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


_ALL = (
    Criterion(
        "C1", PREDICTS,
        "ranks responding genes better than every ranking that needs no edge, each by BH",
        ("regulation.response_baselines",),
    ),
    Criterion(
        "C2", PREDICTS,
        "adds to single-gene statistics under two models and three splits, confirmed by AUPRC and "
        "recall of the top ranks",
        ("regulation.response_increment",),
    ),
    Criterion(
        "C3", CURATED,
        "keeps 80 % of its above-chance AUROC without gene-level covariates, and is more than 3 "
        "standard deviations above networks of the same degrees; here it must also add to "
        "single-gene statistics in held-out regulators",
        ("regulation.residual", "regulation.degree"),
        ("regulation.recovery",),
    ),
    Criterion(
        "C4", USED,
        "ablating the best heads degrades the readout more than ablating random heads does",
    ),
)  # fmt: skip
CRITERIA: dict[str, Criterion] = {c.id: c for c in _ALL}
READS: tuple[str, ...] = tuple(a for c in _ALL for a in (*c.analyses, *c.also))
"""Analyses whose results the criteria read."""
