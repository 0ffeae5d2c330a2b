"""Genes of all units: scores, intervals, tests, and differential expression beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from cellglass.concepts.attribution.aggregate import spearman
from cellglass.concepts.attribution.differential import (
    differential_expression,
    log_counts_per_10k,
    top_overlap,
)
from cellglass.concepts.attribution.result import Attribution
from cellglass.concepts.attribution.significance import Significance, attribution_significance
from cellglass.models.cell_model import CellModel
from cellglass.models.counts_in import vocabulary_counts
from cellglass.models.inputs import unique_labels
from cellglass.models.swap_space import SwapSpace
from cellglass.runs.pipeline import SUMMARY
from cellglass.runs.tasks import TaskContext
from cellglass.seeds import generator
from cellglass.stats.multiplicity import bh
from cellglass.stats.parquet import write_parquet

from .attribution import Held, merged, ranks
from .pair_tables import DECOY, prototype_rows, swap_rows, with_decoy_rows
from .units import ACTIVATIONS, UNITS_TABLE

MIN_PROTOTYPES = 10
"""Prototypes in which a gene must have been tested to be ranked and enriched."""
UNITS_FILE, GENES_TABLE, GENES_FILE = "units.parquet", "genes.parquet", "attribution.parquet"
PROTOTYPES, SWAPS, COMPARED = "prototypes.parquet", "swaps.parquet", "differential.parquet"
CHECKS = "checks.json"
TOP = 50


@dataclass(frozen=True, eq=False)
class GeneTables:
    """What `write_gene_tables` left, as arrays units x genes; decoys are the last rows.

    Attributes
    ----------
    units
        unit, name, kind, index, basis, matched, attributed.
    genes
        gene, mean, detection.
    scores, q
        nan where a gene was not tested.
    known
        Tested in at least `MIN_PROTOTYPES` prototypes.
    de_rank
        Rank by Wilcoxon of active against inactive cells, 1 for the most different gene.
    """

    units: pd.DataFrame
    genes: pd.DataFrame
    scores: NDArray[np.float64]
    q: NDArray[np.float64]
    known: NDArray[np.bool_]
    de_rank: NDArray[np.float64]

    @property
    def kinds(self) -> list[str]:
        """Kinds with a unit that has genes, in their order."""
        able = self.units["attributed"].to_numpy(bool) & self.known.any(1)
        return list(dict.fromkeys(self.units.loc[able, "kind"]))

    def of_kind(self, kind: str) -> NDArray[np.int64]:
        """Rows of the units of a kind that have genes."""
        able = self.units["attributed"].to_numpy(bool) & self.known.any(1)
        return np.flatnonzero((self.units["kind"] == kind).to_numpy() & able)

    @classmethod
    def read(cls, folder: Path) -> GeneTables:
        """Read them from the folder of the task."""
        with np.load(folder / "scores.npz") as held:
            return cls(
                pd.read_parquet(folder / UNITS_FILE), pd.read_parquet(folder / GENES_TABLE),
                held["scores"], held["q"], held["known"], held["de_rank"],
            )  # fmt: skip


def write_gene_tables(
    context: TaskContext,
    *,
    plan: str,
    shards: Sequence[str],
    held: Mapping[str, Any],
    n_decoys: int,
) -> None:
    """Put the shards of an attribution together and write what later steps and the atlas read.

    Parameters
    ----------
    context
        Reads the study's cells, the embedded ones, the units, the plan and the shards.
    plan, shards
        Their tasks.
    held
        See `Held`.
    n_decoys
        Concepts whose scores are shuffled over genes, so that raters have something to refuse.
    """
    opened = Held(context, **held)
    _, found = merged(context, plan, shards, opened)
    tested = attribution_significance(found)
    counts = counts_of_space(opened.space, opened.model, opened.cells)
    names = gene_labels(opened.model, opened.space)
    folder = context.input(held["units"])
    units = pd.read_parquet(folder / UNITS_TABLE)
    units["attributed"] = units["unit"].isin(found.plan.which)
    active = sparse.load_npz(folder / ACTIVATIONS).tocsc()
    arrays = _arrays(found, tested, len(units))
    compared, de, de_rank = _differential(found, counts, active, units)
    units, arrays = with_decoys(units, arrays, n_decoys, context.seed)
    genes = pd.DataFrame(
        {
            "gene": names,
            "mean": np.asarray(counts.mean(0)).ravel(),
            "detection": np.asarray((counts > 0).mean(0)).ravel(),
        }
    )
    out = context.output
    np.savez(
        out / "scores.npz", scores=arrays["scores"], q=arrays["q"], known=arrays["known"],
        de_rank=de_rank[sources_of(units)],
    )  # fmt: skip
    for frame, name in (
        (units, UNITS_FILE),
        (genes, GENES_TABLE),
        (_long(units, names, arrays, de, de_rank), GENES_FILE),
        (with_decoy_rows(prototype_rows(found, opened.space, opened.units), units), PROTOTYPES),
        (swap_rows(found, opened.space, names, _decoys(units, arrays["scores"])), SWAPS),
        (compared, COMPARED),
    ):
        write_parquet(frame, out / name, {})
    (out / CHECKS).write_text(json.dumps(_checks(found, tested, opened.space), indent=1))
    (out / SUMMARY).write_text(json.dumps({"skipped": found.plan.skipped}))


def gene_labels(model: CellModel, space: SwapSpace) -> list[str]:
    """Symbols of the genes of a space where each stands for one gene, else its own names."""
    ids = np.flatnonzero(np.isin(model.vocabulary.names, list(space.genes)))
    label = dict(zip(model.vocabulary.names[ids], unique_labels(model, ids), strict=True))
    return [str(label[g]) for g in space.genes]


def counts_of_space(space: SwapSpace, model: CellModel, cells: Any) -> sparse.csr_matrix:
    """Counts of the cells over the genes of their space, cells x genes."""
    aliases = getattr(getattr(model, "tokenizer", None), "aliases", None)
    counts = vocabulary_counts(cells, model.vocabulary, aliases=aliases)
    place = {str(n): i for i, n in enumerate(model.vocabulary.names[counts.ids])}
    columns = np.array([place[g] for g in space.genes], dtype=np.int64)
    return counts.matrix.tocsc()[:, columns].tocsr()


def sources_of(units: pd.DataFrame) -> NDArray[np.int64]:
    """Unit whose activations and cells each unit has: a decoy those of its concept."""
    decoy = units["kind"] == DECOY
    return np.where(decoy, units["matched"], units["unit"]).astype(np.int64)


def with_decoys(
    units: pd.DataFrame, arrays: dict[str, NDArray[Any]], n: int, seed: int
) -> tuple[pd.DataFrame, dict[str, NDArray[Any]]]:
    """Add concepts whose scores were shuffled over the genes that were tested for them.

    Parameters
    ----------
    units
        unit, name, kind, index, matched, attributed.
    arrays
        Units x genes.
    n
        Decoys; the concepts they are made of are drawn.
    seed
        Root seed.
    """
    concepts = units[(units["kind"] == "concept") & units["attributed"]]
    rng = generator(seed, "concept-decoys")
    chosen = np.sort(rng.permutation(len(concepts))[:n])
    rows = []
    extra: dict[str, list[NDArray[Any]]] = {name: [] for name in arrays}
    for i, place in enumerate(chosen):
        source = concepts.iloc[place]
        unit = int(source["unit"])
        tested = np.flatnonzero(np.isfinite(arrays["scores"][unit]))
        order = tested[rng.permutation(len(tested))]
        for name, values in arrays.items():
            row = values[unit].copy()
            row[tested] = values[unit, order]
            extra[name].append(row)
        rows.append({**source, "unit": len(units) + i, "name": f"decoy {i}", "kind": DECOY,
                     "index": i, "matched": unit})  # fmt: skip
    if not rows:
        return units, arrays
    return (
        pd.concat([units, pd.DataFrame(rows)], ignore_index=True).astype({"attributed": bool}),
        {name: np.concatenate([v, np.stack(extra[name])]) for name, v in arrays.items()},
    )


def _decoys(
    units: pd.DataFrame, scores: NDArray[np.float64]
) -> list[tuple[int, int, NDArray[np.float64]]]:
    """Number, concept and scores of each decoy."""
    own = units[units["kind"] == DECOY]
    return [
        (int(u), int(source), scores[u])
        for u, source in zip(own["unit"], own["matched"], strict=True)
    ]


def _arrays(found: Attribution, tested: Significance, n_units: int) -> dict[str, NDArray[Any]]:
    """Scores and what goes with them, for all units; nan where nothing was tested."""
    shape = (n_units, len(found.genes))
    rows = found.plan.which
    known = found.n_tested > 0
    measured: dict[str, NDArray[Any]] = {
        "scores": found.score, "low": found.low, "high": found.high, "p": tested.p,
        "q": np.stack([bh(row) for row in tested.p]), "switched": found.gate_switched,
        "gated": found.scores.get("gated", found.score),
    }  # fmt: skip
    counted: dict[str, NDArray[Any]] = {
        "n": found.n_tested, "verified": found.verified, "known": found.mask(MIN_PROTOTYPES),
    }  # fmt: skip
    out: dict[str, NDArray[Any]] = {}
    for name, values in measured.items():
        out[name] = np.full(shape, np.nan)
        out[name][rows] = np.where(known, values, np.nan)
    for name, values in counted.items():
        out[name] = np.zeros(shape, values.dtype)
        out[name][rows] = values
    return out


def _differential(
    found: Attribution, counts: sparse.csr_matrix, active: sparse.csc_matrix, units: pd.DataFrame
) -> tuple[pd.DataFrame, NDArray[np.float64], NDArray[np.float64]]:
    """Agreement with differential expression, log fold changes, and ranks by Wilcoxon."""
    expression = log_counts_per_10k(counts)
    shape = (len(units), counts.shape[1])
    fold, rank = np.full(shape, np.nan), np.full(shape, np.nan)
    rows = []
    for u, unit in enumerate(found.plan.which):
        on = np.asarray(active[:, [unit]].toarray()).ravel() > 0
        differs = differential_expression(expression, on, logistic=False)
        fold[unit], rank[unit] = differs.log_fold, ranks(differs.auroc - 0.5)
        known = found.n_tested[u] > 0
        size = np.abs(found.score[u])
        for statistic, strength in differs.strengths().items():
            rows.append(
                {
                    "unit": int(unit),
                    "statistic": statistic,
                    "spearman": spearman(size[known], strength[known]),
                    "top_overlap": top_overlap(size, strength, TOP),
                    "genes": int(known.sum()),
                }
            )
    return pd.DataFrame(rows), fold, rank


def _long(
    units: pd.DataFrame,
    genes: list[str],
    arrays: dict[str, NDArray[Any]],
    de: NDArray[np.float64],
    de_rank: NDArray[np.float64],
) -> pd.DataFrame:
    """One row a unit and gene that was tested in at least one prototype and has an effect."""
    keep = np.isfinite(arrays["scores"]) & (arrays["n"] > 0) & (arrays["scores"] != 0)
    unit, gene = np.nonzero(keep)
    source = sources_of(units)
    table = {"unit": units["unit"].to_numpy()[unit], "gene": np.array(genes)[gene]}
    table |= {
        name: arrays[key][unit, gene]
        for name, key in (
            ("score", "scores"), ("low", "low"), ("high", "high"), ("n", "n"),
            ("verified", "verified"), ("p", "p"), ("q", "q"), ("gated", "gated"),
            ("switched", "switched"),
        )
    }  # fmt: skip
    table |= {"de": de[source[unit], gene], "de_rank": de_rank[source[unit], gene]}
    return pd.DataFrame(table)


def _checks(found: Attribution, tested: Significance, space: SwapSpace) -> dict[str, Any]:
    """Checks of the attribution as JSON, and as it tells them."""
    held = {k: _json(v) for k, v in asdict(found.checks).items()}
    return {
        **held,
        "passed": found.checks.passed,
        "saving": found.checks.saving,
        "cutoff": found.plan.settings.cutoff,
        "told": str(found.checks).splitlines(),
        "units": list(found.unit_names),
        "screen": found.plan.settings.screen,
        "scale": space.scale,
        "matched_share": _json(found.plan.matched_share),
        "test": {"unit": tested.unit, "n": tested.n, "method": tested.method,
                 "attainable": tested.attainable},
    }  # fmt: skip


def _json(value: Any) -> Any:
    """Numbers that JSON does not know become null."""
    if isinstance(value, dict):
        return {k: _json(v) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        return [_json(v) for v in value.tolist()]
    if isinstance(value, list | tuple):
        return [_json(v) for v in value]
    if isinstance(value, np.generic):
        return _json(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
