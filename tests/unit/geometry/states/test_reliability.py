"""Noise of gene states, told by halves of the cells."""

from __future__ import annotations

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.states.gene_states import GeneStates
from cellglass.geometry.states.reliability import halves_agree


def planted(noise: float, n_blocks: int = 4, genes: int = 200, width: int = 10) -> GeneStates:
    """States with unit variance between genes; each block's mean of 10 tokens has this noise."""
    rng = np.random.default_rng(3)
    truth = rng.normal(size=(genes, width))
    blocks = truth + noise * rng.normal(size=(n_blocks, genes, width))
    return GeneStates(
        10 * blocks[None], np.full((n_blocks, genes), 10), tuple(map(str, range(genes))), (0,),
        np.arange(n_blocks), np.zeros(n_blocks, int), tuple("abcdefgh"[:n_blocks]), ("all",),
        "donor", 5,
    )  # fmt: skip


def test_noise_of_the_cells_is_found():
    noise = 0.6
    table = halves_agree(planted(noise), 0)
    expected = (noise**2 / 4) / (1 + noise**2 / 4)
    assert len(table) == 4
    assert np.allclose(table["noise_share"], expected, rtol=0.15)


def test_pure_noise_has_halves_that_disagree():
    table = halves_agree(planted(50.0), 0)
    assert (table["noise_share"] > 0.8).all()
    assert (table["distance_correlation"].abs() < 0.1).all()
    assert (halves_agree(planted(0.01), 0)["distance_correlation"] > 0.99).all()


def test_one_block_has_no_halves():
    with pytest.raises(InputError, match="1 replicate block"):
        halves_agree(planted(1.0, n_blocks=1), 0)
    with pytest.raises(InputError, match="2 genes"):
        halves_agree(planted(1.0, genes=2), 0)


def test_two_blocks_are_one_half_each():
    assert halves_agree(planted(0.5, n_blocks=2), 0)["blocks"].tolist() == ["a"]
