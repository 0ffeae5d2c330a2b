"""What a model says of itself before it runs: cost and determinism."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """What a pass over one cell costs, before anything is run.

    Parameters
    ----------
    flops
        Floating point operations of one forward pass over one cell.
    activation_bytes
        Peak memory of that pass beyond the weights, in bytes.
    weight_bytes
        Memory of the weights, in bytes.

    Examples
    --------
    >>> import cellglass as cg
    >>> cg.load_model("mini-scgpt").cost(n_tokens=512).flops > 1e8
    True
    """

    flops: float
    activation_bytes: float
    weight_bytes: float


@dataclass(frozen=True)
class Determinism:
    """Whether equal input gives equal output, and what it depends on if not.

    Attributes
    ----------
    deterministic
        Whether it does.
    depends_on
        For example a seed, where it does not.

    Examples
    --------
    >>> import cellglass as cg
    >>> cg.load_model("mini-geneformer").determinism
    Determinism(deterministic=True, depends_on='')
    """

    deterministic: bool
    depends_on: str = ""
