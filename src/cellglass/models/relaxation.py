"""Gradients of read-outs along the way from one cell to another, gene by gene."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellglass.errors import InputError

ABSENT = 1e-15
"""Presence that stands for none where a gradient is needed."""


class Relaxation(Protocol):
    """Two cells with everything between them.

    Attributes
    ----------
    n_genes
        Shares of a point: genes that either cell has, and what else the family moves.
    n_tokens
        Tokens of a point between them.
    start
        From which of the points at the start each gene's slope is read, shape (genes,); all 0
        where there is one.
    """

    n_genes: int
    n_tokens: int
    start: NDArray[np.int64]

    def embed(self, shares: Tensor, *, at_start: bool) -> Tensor:
        """Embed points between the cells, points x width; differentiable.

        Parameters
        ----------
        shares
            How much each gene is as in the first cell, from 0 to 1; points x genes.
        at_start
            All shares are 1 and points are those of `start`; slopes are then those of a step
            away from the first cell.
        """

    def collected(self, gradients: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum gradients in all shares to outputs x genes that either cell has."""


def path_gradients(
    relaxation: Relaxation,
    read: Callable[[Tensor], Tensor],
    *,
    steps: int,
    start_only: bool,
    points_at_once: int,
    like: Tensor,
) -> tuple[NDArray[np.float64], int]:
    """Mean gradient of read-outs in the share of each gene along the straight path.

    Parameters
    ----------
    relaxation
        The two cells.
    read
        Embeddings (points x width) to outputs (points x outputs).
    steps
        Points of the path, at the middles of equal parts.
    start_only
        The first cell alone in place of the path.
    points_at_once
        Points whose graph is held at the same time.
    like
        A tensor of the model: device and precision.

    Returns
    -------
    numpy.ndarray
        Outputs x genes. For many steps a row sums to the read-out of the first cell minus that
        of the second.
    int
        Points that were passed through the model.
    """
    if steps < 1:
        raise InputError(f"{steps} steps", where="path_gradients", expected="at least 1")
    n_starts = int(relaxation.start.max(initial=0)) + 1
    at = np.ones(n_starts) if start_only else (np.arange(steps) + 0.5) / steps
    at_once = len(at) if start_only else points_at_once
    total: Tensor | None = None
    for first in range(0, len(at), at_once):
        part = torch.as_tensor(at[first : first + at_once]).to(like)
        shares = part[:, None].repeat(1, relaxation.n_genes).requires_grad_()
        with torch.enable_grad():
            outputs = read(relaxation.embed(shares, at_start=start_only))
        found = _jacobian(outputs, shares)
        if start_only:
            chosen = torch.as_tensor(relaxation.start, device=found.device)
            return _picked(found, chosen).cpu().numpy(), n_starts
        total = found.sum(1) if total is None else total + found.sum(1)
    assert total is not None
    return (total / len(at)).cpu().numpy(), len(at)


def _picked(gradients: Tensor, point: Tensor) -> Tensor:
    """Of outputs x points x genes, the point of each gene."""
    index = point.expand(len(gradients), 1, -1)
    return gradients.gather(1, index)[:, 0]


def _jacobian(outputs: Tensor, shares: Tensor) -> Tensor:
    """Gradient of each output of each point in the shares; outputs x points x genes, float64."""
    n = outputs.shape[1]
    if not outputs.requires_grad:  # a constant read-out
        return torch.zeros(n, *shares.shape, dtype=torch.float64, device=shares.device)
    rows = []
    for output in range(n):
        (gradient,) = torch.autograd.grad(
            outputs[:, output].sum(), shares, retain_graph=output + 1 < n
        )
        rows.append(gradient.double())
    return torch.stack(rows)


def visible(presence: Tensor) -> Tensor:
    """Presence as attention reads it: never so close to 0 that its gradient is lost."""
    return ABSENT + (1 - ABSENT) * presence
