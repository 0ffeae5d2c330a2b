"""Gene states: the mean state of each gene over the cells that contain it, layer by layer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from cellglass.errors import InputError
from cellglass.geometry.cloud import PointCloud
from cellglass.stats.arguments import Ints

MIN_COUNT = 10
"""Tokens of a gene below which its mean state is left out."""
_META = "states.json"


@dataclass(frozen=True, eq=False)
class GeneStates:
    """Sums of states and counts, by layer, group of cells and gene.

    Attributes
    ----------
    sums
        Shape (layers, groups, genes, width).
    counts
        Tokens that went into each sum, shape (groups, genes).
    genes
        Names, all different.
    layers
        Layer of each entry: ``-1`` the input of the first block, ``0`` the output of the first.
    block, domain
        Replicate block and domain of each group, shape (groups,).
    blocks, domains
        Their names; one domain called ``"all"`` where none was asked for.
    unit
        What a block is: ``"donor"`` or ``"fold of cells"``.
    provenance
        Model, seed and the like.

    Raises
    ------
    InputError
        If shapes do not fit.

    Notes
    -----
    Specification 2.1. Where published code kept a row of zeros for a gene that no cell
    contained, such genes have a count of 0 here and are in no cloud.

    Examples
    --------
    >>> import cellglass as cg
    >>> model, cells = cg.load_model("mini-scgpt"), cg.data.pbmc68k_reduced()[:40]
    >>> states = cg.geometry.gene_states(model, cells, min_count=1)
    >>> states.layers[0], states.cloud(states.layers[-1]).width
    (-1, 128)
    """

    sums: NDArray[np.floating]
    counts: Ints
    genes: tuple[str, ...]
    layers: tuple[int, ...]
    block: Ints
    domain: Ints
    blocks: tuple[str, ...]
    domains: tuple[str, ...]
    unit: str
    min_count: int = MIN_COUNT
    provenance: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        groups = len(self.block)
        expected = (len(self.layers), groups, len(self.genes))
        if self.sums.shape[:3] != expected or self.sums.ndim != 4:
            raise InputError(
                f"sums of shape {self.sums.shape}", where="GeneStates",
                expected=f"{expected} x width: layers, groups, genes",
            )  # fmt: skip
        if self.counts.shape != expected[1:] or len(self.domain) != groups:
            raise InputError("counts, blocks and domains of other groups", where="GeneStates")

    def _groups(self, domain: str | None, blocks: Sequence[str] | None) -> Ints:
        chosen = np.ones(len(self.block), dtype=bool)
        for name, told, names in (
            ("domain", domain, self.domains),
            *(("block", b, self.blocks) for b in (blocks or ())),
        ):
            if told is not None and told not in names:
                raise InputError(
                    f"no {name} '{told}'", where="gene states", expected=", ".join(names)
                )
        if domain is not None:
            chosen &= self.domain == self.domains.index(domain)
        if blocks is not None:
            chosen &= np.isin(self.block, [self.blocks.index(b) for b in blocks])
        return np.flatnonzero(chosen)

    def count(self, *, domain: str | None = None, blocks: Sequence[str] | None = None) -> Ints:
        """Tokens of each gene in some of the cells, shape (genes,).

        Parameters
        ----------
        domain, blocks
            Names; all where None.

        Raises
        ------
        InputError
            If a name is unknown.
        """
        return np.asarray(self.counts[self._groups(domain, blocks)].sum(0))

    def means(
        self, layer: int, *, domain: str | None = None, blocks: Sequence[str] | None = None
    ) -> NDArray[np.float64]:
        """Mean state of each gene, shape (genes, width); nan for a gene in none of the cells.

        Parameters
        ----------
        layer
            One of `layers`.
        domain, blocks
            As `count`.

        Raises
        ------
        InputError
            If there is no such layer, domain or block.
        """
        if layer not in self.layers:
            raise InputError(
                f"no layer {layer}", where="gene states",
                expected=f"one of {', '.join(map(str, self.layers))}",
            )  # fmt: skip
        groups = self._groups(domain, blocks)
        held = self.sums[self.layers.index(layer)]
        total = np.zeros(held.shape[1:])
        for group in groups:  # one after the other: sums may lie on disk
            total += held[group]
        count = self.counts[groups].sum(0)
        total[count == 0] = np.nan
        return total / np.maximum(count, 1)[:, None]

    def cloud(
        self,
        layer: int,
        *,
        domain: str | None = None,
        blocks: Sequence[str] | None = None,
        min_count: int | None = None,
    ) -> PointCloud:
        """Mean states of the genes that enough cells contain.

        Parameters
        ----------
        layer, domain, blocks
            As `means`.
        min_count
            Tokens a gene needs within these cells; that of the class where None.

        Returns
        -------
        PointCloud
            Genes in their order. Those left out are told by `dropped`.

        Raises
        ------
        InputError
            As `means`; also if no gene is left, or min_count is below 1.
        """
        least = self.min_count if min_count is None else min_count
        if least < 1:
            raise InputError(
                f"min_count is {least}", where="gene states", expected="at least 1",
                fix="published_cloud keeps genes that no cell contains, as published code did",
            )  # fmt: skip
        kept = self.count(domain=domain, blocks=blocks) >= least
        if not kept.any():
            raise InputError(
                f"no gene has {least} tokens", where="gene states",
                fix="take more cells, or lower min_count",
            )  # fmt: skip
        points = self.means(layer, domain=domain, blocks=blocks)[kept]
        return PointCloud(points, tuple(np.array(self.genes)[kept].tolist()))

    def published_cloud(self, layer: int, *, domain: str | None = None) -> PointCloud:
        """Mean states as the published screen kept them: zeros for a gene in no cell.

        For showing what such rows do; measures of shape refuse them (specification 0.4).

        Parameters
        ----------
        layer, domain
            As `means`.
        """
        return PointCloud(np.nan_to_num(self.means(layer, domain=domain), nan=0.0), self.genes)

    def dropped(self, *, domain: str | None = None) -> pd.DataFrame:
        """Genes that too few cells contain, and in how many they are.

        Parameters
        ----------
        domain
            Name; all cells where None.

        Returns
        -------
        pandas.DataFrame
            Columns gene, count; rarest first.
        """
        table = pd.DataFrame({"gene": self.genes, "count": self.count(domain=domain)})
        rare = table[table["count"] < self.min_count]
        return rare.sort_values(["count", "gene"], ignore_index=True)

    def write(self, folder: Path) -> None:
        """Write arrays and names into a folder; `read` gives them back, memory-mapped."""
        np.save(folder / "sums.npy", self.sums)
        np.save(folder / "counts.npy", self.counts)
        meta = {
            "genes": self.genes, "layers": self.layers, "block": self.block.tolist(),
            "domain": self.domain.tolist(), "blocks": self.blocks, "domains": self.domains,
            "unit": self.unit, "min_count": self.min_count, "provenance": dict(self.provenance),
        }  # fmt: skip
        (folder / _META).write_text(json.dumps(meta, indent=1) + "\n")

    @classmethod
    def read(cls, folder: Path) -> GeneStates:
        """Read what `write` wrote.

        Raises
        ------
        InputError
            If the folder holds no gene states.
        """
        if not (folder / _META).is_file():
            raise InputError("there are no gene states", where=str(folder), expected=_META)
        meta = json.loads((folder / _META).read_text())
        return cls(
            np.load(folder / "sums.npy", mmap_mode="r"),
            np.load(folder / "counts.npy"),
            tuple(meta["genes"]),
            tuple(meta["layers"]),
            np.array(meta["block"], dtype=np.int64),
            np.array(meta["domain"], dtype=np.int64),
            tuple(meta["blocks"]),
            tuple(meta["domains"]),
            meta["unit"],
            meta["min_count"],
            meta["provenance"],
        )
