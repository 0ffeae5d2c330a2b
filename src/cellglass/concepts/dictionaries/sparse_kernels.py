"""Passes of a Top-K step over the few active concepts of each cell, and Adam in one sweep.

Every kernel works on a range of rows and writes only there, so that threads never share a sum
and the result does not depend on how many there are.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def dot(a, b):  # type: ignore[no-untyped-def]
    """Inner product in 16 interleaved sums: a single one would wait for each addition."""
    n = len(a)
    whole = n - n % 16
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = np.float32(0)
    t0 = t1 = t2 = t3 = t4 = t5 = t6 = t7 = np.float32(0)
    for j in range(0, whole, 16):
        s0 += a[j] * b[j]
        s1 += a[j + 1] * b[j + 1]
        s2 += a[j + 2] * b[j + 2]
        s3 += a[j + 3] * b[j + 3]
        s4 += a[j + 4] * b[j + 4]
        s5 += a[j + 5] * b[j + 5]
        s6 += a[j + 6] * b[j + 6]
        s7 += a[j + 7] * b[j + 7]
        t0 += a[j + 8] * b[j + 8]
        t1 += a[j + 9] * b[j + 9]
        t2 += a[j + 10] * b[j + 10]
        t3 += a[j + 11] * b[j + 11]
        t4 += a[j + 12] * b[j + 12]
        t5 += a[j + 13] * b[j + 13]
        t6 += a[j + 14] * b[j + 14]
        t7 += a[j + 15] * b[j + 15]
    rest = np.float32(0)
    for j in range(whole, n):
        rest += a[j] * b[j]
    first = ((s0 + t0) + (s4 + t4)) + ((s1 + t1) + (s5 + t5))
    second = ((s2 + t2) + (s6 + t6)) + ((s3 + t3) + (s7 + t7))
    return (first + second) + rest


@njit(cache=True, nogil=True)
def add_rows(out, rows, indices, weights, count):  # type: ignore[no-untyped-def]
    """Add weighted rows to a vector, four at a time: `out` is then read once for the four."""
    d = len(out)
    whole = count - count % 4
    for j in range(0, whole, 4):
        a, b = rows[indices[j]], rows[indices[j + 1]]
        c, e = rows[indices[j + 2]], rows[indices[j + 3]]
        p, q, r, s = weights[j], weights[j + 1], weights[j + 2], weights[j + 3]
        for m in range(d):
            out[m] += (p * a[m] + q * b[m]) + (r * c[m] + s * e[m])
    for j in range(whole, count):
        a, p = rows[indices[j]], weights[j]
        for m in range(d):
            out[m] += p * a[m]


@njit(cache=True, nogil=True)
def decode_rows(  # type: ignore[no-untyped-def]
    target, bias, decoder, indices, values, counts, residual, slopes, squares, start, stop
):
    """Reconstruct cells from their active concepts.

    Parameters
    ----------
    target
        What is to be reconstructed, cells x width.
    bias
        Added to each reconstruction.
    decoder
        Concepts x width.
    indices, values, counts
        Active concepts of each cell, see `gates.top_of_rows`.
    residual
        Written: reconstruction minus target, cells x width.
    slopes
        Written: inner product of the residual with the row of each active concept.
    squares
        Written: squared norm of each residual.
    start, stop
        Range of cells.
    """
    d = target.shape[1]
    for i in range(start, stop):
        r = residual[i]
        for m in range(d):
            r[m] = bias[m] - target[i, m]
        add_rows(r, decoder, indices[i], values[i], counts[i])
        for j in range(counts[i]):
            slopes[i, j] = dot(r, decoder[indices[i, j]])
        squares[i] = dot(r, r)


@njit(cache=True, nogil=True)
def by_concept(indices, values, slopes, counts, n_concepts):  # type: ignore[no-untyped-def]
    """Turn lists of concepts a cell into lists of cells a concept (a counting sort)."""
    starts = np.zeros(n_concepts + 1, np.int64)
    for i in range(len(counts)):
        for j in range(counts[i]):
            starts[indices[i, j] + 1] += 1
    for f in range(n_concepts):
        starts[f + 1] += starts[f]
    place = starts[:-1].copy()
    cells = np.empty(starts[-1], np.int32)
    z, slope = np.empty(starts[-1], np.float32), np.empty(starts[-1], np.float32)
    for i in range(len(counts)):
        for j in range(counts[i]):
            p = place[indices[i, j]]
            place[indices[i, j]] += 1
            cells[p], z[p], slope[p] = i, values[i, j], slopes[i, j]
    return starts, cells, z, slope


@njit(cache=True, nogil=True)
def add_gradients(  # type: ignore[no-untyped-def]
    starts, cells, z, slope, residual, centred, factor, gradients, bias_gradient, start, stop
):
    """Add the gradients of ``factor / 2`` times the summed squared residuals.

    Parameters
    ----------
    starts, cells, z, slope
        Active cells of each concept, see `by_concept`.
    residual, centred
        Cells x width: residuals, and what the encoder was applied to.
    factor
        Twice the weight of the squares in the loss.
    gradients
        Of decoder and encoder, 2 x concepts x width; added to.
    bias_gradient
        Of the encoder's bias; added to.
    start, stop
        Range of concepts.
    """
    for f in range(start, stop):
        first, last = starts[f], starts[f + 1]
        if first == last:
            continue
        weights, total = slope[first:last], np.float32(0)
        for p in range(last - first):
            weights[p] *= factor
            z[first + p] *= factor
            total += weights[p]
        add_rows(gradients[0, f], residual, cells[first:last], z[first:last], last - first)
        add_rows(gradients[1, f], centred, cells[first:last], weights, last - first)
        bias_gradient[f] += total


@njit(cache=True, nogil=True)
def project_rows(gradient, rows, squares, start, stop):  # type: ignore[no-untyped-def]
    """Remove from each gradient what is parallel to its unit row; `squares`: norms left."""
    for f in range(start, stop):
        along = dot(gradient[f], rows[f])
        for m in range(rows.shape[1]):
            gradient[f, m] -= along * rows[f, m]
        squares[f] = dot(gradient[f], gradient[f])


@njit(cache=True, nogil=True)
def row_squares(rows, squares, start, stop):  # type: ignore[no-untyped-def]
    """Squared norm of each row."""
    for f in range(start, stop):
        squares[f] = dot(rows[f], rows[f])


@njit(cache=True, nogil=True)
def adam_rows(weights, gradient, first, second, shrink, rate, root, unit, start, stop):  # type: ignore[no-untyped-def]
    """Take one step of Adam (0.9, 0.999, eps 1e-8) and, if asked, make rows unit vectors.

    Parameters
    ----------
    weights, gradient, first, second
        Rows of a matrix, their gradient (set to 0 afterwards) and its two running moments.
    shrink
        Multiplies the gradient: clipping.
    rate
        Learning rate over ``1 - 0.9 ** t``.
    root
        Square root of ``1 - 0.999 ** t``.
    unit
        Whether rows are divided by their norm.
    start, stop
        Range of rows.
    """
    d = weights.shape[1]
    kept, new = np.float32(0.9), np.float32(0.1)
    kept_square, new_square = np.float32(0.999), np.float32(0.001)
    eps = np.float32(1e-8)
    for f in range(start, stop):
        w, g, m, v = weights[f], gradient[f], first[f], second[f]
        for j in range(d):
            slope = g[j] * shrink
            m[j] = kept * m[j] + new * slope
            v[j] = kept_square * v[j] + new_square * slope * slope
            w[j] -= rate * m[j] / (np.sqrt(v[j]) / root + eps)
            g[j] = np.float32(0)
        if unit:
            norm = np.sqrt(dot(w, w))
            if norm > 0:
                for j in range(d):
                    w[j] /= norm
