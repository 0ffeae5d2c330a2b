from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cellglass.regulation.scaling.layer_mean import layer_mean


@pytest.mark.parametrize("rows", [None, np.array([3, 0])])
def test_it_is_the_score_of_the_layer(planted: Any, rows: Any) -> None:
    edges = planted().held.attention
    edges.counts[:, 2, 5] = 0  # a pair that no cell holds
    edges.sums[:, :, 2, 5] = 0.0
    for layer in edges.layers:
        expected = np.nan_to_num(edges.layer(layer).scores)
        at = slice(None) if rows is None else rows
        np.testing.assert_allclose(layer_mean(edges, layer, rows), expected[at], rtol=1e-12)
