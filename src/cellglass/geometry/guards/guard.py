"""What each guard says: passed, failed or not run, with the numbers and the defect it is for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from cellglass._words import plural
from cellglass.errors import InputError

if TYPE_CHECKING:
    from cellglass.runs.result import Check

GuardState = Literal["passed", "failed", "not run"]


@dataclass(frozen=True)
class Defect:
    """A defect of the published screen, and the guard against it.

    Attributes
    ----------
    code
        Of the guard, ``"G1"`` and so on.
    what
        What the guard checks, in words.
    catches
        The published defect.
    fact
        Where the specification of geometry tells of it.
    fix
        What to do about a failure.
    """

    code: str
    what: str
    catches: str
    fact: str
    fix: str


_TABLE = (
    Defect(
        "G1", "no feature marks the labels",
        "a feature that holds (almost) only pairs of the reference: TRRUST membership as a "
        "feature of TRRUST labels (H118, H123 and others)",
        "0.1, 0.2", "leave the feature out; it is another copy of the labels",
    ),
    Defect(
        "G2", "features and labels come from different sources",
        "features made of databases that the labels come from, or that contain them; graph "
        "features of the labels called another model",
        "0.1, 0.2, 0.7", "leave the feature out, or judge against a reference it does not share",
    ),
    Defect(
        "G3", "no point is a row of zeros or a copy of another",
        "genes that no cell contains kept as rows of zeros, which make loops of their own",
        "0.4, 0.5", "drop them: cloud.without_zeros().distinct()",
    ),
    Defect(
        "G4", "geodesic distances are not Euclidean ones",
        "a shortest-path routine that returned Euclidean distances without saying so",
        "0.3", "compute them with geodesics(knn_graph(...)), which raises where it cannot",
    ),
    Defect(
        "G5", "training and evaluation share no gene",
        "splits by a median of gene numbers, evaluated on the rows that chose the method",
        "0.6, 3.3", "split with pair_splits",
    ),
    Defect(
        "G6", "selection sees no row that is evaluated",
        "descriptors selected on all rows and cross-validated afterwards (H91); correspondences "
        "fitted and retrieved on the same genes (H20, H24)",
        "0.6, 0.8, 2.13", "select within the training rows of each fold",
    ),
    Defect(
        "G7", "the p value can reach its level",
        "nulls of 4 to 18 draws read at 0.05, and no account of multiplicity",
        "0.9", "draw more, or judge fewer hypotheses",
    ),
    Defect(
        "G8", "observed value and null are the same functional of the same rows",
        "an observed Euclidean value against geodesic nulls (H07); a difference against a null of "
        "similarities (H143)",
        "1, 3.1", "evaluate one function on the data and on every draw",
    ),
    Defect(
        "G9", "degree and expression baselines were run",
        "gains over distances while degrees alone reach an AUROC of 0.79 to 0.88",
        "0.2, 2.2", "judge baseline_scores of the same pairs",
    ),
    Defect(
        "G10", "the effect is larger than the noise of its sample of pairs",
        "effects of some 0.03 that another sample of 220 edges does not repeat (H139, H140: "
        "r = 0.14)",
        "0, last paragraph", "judge more pairs, or average over samples and report their spread",
    ),
)  # fmt: skip
DEFECTS: Mapping[str, Defect] = {d.code: d for d in _TABLE}
"""Every guard by its code, with the published defect that it catches."""


@dataclass(frozen=True)
class GuardResult:
    """What a guard found.

    Attributes
    ----------
    code
        Of the guard, see `DEFECTS`.
    what
        What is checked, in words.
    state
        ``"passed"``, ``"failed"`` or ``"not run"``.
    detail
        A sentence with the numbers that decided, or why it was not run.
    fact
        Where the specification of geometry tells of the defect.
    warning
        What a reader should know though the guard passed; empty where nothing.

    Examples
    --------
    >>> found = GuardResult.of("G3", failed=True, detail="46 of 419 points are rows of zeros")
    >>> found.state, found.fact
    ('failed', '0.4, 0.5')
    """

    code: str
    what: str
    state: GuardState
    detail: str
    fact: str
    warning: str = ""

    @classmethod
    def of(cls, code: str, *, failed: bool, detail: str, warning: str = "") -> GuardResult:
        """Make the result of a guard that was run.

        Parameters
        ----------
        code
            Of the guard.
        failed
            Whether the defect was found.
        detail
            A sentence with the numbers.
        warning
            See the class.
        """
        defect = _known(code)
        state: GuardState = "failed" if failed else "passed"
        return cls(code, defect.what, state, detail, defect.fact, warning)

    @classmethod
    def not_run(cls, code: str, why: str) -> GuardResult:
        """Make the result of a guard that had nothing to judge.

        Parameters
        ----------
        code
            Of the guard.
        why
            A sentence.
        """
        defect = _known(code)
        return cls(code, defect.what, "not run", why, defect.fact)

    @property
    def failed(self) -> bool:
        """Whether the defect was found."""
        return self.state == "failed"

    def require(self) -> GuardResult:
        """Refuse to go on where the defect was found.

        Returns
        -------
        GuardResult
            Itself, where it passed or was not run.

        Raises
        ------
        InputError
            If the guard failed, with its sentence and what to do.
        """
        if self.failed:
            defect = DEFECTS[self.code]
            raise InputError(
                self.detail, where=f"guard {self.code}", expected=self.what, fix=defect.fix
            )
        return self

    def to_check(self) -> Check:
        """Return it as an item of a run's checklist."""
        from cellglass.runs.result import Check

        detail = "; ".join(part for part in (self.detail, self.warning) if part)
        return Check(self.code, self.what, self.state, detail)


def require_all(results: Iterable[GuardResult]) -> None:
    """Refuse to go on where any guard failed.

    Parameters
    ----------
    results
        Of guards.

    Raises
    ------
    InputError
        Naming every guard that failed.

    Examples
    --------
    >>> require_all([GuardResult.not_run("G4", "no geodesics are used")])
    """
    failed = [r for r in results if r.failed]
    if len(failed) == 1:
        failed[0].require()
    if failed:
        raise InputError(
            "; ".join(f"{r.code}: {r.detail}" for r in failed),
            where=f"{len(failed)} {plural('guard', len(failed))}",
            expected="; ".join(dict.fromkeys(r.what for r in failed)),
            fix="; ".join(dict.fromkeys(DEFECTS[r.code].fix for r in failed)),
        )


def _known(code: str) -> Defect:
    if code not in DEFECTS:
        raise InputError(f"there is no guard {code}", where="guard", expected=", ".join(DEFECTS))
    return DEFECTS[code]
