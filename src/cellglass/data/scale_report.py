"""What a matrix holds, with the evidence."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal[
    "counts", "log1p_cp10k", "log1p_counts", "log_other", "normalised", "scaled", "unknown"
]


@dataclass(frozen=True)
class ScaleReport:
    """What a matrix holds, and the evidence for it.

    Parameters
    ----------
    kind
        ``"counts"``; ``"log1p_cp10k"`` (natural log1p of counts per a total, of any target sum);
        ``"log1p_counts"`` (log1p without a total); ``"log_other"``; ``"normalised"`` (linear, per
        total); ``"scaled"`` (negative values); ``"unknown"``.
    evidence
        Sentences, the strongest first.
    recoverable
        Whether whole counts can be proven from the values (True for counts).
    transform
        ``"log1p"`` or ``"linear"`` where counts are to be recovered (whole numbers blurred by
        float arithmetic count as ``"linear"``); empty for exact counts and where nothing is.
    scaling
        What one count is in each cell: ``"none"``, ``"n_counts"`` (target sum over the total of
        the cell) or ``"smallest value"``; empty where nothing is recoverable.
    target_sum
        The sum to which cells were scaled, if it could be found.
    precision
        How finely values are stored, for example ``"3 decimals"``.
    decimals
        Decimals where they were cut.
    float_type
        ``"float32"`` or ``"float64"``: the type in which the values were computed.
    tolerance
        Largest half-width in counts of an examined value; below 0.5 where recoverable.
    worst_deviation
        Largest distance of an examined value from the whole number nearest to it.
    log10_chance
        Log10 of the chance that random values of this precision would pass as counts.
    n_cells, n_values
        Cells and non-zero values examined.
    minimum, maximum
        Of the non-zero values examined; 0 where there are none.
    integer_share
        Share of the examined non-zero values that are whole numbers as they stand.
    advice
        What to do where nothing is recoverable.

    Examples
    --------
    >>> ScaleReport("counts", ("all values are whole numbers",), True).kind
    'counts'
    """

    kind: Kind
    evidence: tuple[str, ...]
    recoverable: bool
    transform: str = ""
    scaling: str = ""
    target_sum: float | None = None
    precision: str = ""
    decimals: int | None = None
    float_type: str = "float64"
    tolerance: float = 0.0
    worst_deviation: float = 0.0
    log10_chance: float = 0.0
    n_cells: int = 0
    n_values: int = 0
    minimum: float = 0.0
    maximum: float = 0.0
    integer_share: float = 1.0
    advice: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready dictionary of all fields."""
        return {**asdict(self), "evidence": list(self.evidence)}

    def __str__(self) -> str:
        return f"{self.kind}: {'; '.join(self.evidence)}"
