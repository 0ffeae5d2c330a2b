from __future__ import annotations

import numpy as np
import pytest
import torch

from cellglass.concepts.dictionaries import sparse_kernels as kernels

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("n", [0, 1, 15, 16, 17, 100])
def test_dot(n: int):
    a, b = RNG.normal(size=(2, n)).astype(np.float32)
    assert kernels.dot(a, b) == pytest.approx(float(a.astype(float) @ b), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("count", [0, 1, 3, 4, 9])
def test_add_rows(count: int):
    rows = RNG.normal(size=(6, 5)).astype(np.float32)
    indices = RNG.integers(6, size=count).astype(np.int32)
    weights = RNG.normal(size=count).astype(np.float32)
    out = np.ones(5, np.float32)
    kernels.add_rows(out, rows, indices, weights, count)
    np.testing.assert_allclose(out, 1 + weights @ rows[indices], rtol=1e-4, atol=1e-5)


def some_codes() -> tuple[np.ndarray, ...]:
    indices = np.array([[0, 3], [3, 9], [1, 3]], np.int32)
    values = RNG.uniform(1, 2, size=(3, 2)).astype(np.float32)
    counts = np.array([2, 1, 2])
    dense = np.zeros((3, 4))
    for i in range(3):
        for j in range(counts[i]):
            dense[i, indices[i, j]] = values[i, j]
    return indices, values, counts, dense


def test_decode_and_gradients_over_lists_are_the_dense_products():
    indices, values, counts, z = some_codes()
    target, centred, decoder = (
        RNG.normal(size=shape).astype(np.float32) for shape in ((3, 20), (3, 20), (4, 20))
    )
    bias = RNG.normal(size=20).astype(np.float32)
    residual, slopes = np.empty((3, 20), np.float32), np.zeros((3, 2), np.float32)
    squares = np.empty(3, np.float32)
    for start, stop in ((0, 2), (2, 3)):
        kernels.decode_rows(target, bias, decoder, indices, values, counts, residual, slopes,
                            squares, start, stop)  # fmt: skip
    wanted = z @ decoder + bias - target
    np.testing.assert_allclose(residual, wanted, atol=1e-5)
    np.testing.assert_allclose(squares, (wanted**2).sum(1), rtol=1e-5)
    lists = kernels.by_concept(indices, values, slopes, counts, 4)
    assert lists[0].tolist() == [0, 1, 2, 2, 5]
    assert lists[1].tolist() == [0, 2, 0, 1, 2]
    gradients, of_bias = np.zeros((2, 4, 20), np.float32), np.zeros(4, np.float32)
    for start, stop in ((0, 3), (3, 4)):
        kernels.add_gradients(*lists, residual, centred, np.float32(0.5), gradients, of_bias,
                              start, stop)  # fmt: skip
    slope = 0.5 * (wanted @ decoder.T) * (z > 0)
    np.testing.assert_allclose(gradients[0], 0.5 * z.T @ wanted, atol=1e-5)
    np.testing.assert_allclose(gradients[1], slope.T @ centred, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(of_bias, slope.sum(0), rtol=1e-4, atol=1e-5)


def test_projection_leaves_nothing_along_the_rows():
    rows = RNG.normal(size=(6, 20)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    gradient = RNG.normal(size=(6, 20)).astype(np.float32)
    wanted = gradient - (gradient * rows).sum(1, keepdims=True) * rows
    squares = np.empty(6, np.float32)
    kernels.project_rows(gradient, rows, squares, 0, 6)
    np.testing.assert_allclose(gradient, wanted, atol=1e-5)
    np.testing.assert_allclose((gradient * rows).sum(1), 0, atol=1e-5)
    np.testing.assert_allclose(squares, (wanted**2).sum(1), rtol=1e-4)
    kernels.row_squares(rows, squares, 0, 6)
    np.testing.assert_allclose(squares, 1, rtol=1e-5)


@pytest.mark.parametrize("unit", [False, True])
def test_adam_is_torchs(unit: bool):
    weights = RNG.normal(size=(5, 7)).astype(np.float32)
    oracle = torch.nn.Parameter(torch.from_numpy(weights.copy()))
    optimiser = torch.optim.Adam([oracle], lr=0.01)
    first, second = np.zeros_like(weights), np.zeros_like(weights)
    for t in range(1, 6):
        gradient = RNG.normal(size=(5, 7)).astype(np.float32)
        oracle.grad = torch.from_numpy(gradient * np.float32(0.5))
        optimiser.step()
        if unit:
            with torch.no_grad():
                oracle /= oracle.norm(dim=1, keepdim=True)
        for start, stop in ((0, 2), (2, 5)):
            kernels.adam_rows(
                weights, gradient, first, second, np.float32(0.5),
                np.float32(0.01 / (1 - 0.9**t)), np.float32(np.sqrt(1 - 0.999**t)), unit,
                start, stop,
            )  # fmt: skip
        assert not gradient.any()
    np.testing.assert_allclose(weights, oracle.detach().numpy(), rtol=1e-4, atol=1e-6)
