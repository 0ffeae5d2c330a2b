"""Effects of exchanged genes as they come: one sparse row for each pair of cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cellglass.errors import InputError

TOP, RANDOM, SHARED = np.uint8(1), np.uint8(2), np.uint8(4)
"""Why a swap was run, as bits: high in the screen (or everything is run), drawn at random, or
run for another unit or counterfactual, which this one shares."""


@dataclass(frozen=True, eq=False)
class Effects:
    """Effects of some pairs, over the genes in which their cells differ.

    Genes that are not listed agree, and have an effect of exactly 0.

    Attributes
    ----------
    pair
        Places of the pairs in the plan, shape (pairs,).
    start
        Where the entries of each pair begin, shape (pairs + 1,).
    gene
        Column of each entry (of the groups, for the estimator ``"groups"``).
    values
        Normalised effect on each read-out, shape (entries,); nan where the swap was not run.
    screen
        Effect on the pre-activation (on the margin, where that is the main score) as the gradient
        has it; nan without screen.
    run
        0 where the swap was not run, else bits of `TOP`, `RANDOM` and `SHARED`.
    switched
        Whether the swap turned the unit on or off.
    full
        Normalised effect of exchanging all genes, by read-out, shape (pairs,).
    margin
        Normalised margin of each edited cell, shape (pairs,): how far it is from its gate.
    level
        Normalised activation at which the gate opens, shape (pairs,).
    full_error
        Distance of the embedding after that from the other cell's, over the distance between
        the two cells; nan where values come from no one cell. Shape (pairs,).
    n_passes, n_gradients
        Edited cells run for single swaps, and gradients (one an output and point of a path).
    """

    pair: NDArray[np.int64]
    start: NDArray[np.int64]
    gene: NDArray[np.int32]
    values: dict[str, NDArray[np.float32]]
    screen: NDArray[np.float32]
    run: NDArray[np.uint8]
    switched: NDArray[np.bool_]
    full: dict[str, NDArray[np.float64]]
    margin: NDArray[np.float64]
    level: NDArray[np.float64]
    full_error: NDArray[np.float64]
    n_passes: int
    n_gradients: int

    def entries(self, first: int, last: int) -> slice:
        """Entries of consecutive pairs."""
        return slice(int(self.start[first]), int(self.start[last]))

    def pair_of_entry(self) -> NDArray[np.int64]:
        """Row of `pair` of each entry."""
        return np.repeat(np.arange(self.pair.size), np.diff(self.start))

    def write(self, path: str | Path) -> None:
        """Write to one ``.npz`` file, through a neighbour so that no half file is left."""
        arrays: dict[str, NDArray] = {
            "pair": self.pair, "start": self.start, "gene": self.gene, "screen": self.screen,
            "run": self.run, "switched": self.switched, "full_error": self.full_error,
            "margin": self.margin, "level": self.level,
            "counts": np.array([self.n_passes, self.n_gradients]),
        }  # fmt: skip
        arrays |= {f"value/{k}": v for k, v in self.values.items()}
        arrays |= {f"full/{k}": v for k, v in self.full.items()}
        target = Path(path)
        part = target.with_name(target.name + ".part")
        with part.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
        part.replace(target)

    @classmethod
    def read(cls, path: str | Path) -> Effects:
        """Read what `write` wrote."""
        with np.load(path, allow_pickle=False) as file:
            held = {name: file[name] for name in file.files}
        prefixed = {
            p: {k.removeprefix(p): v for k, v in held.items() if k.startswith(p)}
            for p in ("value/", "full/")
        }
        return cls(
            held["pair"], held["start"], held["gene"], prefixed["value/"], held["screen"],
            held["run"], held["switched"], prefixed["full/"], held["margin"], held["level"],
            held["full_error"],
            *(int(n) for n in held["counts"]),
        )  # fmt: skip


def stack_effects(parts: Sequence[Effects]) -> Effects:
    """Put effects one after the other, as they come."""

    def whole(name: str, key: str | None = None) -> NDArray:
        held = [getattr(p, name) if key is None else getattr(p, name)[key] for p in parts]
        return np.concatenate(held)

    length = np.concatenate([np.diff(p.start) for p in parts])
    return Effects(
        whole("pair"),
        np.concatenate([[0], np.cumsum(length)]).astype(np.int64),
        whole("gene"),
        {k: whole("values", k) for k in parts[0].values},
        whole("screen"),
        whole("run"),
        whole("switched"),
        {k: whole("full", k) for k in parts[0].full},
        whole("margin"),
        whole("level"),
        whole("full_error"),
        sum(p.n_passes for p in parts),
        sum(p.n_gradients for p in parts),
    )


def join_effects(parts: Sequence[Effects], n_pairs: int) -> Effects:
    """Put the effects of shards in the order of the plan.

    Parameters
    ----------
    parts
        Of all shards, in any order.
    n_pairs
        Pairs of the plan.

    Raises
    ------
    InputError
        If a pair is missing or there twice.
    """
    pair = np.concatenate([p.pair for p in parts]) if parts else np.empty(0, np.int64)
    if not np.array_equal(np.sort(pair), np.arange(n_pairs)):
        raise InputError(
            f"{pair.size} pairs, {np.unique(pair).size} of them distinct",
            where="shards of an attribution",
            expected=f"each of {n_pairs} pairs once",
            fix="run the missing shards, and give each once",
        )
    whole = stack_effects(parts)
    order = np.argsort(pair)
    length = np.diff(whole.start)[order]
    start = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    # the place of each entry among the entries as they came
    at = np.repeat(whole.start[:-1][order] - start[:-1], length) + np.arange(start[-1])
    return Effects(
        pair[order],
        start,
        whole.gene[at],
        {k: v[at] for k, v in whole.values.items()},
        whole.screen[at],
        whole.run[at],
        whole.switched[at],
        {k: v[order] for k, v in whole.full.items()},
        whole.margin[order],
        whole.level[order],
        whole.full_error[order],
        whole.n_passes,
        whole.n_gradients,
    )
