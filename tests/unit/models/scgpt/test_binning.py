from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from cellglass.models.scgpt.binning import bin_edges, bin_values

COUNTS = np.random.default_rng(0).negative_binomial(1, 0.2, 300) + 1.0


def slow(values: Any, n_bins: int, position: Any) -> list[float]:
    """The published rule value by value: between the number of edges below and at or below."""
    edges = [float(np.quantile(values, q)) for q in np.linspace(0, 1, n_bins - 1)]
    out = []
    for value, u in zip(values, position, strict=True):
        left, right = sum(e <= value for e in edges), sum(e < value for e in edges)
        out.append(float(math.ceil(u * (right - left) + left)))
    return out


@pytest.mark.parametrize("n_bins", [3, 7, 51])
def test_bins_are_those_of_the_published_rule(n_bins: int) -> None:
    draws = np.random.default_rng(4).random(300)
    found = bin_values(COUNTS, n_bins, rng=np.random.default_rng(4))
    assert found.tolist() == slow(COUNTS, n_bins, draws)
    middle = bin_values(COUNTS, n_bins, ties="middle")
    assert middle.tolist() == slow(COUNTS, n_bins, np.full(300, 0.5))
    assert found.dtype == middle.dtype == np.float32


def test_bins_lie_between_one_and_the_last_and_keep_the_order() -> None:
    middle = bin_values(COUNTS, 51, ties="middle")
    assert 1 <= middle.min() < middle.max() <= 50
    by_value = middle[np.argsort(COUNTS, kind="stable")]
    assert (np.diff(by_value) >= 0).all()
    for value in np.unique(COUNTS):  # ties share a bin
        assert len(np.unique(middle[value == COUNTS])) == 1
    drawn = bin_values(COUNTS, 51, rng=np.random.default_rng(1))
    assert 1 <= drawn.min() < drawn.max() <= 50


def test_random_ties_are_seeded_and_spread() -> None:
    ones = COUNTS[COUNTS == 1]
    assert len(ones) > 30
    one, again, other = (
        bin_values(COUNTS, 51, rng=np.random.default_rng(s)) for s in (1, 1, 2)
    )  # fmt: skip
    assert one.tolist() == again.tolist() != other.tolist()
    assert len(np.unique(one[COUNTS == 1])) > 3


def test_bins_do_not_depend_on_a_monotone_transform_of_distinct_values() -> None:
    values = np.random.default_rng(2).permutation(np.arange(1.0, 102.0))
    by_count, by_log = (bin_values(v, 51, ties="middle") for v in (values, np.log1p(values)))
    assert np.abs(by_count - by_log).max() <= 1  # edges fall between values: one bin at most


@pytest.mark.parametrize("values", [[3.0], [2.0, 2.0, 2.0]])
def test_one_value_has_a_bin(values: list[float]) -> None:
    found = bin_values(np.array(values), 51, ties="middle")
    assert ((found >= 1) & (found <= 50)).all()


def test_random_ties_without_a_generator_are_an_error() -> None:
    with pytest.raises(ValueError, match="rng"):
        bin_values(COUNTS, 51)


def test_ties_and_edges_may_be_given() -> None:
    draws = np.random.default_rng(4).random(300)
    found = bin_values(COUNTS, 51, uniforms=draws)
    assert found.tolist() == bin_values(COUNTS, 51, rng=np.random.default_rng(4)).tolist()
    edges = bin_edges(COUNTS, 51)
    assert edges.tolist() == [float(np.quantile(COUNTS, q)) for q in np.linspace(0, 1, 50)]
    part = bin_values(COUNTS[:7], 51, uniforms=draws[:7], edges=edges)
    assert part.tolist() == found[:7].tolist()
    with pytest.raises(ValueError, match="rng or uniforms"):
        bin_values(COUNTS, 51)
