"""From the latent space to expression through the module of an scVI model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from .encoder import batch_index

if TYPE_CHECKING:
    from .covariates import Covariates


def expression(module: Any, z: Tensor, covariates: Covariates) -> Tensor:
    """Expression of each gene before the library size, cells x genes; differentiable.

    Parameters
    ----------
    module
        A ``scvi.module.VAE`` in evaluation mode.
    z
        Cells x latent.
    covariates
        Of the cells.

    Returns
    -------
    torch.Tensor
        ``px_scale``: it sums to 1 over the genes of a cell, but in models with size factors.
    """
    inputs, categories = [z], []
    if covariates.continuous.shape[1]:
        inputs.append(torch.as_tensor(covariates.continuous, device=z.device).to(z.dtype))
    batch = batch_index(module, covariates)
    if module.batch_representation == "embedding":
        inputs.append(module.compute_embedding("batch", batch))
    else:
        categories.append(batch)
    categories += [
        torch.as_tensor(codes[:, None], device=z.device) for codes in covariates.categorical.T
    ]
    state = module.decoder.px_decoder(torch.cat(inputs, dim=-1), *categories)
    return module.decoder.px_scale_decoder(state)
