"""Signs in the draws that something else was compared than was said: for a person to look at."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cellglass.stats.arguments import Bools

from .evidence import Evidence, Values
from .groups import codes_of, groupings
from .misuse import CHECK, LIMIT, Misuse, found_in, quoted, share

FAR = 10.0  # standard deviations of the null beyond which scales may differ
KEPT = 0.5  # share of the observed effect that a null family may keep unnamed
OFF_CENTRE = 2.0  # standard deviations of the null
FEWEST = 5  # draws from which they are compared with others


def signs(evidence: Evidence) -> list[Misuse]:
    """Look for signs in the draws.

    Parameters
    ----------
    evidence
        Observed values and their draws.

    Returns
    -------
    list of Misuse
    """
    return [
        *_kept(evidence),
        *_other_scale(evidence),
        *_families_apart(evidence),
        *_negative(evidence),
        *_off_centre(evidence),
        *_constant(evidence),
        *_identity(evidence),
        *_reused(evidence),
        *_repeated_index(evidence),
        *_thrown_together(evidence),
        *_lost(evidence),
    ]


def _held(evidence: Evidence) -> Bools:
    return evidence.testable[:, None] & (evidence.cells.n > 0)


def _kept(evidence: Evidence) -> list[Misuse]:
    found = []
    for i, family in enumerate(evidence.families):
        rows = _held(evidence)[:, i] & np.isfinite(evidence.cells.mean[:, i])
        whole = float(evidence.tested[rows].sum())
        null = evidence.cells.mean[rows, i].sum() * (-1 if evidence.direction == "less" else 1)
        if evidence.direction == "two-sided" or whole <= 0 or not null / whole >= KEPT:
            continue
        kept, n = 100 * null / whole, rows.sum()
        beside = f"({_number(null / n)} of {_number(whole / n)})"
        told = (
            f"Under '{family}' {kept:.1f} % of the mean effect is kept {beside}: what it destroys "
            f"explains {100 - kept:.1f} %. If the claim is about what this null shuffles, it is "
            "about that part only."
            if kept < 100
            else f"Under '{family}' all of the mean effect is kept {beside}: what it destroys "
            "explains nothing."
        )
        told += " (This reads 0 as no effect; of a raw AUROC, say, it tells nothing.)"
        found += found_in(evidence, rows, "null_keeps_the_effect", CHECK, told)
    return found


def _other_scale(evidence: Evidence) -> list[Misuse]:
    """Draws of a family from which the observed values lie implausibly far."""
    found = []
    cells = evidence.cells
    for i, family in enumerate(evidence.families):
        usable = _held(evidence)[:, i] & (cells.n[:, i] >= FEWEST) & (cells.sd[:, i] > 0)
        with np.errstate(invalid="ignore", divide="ignore"):
            z = np.abs(evidence.observed - cells.mean[:, i]) / cells.sd[:, i]
        rows = _mostly(evidence, usable & (z > FAR), usable)
        if not rows.any():
            continue
        middle = np.flatnonzero(rows)[np.argsort(z[rows])[(int(rows.sum()) - 1) // 2]]
        found += found_in(
            evidence, rows, "not_comparable", CHECK,
            f"In {_of(evidence, rows)} the observed value lies more than {FAR:g} standard "
            f"deviations from the draws of '{family}' (in the middle one of these it is "
            f"{_number(evidence.observed[middle])}, and the draws go from "
            f"{_number(cells.low[middle, i])} to {_number(cells.high[middle, i])}). Either the "
            "effect is very strong, or the null is another statistic (a similarity beside a "
            "difference, say), and then no p means anything.",
        )  # fmt: skip
    return found


def _mostly(evidence: Evidence, rows: Bools, of: Bools) -> Bools:
    """Rows of groups at least half of which are concerned, such as one hypothesis of several."""
    kept = np.zeros(rows.size, dtype=np.bool_)
    for columns in groupings(evidence):
        if len(columns) > 1:
            continue
        codes = codes_of(evidence, columns)
        concerned, usable = np.bincount(codes, weights=rows), np.bincount(codes, weights=of)
        kept |= rows & (2 * concerned >= usable)[codes]
    return kept


def _families_apart(evidence: Evidence) -> list[Misuse]:
    """A family whose draws lie far from those of all the others of the row."""
    cells, held = evidence.cells, _held(evidence) & (evidence.cells.n >= FEWEST)
    found = []
    for i, family in enumerate(evidence.families):
        others = np.delete(np.arange(len(evidence.families)), i)
        rows = held[:, i] & (held[:, others].sum(axis=1) >= 1)
        if not rows.any():
            continue
        low = np.where(held, cells.low, np.inf)[:, others].min(axis=1)
        high = np.where(held, cells.high, -np.inf)[:, others].max(axis=1)
        sd = np.where(held, cells.sd, 0.0).max(axis=1)
        with np.errstate(invalid="ignore"):
            room = np.maximum(low - cells.high[:, i], cells.low[:, i] - high)
            far = rows & (room > FAR * sd)
        found += found_in(
            evidence, far, "family_on_another_scale", CHECK,
            f"In {_of(evidence, far)} the draws of '{family}' lie more than {FAR:g} standard "
            "deviations from those of every other null family: it may be another statistic, and "
            "then strict margin and pooled gap mix scales.",
        )  # fmt: skip
        if len(evidence.families) == 2:
            break  # of two families each lies apart from the other: one sentence will do
    return found


def _negative(evidence: Evidence) -> list[Misuse]:
    if evidence.direction == "two-sided":
        return []
    rows = (evidence.strict > 0) & (evidence.tested < 0)
    side = "below" if evidence.direction == "greater" else "above"
    return found_in(
        evidence, rows, "above_the_null_but_wrong_sign", CHECK,
        f"In {_of(evidence, rows)} the observed value lies beyond "
        f"all its nulls but is itself {side} 0. If 0 means no effect, the nulls are only worse "
        "still, and nothing was gained.",
    )  # fmt: skip


def _off_centre(evidence: Evidence) -> list[Misuse]:
    if evidence.direction != "two-sided":
        return []
    cells, found = evidence.cells, []
    for i, family in enumerate(evidence.families):
        with np.errstate(invalid="ignore"):
            far = np.abs(cells.mean[:, i]) > OFF_CENTRE * cells.sd[:, i]
        found += found_in(
            evidence, _held(evidence)[:, i] & far, "null_not_around_zero", CHECK,
            f"The two-sided test compares absolute values, which takes for granted that the null "
            f"lies around 0; that of '{family}' does not.",
        )  # fmt: skip
    return found


def _constant(evidence: Evidence) -> list[Misuse]:
    cells = evidence.cells
    flat = _held(evidence) & (cells.n > 1) & (cells.sd == 0)
    return found_in(
        evidence, _any(flat), "null_constant", CHECK,
        f"In {_of(evidence, _any(flat))} all draws of {quoted(_concerned(evidence, flat))} are the "
        "same: that null changes nothing the statistic depends on, or it failed.",
    )  # fmt: skip


def _identity(evidence: Evidence) -> list[Misuse]:
    """Draws that equal the observed value although the null varies."""
    cells = evidence.cells
    hit = _held(evidence) & (cells.equal > 0) & (cells.sd > 0)
    return found_in(
        evidence, _any(hit), "observed_among_draws", CHECK,
        f"In {_of(evidence, _any(hit))} a draw of {quoted(_concerned(evidence, hit))} equals the "
        "observed value exactly. Either the statistic takes few values, or the data themselves "
        "(the identity) are among the draws. An exhaustive null that holds the identity needs no "
        "+ 1; any other should not hold it.",
    )  # fmt: skip


def _reused(evidence: Evidence) -> list[Misuse]:
    """Cells whose draws are the same set of numbers."""
    n_rows, n = evidence.cells.n.shape
    draws = evidence.draws
    hashed = pd.util.hash_array(draws.values + 0.0)  # -0.0 is 0.0
    total = np.zeros(n_rows * n, dtype=np.uint64)
    np.add.at(total, draws.row * n + draws.family, hashed)
    usable = (_held(evidence) & (evidence.cells.n >= FEWEST) & (evidence.cells.sd > 0)).ravel()
    cell = np.flatnonzero(usable)
    frame = pd.DataFrame({"sum": total[cell], "n": evidence.cells.n.ravel()[cell],
                          "row": cell // n, "family": cell % n})  # fmt: skip
    same = frame[frame.duplicated(["sum", "n"], keep=False)]
    by_set = same.groupby(["sum", "n"], sort=False)
    rows, families = by_set["row"].transform("nunique"), by_set["family"].transform("nunique")
    found = []
    for code, which, text in (
        ("draws_reused_between_rows", rows > 1,
         "the draws are those of another row: they were made once and counted several times, so "
         "that the rows are not separate tests"),
        ("draws_reused_between_families", (families > 1) & (rows == 1),
         "two null families have the very same draws: that is one family under two names"),
    ):  # fmt: skip
        marked = np.zeros(n_rows, dtype=np.bool_)
        marked[same.loc[which, "row"].to_numpy(dtype=np.int64)] = True
        found += found_in(evidence, marked, code, CHECK, f"In {_of(evidence, marked)} {text}.")
    return found


def _repeated_index(evidence: Evidence) -> list[Misuse]:
    draws = evidence.draws
    if draws.index is None:
        return []
    n = len(evidence.families)
    frame = pd.DataFrame({"cell": draws.row * n + draws.family, "index": draws.index})
    again = frame.duplicated().to_numpy()
    rows = np.zeros(evidence.n_rows, dtype=np.bool_)
    rows[draws.row[again]] = True
    return found_in(
        evidence, rows, "permutation_number_repeats", CHECK,
        f"In {_of(evidence, rows)} a number of '{evidence.columns.index}' occurs more than once "
        "in a null family: draws of several tests may have been thrown together, or written twice.",
    )  # fmt: skip


def _thrown_together(evidence: Evidence) -> list[Misuse]:
    found = []
    for column, most in evidence.varying.items():
        both = column in evidence.table.columns
        advice = (
            f"add it: --by {','.join([*evidence.columns.by, column])}" if both
            else "if it tells draws of different tests apart, audit one value of it at a time; if "
            f"it names the null family: --null-kind {column}"
        )  # fmt: skip
        found += found_in(
            evidence, evidence.testable, "draws_thrown_together", CHECK,
            f"Draws of one row and family differ in the column '{column}' (up to {most} values "
            f"within one), which is not among the keys; {advice}.",
        )  # fmt: skip
    return found


def _lost(evidence: Evidence) -> list[Misuse]:
    missing = evidence.missing.sum(axis=1)
    infinite = np.zeros(evidence.n_rows, dtype=np.bool_)
    infinite[evidence.draws.row[np.isinf(evidence.draws.values)]] = True
    fewest, most = (rule(np.where(_held(evidence), evidence.cells.n, fill), axis=0)
                    for rule, fill in ((np.min, np.inf), (np.max, 0)))  # fmt: skip
    uneven = [f for f, a, b in zip(evidence.families, fewest, most, strict=True) if a < b]
    return [
        *found_in(
            evidence, missing > 0, "draws_missing", CHECK,
            f"In {share(int((missing > 0).sum()), evidence.n_rows)} draws are empty or no numbers "
            f"({int(missing.sum()):,} in all) and are left out. If draws fail where the statistic "
            "is large, p comes out too small.",
        ),
        *found_in(
            evidence, infinite, "draws_infinite", CHECK,
            f"In {share(int(infinite.sum()), evidence.n_rows)} a draw is infinite. It counts as "
            "larger (or smaller) than every observed value, and a quantile that reaches it is "
            "infinite.",
        ),
        *found_in(
            evidence, evidence.testable & (len(uneven) > 0), "unequal_draws", LIMIT,
            f"Rows differ in their number of draws of {quoted(uneven)}: p values of rows with few "
            "draws are coarser, and their quantiles nearer to the largest draw.",
        ),
    ]  # fmt: skip


def _any(cells: Bools) -> Bools:
    """Rows of which some family is concerned."""
    return np.asarray(cells.any(axis=1))


def _concerned(evidence: Evidence, cells: Bools) -> list[str]:
    """Families of which some row is concerned."""
    return [evidence.families[i] for i in np.flatnonzero(cells.any(axis=0))]


def _of(evidence: Evidence, rows: Bools) -> str:
    """Say how many of the tested rows are concerned."""
    return share(int(rows.sum()), int(evidence.testable.sum()))


def _number(value: float | Values) -> str:
    return f"{float(value):.3g}".replace("-", "\N{MINUS SIGN}")
