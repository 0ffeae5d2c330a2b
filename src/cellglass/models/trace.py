"""What a forward pass leaves behind."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from cellglass.errors import InputError

from .tokens import Tokens


class Trace:
    """Results of one forward pass, by name.

    Attributes are NumPy arrays in float32 on the host; `tensor` gives the torch tensor as it
    is (with its graph when the pass was run with gradients). What was not tapped raises an
    error that names the tap.

    Parameters
    ----------
    tokens
        The tokens that went in, after interventions on genes.
    layers
        For layered results: which layer each entry of the first axis is.

    Examples
    --------
    >>> import cellglass as cg
    >>> model = cg.load_model("mini-scgpt")
    >>> tokens = model.tokenize(cg.data.pbmc68k_reduced()[:2])
    >>> trace = model.forward(tokens, [cg.Tap.residual([0])])
    >>> trace.residual.shape == (1, 2, tokens.n_positions, model.width), trace.layers["residual"]
    (True, (0,))
    """

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.layers: dict[str, tuple[int, ...]] = {}
        self._tensors: dict[str, Tensor] = {}

    def put(self, name: str, tensor: Tensor, layers: tuple[int, ...] | None = None) -> None:
        """Store a result."""
        self._tensors[name] = tensor
        if layers is not None:
            self.layers[name] = layers

    def tensor(self, name: str) -> Tensor:
        """Return a result as a torch tensor.

        Raises
        ------
        InputError
            If it was not tapped.
        """
        if name not in self._tensors:
            raise InputError(
                f"this trace has no '{name}'",
                expected="one of " + (", ".join(sorted(self._tensors)) or "nothing (no taps)"),
                fix=f"add cg.Tap.{_TAP_OF.get(name, name)}() to the taps of the forward pass",
            )
        return self._tensors[name]

    def _array(self, name: str) -> NDArray[np.float32]:
        return self.tensor(name).detach().to(device="cpu", dtype=torch.float32).numpy()

    @property
    def embedding(self) -> NDArray[np.float32]:
        """Input of the first layer, cells x positions x width."""
        return self._array("embedding")

    @property
    def residual(self) -> NDArray[np.float32]:
        """Output of each layer, layers x cells x positions x width."""
        return self._array("residual")

    @property
    def attention(self) -> NDArray[np.float32]:
        """Attention probabilities, layers x cells x heads x query x key; zero at padding."""
        return self._array("attention")

    @property
    def head_output(self) -> NDArray[np.float32]:
        """Head outputs, layers x cells x heads x positions x head width."""
        return self._array("head_output")

    @property
    def mlp_output(self) -> NDArray[np.float32]:
        """Feed-forward outputs, layers x cells x positions x width."""
        return self._array("mlp_output")

    @property
    def logits(self) -> NDArray[np.float32]:
        """Predictions: see `Tap.logits`."""
        return self._array("logits")

    @property
    def cell_logits(self) -> NDArray[np.float32]:
        """Expression decoded from the cell embedding (scGPT), cells x positions."""
        return self._array("cell_logits")

    @property
    def cell_embedding(self) -> NDArray[np.float32]:
        """One vector a cell, cells x width."""
        return self._array("cell_embedding")

    def __repr__(self) -> str:
        held = ", ".join(f"{k} {tuple(v.shape)}" for k, v in sorted(self._tensors.items()))
        return f"Trace({len(self.tokens)} cells; {held or 'no taps'})"

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *self._tensors})


_TAP_OF: dict[str, Any] = {"embedding": "residual", "cell_logits": "logits"}
