"""The interval that every estimate carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cellglass.errors import InputError
from cellglass.stats.arguments import as_fraction


@dataclass(frozen=True)
class Interval:
    """A confidence interval together with what it was made from.

    Parameters
    ----------
    low, high
        Its ends, in units of the estimate; both nan where the interval is undefined.
    level
        Its confidence, for example 0.95.
    method
        How it was made, as a phrase.
    unit
        The unit that was resampled or counted, for example ``"regulator"``.
    n
        The number of those units.

    Raises
    ------
    InputError
        If the ends are in the wrong order or the level is not between 0 and 1.

    Examples
    --------
    >>> Interval(0.012, 0.049, 0.95, "bootstrap", "regulator", 84).excludes(0.0)
    True
    """

    low: float
    high: float
    level: float
    method: str
    unit: str
    n: int

    def __post_init__(self) -> None:
        as_fraction(self.level, "level")
        if self.low > self.high:
            raise InputError(
                f"low end {self.low} above high end {self.high}", where=f"interval, {self.method}"
            )

    @property
    def half_width(self) -> float:
        """Half of the distance between the ends."""
        return (self.high - self.low) / 2.0

    def excludes(self, value: float) -> bool:
        """Whether `value` lies outside the interval."""
        return value < self.low or value > self.high

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a dictionary."""
        return {
            "low": self.low,
            "high": self.high,
            "level": self.level,
            "method": self.method,
            "unit": self.unit,
            "n": self.n,
        }

    def __str__(self) -> str:
        return f"[{self.low:.3f}, {self.high:.3f}]"
