"""Reference networks: edges with weight and evidence, de-duplicated, with a report."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from cellglass.data.network_formats import RawNetwork, read_network_file
from cellglass.data.network_report import NetworkReport, Overlap
from cellglass.data.universe import Universe, build_universe
from cellglass.errors import NetworkError, nearest

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Network:
    """A reference network in long format.

    Parameters
    ----------
    frame
        Columns ``source``, ``target``, ``weight`` (sign or score; nan where unknown or
        conflicting) and evidence columns; one row a pair, sorted. Undirected pairs stand once,
        ``source < target``.
    directed
        Whether source -> target differs from target -> source.
    name, version, licence
        As the catalogue or the user says.
    sha256
        Of the file.
    report
        What reading it did.

    Examples
    --------
    >>> import pandas as pd
    >>> n = Network.from_frame(pd.DataFrame({"source": ["A", "A"], "target": ["B", "A"]}))
    >>> len(n), n.report.n_self
    (1, 1)
    """

    frame: pd.DataFrame = field(repr=False)
    directed: bool
    name: str
    report: NetworkReport = field(repr=False)
    version: str = ""
    sha256: str = ""
    licence: str = ""

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def sources(self) -> list[str]:
        """Distinct sources, sorted; all genes of an undirected network."""
        names = set(self.frame["source"]) | (set() if self.directed else set(self.frame["target"]))
        return sorted(names)

    @property
    def targets(self) -> list[str]:
        """Distinct targets, sorted; all genes of an undirected network."""
        names = set(self.frame["target"]) | (set() if self.directed else set(self.frame["source"]))
        return sorted(names)

    @classmethod
    def read(
        cls,
        path: str | Path,
        *,
        name: str | None = None,
        source: str | None = None,
        target: str | None = None,
        weight: str | None = None,
        directed: bool | None = None,
        genes: Collection[str] | None = None,
        levels: str | None = None,
        min_score: float | None = None,
        protein_info: str | Path | None = None,
        version: str = "",
        licence: str = "",
    ) -> Network:
        """Read a network file; its format is found out from its content.

        Parameters
        ----------
        path
            TRRUST raw, DoRothEA, CollecTRI, OmniPath, STRING, or a table with columns such as tf,
            regulator, source, from, gene_a and target, gene, to, gene_b; compressed or not.
        name
            What to call it; the file name by default.
        source, target, weight
            Columns, where their names are unusual.
        directed
            Overrides what the format implies.
        genes
            Keep edges whose two ends are among these.
        levels
            DoRothEA confidence levels to keep, for example ``"ABC"``.
        min_score, protein_info
            For STRING's ``protein.links``, see `read_network_file`.
        version, licence
            To be kept with the network.

        Returns
        -------
        Network

        Raises
        ------
        NetworkError
            If the file has no such columns or no edge is left.
        """
        path = Path(path)
        raw = read_network_file(
            path,
            source=source,
            target=target,
            weight=weight,
            protein_info=None if protein_info is None else Path(protein_info),
            min_score=min_score,
        )
        if levels is not None:
            raw = _with_levels(raw, levels, path)
        network = cls.from_frame(
            raw.frame,
            name=name or path.name,
            directed=raw.directed if directed is None else directed,
            genes=genes,
            layout=raw.layout,
            notes=raw.notes,
            where=str(path),
        )
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return replace(network, version=version, licence=licence, sha256=digest)

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        name: str = "network",
        directed: bool = True,
        genes: Collection[str] | None = None,
        layout: str = "table",
        notes: tuple[str, ...] = (),
        where: str = "network",
    ) -> Network:
        """Build from a long table with columns ``source`` and ``target``.

        Parameters
        ----------
        frame
            Rows; ``weight`` is 1 where the column is missing.
        name, directed, genes
            See `read`.
        layout, notes, where
            For the report and messages.

        Returns
        -------
        Network
            Rows of one pair are joined: values of evidence columns by ``;``, weights if they agree
            in sign or only one is known (the largest in size), else nan.

        Raises
        ------
        NetworkError
            If no edge is left.
        """
        from cellglass.data.pairs import clean_pairs

        edges, counts = clean_pairs(frame, directed=directed, genes=genes)
        if edges.empty:
            raise NetworkError(
                f"no edge is left of {len(frame):,} rows{_lost(counts)}",
                where=where,
                expected="at least one edge between two named genes",
                fix="check the columns, the identifiers and the filters",
            )
        report = NetworkReport(
            layout,
            len(frame),
            len(edges),
            *_n_ends(edges, directed),
            counts["n_duplicates"],
            counts["n_self"],
            counts["n_unnamed"],
            counts["n_outside"],
            notes,
        )
        return cls(edges, directed, name, report)

    def directed_pairs(self) -> set[tuple[str, str]]:
        """All (source, target) pairs; an undirected pair counts in both directions."""
        pairs = set(zip(self.frame["source"], self.frame["target"], strict=True))
        return pairs if self.directed else pairs | {(b, a) for a, b in pairs}

    def matrix(self, sources: Sequence[str], targets: Sequence[str]) -> NDArray[np.bool_]:
        """Which pairs are edges.

        Parameters
        ----------
        sources, targets
            Names of rows and columns.

        Returns
        -------
        numpy.ndarray
            bool, shape (n_sources, n_targets); undirected edges fill both directions.
        """
        row = {str(n): i for i, n in enumerate(sources)}
        column = {str(n): j for j, n in enumerate(targets)}
        labels = np.zeros((len(row), len(column)), dtype=bool)
        ends = [(self.frame["source"], self.frame["target"])]
        if not self.directed:
            ends.append((self.frame["target"], self.frame["source"]))
        for a, b in ends:
            i = a.map(row).to_numpy(dtype=np.float64, na_value=np.nan)
            j = b.map(column).to_numpy(dtype=np.float64, na_value=np.nan)
            inside = ~(np.isnan(i) | np.isnan(j))
            labels[i[inside].astype(int), j[inside].astype(int)] = True
        return labels

    def universe(
        self,
        genes: Sequence[str],
        *,
        regulators: Collection[str] | None = None,
        min_targets: int = 3,
    ) -> Universe:
        """Pairs on which a score can be judged; see `cellglass.data.universe.build_universe`."""
        return build_universe(self, genes, regulators=regulators, min_targets=min_targets)

    def restrict(self, **evidence: Any) -> Network:
        """Keep edges by their evidence.

        Parameters
        ----------
        **evidence
            Column = value, collection of values, or function of the column that returns a mask
            (of numbers where all values are numbers: ``score=lambda s: s >= 0.7``).
            Joined values ("Activation;Repression") match if one of them does.

        Returns
        -------
        Network

        Raises
        ------
        NetworkError
            If a column does not exist or no edge is left.

        Examples
        --------
        >>> import pandas as pd
        >>> rows = pd.DataFrame({"source": ["A", "A"], "target": ["B", "C"], "mode": ["x", "y"]})
        >>> len(Network.from_frame(rows).restrict(mode="x"))
        1
        """
        keep = np.ones(len(self.frame), dtype=bool)
        for column, wanted in evidence.items():
            if column not in self.frame.columns:
                raise NetworkError(
                    f"there is no evidence column '{column}'",
                    where=self.name,
                    fix=nearest(column, self.frame.columns),
                )
            keep &= _matches(self.frame[column], wanted)
        frame = self.frame[keep].reset_index(drop=True)
        text = ", ".join(f"{k}={_shown(v)}" for k, v in evidence.items())
        if frame.empty:
            raise NetworkError(f"no edge of {len(self):,} has {text}", where=self.name)
        note = f"restricted to {text}: {len(frame):,} of {len(self):,} edges"
        n_sources, n_targets = _n_ends(frame, self.directed)
        report = replace(
            self.report,
            n_edges=len(frame),
            n_sources=n_sources,
            n_targets=n_targets,
            notes=(*self.report.notes, note),
        )
        return replace(self, frame=frame, report=report)

    def overlap(self, other: Network) -> Overlap:
        """Count the pairs that two networks share.

        Parameters
        ----------
        other
            If either network is undirected, directions are ignored in both.

        Returns
        -------
        Overlap
        """
        first, second = self.directed_pairs(), other.directed_pairs()
        if not (self.directed and other.directed):
            first = {(min(p), max(p)) for p in first}
            second = {(min(p), max(p)) for p in second}
        shared = sorted(first & second)
        return Overlap(len(shared), len(first), len(second), tuple(shared))


def _with_levels(raw: RawNetwork, levels: str, path: Path) -> RawNetwork:
    """Keep rows of some DoRothEA confidence levels."""
    if "confidence" not in raw.frame.columns:
        raise NetworkError(
            "confidence levels were asked for, but there is no column 'confidence'",
            where=str(path),
            fix="leave out levels",
        )
    frame = raw.frame[raw.frame["confidence"].isin(list(levels.upper()))]
    note = f"confidence {', '.join(levels.upper())}: {len(frame):,} of {len(raw.frame):,} rows"
    return replace(raw, frame=frame, notes=(*raw.notes, note))


_LOST = {
    "n_unnamed": "without a name",
    "n_self": "of a gene with itself",
    "n_outside": "with a gene outside the genes asked for",
}


def _lost(counts: Mapping[str, int]) -> str:
    """Why rows were left out, in words; empty where none was."""
    told = [f"{counts[name]:,} {why}" for name, why in _LOST.items() if counts[name]]
    return f": {', '.join(told)}" if told else ""


def _n_ends(frame: pd.DataFrame, directed: bool) -> tuple[int, int]:
    if directed:
        return int(frame["source"].nunique()), int(frame["target"].nunique())
    n = len(set(frame["source"]) | set(frame["target"]))
    return n, n


def _matches(column: pd.Series, wanted: Any) -> NDArray[np.bool_]:
    if callable(wanted):
        import pandas as pd

        numbers = pd.to_numeric(column, errors="coerce")
        return np.asarray(wanted(column if numbers.isna().any() else numbers), dtype=bool)
    single = isinstance(wanted, str) or not isinstance(wanted, Collection)
    values = {str(v) for v in ([wanted] if single else wanted)}
    if column.dtype.kind == "f":
        return np.asarray(column.isin([float(v) for v in values]), dtype=bool)
    return np.array([bool(values & set(str(v).split(";"))) for v in column], dtype=bool)


def _shown(wanted: Any) -> str:
    if isinstance(wanted, str) or not isinstance(wanted, Collection):
        return getattr(wanted, "__name__", str(wanted))
    return "|".join(sorted(map(str, wanted)))
