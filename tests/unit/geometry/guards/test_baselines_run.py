from __future__ import annotations

import pytest

from cellglass.errors import InputError
from cellglass.geometry.guards.baselines_run import baselines_run


def test_missing_baselines_are_refused():
    assert baselines_run({}).detail == "degree and expression were not run"
    found = baselines_run({"source degree": 0.75, "euclidean": 0.55})
    assert found.failed
    assert found.code == "G9"
    assert found.detail == "expression was not run"
    with pytest.raises(InputError, match="baseline_scores"):
        found.require()
    assert baselines_run({"source degree": 0.75}, required=["degree"]).state == "passed"


def test_a_baseline_without_a_value_was_not_run():
    found = baselines_run({"degree product": float("nan"), "expression": 0.6})
    assert found.detail == "degree product gave no AUROC"
    assert found.failed


def test_features_below_the_best_baseline_are_told():
    baselines = {"degree product": 0.84, "expression": 0.61}
    found = baselines_run(baselines, {"geodesic": 0.56, "diffusion": 0.57, "blend": 0.9})
    assert found.state == "passed"
    assert found.detail == "AUROC of baselines: degree product 0.840 and expression 0.610"
    assert found.warning == "geodesic and diffusion are below degree product (AUROC 0.840)"
    assert baselines_run(baselines, {"blend": 0.9}).warning == ""
