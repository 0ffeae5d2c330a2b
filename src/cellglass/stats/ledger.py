"""All findings of a run: an append-only journal, with adjustment computed from raw p values."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.stats.arguments import as_fraction
from cellglass.stats.finding import Finding, canonical_json
from cellglass.stats.multiplicity import bh, by, e_bh, holm, p_to_e
from cellglass.stats.parquet import write_parquet

if TYPE_CHECKING:
    import pandas as pd

Definition = Literal["confirmatory", "all", "primary"]
Method = Literal["bh", "by", "holm", "e-bh"]

PRIMARY_TAG = "primary"

_METHODS: dict[str, Callable[[ArrayLike], NDArray[np.float64]]] = {
    "bh": bh,
    "by": by,
    "holm": holm,
    "e-bh": lambda p: e_bh(p_to_e(p)),
}

_log = logging.getLogger(__name__)


class Ledger:
    """Journal of findings in JSON lines, for one writer at a time.

    Parameters
    ----------
    path
        The journal; read if it exists, made by the first `append`.

    Attributes
    ----------
    repaired
        What was done to the last line if a crash had torn it, else an empty string.

    Raises
    ------
    InputError
        If a line other than a torn last one cannot be read, or an id occurs twice.

    Notes
    -----
    Only raw p values are stored. Adjusted values are computed here, whenever they are asked
    for, over one of three families (specification 2.23): ``"confirmatory"`` findings, ``"all"``
    findings with a p value, or one ``"primary"`` finding an analysis. Primary is the finding
    tagged ``primary = "yes"``; in an analysis without one, its first confirmatory finding.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> ledger = Ledger(Path(folder.name) / "ledger.jsonl")
    >>> ledger.append(Finding("a", "?", "AUROC", 0.7, p=0.01, unit="regulator", n=20))
    True
    >>> ledger.adjusted()["q"].tolist()
    [0.01]
    >>> folder.cleanup()
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.repaired = ""
        self._findings: dict[str, Finding] = {}
        if self.path.exists():
            self._load()

    def __len__(self) -> int:
        return len(self._findings)

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._findings.values())

    def __getitem__(self, finding_id: str) -> Finding:
        if finding_id not in self._findings:
            raise InputError(f"no finding {finding_id}", where=str(self.path))
        return self._findings[finding_id]

    def append(self, finding: Finding) -> bool:
        """Add a finding.

        Parameters
        ----------
        finding
            The finding.

        Returns
        -------
        bool
            True if it is new, False if an equal one was there already.

        Raises
        ------
        InputError
            If another result for the same test was there: a run that is not reproducible, or
            two tests that nothing tells apart.
        """
        known = self._findings.get(finding.id)
        if known is not None:
            if known == finding:
                return False
            raise InputError(
                f"finding {finding.id} ({finding.analysis}: {finding.question}) is already there "
                f"with another result: {known.statistic} {known.estimate:g}, now "
                f"{finding.estimate:g}",
                where=str(self.path),
                expected="one result a test",
                fix="give tests that differ different tags, or start a new run folder",
            )
        line = canonical_json(finding.to_dict()) + "\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as journal:
            journal.write(line.encode())
            journal.flush()
            os.fsync(journal.fileno())
        self._findings[finding.id] = finding
        return True

    def families(self) -> dict[str, tuple[str, ...]]:
        """Return the ids of the findings of each named family, in the order of the journal."""
        out: dict[str, list[str]] = {}
        for finding in self:
            out.setdefault(finding.family, []).append(finding.id)
        return {name: tuple(out[name]) for name in sorted(out)}

    def members(self, definition: Definition = "confirmatory") -> tuple[str, ...]:
        """Return the ids of the findings in one of the three families.

        Parameters
        ----------
        definition
            ``"confirmatory"``, ``"all"`` or ``"primary"``.

        Raises
        ------
        InputError
            If the definition is unknown, or an analysis has two findings tagged primary.
        """
        if definition not in get_args(Definition):
            raise InputError(
                f"definition is {definition!r}", expected=" or ".join(get_args(Definition))
            )
        tested = [f for f in self if not np.isnan(f.p)]
        if definition == "all":
            return tuple(f.id for f in tested)
        confirmatory = [f for f in tested if f.kind == "confirmatory"]
        if definition == "confirmatory":
            return tuple(f.id for f in confirmatory)
        primary: dict[str, Finding] = {}
        for finding in confirmatory:
            first = primary.get(finding.analysis)
            tagged = finding.tags.get(PRIMARY_TAG) == "yes"
            if first is not None and tagged and first.tags.get(PRIMARY_TAG) == "yes":
                raise InputError(
                    f"analysis {finding.analysis!r} has two primary findings, {first.id} and "
                    f"{finding.id}",
                    where=str(self.path),
                    expected="one an analysis",
                )
            if first is None or tagged:
                primary[finding.analysis] = finding
        chosen = {f.id for f in primary.values()}
        return tuple(f.id for f in confirmatory if f.id in chosen)

    def adjusted(
        self,
        family: str | None = None,
        method: Method = "bh",
        *,
        definition: Definition = "confirmatory",
    ) -> pd.DataFrame:
        """Adjust the raw p values over a family.

        Parameters
        ----------
        family
            A named family, to adjust over it alone; None for the whole ledger.
        method
            ``"bh"``, ``"by"``, ``"holm"`` or ``"e-bh"``.
        definition
            Which findings count; see the class.

        Returns
        -------
        pandas.DataFrame
            One row a finding that counts: id, analysis, question, statistic, estimate, family,
            kind, p, e (e-value) and q (adjusted p).

        Raises
        ------
        InputError
            If the family, method or definition is unknown.
        """
        import pandas as pd

        if method not in _METHODS:
            raise InputError(f"method is {method!r}", expected=" or ".join(_METHODS))
        if family is not None and family not in self.families():
            raise InputError(
                f"no family {family!r}", where=str(self.path), expected=f"{list(self.families())}"
            )
        counted = [self[i] for i in self.members(definition)]
        counted = [f for f in counted if family is None or f.family == family]
        names = ("id", "analysis", "question", "statistic", "estimate", "family", "kind", "p")
        frame = pd.DataFrame({n: [getattr(f, n) for f in counted] for n in names})
        p = frame["p"].to_numpy(dtype=np.float64)
        return frame.assign(e=p_to_e(p), q=_METHODS[method](p))

    def stable(self, level: float = 0.05, method: Method = "bh") -> pd.DataFrame:
        """Say which inferences are the same whichever family they are adjusted over.

        Parameters
        ----------
        level
            Level at which adjusted p is read.
        method
            See `adjusted`.

        Returns
        -------
        pandas.DataFrame
            One row a primary finding, which all three families hold: id, analysis, question,
            p, adjusted p under each definition, and ``stable``.
        """
        as_fraction(level, "level")
        frame = self.adjusted(method=method, definition="primary")
        frame = frame[["id", "analysis", "question", "p"]].copy()
        for definition in get_args(Definition):
            found = self.adjusted(method=method, definition=definition)
            frame[f"q_{definition}"] = frame["id"].map(
                dict(zip(found["id"], found["q"], strict=True))
            )
        called = frame[[f"q_{d}" for d in get_args(Definition)]] <= level
        frame["stable"] = called.all(axis=1) | ~called.any(axis=1)
        return frame

    def snapshot(self, path: str | Path) -> Path:
        """Write all findings as one Parquet table; equal ledgers give equal bytes.

        Parameters
        ----------
        path
            The file.

        Returns
        -------
        pathlib.Path
            The file. Beside the fields of the findings it holds e-values, adjusted p within
            the own family (``q_family``) and under the three definitions; nan where a finding
            does not count.
        """
        target = Path(path)
        write_parquet(self._flat(), target, {"type": "Ledger", "findings": len(self)})
        return target

    def _flat(self) -> pd.DataFrame:
        import pandas as pd

        nan = float("nan")
        rows = []
        for f in self:
            value, low, high = f.increment or (nan, nan, nan)
            rows.append(
                {
                    **{k: getattr(f, k) for k in ("id", "analysis", "question", "statistic")},
                    "estimate": f.estimate,
                    "low": f.interval.low if f.interval else nan,
                    "high": f.interval.high if f.interval else nan,
                    "interval_level": f.interval.level if f.interval else nan,
                    "interval_method": f.interval.method if f.interval else "",
                    "null": f.null.family if f.null else "",
                    "null_draws": f.null.draws if f.null else 0,
                    "null_mean": f.null.mean if f.null else nan,
                    "null_sd": f.null.sd if f.null else nan,
                    "null_p": f.null.p if f.null else nan,
                    "p": f.p,
                    "unit": f.unit,
                    "n": f.n or 0,
                    "baseline": f.baseline[0] if f.baseline else "",
                    "baseline_value": f.baseline[1] if f.baseline else nan,
                    "increment": value,
                    "increment_low": low,
                    "increment_high": high,
                    "seed": "" if f.seed is None else str(f.seed),
                    "tags": canonical_json(dict(f.tags)),
                    "family": f.family,
                    "kind": f.kind,
                    "e": float(p_to_e([f.p])[0]),
                }
            )
        frame = pd.DataFrame(rows)
        if frame.empty:
            return frame
        within: dict[str, float] = {}
        for family in self.families():
            found = self.adjusted(family)
            within.update(zip(found["id"], found["q"], strict=True))
        frame["q_family"] = frame["id"].map(within).astype(np.float64)
        for definition in get_args(Definition):
            found = self.adjusted(definition=definition)
            q = dict(zip(found["id"], found["q"], strict=True))
            frame[f"q_{definition}"] = frame["id"].map(q).astype(np.float64)
        return frame

    def _load(self) -> None:
        *lines, tail = self.path.read_bytes().split(b"\n")
        if tail and _is_json(tail):
            with self.path.open("ab") as journal:
                journal.write(b"\n")
            lines.append(tail)
            self._say("the last line was whole but not ended; it was kept")
        elif tail:
            os.truncate(self.path, self.path.stat().st_size - len(tail))
            self._say(f"the last line was cut: {len(tail)} bytes of an interrupted write")
        for number, line in enumerate(lines, start=1):
            finding = self._parsed(line, number)
            if finding.id in self._findings:
                raise InputError(
                    f"line {number} repeats finding {finding.id}",
                    where=str(self.path),
                    expected="one line a finding",
                )
            self._findings[finding.id] = finding

    def _parsed(self, line: bytes, number: int) -> Finding:
        try:
            return Finding.from_dict(json.loads(line))
        except (ValueError, TypeError) as error:
            raise InputError(
                f"line {number} cannot be read: {error}",
                where=str(self.path),
                expected="one finding a line",
                fix="restore the journal, or run the study again in a new folder",
            ) from error

    def _say(self, what: str) -> None:
        self.repaired = what
        _log.warning("%s: %s", self.path, what)


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True
