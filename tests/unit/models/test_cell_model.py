from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.models import CellModel, Cost, Determinism, Vocabulary


class Sums(CellModel):
    """A model that embeds a cell as its total: the least that the contract asks for."""

    name, family = "sums", "toy"
    vocabulary = Vocabulary({"A": 0, "B": 2})

    @property
    def determinism(self) -> Determinism:
        return Determinism(True)

    @property
    def width(self) -> int:
        return 1

    def to(self, device: Any = None, dtype: Any = None) -> Sums:
        return self

    def untrained(self, seed: int = 0) -> Sums:
        return self

    def cost(self, n_tokens: int) -> Cost:
        return Cost(n_tokens, 0, 0)

    def embed(self, cells: Any, *, seed: int = 0) -> Any:
        return np.asarray(cells.X.sum(1))

    def embed_perturbed(self, cells: Any, edits: Any, *, seed: int = 0) -> Any:
        raise NotImplementedError


def test_genes_are_the_names_in_the_order_of_their_ids() -> None:
    assert Sums().genes == ["A", "B"]


def test_a_family_that_says_nothing_of_exchanging_genes_is_told_apart(tiny: Any) -> None:
    cells = tiny.counts_data(2, ["A", "B"])
    with pytest.raises(InputError, match=r"(?s)'toy'.*sums\.swap_space.*Sums\.swap_space"):
        Sums().swap_space(cells, seed=1, bins="frozen")
