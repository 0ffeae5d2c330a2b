"""AUROC taken apart: chance, what degrees give, and what is left, with sound nulls only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cellglass.runs.sections import StatisticsConfig
from cellglass.stats.nulls import (
    DegreePreserving,
    LabelNull,
    LabelWithinRegulator,
    NullCheck,
    NullResult,
    NullScorer,
    max_z,
    null_distribution,
)

from .layer_scores import UNTRAINED, Matrices, Score
from .recovery import Pairs
from .resampled import CHANCE, NAN

DEGREE = DegreePreserving.name
SECOND_DRAWS = 200
AGREEMENT = 5.0
"""Standard errors by which the null means of two samplers may differ."""

LARGEST = ("null", "family", "score", "z", "null_mean", "null_sd", "p", "scores", "draws")
FAMILIES = ("layers", "untrained layers")


@dataclass(frozen=True, eq=False)
class DegreeParts:
    """Scores against nulls that keep degrees, and whether those nulls did what they say.

    Attributes
    ----------
    table
        A row a null and score: observed AUROC, null mean and sd, z, p, p adjusted for the
        choice among the layers, chance, degree part and residual part.
    largest
        A row a null and family of layers: the layer with the largest z, and p of that maximum.
    checks
        Self-check of each null, by name; the second sampler's under its own name.
    agreement
        Largest difference between the null means of the two samplers, in standard errors.
    """

    table: pd.DataFrame
    largest: pd.DataFrame
    checks: Mapping[str, NullCheck]
    agreement: float

    @property
    def samplers_agree(self) -> bool:
        """Whether checkerboard swaps and curveball trades give the same null."""
        return self.agreement <= AGREEMENT

    def sound(self, null: str) -> bool:
        """Whether a p value of this null is evidence.

        A degree null needs both samplers to pass their checks and to agree.
        """
        checked = [c.passed for n, c in self.checks.items() if n == null or null in n.split()]
        return all(checked) and (null != DEGREE or self.samplers_agree)


def degree_parts(
    pairs: Pairs,
    scores: Sequence[Score],
    *,
    settings: StatisticsConfig,
    seed: int,
    task: str,
    nulls: Sequence[LabelNull] | None = None,
) -> DegreeParts:
    """Run every score through the degree-preserving null and the shuffle within regulators.

    Parameters
    ----------
    pairs
        The universe.
    scores
        Layers, references and single-gene scores, in the same draws.
    settings
        Level and draws.
    seed, task
        Root seed and name of the streams.
    nulls
        Other nulls, to look at their self-checks; the first is held against a second sampler
        where it keeps both margins.

    Returns
    -------
    DegreeParts
        Where a null fails its check, z and p stay in the table for inspection, and
        `DegreeParts.sound` says that they are no evidence.

    Notes
    -----
    Analysis A26, specification 2.9: AUROC = 0.5 + (null mean - 0.5) + (observed - null mean).
    p of a layer is adjusted by the maximum of z over the layers in each draw; the untrained
    layers are a family of their own, with the same correction.

    The published port picked the rows of its trades among all genes, most of which have no
    edge, so that most draws equalled the observed network. Such draws fail the check.

    Examples
    --------
    See `judge_degree`.
    """
    scorer = NullScorer(Matrices(scores), pairs.labels, pairs.mask, names=[s.name for s in scores])
    made = list(nulls) if nulls is not None else [
        DegreePreserving(pairs.labels, pairs.mask, seed=seed),
        LabelWithinRegulator(pairs.labels, pairs.mask),
    ]  # fmt: skip
    rows, largest, checks = [], [], {}
    for null in made:
        found = null_distribution(
            scorer, null, draws=settings.draws, seed=seed, task=f"{task}/{null.name}",
            level=settings.level,
        )  # fmt: skip
        checks[null.name] = found.check
        adjusted = _adjusted(found, scores)
        rows += [_row(found, i, s, adjusted) for i, s in enumerate(scores)]
        largest += _largest(found, scores, adjusted)
    agreement, check = _second_sampler(pairs, scorer, rows, settings, seed, task)
    checks["degree by curveball"] = check
    # none of a score that is the same in every draw, as a constant one
    table = pd.DataFrame(largest, columns=list(LARGEST))
    return DegreeParts(pd.DataFrame(rows), table, checks, agreement)


def _family(score: Score) -> str:
    if score.kind == "candidate":
        return FAMILIES[0]
    return FAMILIES[1] if score.name.startswith(UNTRAINED) else ""


def _adjusted(found: NullResult, scores: Sequence[Score]) -> dict[str, float]:
    """Adjust p within each family of layers."""
    observed = np.array([d.observed for d in found.distributions])
    out: dict[str, float] = {}
    for family in FAMILIES:
        at = [i for i, s in enumerate(scores) if _family(s) == family]
        if at:
            p = max_z(observed[at], found.draws[at])
            out |= {scores[i].name: float(v) for i, v in zip(at, p, strict=True)}
    return out


def _row(
    found: NullResult, i: int, score: Score, adjusted: Mapping[str, float]
) -> dict[str, object]:
    distribution = found.distributions[i]
    return {
        "null": found.null,
        "score": score.name,
        "kind": score.kind,
        "observed": distribution.observed,
        "chance": CHANCE,
        "degree_part": distribution.mean - CHANCE,
        "residual_part": distribution.observed - distribution.mean,
        "null_mean": distribution.mean,
        "null_sd": distribution.sd,
        "z": distribution.z,
        "p": distribution.p,
        "p_adjusted": adjusted.get(score.name, distribution.p),
        "draws": distribution.draws,
    }


def _largest(
    found: NullResult, scores: Sequence[Score], adjusted: Mapping[str, float]
) -> list[dict[str, object]]:
    rows = []
    for family in FAMILIES:
        at = [i for i, s in enumerate(scores)
              if _family(s) == family and np.isfinite(found.distributions[i].z)]  # fmt: skip
        if not at:
            continue
        mean, sd, z = (
            np.array([getattr(found.distributions[i], k) for i in at]) for k in ("mean", "sd", "z")
        )
        drawn = ((found.draws[at] - mean[:, None]) / sd[:, None]).max(0)
        best = at[int(np.argmax(z))]
        rows.append(
            {
                "null": found.null,
                "family": family,
                "score": scores[best].name,
                "z": float(z.max()),
                "null_mean": float(drawn.mean()),
                "null_sd": float(drawn.std(ddof=1)),
                "p": adjusted[scores[best].name],
                "scores": len(at),
                "draws": drawn.size,
            }
        )
    return rows


def _second_sampler(
    pairs: Pairs,
    scorer: NullScorer,
    rows: Sequence[Mapping[str, object]],
    settings: StatisticsConfig,
    seed: int,
    task: str,
) -> tuple[float, NullCheck]:
    """Null means by curveball trades beside those by swaps, in standard errors."""
    other = null_distribution(
        scorer,
        DegreePreserving(pairs.labels, pairs.mask, method="curveball", seed=seed),
        draws=min(settings.draws, SECOND_DRAWS),
        seed=seed,
        task=f"{task}/curveball",
    )
    gaps = [0.0]
    for name, second in zip(other.names, other.distributions, strict=True):
        first = next((r for r in rows if r["score"] == name and r["null"] == DEGREE), None)
        if first is None:
            continue
        mean, sd, draws = (float(str(first[k])) for k in ("null_mean", "null_sd", "draws"))
        error = float(np.sqrt(sd**2 / draws + second.sd**2 / second.draws))
        if error > 0:
            gaps.append(abs(mean - second.mean) / error)
    return max(gaps), other.check


def checks_table(parts: DegreeParts) -> pd.DataFrame:
    """What the draws of each null really did, a row a null."""
    return pd.DataFrame(
        [
            {
                "null": name,
                "passed": check.passed,
                "draws": check.n_draws,
                "margins_kept": check.margins_kept,
                "structural_zeros_filled": check.structural_zeros_filled,
                "draws_equal_to_observed": check.n_identical,
                "mean_jaccard_distance": check.mean_jaccard_distance,
                "target_only_score_constant": {True: "yes", False: "no", None: "not claimed"}[
                    check.column_score_constant
                ],
                "messages": " ".join(check.messages),
            }
            for name, check in parts.checks.items()
        ]
    )


def mixing_table(parts: DegreeParts) -> pd.DataFrame:
    """Distance from the observed network after so many moves, a row a sampler and stop."""
    rows = [
        {"null": name, "moves": moves, "mean_jaccard_distance": distance}
        for name, check in parts.checks.items()
        for moves, distance in check.mixing
    ]
    return pd.DataFrame(rows, columns=["null", "moves", "mean_jaccard_distance"])


def value(table: pd.DataFrame, null: str, score: str, column: str) -> float:
    """One number of `DegreeParts.table`; nan where there is no such row."""
    rows = table[(table["null"] == null) & (table["score"] == score)]
    return float(rows[column].iloc[0]) if len(rows) else NAN
