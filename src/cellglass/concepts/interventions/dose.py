"""Dose curves: decoded change as a concept is scaled from absent to three times its activation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from cellglass.errors import InputError
from cellglass.seeds import DEFAULT_SEED, generator

from .concept_edit import Source, activity, edit_delta
from .decoders import Decoder
from .effects import DRAWS, KINDS, MAX_CELLS, effect_size
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
    seed: int = DEFAULT_SEED,
) -> pd.DataFrame:
    """Scale a concept in the cells in which it is active and decode each dose.

    Parameters
    ----------
    source, embedding, decoder, concept
        As in `concept_effects`.
    scales
        Factors of the activation; 1 changes nothing, 0 ablates.
    draws, max_cells, seed
        As in `concept_effects`; a direction is the same at every dose.

    Returns
    -------
    pandas.DataFrame
        One row a scale: ``scale``, ``effect``, ``along`` (mean decoded change along that of the
        largest scale: signed, so that a response in proportion is a straight line, which it is
        by construction where the decoder is linear), and the
        mean, standard deviation and p of ``effect`` for random directions of the same length,
        as in `ConceptEffects`; p is nan where nothing is changed.

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
    rows = []
    for dose, delta, change in zip(doses, deltas, changes, strict=True):
        lengths = np.linalg.norm(delta, axis=1, keepdims=True)
        row: dict[str, Any] = {
            "scale": dose, "effect": effect_size(change), "along": float(change.mean(0) @ axis),
        }  # fmt: skip
        for kind, drawn in directions.items():
            random = np.array(
                [effect_size(decoder.decode(part + lengths * d, cells) - base) for d in drawn]
            )
            reached = int((random >= row["effect"] * (1 - 1e-12)).sum())
            row[kind], row[f"{kind}_sd"] = float(random.mean()), float(random.std())
            row[f"{kind}_p"] = (1 + reached) / (1 + draws) if lengths.any() else np.nan
        rows.append(row)
    return pd.DataFrame(rows)
