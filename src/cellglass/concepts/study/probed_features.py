"""What probes are fitted to: the embedding, codes, and factorisations that need no dictionary."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from cellglass.concepts.dictionaries.dictionary import Dictionary
from cellglass.concepts.interventions.concept_edit import codes_of
from cellglass.concepts.joined_units import JoinedUnits
from cellglass.concepts.statistics.component_baselines import components
from cellglass.concepts.statistics.random_dictionary import random_dictionary
from cellglass.concepts.statistics.representations import REFERENCE
from cellglass.concepts.transform import Transform
from cellglass.seeds import generator

Features: TypeAlias = NDArray[np.floating[Any]] | sparse.csr_matrix
Method = Literal["pca", "ica", "nmf"]
CODES, RECONSTRUCTION, RANDOM = "codes", "reconstruction", "codes, random directions"
NMF_STEPS = 100
"""Iterations of NMF: its components are there to compare, and need not be the last word."""


def representations(
    dictionary: Dictionary,
    cells: NDArray[np.floating],
    training: NDArray[np.floating],
    seed: int,
) -> dict[str, Features]:
    """Representations of the same cells, the raw embedding first.

    Parameters
    ----------
    dictionary
        Trained.
    cells
        Embeddings, n x width.
    training
        Embeddings of training cells: factorisations are fitted on them.
    seed
        Root seed.

    Returns
    -------
    dict
        Raw embedding; codes; reconstruction; PCA with k and with as many components as concepts
        (at most the rank); ICA and NMF with k; codes of random directions with the same gate.
        Components are read by projection on their directions. k is the dictionary's, or the mean
        number of active concepts.
    """
    codes = codes_of(dictionary, cells)
    found: dict[str, Features] = {
        REFERENCE: cells,
        CODES: codes,
        RECONSTRUCTION: dictionary.reconstruct(cells),
    }
    transformed = dictionary.transform(training).astype(np.float64)
    size = np.linalg.svd(transformed - transformed.mean(0), compute_uv=False)
    rank = min(int((size > 1e-9 * size[0]).sum()), len(training) - 2)
    k = min(dictionary.k or max(1, round(codes.nnz / len(cells))), rank)
    most = min(dictionary.n_concepts, rank)
    transform = dictionary.transform
    wanted: list[tuple[Method, int]] = [("pca", k), ("pca", most), ("ica", k), ("nmf", k)]
    for method, n in dict.fromkeys(wanted):
        name = f"{method.upper()}, {n} components"
        found[name] = projected(cells, training, transform, method, n, seed)
    plain = random_dictionary(dictionary, seed, embedding=training)
    return {**found, RANDOM: codes_of(plain, cells)}


def projected(
    cells: NDArray[np.floating],
    training: NDArray[np.floating],
    transform: Transform,
    method: Method,
    n: int,
    seed: int,
) -> NDArray[np.float64]:
    """Cells on the directions of a factorisation, n x components.

    Parameters
    ----------
    cells, training
        Embeddings that are projected, and those the factorisation is fitted on.
    transform
        That of the dictionary.
    method, n, seed
        See `components`.
    """
    steps: dict[str, Any] = {"max_iterations": NMF_STEPS} if method == "nmf" else {}
    # flat dimensions: FastICA divides by their spread, 0, in rows that it then drops
    with np.errstate(divide="ignore", invalid="ignore"):
        units = components(training, transform, 0.1, method=method, n=n, seed=seed, **steps).units
    # PCA and ICA have two tails a component, one after the other: a projection has both
    directions = units.directions[:: 1 if method == "nmf" else 2].astype(np.float64)
    return np.asarray(transform(cells).astype(np.float64) @ directions.T)


def activations_by_kind(
    units: JoinedUnits, cells: NDArray[np.floating], least: int, seed: int
) -> tuple[dict[str, sparse.csr_matrix], pd.Series]:
    """Activations of the units of each kind, as many units of each where there are enough.

    Parameters
    ----------
    units
        Of the study.
    cells
        Embeddings.
    least
        A kind with fewer units is taken whole and does not make the others fewer.
    seed
        Root seed of which units are taken.

    Returns
    -------
    dict, pandas.Series
        Cells x units by kind, and the number of units by kind: whoever chooses among more units
        finds better ones by chance alone.
    """
    active = codes_of(units, cells).tocsc()
    kinds = np.array(units.kinds)
    counts = pd.Series(kinds).value_counts()
    enough = counts[counts >= least]
    size = int(enough.min()) if len(enough) else 0
    found = {}
    for kind in dict.fromkeys(units.kinds):
        own = np.flatnonzero(kinds == kind)
        if len(own) > size >= least:
            order = generator(seed, f"concept-probes/{kind}").permutation(len(own))
            own = np.sort(own[order[:size]])
        found[str(kind)] = active[:, own].tocsr()
    return found, pd.Series({kind: x.shape[1] for kind, x in found.items()})
