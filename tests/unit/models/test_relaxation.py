from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from cellglass.errors import InputError
from cellglass.models.relaxation import ABSENT, path_gradients, visible


class Curve:
    """Two-wide embeddings with known integrals: x0^3 + x1 and x0 x2."""

    n_genes, n_tokens = 3, 3

    def __init__(self, start: tuple[int, ...] = (0, 0, 0)) -> None:
        self.start = np.array(start)
        self.points: list[int] = []

    def embed(self, shares: Tensor, *, at_start: bool) -> Tensor:
        self.points.append(len(shares))
        x = shares
        if at_start and len(x) == 2:  # the second start lies elsewhere
            x = x * torch.tensor([[1.0], [0.5]])
        return torch.stack([x[:, 0] ** 3 + x[:, 1], x[:, 0] * x[:, 2]], 1)


LIKE = torch.zeros(1, dtype=torch.float64)


@pytest.mark.parametrize("at_once", [1, 3, 64])
def test_many_steps_are_the_integral_and_complete(at_once: int) -> None:
    curve = Curve()
    found, points = path_gradients(
        curve, lambda h: 2 * h, steps=64, start_only=False, points_at_once=at_once, like=LIKE
    )
    np.testing.assert_allclose(found, [[2, 2, 0], [1, 0, 1]], atol=1e-3)
    assert points == sum(curve.points) == 64
    assert max(curve.points) <= at_once


def test_one_step_is_the_middle_and_the_start_is_the_start() -> None:
    middle, points = path_gradients(
        Curve(), lambda h: h, steps=1, start_only=False, points_at_once=1, like=LIKE
    )
    np.testing.assert_allclose(middle, [[0.75, 1, 0], [0.5, 0, 0.5]])
    start, points = path_gradients(
        Curve(), lambda h: h, steps=9, start_only=True, points_at_once=1, like=LIKE
    )
    np.testing.assert_allclose(start, [[3, 1, 0], [1, 0, 1]])
    assert points == 1


def test_each_gene_reads_its_own_start() -> None:
    found, points = path_gradients(
        Curve((1, 0, 0)), lambda h: h, steps=1, start_only=True, points_at_once=1, like=LIKE
    )
    np.testing.assert_allclose(found, [[3 / 8, 1, 0], [0.25, 0, 1]])
    assert points == 2


def test_a_constant_read_out_has_no_gradient() -> None:
    for start_only in (False, True):
        found, _ = path_gradients(
            Curve(), lambda h: torch.ones(len(h), 4), steps=2, start_only=start_only,
            points_at_once=2, like=LIKE,
        )  # fmt: skip
        assert found.tolist() == [[0, 0, 0]] * 4


def test_no_steps_are_refused() -> None:
    with pytest.raises(InputError, match="at least 1"):
        path_gradients(Curve(), lambda h: h, steps=0, start_only=False, points_at_once=1, like=LIKE)


def test_what_is_absent_keeps_a_trace() -> None:
    assert visible(torch.tensor([0.0, 1.0], dtype=torch.float64)).tolist() == [ABSENT, 1.0]
