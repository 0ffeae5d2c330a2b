from __future__ import annotations

import pytest

from cellglass.concepts.ontology.calibration import RULES, annotation_calibration
from cellglass.errors import InputError


@pytest.mark.parametrize("seed", [1, 2])
def test_random_features_are_not_annotated_unless_tests_are_left_out(seed: int):
    table = annotation_calibration(seed=seed)
    random, planted = table["random_annotated"], table["planted_annotated"]
    assert tuple(table.index) == RULES
    assert random["all tests, and each unit as a whole"] <= 0.01
    assert planted["all tests, and each unit as a whole"] >= 0.95
    assert random["all tests"] < 0.15
    # the defects, reproduced: each calls several times more random features annotated
    assert random["overlap >= 2, per feature"] > 0.1
    assert random["overlap >= 2, pooled"] > 0.2
    assert random["union of top genes, sets not cut, overlap >= 2"] > 0.1
    assert random["all annotated genes as background"] > 0.1


def test_too_small():
    with pytest.raises(InputError):
        annotation_calibration(planted_genes=30)
