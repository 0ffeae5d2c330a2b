"""What survives, step by step, and the sentences that say so."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cellglass._words import plural
from cellglass.stats.arguments import Bools

from .evidence import Evidence
from .result import Step


def steps(evidence: Evidence, rows: pd.DataFrame) -> tuple[Step, ...]:
    """Count the rows that meet one demand after the other.

    Parameters
    ----------
    evidence
        Observed values and their draws.
    rows
        The table of rows.

    Returns
    -------
    tuple of Step
    """
    level = f"{evidence.level:g}"
    several = len(evidence.families) > 1
    strict = evidence.strict > 0
    adjusted = {c: evidence.passes(rows[c].to_numpy(dtype=np.float64))
                for c in ("bh", "holm", "benjamini_yekutieli")}  # fmt: skip
    asked: list[tuple[str, str, Bools]] = [
        ("tested", "could be tested", evidence.testable),
        ("gap", "lie beyond the 95 % quantile of all draws together (null gap > 0)",
         evidence.gap > 0),
        ("strict", "lie beyond the 95 % quantile of the hardest null family (strict margin > 0)",
         strict),
        ("attainable", f"have draws enough for p ≤ {level} against every family",
         evidence.testable & evidence.passes(evidence.attainable_row)),
        ("p_min", f"have p ≤ {level} against some null family", evidence.passes(evidence.p_min)),
        ("p_max", f"have p ≤ {level} against every null family (p_max)",
         evidence.passes(evidence.p_max)),
        ("bh", "still do after the correction of Benjamini and Hochberg for all rows",
         adjusted["bh"]),
        ("benjamini_yekutieli", "still do after the correction that holds under any dependence "
         "(Benjamini and Yekutieli)", adjusted["benjamini_yekutieli"]),
        ("holm", "still do if no false one is allowed (Holm)", adjusted["holm"]),
        ("all", "meet both: strict margin > 0, and p_max after Benjamini and Hochberg",
         strict & adjusted["bh"]),
    ]  # fmt: skip
    if not several:
        asked = [a for a in asked if a[0] not in ("gap", "p_min")]
    return tuple(Step(code, what, int(held.sum())) for code, what, held in asked)


def sentences(evidence: Evidence, found: tuple[Step, ...]) -> tuple[str, ...]:
    """Say what was claimed and what survives.

    Parameters
    ----------
    evidence
        Observed values and their draws.
    found
        What survives, step by step.

    Returns
    -------
    tuple of str
        The verdict first.
    """
    n = {step.code: step.n for step in found}
    tested, level = n["tested"], f"{evidence.level:g}"
    if tested == 0:
        return (
            f"Nothing can be tested: none of the {_rows(evidence.n_rows)} has an observed value "
            "and a draw.",
        )
    survive = "None survives." if n["all"] == 0 else f"{n['all']} of {tested} survive."
    if n["all"] == 1:
        survive = f"1 of {tested} survives."
    several = len(evidence.families) > 1
    told = [
        f"{_rows(tested)} {'is' if tested == 1 else 'are'} tested against {_families(evidence)} "
        f"({_draws(evidence)}). {survive}",
        "To survive, a row must lie above "
        + ("its hardest null family and have p at or below " if several
           else "the 95 % quantile of its draws and have p at or below ")
        + f"{level}{' against every family' if several else ''}"
        + (f", after correction for {tested:,} tests." if tested > 1 else "."),
    ]  # fmt: skip
    if several:
        told.append(
            f"{n['gap']} lie above the 95 % quantile of all draws together, {n['strict']} above "
            f"that of the hardest family; {n['p_min']} have p at or below {level} against some "
            f"family, {n['p_max']} against every family, {n['bh']} after correction."
        )
    else:
        told.append(
            f"{n['strict']} lie above the 95 % quantile of the draws; {n['p_max']} have p at or "
            f"below {level}, {n['bh']} after correction."
        )
    short = tested - n["attainable"]
    if short:
        told.append(
            f"For {'all of them' if short == tested else _rows(short)} p at or below {level} was "
            "out of reach from the start: there are too few draws. That says nothing for the "
            "effect and nothing against it."
        )
    if evidence.n_rows > tested:
        told.append(f"{_rows(evidence.n_rows - tested)} of the table cannot be tested.")
    return tuple(told)


def _rows(n: int) -> str:
    return f"{n:,} {plural('row', n)}"


def _families(evidence: Evidence) -> str:
    per_row = (evidence.cells.n > 0).sum(axis=1)[evidence.testable]
    low, high = int(per_row.min()), int(per_row.max())
    if len(evidence.families) == 1:
        return "one null family"
    many = f"{low}" if low == high else f"{low} to {high}"
    return f"{many} null {'family' if high == 1 else 'families'} each"


def _draws(evidence: Evidence) -> str:
    n = evidence.cells.n[evidence.testable]
    n = n[n > 0]
    low, high = int(n.min()), int(n.max())
    many = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    return f"{many} {plural('draw', high)} a family"
