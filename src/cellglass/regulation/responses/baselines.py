"""Trivial baselines of responses: rankings of targets that need no edge at all."""

from __future__ import annotations

import numpy as np

from cellglass.stats.differential import Matrix

from .pairs import ResponsePairs

SCALARS = ("target variance", "target mean", "target detection")
ELSEWHERE = ("responds elsewhere", "mean response elsewhere")
CONTROL = "target out-degree"
"""A scalar that should say nothing; where it does, the reference tells well-studied genes."""


def response_baselines(
    pairs: ResponsePairs, out_degree: dict[str, int] | None = None
) -> dict[str, Matrix]:
    """Scores of the same shape as a subject's, from single genes and from other perturbations.

    Parameters
    ----------
    pairs
        The pairs that are judged.
    out_degree
        Targets of each gene in a reference network, where one is at hand.

    Returns
    -------
    dict of str to numpy.ndarray
        Perturbations x genes. Variance, mean and detection of the target in control cells rank
        all perturbations alike. "responds elsewhere" is the share of the screen's other
        perturbations to which the target responds, and "mean response elsewhere" (the
        perturbed-mean predictor) its mean absolute difference in them; perturbations that share
        a perturbed gene are left out, so that no label is used to predict itself.

    Notes
    -----
    Specification 2.3, 2.6 (A31).
    """
    shape = pairs.mask.shape
    found: dict[str, Matrix] = {}
    for name in SCALARS:
        values = pairs.features[name.removeprefix("target ")].to_numpy(float)
        found[name] = np.broadcast_to(values, shape).copy()
    found |= _elsewhere(pairs)
    if out_degree is not None:
        degree = np.array([float(out_degree.get(g, 0)) for g in pairs.genes])
        found[CONTROL] = np.broadcast_to(degree, shape).copy()
    return found


def _elsewhere(pairs: ResponsePairs) -> dict[str, Matrix]:
    """What each target does in the other perturbations of the screen."""
    responses = pairs.responses
    others = np.ones((pairs.n, len(responses.perturbations)), dtype=bool)
    for p, place in enumerate(pairs.place):
        own = set(responses.targets[place])
        others[p] = [not own.intersection(t) for t in responses.targets]
    counted = responses.candidate
    size = np.where(counted, np.abs(responses.difference), 0.0)
    n = np.maximum(others.astype(float) @ counted, 1.0)
    return {
        "responds elsewhere": (others.astype(float) @ (responses.responds & counted)) / n,
        "mean response elsewhere": (others.astype(float) @ size) / n,
    }
