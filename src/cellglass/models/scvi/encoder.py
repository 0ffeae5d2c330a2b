"""The way from counts to the posterior mean through the module of an scVI model.

The first layer is linear in what the module makes of the counts, ``log1p`` of them. So it is
computed sparsely in float64, and a cell with a few genes exchanged costs as much as those genes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor, nn

if TYPE_CHECKING:
    from .covariates import Covariates


class EncoderPath:
    """Steps of the encoder of a ``scvi.module.VAE``, in evaluation mode.

    Parameters
    ----------
    module
        The VAE.
    part
        Which of its encoders: ``"z_encoder"``, or ``"l_encoder"`` of the library size.
    """

    def __init__(self, module: Any, part: str = "z_encoder") -> None:
        self.module = module
        self._layers = getattr(module, part).encoder
        self._mean = getattr(module, part).mean_encoder
        self.first: nn.Linear = self._layers.fc_layers[0][0]

    @property
    def reads_covariates(self) -> bool:
        """Whether covariates change the embedding."""
        return self.first.in_features > int(self.module.n_input)

    def transformed(self, counts: Tensor) -> Tensor:
        """What the module makes of counts: ``log(1 + counts)``, or themselves."""
        return torch.log1p(counts) if self.module.log_variational else counts

    def slope(self, counts: Tensor) -> Tensor:
        """Derivative of `transformed`."""
        return 1 / (1 + counts) if self.module.log_variational else torch.ones_like(counts)

    def sparse_transformed(self, counts: sparse.csr_matrix) -> sparse.csr_matrix:
        """Do as `transformed`, in float64."""
        out = counts.astype(np.float64)
        if self.module.log_variational:
            out.data = np.log1p(out.data)
        return out

    def gene_weights(self) -> NDArray[np.float64]:
        """Weights of the first layer, genes x hidden."""
        weight = self.first.weight[:, : self.module.n_input].detach()
        return np.ascontiguousarray(weight.double().cpu().numpy().T)

    def hidden(
        self, counts: sparse.csr_matrix, covariates: Covariates | None
    ) -> NDArray[np.float64]:
        """First layer before normalisation, cells x hidden."""
        found = np.asarray(self.sparse_transformed(counts) @ self.gene_weights())
        with torch.no_grad():
            beside = (
                self._beside(covariates).double()
                @ self.first.weight[:, self.module.n_input :].double().T
            )
            if self.first.bias is not None:
                beside = beside + self.first.bias.double()
        return found + beside.cpu().numpy()

    def dense_hidden(self, counts: Tensor, covariates: Covariates | None) -> Tensor:
        """Do as `hidden` from a dense tensor, differentiable."""
        beside = self._beside(covariates).expand(len(counts), -1)
        return self.first(torch.cat([self.transformed(counts), beside], dim=-1))

    def finish(self, hidden: Tensor, covariates: Covariates | None) -> Tensor:
        """From the first layer to the posterior mean, cells x width; differentiable."""
        injected = self._one_hot(covariates)
        for i, block in enumerate(self._layers.fc_layers):
            for layer in block:
                if layer is None or layer is self.first:
                    continue
                if isinstance(layer, nn.Linear) and self._layers.inject_into_layer(i):
                    hidden = torch.cat([hidden, injected.expand(len(hidden), -1)], dim=-1)
                hidden = layer(hidden)
        return self._mean(hidden)

    def tensor(self, values: NDArray[Any]) -> Tensor:
        """Array as a tensor where the weights are, in their precision."""
        return torch.as_tensor(values, device=self.first.weight.device).to(self.first.weight.dtype)

    def _beside(self, covariates: Covariates | None) -> Tensor:
        """What the first layer reads beside genes, cells (or 1) x columns."""
        if not self.reads_covariates:
            return self.first.weight.new_zeros((1, 0))
        held = _needed(covariates)
        parts = [self.tensor(held.continuous)]
        if self.module.batch_representation == "embedding":
            parts.append(self.module.compute_embedding("batch", batch_index(self.module, held)))
        return torch.cat([*parts, self._one_hot(covariates)], dim=-1)

    def _one_hot(self, covariates: Covariates | None) -> Tensor:
        """Categories as every layer that covariates are injected into reads them."""
        if not any(self._layers.n_cat_list):
            return self.first.weight.new_zeros((1, 0))
        held = _needed(covariates)
        codes = list(held.categorical.T)
        if self.module.batch_representation != "embedding":
            codes.insert(0, held.batch)
        parts = [
            self.tensor(np.eye(size)[code])
            for size, code in zip(self._layers.n_cat_list, codes, strict=True)
            if size
        ]
        return torch.cat(parts, dim=-1)


def batch_index(module: Any, covariates: Covariates) -> Tensor:
    """Batches as the module takes them, shape (n_cells, 1)."""
    device = next(module.parameters()).device
    return torch.as_tensor(covariates.batch[:, None], device=device)


def _needed(covariates: Covariates | None) -> Covariates:
    if covariates is None:
        raise ValueError("the encoder reads covariates")
    return covariates
