"""Published numbers as data: a row, the table it stands in, and the paper with its inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

Spread = Literal["", "interval", "range"]
Kind = Literal["model", "reference"]
Relation = Literal["=", "<=", ">=", "about"]
Grade = Literal["final", "earlier", "later", "own check", "abstract", "summary", "neighbour"]
GRADES: dict[str, str] = {
    "final": "stated in the final paper",
    "earlier": "from the earlier manuscript or the authors' repositories",
    "later": "from the same group's later work on another model, not from the paper",
    "own check": "computed for the specification, not by the paper",
    "abstract": "from the abstract, or from reviewers who had the paper",
    "summary": "from a summary by others only; low trust",
    "neighbour": "from a neighbouring paper",
}
Z = 1.959964  # of a 95 % interval


@dataclass(frozen=True)
class Select:
    """Where one of our numbers stands in the result of an analysis.

    Parameters
    ----------
    table
        Name of a table of the result, or ``"findings"``.
    where
        Conditions on columns (of findings: on tags), tried in order until one holds; that it was
        not the first is told; see `matching_rows` for layers and nearest values.
    by, kind
        Column with the ``"model"`` or the ``"reference"`` of each row, where one result holds
        several; ``{by}`` in a condition stands for its value.
    column
        Column of the number; ``"estimate"`` of findings.
    low, high
        Columns of its 95 % interval; empty where it has none.
    n
        Column with how many units of inference are behind it; empty where none says it.
    reduce
        What becomes of several rows: ``"mean"`` (of units of inference, with an interval over
        them), ``"average"`` (of rows that are none, such as layers: without one), ``"median"``,
        ``"min"``, ``"max"``, ``"sd"``, ``"count"``, ``"share"`` (of rows in which the column
        exceeds `above`, or stays under `below`) or ``"d"`` (mean over standard deviation, of
        paired differences). Empty where one row is meant.
    less, along
        Conditions, in place of those of `where` on the same columns, of other rows that are
        taken from these, those with the same value of the column `along` from one another.
    minus, over
        A column that is taken from `column` first, or by which it is divided, row by row.
    sd, over_sd
        Columns with the standard deviations of `column` and `over` over the `n` units: the
        interval is then Student's, of a ratio by the delta method.
    above, below
        Threshold of ``"share"`` and ``"count"``; one of them.
    scale
        Factor, for example 100 where the publication counts in per cent.

    Examples
    --------
    >>> Select("baselines", ({"ranking": "target variance"},), column="auroc").column
    'auroc'
    """

    table: str
    where: tuple[Mapping[str, Any], ...] = ({},)
    by: str = ""
    kind: Kind = "model"
    column: str = ""
    low: str = ""
    high: str = ""
    n: str = ""
    reduce: str = ""
    less: Mapping[str, Any] = field(default_factory=dict)
    along: str = ""
    minus: str = ""
    over: str = ""
    sd: str = ""
    over_sd: str = ""
    above: float | None = None
    below: float | None = None
    scale: float = 1.0


@dataclass(frozen=True)
class PublishedNumber:
    """One number of a publication, in our own words.

    Parameters
    ----------
    id
        Unique in its table.
    what
        What was measured.
    value
        As printed, so that its digits are kept; empty where only a range was given.
    low, high, spread
        Bounds as printed: of an ``"interval"`` (95 %), or of a ``"range"`` of several values.
    sd
        Standard deviation over units of inference, as printed.
    relation
        ``"="``, ``"about"``, or a bound on the number: ``"<="``, ``">="``.
    p
        p value as printed, for reading only.
    metric
        What the value is.
    model, data, references
        Keys of the paper's inputs; empty where none took part.
    n, n_unit
        How many units of inference.
    unit
        Unit of the specification.
    analysis, select
        Our analysis that gives the number, and where it stands in the result.
    apart
        Why our analysis gives no such number; empty where it does.
    given
        What a function that computes the number without a model needs.
    needs
        Kinds of input: ``subject`` (a model or an edge table), ``model``, ``models`` (two or
        more), ``cells``, ``strata``, ``screen``, ``screens`` (two or more), ``network``,
        ``gene_sets``.
    source, specification, grade
        Place in the publication, place in our specification, and how far to trust it.
    defect
        What is known to be wrong with the number.
    differs
        How our statistic differs from theirs; empty where it is the same.
    settings
        Settings of study.yaml under which it was found, by dotted name.
    independent
        Whether theirs and ours are means over independent draws of one simulation, so that both
        have a sampling error.
    parts
        Rows of the same table of which it is computed: it is no better than they are.
    later
        Why this version does not compute it; empty where it does.

    Examples
    --------
    >>> row = PublishedNumber("x", "variance", "0.881")
    >>> row.number, row.tolerance
    (0.881, 0.0005)
    """

    id: str
    what: str
    value: str = ""
    low: str = ""
    high: str = ""
    spread: Spread = ""
    sd: str = ""
    relation: Relation = "="
    p: str = ""
    metric: str = ""
    model: str = ""
    data: str = ""
    references: tuple[str, ...] = ()
    n: int | None = None
    n_unit: str = ""
    unit: str = ""
    analysis: str = ""
    select: Select | None = None
    apart: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    source: str = ""
    specification: str = ""
    grade: Grade = "final"
    defect: str = ""
    differs: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    independent: bool = False
    parts: tuple[str, ...] = ()
    later: str = ""

    @property
    def own_check(self) -> bool:
        """Whether it was computed for the specification, and is no number of the paper."""
        return self.grade == "own check"

    @property
    def number(self) -> float:
        """The value; nan where only a range was given."""
        return float(self.value) if self.value else math.nan

    @property
    def bounds(self) -> tuple[float, float]:
        """The printed bounds; nan where there are none."""
        return (float(self.low), float(self.high)) if self.spread else (math.nan, math.nan)

    @property
    def tolerance(self) -> float:
        """Half a unit of the last digit printed, or a whole one where it says "about"."""
        printed = [t for t in (self.value, self.low, self.high) if t]
        unit = min(last_digit(t) for t in printed)
        return unit if self.relation == "about" else unit / 2

    @property
    def published_interval(self) -> tuple[float, float]:
        """95 % interval: as printed, or from the standard deviation and n; else nan."""
        if self.spread == "interval":
            return self.bounds
        if self.sd and self.value and self.n and self.n > 1:
            half = Z * float(self.sd) / math.sqrt(self.n)
            return self.number - half, self.number + half
        return math.nan, math.nan

    @property
    def shown(self) -> str:
        """The number as it was printed, with its spread; whole thousands are set apart.

        Examples
        --------
        >>> PublishedNumber("x", "a", "0.895", "0.884", "0.905", "interval").shown
        '0.895 [0.884, 0.905]'
        >>> PublishedNumber("x", "a", "", "0.31", "0.42", "range").shown
        '0.31 to 0.42'
        >>> PublishedNumber("x", "a", "559720").shown
        '559,720'
        """
        sign = {"<=": "≤ ", ">=": "≥ ", "about": "about ", "=": ""}[self.relation]
        value, low, high = (_grouped(t) for t in (self.value, self.low, self.high))
        text = f"{sign}{value}"
        if self.sd:
            text += f" ± {self.sd}"
        if self.spread == "interval":
            text += f" [{low}, {high}]"
        elif self.spread == "range":
            text += f" ({low} to {high})" if value else f"{low} to {high}"
        return text.replace("-", "\N{MINUS SIGN}").strip()


def _grouped(printed: str) -> str:
    return f"{int(printed):,}" if printed.isdecimal() else printed


def last_digit(printed: str) -> float:
    """Size of one unit in the last digit of a printed number.

    Examples
    --------
    >>> last_digit("0.50"), last_digit("1094"), last_digit("9.38e-5")
    (0.01, 1.0, 1e-07)
    """
    mantissa, _, exponent = printed.lower().partition("e")
    decimals = len(mantissa.partition(".")[2])
    return float(10.0 ** (int(exponent or 0) - decimals))


@dataclass(frozen=True)
class PublishedTable:
    """Numbers of a publication that belong together.

    Parameters
    ----------
    id
        Its name on the command line.
    title
        A few words.
    rows
        The numbers.
    note
        What a reader must know before any of them.
    compute
        ``"package.module:function"`` that computes ours without a model; empty where analyses do.
    """

    id: str
    title: str
    rows: tuple[PublishedNumber, ...]
    note: str = ""
    compute: str = ""

    @property
    def units(self) -> tuple[str, ...]:
        """Units of the specification that it holds."""
        return tuple(dict.fromkeys(r.unit for r in self.rows if r.unit))

    def row(self, name: str) -> PublishedNumber:
        """One row by its id."""
        return next(r for r in self.rows if r.id == name)


@dataclass(frozen=True)
class KnownInput:
    """A checkpoint, cells, a screen or a reference that a publication used.

    Parameters
    ----------
    key, name
        Key in the rows, and its name.
    kind
        ``"model"``, ``"cells"``, ``"screen"``, ``"network"`` or ``"gene_sets"``.
    where
        Where to get it: accession, address, file.
    facts
        What tells it from others, for example its number of control cells.
    note
        What is known to be wrong or doubtful about it.
    """

    key: str
    name: str
    kind: str
    where: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Paper:
    """A publication with its tables.

    Parameters
    ----------
    id
        Its name on the command line.
    aliases
        Other names that are understood, such as its arXiv number.
    title, citation
        Of the publication.
    study
        The study that works on it.
    inputs
        What it used, by key.
    tables
        Its tables in the order of their file names.

    Examples
    --------
    >>> from cellglass.reproduce import find_paper
    >>> find_paper("2602.17532").id
    'edges'
    """

    id: str
    aliases: tuple[str, ...]
    title: str
    citation: str
    study: str
    inputs: Mapping[str, KnownInput]
    tables: tuple[PublishedTable, ...]

    @cached_property
    def by_id(self) -> Mapping[str, PublishedTable]:
        """Tables by their id."""
        return {t.id: t for t in self.tables}

    def input(self, key: str) -> KnownInput:
        """One input by its key."""
        return self.inputs[key]
