"""Dose curves: decoded change as a concept is scaled from absent to three times its activation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator

from .concept_edit import Source, activity, edit_delta
from .decoders import Decoder
from .effects import DRAWS, KINDS, MAX_CELLS, TOP, effect_size
from .null_directions import null_directions

SCALES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)


def dose_curve(
    source: Source,
    embedding: ArrayLike,
    decoder: Decoder,
    concept: int,
    *,
    scales: Sequence[float] = SCALES,
    draws: int = DRAWS,
    max_cells: int = MAX_CELLS,
    top: int = TOP,
    seed: int = DEFAULT_SEED,
) -> pd.DataFrame:
    """Scale a concept in the cells in which it is active and decode each dose.

    Parameters
    ----------
    source, embedding, decoder, concept
        As in `concept_effects`.
    scales
        Factors of the activation; 1 changes nothing, 0 ablates.
    draws, max_cells, top, seed
        As in `concept_effects`; a direction is the same at every dose.

    Returns
    -------
    pandas.DataFrame
        One row a scale: ``scale``, ``effect``, ``along`` (mean decoded change along that of the
        largest scale: signed, so that a response in proportion is a straight line, which it is
        by construction where the decoder is linear), ``genes`` (those that change most, as in
        ``"+LYZ, -CD3D"``), and the mean, standard deviation and p of ``effect`` for random
        directions of the same length, as in `ConceptEffects`; p is nan where nothing is changed.

    Raises
    ------
    InputError
        If the concept is active in no cell, or a scale is not a number from 0 on.

    Examples
    --------
    >>> import cellglass as cg
    >>> from cellglass.concepts import LinearUnits, Transform
    >>> from cellglass.concepts.interventions.decoders import scgpt_decoder
    >>> model, cells = cg.load_model("mini-scgpt"), cg.data.pbmc68k_reduced()[:20]
    >>> h = model.embed(cells)
    >>> units = LinearUnits("neuron", ("0", "1"), np.eye(128)[:2], 0.0, Transform.fit(h))
    >>> curve = dose_curve(units, h, scgpt_decoder(model, genes=["LYZ"]), 0, draws=3)
    >>> float(curve["effect"][2])
    0.0
    """
    h = np.asarray(embedding)
    z = activity(source, h, [concept])[:, 0]
    cells = np.flatnonzero(z > 0)
    doses = [float(s) for s in scales]
    if not len(cells) or not doses:
        raise InputError(f"concept {concept} is active in {len(cells)} cells, {len(doses)} scales",
                         where="dose_curve", expected="at least 1 of each")  # fmt: skip
    rng = generator(seed, f"effects/cells/{concept}")
    cells = np.sort(rng.permutation(cells)[:max_cells])
    part = h[cells].astype(np.float64)
    base = decoder.decode(h[cells], cells)
    directions = {k: null_directions(h, draws, k, seed=seed, task="effects") for k in KINDS}
    deltas = [edit_delta(source, h[cells], concept, "scale", s) for s in doses]
    changes = [decoder.decode(part + delta, cells) - base for delta in deltas]
    axis = changes[int(np.argmax(doses))].mean(0)
    axis = axis / max(float(np.linalg.norm(axis)), 1e-300)
    beside: dict[float, dict[str, NDArray[np.float64]]] = {}
    rows = []
    for dose, delta, change in zip(doses, deltas, changes, strict=True):
        # absent and doubled are as far away: what is drawn for one is drawn for the other
        far = round(abs(dose - 1), 9)
        if far not in beside:
            lengths = np.linalg.norm(delta, axis=1, keepdims=True)
            beside[far] = {
                kind: np.array(
                    [effect_size(decoder.decode(part + lengths * d, cells) - base) for d in drawn]
                    if far else [0.0] * draws
                )
                for kind, drawn in directions.items()
            }  # fmt: skip
        row: dict[str, Any] = {
            "scale": dose, "effect": effect_size(change), "along": float(change.mean(0) @ axis),
            "genes": signed_genes(change.mean(0), decoder.genes, top),
        }  # fmt: skip
        for kind, random in beside[far].items():
            reached = int((random >= row["effect"] * (1 - 1e-12)).sum())
            row[kind], row[f"{kind}_sd"] = float(random.mean()), float(random.std())
            row[f"{kind}_p"] = (1 + reached) / (1 + draws) if far else np.nan
        rows.append(row)
    return pd.DataFrame(rows)


def signed_genes(change: NDArray[np.floating], genes: Sequence[str], top: int = TOP) -> str:
    """Genes that change most, with their signs, in words.

    Examples
    --------
    >>> signed_genes(np.array([0.1, -0.4, 0.0]), ["LYZ", "CD3D", "NKG7"])
    '-CD3D, +LYZ'
    """
    order = np.argsort(-np.abs(change), kind="stable")[:top]
    return ", ".join(f"{'+' if change[i] > 0 else '-'}{genes[i]}" for i in order if change[i] != 0)
