"""The compiled sum against the obvious one."""

from __future__ import annotations

import numpy as np

from cellglass.geometry.states.scatter_rows import add_rows


def test_adds_what_the_loop_adds():
    rng = np.random.default_rng(0)
    states = rng.normal(size=(3, 5, 4)).astype(np.float32)
    slots = rng.integers(-1, 6, (3, 5))
    target = np.ones((6, 4), dtype=np.float32)
    expected = target.copy()
    for slot, state in zip(slots.ravel(), states.reshape(-1, 4), strict=True):
        if slot >= 0:
            expected[slot] += state
    add_rows(target, states, slots)
    assert np.array_equal(target, expected)
    assert (slots < 0).any()
