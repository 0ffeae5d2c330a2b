"""Many tests of one family as columns: thousands of concepts by thousands of terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from cellglass.errors import InputError
from cellglass.stats.multiplicity import bh, by, holm
from cellglass.stats.parquet import read_parquet, write_parquet

if TYPE_CHECKING:
    import pandas as pd

_METHODS = {"bh": bh, "by": by, "holm": holm}


@dataclass(frozen=True, eq=False)
class TestTable:
    """Tests of one analysis and one multiplicity family.

    A `Finding` is a claim drawn from such a table; the table itself is not in the ledger.

    Parameters
    ----------
    frame
        One row a test, with the columns ``test`` (its name, unique), ``estimate``, ``p`` (nan
        where not tested) and ``n``; more columns are welcome.
    analysis
        The analysis that made it.
    family
        The multiplicity family: all rows belong to it.
    statistic
        What ``estimate`` is.
    unit
        What ``n`` counts.
    tags
        Provenance.

    Raises
    ------
    InputError
        If a column is missing, a name occurs twice, or a p value is out of range.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {"test": ["a", "b"], "estimate": [2.0, 1.0], "p": [0.01, 0.04], "n": [9, 9]}
    ... )
    >>> table = TestTable(frame, analysis="ora", family="go", statistic="odds ratio", unit="gene")
    >>> table.adjust().frame["q"].tolist()
    [0.02, 0.04]
    """

    __test__: ClassVar[bool] = False  # pytest would take the name for a test class
    required: ClassVar[tuple[str, ...]] = ("test", "estimate", "p", "n")

    frame: pd.DataFrame
    analysis: str
    family: str
    statistic: str
    unit: str
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        where = f"test table of {self.analysis}"
        missing = [c for c in self.required if c not in self.frame.columns]
        if missing:
            raise InputError(
                f"columns {missing} are missing",
                where=where,
                expected=", ".join(self.required),
            )
        for name in ("analysis", "family", "statistic", "unit"):
            if not getattr(self, name):
                raise InputError(f"{name} is empty", where=where, expected="a name")
        twice = self.frame["test"][self.frame["test"].duplicated()]
        if len(twice):
            raise InputError(f"test {twice.iloc[0]!r} occurs twice", where=where)
        p = self.frame["p"].dropna()
        if ((p < 0) | (p > 1)).any():
            raise InputError("p values outside 0 to 1", where=where)

    def adjust(self, method: str = "bh") -> TestTable:
        """Return the table with a column ``q`` computed from all raw p values of the family.

        Parameters
        ----------
        method
            ``"bh"``, ``"by"`` or ``"holm"``.

        Returns
        -------
        TestTable
            A copy with ``q``; nan where p is nan.

        Raises
        ------
        InputError
            If the method is unknown.
        """
        if method not in _METHODS:
            raise InputError(f"method is {method!r}", expected=" or ".join(_METHODS))
        frame = self.frame.assign(q=_METHODS[method](self.frame["p"].to_numpy()))
        return TestTable(
            frame, self.analysis, self.family, self.statistic, self.unit, dict(self.tags)
        )

    def write(self, path: str | Path) -> Path:
        """Write a Parquet file; equal tables give equal bytes.

        Parameters
        ----------
        path
            The file.

        Returns
        -------
        pathlib.Path
            The file.
        """
        target = Path(path)
        write_parquet(
            self.frame,
            target,
            {
                "type": "TestTable",
                "analysis": self.analysis,
                "family": self.family,
                "statistic": self.statistic,
                "unit": self.unit,
                "tags": dict(self.tags),
            },
        )
        return target

    @classmethod
    def read(cls, path: str | Path) -> TestTable:
        """Read what `write` wrote.

        Raises
        ------
        InputError
            If the file is missing or holds something else.
        """
        frame, metadata = read_parquet(Path(path))
        if metadata.pop("type", None) != "TestTable":
            raise InputError("not a test table", where=str(path))
        return cls(frame, **metadata)
