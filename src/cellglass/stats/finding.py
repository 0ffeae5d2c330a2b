"""One test: what was asked, what came out, against which null and which baseline."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, get_args

from cellglass.errors import InputError
from cellglass.stats.interval import Interval

Kind = Literal["confirmatory", "descriptive"]

_ID_LENGTH = 16


@dataclass(frozen=True)
class NullSummary:
    """The null a finding was compared with.

    Attributes
    ----------
    family
        Name of the null, for example ``"degree"``.
    draws
        Draws made.
    mean, sd
        Of the statistic under the null.
    p
        p value against it.
    """

    family: str
    draws: int
    mean: float
    sd: float
    p: float


@dataclass(frozen=True, eq=False)
class Finding:
    """One row of the ledger.

    Parameters
    ----------
    analysis
        The analysis that made it, for example ``"edge_recovery"``.
    question
        What was asked, as a sentence.
    statistic
        Name of the statistic, for example ``"AUROC"``.
    estimate
        Its value; nan where it is undefined.
    interval
        Interval of the estimate.
    null
        The null it was compared with.
    p
        Raw p value; nan where there is none. Adjusted values are never stored: the ledger
        computes them.
    unit, n
        Unit of inference and how many there were.
    baseline
        Name and value of the trivial baseline.
    increment
        Gain over the baseline with the ends of its interval.
    seed
        Root seed.
    tags
        Provenance, for example model, layer, head, network.
    family
        Multiplicity family.
    kind
        ``"confirmatory"`` or ``"descriptive"``.

    Attributes
    ----------
    id
        Short hash of what identifies the test: everything that was decided before looking at
        the result (analysis, question, statistic, unit, null family, baseline name, seed,
        tags, family, kind).

    Raises
    ------
    InputError
        If a confirmatory finding lacks p, unit or n, or a value is out of range.

    Examples
    --------
    >>> finding = Finding("recovery", "Do edges recover TRRUST?", "AUROC", 0.71, kind="descriptive")
    >>> Finding.from_dict(finding.to_dict()) == finding
    True
    """

    analysis: str
    question: str
    statistic: str
    estimate: float
    interval: Interval | None = None
    null: NullSummary | None = None
    p: float = math.nan
    unit: str = ""
    n: int | None = None
    baseline: tuple[str, float] | None = None
    increment: tuple[float, float, float] | None = None
    seed: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    family: str = "default"
    kind: Kind = "confirmatory"

    def __post_init__(self) -> None:
        where = f"finding of {self.analysis or 'an unnamed analysis'}"
        for name in ("analysis", "question", "statistic", "family"):
            if not getattr(self, name):
                raise InputError(f"{name} is empty", where=where, expected="a name")
        if self.kind not in get_args(Kind):
            raise InputError(
                f"kind is {self.kind!r}", where=where, expected=" or ".join(get_args(Kind))
            )
        _set(self, "estimate", float(self.estimate))
        _set(self, "p", float(self.p))
        _set(self, "tags", {str(k): str(self.tags[k]) for k in sorted(self.tags)})
        if self.n is not None:
            _set(self, "n", int(self.n))
        if self.baseline is not None:
            _set(self, "baseline", (str(self.baseline[0]), float(self.baseline[1])))
        if self.increment is not None:
            value, low, high = self.increment
            _set(self, "increment", (float(value), float(low), float(high)))
        if not math.isnan(self.p) and not 0.0 <= self.p <= 1.0:
            raise InputError(f"p is {self.p}", where=where, expected="0 to 1, or nan")
        if self.kind == "confirmatory":
            lacking = [
                name
                for name, absent in (
                    ("p", math.isnan(self.p)),
                    ("unit", not self.unit),
                    ("n", self.n is None or self.n < 1),
                )
                if absent
            ]
            if lacking:
                raise InputError(
                    f"a confirmatory finding without {', '.join(lacking)}",
                    where=where,
                    expected="p, unit of inference and number of units",
                    fix='give them, or set kind="descriptive"',
                )

    @property
    def id(self) -> str:
        """Hash of what identifies the test, 16 hexadecimal digits."""
        identity = {
            "analysis": self.analysis,
            "question": self.question,
            "statistic": self.statistic,
            "unit": self.unit,
            "null": self.null.family if self.null else None,
            "baseline": self.baseline[0] if self.baseline else None,
            "seed": self.seed,
            "tags": dict(self.tags),
            "family": self.family,
            "kind": self.kind,
        }
        return hashlib.sha256(canonical_json(identity).encode()).hexdigest()[:_ID_LENGTH]

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON types: nan as None, infinities as text."""
        out: dict[str, Any] = {"id": self.id}
        for item in fields(self):
            value = getattr(self, item.name)
            if isinstance(value, Interval):
                value = value.to_dict()
            elif isinstance(value, NullSummary):
                value = {f.name: getattr(value, f.name) for f in fields(value)}
            out[item.name] = _encode(value)
        return out

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Finding:
        """Make a finding from `to_dict`; every float comes back bit for bit.

        Raises
        ------
        InputError
            If a field is missing or unknown, or the id does not fit the content.
        """
        known = {f.name for f in fields(cls)}
        given = set(record) - {"id"}
        if given != known:
            raise InputError(
                f"missing {sorted(known - given)}, unknown {sorted(given - known)}",
                where="record of a finding",
                expected="the fields of Finding",
            )
        values = {name: record[name] for name in known}
        for name in ("estimate", "p"):
            values[name] = _decode(values[name])
        if values["interval"] is not None:
            span = dict(values["interval"])
            span["low"], span["high"] = _decode(span["low"]), _decode(span["high"])
            values["interval"] = Interval(**span)
        if values["null"] is not None:
            null = dict(values["null"])
            null.update({k: _decode(null[k]) for k in ("mean", "sd", "p")})
            values["null"] = NullSummary(**null)
        if values["baseline"] is not None:
            values["baseline"] = (values["baseline"][0], _decode(values["baseline"][1]))
        if values["increment"] is not None:
            values["increment"] = tuple(_decode(v) for v in values["increment"])
        finding = cls(**values)
        if record.get("id", finding.id) != finding.id:
            raise InputError(
                f"id {record['id']} does not fit the content ({finding.id})",
                where="record of a finding",
                fix="do not edit the ledger by hand; run the analysis again",
            )
        return finding

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Finding):
            return NotImplemented
        # As text, so that nan equals nan.
        return canonical_json(self.to_dict()) == canonical_json(other.to_dict())

    def __hash__(self) -> int:
        return hash(self.id)


def canonical_json(value: Any) -> str:
    """Return JSON that is equal, byte for byte, for equal content.

    Parameters
    ----------
    value
        JSON types without nan or infinities.

    Returns
    -------
    str
        One line, keys sorted.

    Examples
    --------
    >>> canonical_json({"b": 1, "a": None})
    '{"a":null,"b":1}'
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def _set(finding: Finding, name: str, value: object) -> None:
    object.__setattr__(finding, name, value)


def _encode(value: Any) -> Any:
    if isinstance(value, float):
        value = float(value)
        if math.isnan(value):
            return None
        return value if math.isfinite(value) else ("inf" if value > 0 else "-inf")
    if isinstance(value, Mapping):
        return {k: _encode(v) for k, v in value.items()}
    if isinstance(value, tuple):
        return [_encode(v) for v in value]
    return value


def _decode(value: Any) -> float:
    return math.nan if value is None else float(value)
