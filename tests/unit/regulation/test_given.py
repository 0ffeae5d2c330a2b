from __future__ import annotations

import pytest

import cellglass as cg
from cellglass.data import EdgeTable, Network
from cellglass.errors import InputError
from cellglass.regulation import score_edges
from cellglass.regulation.given import require, require_cells


def test_what_is_of_the_type_passes():
    planted = cg.controls.simulate("pairs", seed=1)
    require_cells(planted.cells, "f")
    require(3, int, "n", "f")


@pytest.mark.parametrize("changes", [{"edges": {}}, {"cells": "c.h5ad"}, {"network": "trrust"},
                                     {"settings": {"draws": 9}}])  # fmt: skip
def test_an_edge_table_is_scored_with_arguments_of_their_types_only(changes):
    planted = cg.controls.simulate("pairs", seed=1)
    given = {
        "edges": EdgeTable([[0.1, 0.2]], ("A",), ("B", "C")),
        "cells": planted.cells,
        "network": Network.from_frame(planted.reference),
        **changes,
    }
    (name,) = changes
    with pytest.raises(InputError, match=rf"{name} is a (dict|str)\n  where: score_edges"):
        score_edges(**given)
