"""Scores of gene-gene edges with names, counts and replicate blocks.

Direction: a row is a source and a column a target. For attention, the row is the query and the
column the key: the score of i -> j is the attention that gene i pays to gene j.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cellglass.data.edge_blocks import EdgeBlocks, mean_score, uncountable
from cellglass.errors import InputError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class EdgeTable:
    """Scores of source -> target edges.

    Parameters
    ----------
    scores
        Shape (n_sources, n_targets), converted to float64; nan means not scored, and infinite
        scores are refused.
    sources, targets
        Names of rows and columns, each unique.
    counts
        Cells in which both genes were present, same shape; None where scores do not come from
        cells.
    blocks
        Replicate blocks, so that intervals and held-out choices need no second pass.
    provenance
        Where the scores come from: model, layer, head, stratum, direction.
    min_count
        Cells below which a pair is not evaluable.

    Raises
    ------
    InputError
        If shapes and names do not fit, a name occurs twice, a score is infinite, or a count is no
        whole number of cells.

    Examples
    --------
    >>> t = EdgeTable(np.array([[0.0, 0.5]]), ("A",), ("A", "B"))
    >>> t.evaluable.tolist()
    [[False, True]]
    """

    scores: NDArray[np.float64]
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    counts: NDArray[np.integer] | None = None
    blocks: EdgeBlocks | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict)
    min_count: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "scores", np.asarray(self.scores, dtype=np.float64))
        for side in ("sources", "targets"):
            names = tuple(str(n) for n in getattr(self, side))
            object.__setattr__(self, side, names)
            if len(set(names)) != len(names):
                twice = sorted(n for n, k in Counter(names).items() if k > 1)
                raise InputError(
                    f"{len(twice)} names occur twice: {', '.join(twice[:5])}",
                    where=side,
                    expected="unique names",
                )
        if self.counts is not None:
            object.__setattr__(self, "counts", np.asarray(self.counts))
        shape = (len(self.sources), len(self.targets))
        block_shape = None if self.blocks is None else self.blocks.sums.shape[1:]
        for what, found in (
            ("scores", self.scores.shape),
            ("counts", shape if self.counts is None else self.counts.shape),
            ("blocks", shape if block_shape is None else block_shape),
        ):
            if found != shape:
                raise InputError(
                    f"{what} have shape {found}", where="edge table", expected=f"{shape}"
                )
        self._require(
            np.isinf(self.scores), self.scores, "scores are infinite", "finite scores, or nan for "
            "pairs that are not scored",
            "give the largest (or smallest) score a number; infinities have no order among them",
        )  # fmt: skip
        if self.counts is not None:
            self._require(
                uncountable(self.counts), self.counts, "counts are no numbers of cells",
                "whole numbers: 0, 1, 2, ...",
                "correct the counts, or leave them out",
            )  # fmt: skip

    def _require(
        self, bad: NDArray[np.bool_], values: NDArray[Any], what: str, expected: str, fix: str
    ) -> None:
        """Refuse values, naming the first pair."""
        if not bad.any():
            return
        i, j = np.argwhere(bad)[0]
        raise InputError(
            f"{int(bad.sum()):,} {what}; the first is {self.sources[i]} -> {self.targets[j]}: "
            f"{values[i, j]}",
            where="edge table",
            expected=expected,
            fix=fix,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Number of sources and of targets."""
        return len(self.sources), len(self.targets)

    @property
    def evaluable(self) -> NDArray[np.bool_]:
        """Pairs that can be ranked: finite score, enough cells, source and target differ."""
        mask = np.isfinite(self.scores)
        if self.counts is not None:
            mask &= self.counts >= self.min_count
        column = {name: j for j, name in enumerate(self.targets)}
        for i, name in enumerate(self.sources):
            if name in column:
                mask[i, column[name]] = False
        return mask

    @classmethod
    def from_sums(
        cls,
        sums: ArrayLike,
        counts: ArrayLike,
        sources: Sequence[str],
        targets: Sequence[str],
        *,
        block_names: Sequence[str] | None = None,
        unit: str = "fold of cells",
        provenance: Mapping[str, Any] | None = None,
        min_count: int = 1,
    ) -> EdgeTable:
        """Build from accumulated sums and counts.

        Parameters
        ----------
        sums, counts
            Shape (n_sources, n_targets), or (n_blocks, n_sources, n_targets) with blocks.
        sources, targets
            Names.
        block_names, unit
            Names and unit of the blocks; "block 1", ... by default.
        provenance, min_count
            See the class.

        Returns
        -------
        EdgeTable
            The score is the mean over all cells in which both genes are present.
        """
        total, number = np.asarray(sums), np.asarray(counts)
        blocks = None
        if total.ndim == 3:
            names = block_names or [f"block {i + 1}" for i in range(total.shape[0])]
            blocks = EdgeBlocks(total, number, tuple(map(str, names)), unit)
            total, number = total.sum(axis=0), number.sum(axis=0)
        if total.shape != number.shape:
            raise InputError(
                f"sums have shape {total.shape}, counts {number.shape}", expected="equal shapes"
            )
        return cls(
            mean_score(total, number),
            tuple(sources),
            tuple(targets),
            number,
            blocks,
            dict(provenance or {}),
            min_count,
        )

    @classmethod
    def from_frame(
        cls,
        frame: pd.DataFrame,
        *,
        source: str | None = None,
        target: str | None = None,
        score: str | None = None,
        provenance: Mapping[str, Any] | None = None,
    ) -> EdgeTable:
        """Build from a long table of edges; see `cellglass.data.edge_files.table_of`."""
        from cellglass.data.edge_files import table_of

        return table_of(frame, source, target, score, provenance)

    def to_frame(self, *, evaluable_only: bool = False) -> pd.DataFrame:
        """Long table, sources in order: source, target, score, and count where known.

        Parameters
        ----------
        evaluable_only
            Leave out pairs that cannot be ranked; else those without a score only.

        Returns
        -------
        pandas.DataFrame
        """
        import pandas as pd

        rows, columns = np.nonzero(self.evaluable if evaluable_only else ~np.isnan(self.scores))
        out = {
            "source": np.asarray(self.sources, dtype=object)[rows],
            "target": np.asarray(self.targets, dtype=object)[columns],
            "score": self.scores[rows, columns],
        }
        if self.counts is not None:
            out["count"] = self.counts[rows, columns]
        return pd.DataFrame(out)

    @classmethod
    def read(cls, path: str | Path) -> EdgeTable:
        """Read Parquet, TSV or CSV; see `cellglass.data.edge_files.read_edges`."""
        from cellglass.data.edge_files import read_edges

        return read_edges(Path(path))

    def write(self, path: str | Path) -> Path:
        """Write Parquet, TSV or CSV; see `cellglass.data.edge_files.write_edges`."""
        from cellglass.data.edge_files import write_edges

        return write_edges(self, Path(path))

    def transpose(self) -> EdgeTable:
        """Exchange sources and targets.

        Returns
        -------
        EdgeTable
            ``provenance["transposed"]`` says so.
        """
        blocks = None
        if self.blocks is not None:
            blocks = replace(
                self.blocks,
                sums=self.blocks.sums.swapaxes(1, 2),
                counts=self.blocks.counts.swapaxes(1, 2),
            )
        turned = not self.provenance.get("transposed", False)
        return replace(
            self,
            scores=self.scores.T,
            sources=self.targets,
            targets=self.sources,
            counts=None if self.counts is None else self.counts.T,
            blocks=blocks,
            provenance={**self.provenance, "transposed": turned},
        )

    def symmetric(self, how: Literal["mean", "max"] = "mean") -> EdgeTable:
        """Join both directions of each pair.

        Parameters
        ----------
        how
            Mean or maximum of the two scores.

        Returns
        -------
        EdgeTable
            Over the genes that are both sources and targets; nan where one direction is missing.
            Counts are the smaller of the two. Blocks are left out: choose them first with
            `subset_blocks`, because the maximum of means is not the mean of maxima.

        Raises
        ------
        InputError
            If no gene is both a source and a target.
        """
        if how not in ("mean", "max"):
            raise InputError(f"'{how}' is no way to join", where="how", fix="use 'mean' or 'max'")
        known = set(self.targets)
        genes = [g for g in self.sources if g in known]
        if not genes:
            raise InputError(
                "no gene is both a source and a target",
                where="symmetric",
                expected="edges scored in both directions",
            )
        square = self.aligned(genes, genes)
        both = np.stack([square.scores, square.scores.T])
        joined = both.mean(axis=0) if how == "mean" else both.max(axis=0)  # both keep nan
        counts = None if square.counts is None else np.minimum(square.counts, square.counts.T)
        provenance = {**self.provenance, "symmetric": how}
        return replace(square, scores=joined, counts=counts, blocks=None, provenance=provenance)

    def aligned(self, sources: Sequence[str], targets: Sequence[str]) -> EdgeTable:
        """Put rows and columns in a given order.

        Parameters
        ----------
        sources, targets
            Names wanted; those not scored get nan and count 0.

        Returns
        -------
        EdgeTable
        """
        rows = _positions(self.sources, sources)
        columns = _positions(self.targets, targets)
        blocks = self.blocks
        if blocks is not None:
            blocks = replace(
                blocks,
                sums=_take(blocks.sums, rows, columns, 0),
                counts=_take(blocks.counts, rows, columns, 0),
            )
        return replace(
            self,
            scores=_take(self.scores, rows, columns, np.nan),
            sources=tuple(str(s) for s in sources),
            targets=tuple(str(t) for t in targets),
            counts=None if self.counts is None else _take(self.counts, rows, columns, 0),
            blocks=blocks,
        )

    def subset_blocks(self, blocks: Sequence[str | int]) -> EdgeTable:
        """Mean over some blocks only, for example all donors but one.

        Parameters
        ----------
        blocks
            Names or numbers of blocks.

        Returns
        -------
        EdgeTable
            Holds those blocks.

        Raises
        ------
        InputError
            If the table has no blocks or one does not exist.
        """
        if self.blocks is None:
            raise InputError(
                "the table has no replicate blocks",
                where="subset_blocks",
                fix="accumulate with blocks (donors or folds)",
            )
        chosen = self.blocks.index(blocks)
        part = EdgeBlocks(
            self.blocks.sums[chosen],
            self.blocks.counts[chosen],
            tuple(self.blocks.names[i] for i in chosen),
            self.blocks.unit,
        )
        provenance = {**self.provenance, "blocks": list(part.names)}
        return replace(
            self,
            scores=part.scores(),
            counts=part.counts.sum(axis=0),
            blocks=part,
            provenance=provenance,
        )


def _positions(known: Sequence[str], wanted: Sequence[str]) -> NDArray[np.int64]:
    index = {name: i for i, name in enumerate(known)}
    return np.array([index.get(str(name), -1) for name in wanted], dtype=np.int64)


def _take(
    array: NDArray, rows: NDArray[np.int64], columns: NDArray[np.int64], fill: float
) -> NDArray:
    """Rows and columns (the last two axes) of an array, `fill` where the position is -1."""
    out = array[..., rows, :][..., columns].copy()
    out[..., rows < 0, :] = fill
    out[..., columns < 0] = fill
    return out
