"""Settings of a training: names, defaults, and what is refused before anything runs."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

from cellglass.errors import InputError, nearest

from .dictionary import DICTIONARY_KINDS, WITH_K, DictionaryKind

BiasStart = Literal["mean", "geometric median", "zero"]
BIAS_STARTS: tuple[BiasStart, ...] = get_args(BiasStart)
NARROW = 64  # embeddings up to this width get absolute sizes: scVI has 10 to 50 dimensions


@dataclass(frozen=True)
class TrainingSettings:
    """How dictionaries are trained.

    Parameters
    ----------
    kind
        ``"topk"`` (reference), ``"batchtopk"``, ``"matryoshka"``, ``"jumprelu"`` or ``"l1"``.
    size
        Number of concepts.
    k
        Active concepts a cell; for JumpReLU a target, for L1 not used.
    epochs, batch
        Passes over the training cells, and cells a step.
    learning_rate
        Of Adam (0.9, 0.999); None for ``2e-4 / sqrt(size / 16384)``.
    warm_up
        Steps over which the rate grows linearly; None for 1,000 or a tenth of all, if fewer.
    clip
        Norm to which longer gradients are cut.
    aux_weight, aux_k
        Weight of AuxK, and how many dead concepts it uses a cell (None: half the width).
    death_epochs
        A concept that did not fire for so many epochs is dead.
    bias_start
        ``"mean"`` of the training cells, their ``"geometric median"``, or ``"zero"``.
    groups
        Matryoshka: ascending prefix sizes, the last being `size`; None: halved four times.
    sparsity
        JumpReLU: weight of the number of active concepts (of ``(L0 / k - 1) ** 2`` where k is
        given). L1: weight of the summed activations. None for 3e-3 (0.1 with k) and 0.2.
    bandwidth
        JumpReLU: width of the straight-through estimate; None for 0.05 of the root of the width.
    patience, min_gain
        Stop when the held-out FVU fell by less than this share in so many epochs.
    centre, rescale
        What the transform does, where it is fitted here.
    dtype
        ``"float32"``, or ``"bfloat16"`` for the matrix products.
    shuffle_seed
        Of the order of cells, which all seeds share.

    Notes
    -----
    Constants of the Top-K literature as found in published code, except death: counted in epochs,
    since an atlas holds fewer cells than the 10 million tokens after which others declare it.

    Examples
    --------
    >>> TrainingSettings(size=16384, k=32).rate
    0.0002
    """

    size: int
    kind: DictionaryKind = "topk"
    k: int | None = None
    epochs: int = 50
    batch: int = 1024
    learning_rate: float | None = None
    warm_up: int | None = None
    clip: float = 1.0
    aux_weight: float = 1 / 32
    aux_k: int | None = None
    death_epochs: float = 1.0
    bias_start: BiasStart = "mean"
    groups: tuple[int, ...] | None = None
    sparsity: float | None = None
    bandwidth: float | None = None
    patience: int = 5
    min_gain: float = 1e-3
    centre: bool = True
    rescale: bool = True
    dtype: Literal["float32", "bfloat16"] = "float32"
    shuffle_seed: int = 0

    def __post_init__(self) -> None:
        for name, allowed in (
            ("kind", DICTIONARY_KINDS),
            ("bias_start", BIAS_STARTS),
            ("dtype", ("float32", "bfloat16")),
        ):
            value = getattr(self, name)
            if value not in allowed:
                raise InputError(f"{name} is '{value}'", where="training of a dictionary",
                                 fix=nearest(str(value), allowed))  # fmt: skip
        for name in ("size", "epochs", "batch", "clip", "death_epochs", "patience"):
            if not getattr(self, name) > 0:
                raise InputError(f"{name} is {getattr(self, name)}", where="training",
                                 expected="a positive number")  # fmt: skip
        if self.kind in WITH_K and not (self.k or 0) > 0:
            raise InputError(f"k is {self.k}", where=f"training of kind '{self.kind}'",
                             expected="how many concepts are active a cell, at least 1",
                             fix="see default_size_and_k")  # fmt: skip
        if self.groups is not None:
            object.__setattr__(self, "groups", tuple(self.groups))
            rising = all(a < b for a, b in zip((0, *self.groups), self.groups, strict=False))
            if not rising or not self.groups or self.groups[-1] != self.size:
                raise InputError(f"groups are {self.groups}", where="groups",
                                 expected=f"ascending sizes that end in {self.size}")  # fmt: skip

    @property
    def rate(self) -> float:
        """Learning rate after the warm-up."""
        return self.learning_rate or 2e-4 / math.sqrt(self.size / 16_384)

    def prefixes(self) -> tuple[int, ...]:
        """Sizes of the nested groups; one group where the kind has none."""
        if self.kind != "matryoshka":
            return (self.size,)
        if self.groups is not None:
            return self.groups
        return tuple(sorted({max(1, self.size >> i) for i in range(5)}))

    def warm_up_steps(self, total: int) -> int:
        """Steps of warm-up in a training of so many steps."""
        return min(1000, total // 10) if self.warm_up is None else self.warm_up

    def penalty(self, l0: Any, l1: Any, variance: float) -> Any:
        """Penalty on codes, added to the FVU.

        Parameters
        ----------
        l0, l1
            Active concepts of a cell and their summed activations, means over cells: numbers or
            tensors.
        variance
            Summed variance of the transformed training cells.
        """
        if self.kind == "l1":
            weight = 0.2 if self.sparsity is None else self.sparsity
            return weight * l1 / math.sqrt(variance)
        if self.kind != "jumprelu":
            return 0.0
        if self.k is None:
            return (3e-3 if self.sparsity is None else self.sparsity) * l0
        return (0.1 if self.sparsity is None else self.sparsity) * (l0 / self.k - 1) ** 2

    def check_against(self, n_cells: int, width: int) -> None:
        """Refuse sizes that cannot teach anything about these cells.

        Raises
        ------
        InputError
            If k is not below the size and the width, or cells are fewer than concepts.
        """
        if self.k is not None and self.k >= self.size:
            raise InputError(f"k is {self.k} of {self.size} concepts", where="k",
                             expected="fewer than there are concepts; 1 to 5 % is common",
                             fix="lower k or raise size")  # fmt: skip
        if self.k is not None and self.k >= width:
            raise InputError(
                f"k is {self.k} for embeddings of width {width}", where="k",
                expected=f"well below {width}: as many active concepts as dimensions are a change "
                "of basis, which reconstructs anything and finds nothing",
                fix=f"try k = {default_size_and_k(width)[1]}",
            )  # fmt: skip
        if n_cells < self.size:
            raise InputError(
                f"{n_cells:,} training cells for {self.size:,} concepts", where="size",
                expected="more cells than concepts, better ten times as many",
                fix="lower size or give more cells",
            )  # fmt: skip


def settings_of(options: dict[str, Any]) -> TrainingSettings:
    """Make settings of keyword arguments; unknown ones are named with what was meant.

    Raises
    ------
    InputError
        If an option does not exist.
    """
    known = [f.name for f in dataclasses.fields(TrainingSettings)]
    for name in options:
        if name not in known:
            raise InputError(f"no option '{name}'", where="train", fix=nearest(name, known))
    return TrainingSettings(**options)


def default_size_and_k(width: int) -> tuple[int, int]:
    """Default number of concepts and of active ones.

    Parameters
    ----------
    width
        Of the embedding: up to 64 (scVI) sizes are absolute, above (scGPT, Geneformer) they are
        4 times the width; k stays well below the width.

    Returns
    -------
    tuple of int
        Size and k. Grids to search: `size_and_k_grid`.

    Examples
    --------
    >>> default_size_and_k(512), default_size_and_k(30)
    ((2048, 32), (256, 4))
    """
    if width <= NARROW:
        return 256, max(1, min(4, width // 4))
    return 4 * width, min(32, max(4, width // 16))


def size_and_k_grid(width: int) -> list[tuple[int, int]]:
    """Sizes and k worth a search; choose at the knee of FVU against dead share and stability.

    Parameters
    ----------
    width
        Of the embedding.

    Returns
    -------
    list of tuple
        Size and k, k always below half the width (or 1).

    Examples
    --------
    >>> len(size_and_k_grid(512)), size_and_k_grid(10)[:2]
    (16, [(64, 2), (64, 4)])
    """
    narrow = width <= NARROW
    sizes = [64, 128, 256, 512, 1024] if narrow else [f * width for f in (2, 4, 8, 16)]
    counts = [2, 4, 8] if narrow else [4, 8, 16, 32]
    kept = [k for k in counts if k < width / 2] or [1]
    return [(size, k) for size in sizes for k in kept]
