"""Small models whose genes can be swapped: for tests, planted truth and documentation."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from torch import Tensor

from cellglass.errors import InputError
from cellglass.models.swap_space import Edit, Read, SwapSpace
from cellglass.seeds import generator

Network = Callable[[Tensor], Tensor]
"""log1p counts (n x genes, float64) to embeddings (n x width), differentiable."""


class NetworkSpace(SwapSpace):
    """Cells as any differentiable function of log1p counts sees them.

    A gene's value enters only through itself (no library size), and nothing is drawn, so a full
    swap is exact.

    Parameters
    ----------
    counts
        Cells x genes.
    network
        See `Network`; `linear_network` and `mlp_network` make some.
    genes, cell_names
        ``gene 0`` and ``cell 0`` onwards where None.

    Examples
    --------
    >>> space = NetworkSpace([[1.0, 0.0], [0.0, 3.0]], linear_network([[1.0, -1.0]]))
    >>> [[round(float(v), 2) for v in row] for row in space.embed()]
    [[0.69], [-1.39]]
    >>> swapped = space.embed_edits([space.full_swap(0, 1)])
    >>> [[round(float(v), 2) for v in row] for row in swapped]
    [[-1.39]]
    """

    scale = "counts"

    def __init__(
        self,
        counts: ArrayLike | sparse.csr_matrix,
        network: Network,
        *,
        genes: Sequence[str] | None = None,
        cell_names: Sequence[str] | None = None,
    ) -> None:
        self.values = sparse.csr_matrix(counts, dtype=np.float64)
        if self.values.nnz and self.values.data.min() < 0:
            raise InputError("a count is negative", where="counts", expected="0 or more")
        n_cells, n_genes = self.values.shape
        self.genes = tuple(genes or (f"gene {i}" for i in range(n_genes)))
        self.cell_names = tuple(cell_names or (f"cell {i}" for i in range(n_cells)))
        self.network = network
        self.width = int(self._forward(torch.zeros((1, n_genes), dtype=torch.float64)).shape[1])

    def _forward(self, inputs: Tensor) -> Tensor:
        return self.network(inputs)

    def _run(self, values: NDArray[np.float64]) -> NDArray[np.float32]:
        self.n_passes += len(values)
        with torch.no_grad():
            out = self._forward(torch.from_numpy(np.log1p(values)))
        return np.asarray(out.numpy(), dtype=np.float32)

    def embed(self, cells: ArrayLike | None = None) -> NDArray[np.float32]:
        """See `SwapSpace`."""
        rows = self.values if cells is None else self.values[np.asarray(cells, dtype=np.int64)]
        return self._run(rows.toarray())

    def embed_edits(self, edits: Sequence[Edit]) -> NDArray[np.float32]:
        """See `SwapSpace`."""
        values = self.values[[edit.cell for edit in edits]].toarray()
        for row, edit in zip(values, edits, strict=True):
            row[edit.genes] = edit.values
        return self._run(values)

    def path_gradients(
        self, cell: int, other: int, read: Read, *, steps: int = 1, start_only: bool = False
    ) -> NDArray[np.float64]:
        """See `SwapSpace`; the path is straight in log1p counts."""
        here = torch.from_numpy(np.log1p(self.row(cell)))
        there = torch.from_numpy(np.log1p(self.row(other)))
        way = here - there
        shares = [1.0] if start_only else [(i + 0.5) / steps for i in range(steps)]
        total = torch.zeros(0)
        for share in shares:
            point = (there + share * way)[None].requires_grad_()
            outputs = read(self._forward(point))[0]
            rows = [torch.autograd.grad(o, point, retain_graph=True)[0][0] for o in outputs]
            found = torch.stack(rows).detach()
            total = found if not total.numel() else total + found
        return np.asarray((total * way / len(shares)).numpy())


class ToyTransformerSpace(NetworkSpace):
    """A tiny transformer: expressed genes are tokens, and only so many of them are read.

    Which tokens are read is drawn by gene, so that cells of the same values stay the same input.
    One layer of attention from a query to the tokens, whose values say how much is expressed.

    Parameters
    ----------
    counts
        Cells x genes.
    width
        Of the embedding.
    max_tokens
        Genes read of a cell.
    seed
        Of the weights.
    draw
        Of the order in which genes are kept.

    Examples
    --------
    >>> space = ToyTransformerSpace(np.eye(4) + 1, width=3, max_tokens=2)
    >>> space.embed().shape
    (4, 3)
    """

    def __init__(
        self,
        counts: ArrayLike,
        *,
        width: int = 8,
        max_tokens: int = 64,
        seed: int = 0,
        draw: int = 0,
    ) -> None:
        n_genes = sparse.csr_matrix(counts).shape[1]
        rng = generator(seed, "toy transformer")
        self._token = torch.from_numpy(rng.normal(size=(n_genes, width)))
        self._key = torch.from_numpy(rng.normal(scale=0.3, size=n_genes))
        self._order = generator(draw, "toy tokens").permutation(n_genes)
        self._made_of = (counts, width, max_tokens, seed)
        self._max_tokens = max_tokens
        super().__init__(counts, self._attend)

    def _attend(self, inputs: Tensor) -> Tensor:
        return self._mixed(inputs, self._kept(inputs))

    def _kept(self, inputs: Tensor) -> Tensor:
        """Which genes are tokens of a cell, 0 or 1, cells x genes."""
        ordered = (inputs.detach() > 0)[:, self._order]
        kept = torch.zeros_like(ordered)
        kept[:, self._order] = ordered & (ordered.cumsum(1) <= self._max_tokens)
        return kept.to(inputs)

    def _mixed(self, inputs: Tensor, presence: Tensor) -> Tensor:
        strength = presence * torch.exp(self._key * inputs)
        weights = strength / strength.sum(1, keepdim=True).clamp(min=1e-12)
        return torch.tanh((weights * inputs) @ self._token)

    def path_gradients(
        self, cell: int, other: int, read: Read, *, steps: int = 1, start_only: bool = False
    ) -> NDArray[np.float64]:
        """See `SwapSpace`; a token that only one cell has fades in or out along the way."""
        here, there = (torch.from_numpy(np.log1p(self.row(c)))[None] for c in (cell, other))
        present, absent = self._kept(here), self._kept(there)
        points = [1.0] if start_only else [(i + 0.5) / steps for i in range(steps)]
        total = np.zeros(0)
        for point in points:
            share = torch.full_like(here, point).requires_grad_()
            inputs = there + share * (here - there)
            outputs = read(self._mixed(inputs, absent + share * (present - absent)))[0]
            rows = [torch.autograd.grad(o, share, retain_graph=True)[0][0] for o in outputs]
            found = torch.stack(rows).numpy()
            total = found if not total.size else total + found
        return np.where((here != there).numpy(), total / len(points), 0.0)

    def reseeded(self, seed: int) -> ToyTransformerSpace:
        """See `SwapSpace`."""
        counts, width, max_tokens, weights = self._made_of
        return ToyTransformerSpace(
            counts, width=width, max_tokens=max_tokens, seed=weights, draw=seed
        )


def linear_network(weights: ArrayLike) -> Network:
    """Make the model ``h = W x``.

    Parameters
    ----------
    weights
        Width x genes.

    Returns
    -------
    callable
        From inputs, cells x genes, to embeddings.

    Examples
    --------
    >>> linear_network([[2.0, 0.0]])(torch.ones((1, 2), dtype=torch.float64)).tolist()
    [[2.0]]
    """
    matrix = torch.from_numpy(np.array(weights, dtype=np.float64))
    return lambda inputs: inputs @ matrix.T


def mlp_network(first: ArrayLike, bias: ArrayLike, second: ArrayLike) -> Network:
    """Make the model ``h = W2 softplus(W1 x + b)``: smooth, and steep only where a cell is rich.

    Parameters
    ----------
    first, bias, second
        Hidden x genes, hidden, width x hidden.

    Returns
    -------
    callable
        From inputs, cells x genes, to embeddings.

    Examples
    --------
    >>> network = mlp_network([[1.0]], [0.0], [[1.0]])
    >>> round(float(network(torch.zeros((1, 1), dtype=torch.float64))), 3)
    0.693
    """
    w1, b, w2 = (torch.from_numpy(np.array(a, dtype=np.float64)) for a in (first, bias, second))
    return lambda inputs: torch.nn.functional.softplus(inputs @ w1.T + b) @ w2.T
