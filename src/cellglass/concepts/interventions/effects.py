"""What an edit of a concept does: to the decoded genes, to other concepts, beside random edits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator

from .concept_edit import How, Source, activity, codes_of, directions_of, edit_delta
from .decoders import Decoder
from .null_directions import RandomKind, null_direction_sets

DRAWS, MAX_CELLS, TOP = 50, 200, 10
KINDS: tuple[RandomKind, ...] = ("isotropic", "covariance")
CHANGED = 1e-3
"""Share of the edited concept's own change above which another concept counts as changed."""


@dataclass(frozen=True, eq=False)
class ConceptEffects:
    """Effects of editing some concepts, one at a time.

    Attributes
    ----------
    concepts
        One row a concept: ``n_active`` cells, ``effect`` (root mean square over genes of the
        decoded change, mean over active cells), for either kind of random direction the mean,
        standard deviation and p of the same with the same length in every cell
        (``isotropic``, ``isotropic_sd``, ``isotropic_p``, ``covariance``, ...), ``specificity``
        and what happens to other concepts (``own_left``, ``others_changed``, ``others_moved``,
        ``others_moved_random``). nan where the concept is active in no cell.
    genes
        The genes that change most by concept: ``concept``, ``gene``, ``change`` (mean over
        active cells, signed), ``rank``.
    others
        The other concepts that change most by concept, the same way.
    scale
        What decoded numbers are.
    random
        Effects of all random edits: ``concept``, ``kind``, ``draw``, ``effect``. Directions of
        one draw are as alike as those of the concepts (`null_direction_sets`).
    """

    concepts: pd.DataFrame
    genes: pd.DataFrame
    others: pd.DataFrame
    scale: str
    random: pd.DataFrame


def concept_effects(
    source: Source,
    embedding: ArrayLike,
    decoder: Decoder,
    concepts: Sequence[int],
    *,
    how: How = "ablate",
    value: float | None = None,
    draws: int = DRAWS,
    max_cells: int = MAX_CELLS,
    top: int = TOP,
    seed: int = DEFAULT_SEED,
) -> ConceptEffects:
    """Edit concepts in cells in which they are active and decode what comes out.

    Parameters
    ----------
    source
        Units of any kind, or a dictionary.
    embedding
        Cells x width, the decoder's cells in their order.
    decoder
        See `decoders`.
    concepts
        Which units.
    how, value
        See `edit`; the same value for all cells.
    draws
        Random directions of either kind.
    max_cells
        Cells drawn at most, of the active and of the inactive.
    top
        Genes and other concepts listed.
    seed
        Of the drawn cells and directions.

    Returns
    -------
    ConceptEffects
        See there.

    Raises
    ------
    InputError
        As `edit`.

    Notes
    -----
    Random directions move every cell as far as the edit does. ``specificity`` is the effect in
    active over that in inactive cells of one and the same push, the mean edit: ablating a
    concept in cells where it is silent changes nothing, so the edit itself cannot be compared. It
    is 1 wherever the decoder is linear, as scGPT's head for the cell is.
    ``own_left`` is the concept's activation when the edited embedding is read again, as a share
    of before; ``others_changed`` the mean number of other concepts that change by more than
    0.1 % of the own change; ``others_moved`` the summed change of all others over the own
    change, and ``others_moved_random`` the same after random edits.

    Examples
    --------
    >>> import cellglass as cg
    >>> from cellglass.concepts import LinearUnits, Transform
    >>> from cellglass.concepts.interventions.decoders import scgpt_decoder
    >>> model, cells = cg.load_model("mini-scgpt"), cg.data.pbmc68k_reduced()[:20]
    >>> h = model.embed(cells)
    >>> units = LinearUnits("neuron", ("0", "1"), np.eye(128)[:2], 0.0, Transform.fit(h))
    >>> decoder = scgpt_decoder(model, genes=["LYZ", "CD3D", "NKG7"])
    >>> found = concept_effects(units, h, decoder, [0], draws=5)
    >>> len(found.genes), bool(found.concepts["effect"][0] > 0)
    (3, True)
    """
    h = np.asarray(embedding)
    if h.ndim != 2 or draws < 1:
        raise InputError(f"an embedding of shape {h.shape}, {draws} draws",
                         where="concept_effects", expected="cells x width, 1 draw")  # fmt: skip
    activity(source, h[:0], list(concepts))  # refuses what does not exist
    like = directions_of(source)[np.asarray(concepts, dtype=np.int64)]
    sets = {k: null_direction_sets(h, like, draws, k, seed=seed, task="effects") for k in KINDS}
    rows: list[dict[str, Any]] = []
    genes: list[pd.DataFrame] = []
    others: list[pd.DataFrame] = []
    draws_of: list[pd.DataFrame] = []
    for place, concept in enumerate(concepts):
        directions = {kind: drawn[:, place] for kind, drawn in sets.items()}
        z = activity(source, h, [concept])[:, 0]
        rng = generator(seed, f"effects/cells/{concept}")
        row: dict[str, Any] = {"concept": int(concept), "n_active": int((z > 0).sum())}
        rows.append(row)
        active = _drawn(np.flatnonzero(z > 0), max_cells, rng)
        if not len(active):
            continue
        delta = edit_delta(source, h[active], concept, how, value)
        edited = h[active] + delta
        base = decoder.decode(h[active], active)
        change = decoder.decode(edited, active) - base
        row["effect"] = effect_size(change)
        lengths = np.linalg.norm(delta, axis=1, keepdims=True)
        for kind, drawn in directions.items():
            random = [
                effect_size(decoder.decode(h[active] + lengths * d, active) - base) for d in drawn
            ]
            row.update(_beside(kind, row["effect"], np.array(random)))
            draws_of.append(pd.DataFrame({"concept": int(concept), "kind": kind,
                                          "draw": np.arange(draws), "effect": random}))  # fmt: skip
        quiet = _drawn(np.flatnonzero(z <= 0), max_cells, rng)
        row["specificity"] = _specificity(decoder, h, active, quiet, delta.mean(0), base)
        genes.append(_strongest(concept, change.mean(0), decoder.genes, "gene", top))
        names = _names(source)
        moved, table = _other_concepts(source, h[active], edited, lengths, concept, directions)
        row.update(moved)
        others.append(_strongest(concept, table, names, "other", top, skip=int(concept)))
    columns = {"genes": ["concept", "gene", "change", "rank"],
               "others": ["concept", "other", "change", "rank"],
               "random": ["concept", "kind", "draw", "effect"]}  # fmt: skip
    held = {
        name: pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns[name])
        for name, parts in (("genes", genes), ("others", others), ("random", draws_of))
    }
    return ConceptEffects(
        pd.DataFrame(rows).reindex(columns=_columns()),
        held["genes"], held["others"], decoder.scale, held["random"],
    )  # fmt: skip


def effect_size(change: NDArray[np.floating]) -> float:
    """Root mean square over genes of a decoded change, mean over cells.

    Examples
    --------
    >>> effect_size(np.array([[3.0, -3.0], [1.0, 1.0]]))
    2.0
    """
    return float(np.sqrt((np.asarray(change, dtype=np.float64) ** 2).mean(1)).mean())


def _columns() -> list[str]:
    random = [f"{kind}{end}" for kind in KINDS for end in ("", "_sd", "_p")]
    return ["concept", "n_active", "effect", *random, "specificity", "own_left",
            "others_changed", "others_moved", "others_moved_random"]  # fmt: skip


def _drawn(cells: NDArray[np.int64], n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    return np.sort(rng.permutation(cells)[:n])


def _beside(kind: str, effect: float, random: NDArray[np.float64]) -> dict[str, float]:
    reached = int((random >= effect * (1 - 1e-12)).sum())
    return {
        kind: float(random.mean()),
        f"{kind}_sd": float(random.std()),
        f"{kind}_p": (1 + reached) / (1 + len(random)),
    }


def _specificity(
    decoder: Decoder,
    h: NDArray[np.floating],
    active: NDArray[np.int64],
    quiet: NDArray[np.int64],
    push: NDArray[np.float64],
    base: NDArray[np.float64],
) -> float:
    if not len(quiet):
        return float("nan")
    inside = effect_size(decoder.decode(h[active] + push, active) - base)
    outside = effect_size(decoder.change(h[quiet], h[quiet] + push, quiet))
    return inside / outside if outside > 0 else float("nan")


def _other_concepts(
    source: Source,
    h: NDArray[np.floating],
    edited: NDArray[np.float64],
    lengths: NDArray[np.float64],
    concept: int,
    directions: dict[RandomKind, NDArray[np.float64]],
) -> tuple[dict[str, float], NDArray[np.float64]]:
    """How edited embeddings read in all units; mean change of each."""
    before = codes_of(source, h).toarray()
    after = codes_of(source, edited.astype(np.float32)).toarray()
    rest = np.arange(before.shape[1]) != concept
    size = float((lengths * float(source.transform.scale)).mean())
    own = float(before[:, concept].mean())
    found = {"own_left": float(after[:, concept].mean()) / own}
    if size > 0:
        shift = np.abs(after - before)[:, rest]
        random = [
            np.abs(codes_of(source, (h + lengths * d).astype(np.float32)).toarray() - before)[
                :, rest
            ]
            for d in directions["isotropic"][:10]
        ]
        found["others_changed"] = float((shift > CHANGED * size).sum(1).mean())
        found["others_moved"] = float(shift.sum(1).mean()) / size
        found["others_moved_random"] = float(np.mean([r.sum(1).mean() for r in random])) / size
    return found, (after - before).mean(0)


def _strongest(
    concept: int,
    change: NDArray[np.float64],
    names: Sequence[str],
    column: str,
    top: int,
    *,
    skip: int | None = None,
) -> pd.DataFrame:
    order = np.argsort(-np.abs(change), kind="stable")
    order = order[order != skip][:top] if skip is not None else order[:top]
    return pd.DataFrame({
        "concept": int(concept), column: [names[i] for i in order], "change": change[order],
        "rank": np.arange(1, len(order) + 1),
    })  # fmt: skip


def _names(source: Source) -> Sequence[str]:
    named = getattr(source, "names", None)
    return named or [f"concept {i}" for i in range(len(directions_of(source)))]
