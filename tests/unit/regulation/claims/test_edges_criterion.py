"""C3: the numbers that decide, and those that leave it open."""

from __future__ import annotations

import pandas as pd
import pytest

from cellglass.regulation.claims.edges_criterion import judge_edges
from cellglass.runs.result import AnalysisResult
from cellglass.stats import Finding, Interval, State, Verdict

NAN = float("nan")


def results(
    *, z: float = 8.0, z_high: float = 10.0, p: float = 0.001,
    retained: tuple[float, float, float] = (0.95, 0.9, 1.0), other_z: float = 1.0, n: int = 20,
) -> tuple[AnalysisResult, AnalysisResult]:  # fmt: skip
    """Two layers, of which layer 1 has the larger z."""
    label = {"model": "m", "network": "net"}
    rows = []
    for score, value in (("layer 0", other_z), ("layer 1", z)):
        rows.append({"score": score, "null": "degree", "observed_high": 0.5 + 0.01 * (z_high + 0),
                     "null_mean": 0.5, "null_sd": 0.01, "z": value})  # fmt: skip
    degree = AnalysisResult("regulation.degree", label)
    degree.tables = {
        "nulls": pd.DataFrame(rows),
        "largest": pd.DataFrame(
            [{"family": "layers", "score": "layer 1", "null": "degree", "z": z, "p": p}]
        ),
        "checks": pd.DataFrame([{"null": "degree", "passed": True}]),
    }
    degree.findings = [
        Finding("regulation.degree", f"How far is {s}?", "z", v, unit="regulator", n=n,
                tags={"score": s, "criterion": "degree z"}, kind="descriptive")
        for s, v in (("layer 0", other_z), ("layer 1", z))
    ]  # fmt: skip
    residual = AnalysisResult("regulation.residual", label)
    residual.tables = {"retained": pd.DataFrame({"score": ["layer 0", "layer 1"],
                                                 "auroc": [0.6, 0.7]})}  # fmt: skip
    if retained[0] == retained[0]:
        interval = Interval(retained[1], retained[2], 0.95, "bootstrap", "regulator", 20)
        residual.findings = [
            Finding("regulation.residual", "How much is left?", "fraction retained", retained[0],
                    interval, unit="regulator", n=20,
                    tags={"score": "layer 1", "criterion": "retained"}, kind="descriptive")
        ]  # fmt: skip
    return residual, degree


def judged(**numbers) -> Verdict:
    return judge_edges(*results(**numbers), level=0.05, claim="attention knows gene regulation")


def test_both_conditions_pass():
    found = judged()
    assert found.state is State.PASS
    assert "layer 1" in found.sentence
    assert "z = 8.00" in found.sentence
    assert found.endpoint in found.sentence
    assert len(found.finding_ids) == 3


@pytest.mark.parametrize(
    ("numbers", "state"),
    [
        ({"z": 2.5, "z_high": 4.0}, State.INCONCLUSIVE),  # may be above 3 in other regulators
        ({"z": 1.0, "z_high": 2.9}, State.FAIL),
        ({"n": 4}, State.INCONCLUSIVE),
        ({"p": 0.2}, State.INCONCLUSIVE),  # the largest of many layers, as large by chance
        ({"retained": (0.5, 0.4, 0.6)}, State.FAIL),
        ({"retained": (0.85, 0.7, 0.95)}, State.INCONCLUSIVE),
        ({"retained": (NAN, NAN, NAN)}, State.INCONCLUSIVE),  # nothing to retain
        ({"retained": (NAN, NAN, NAN), "z": 0.0, "z_high": 1.0}, State.FAIL),
    ],
)
def test_what_is_not_shown_does_not_pass(numbers, state):
    assert judged(**numbers).state is state


def test_a_null_that_failed_its_self_check_decides_nothing():
    found = judged(z=NAN)
    assert found.state is State.INCONCLUSIVE
    assert "self-check" in found.sentence


def test_a_network_that_cannot_be_judged_is_not_applicable():
    residual, degree = results()
    residual.tables = {}
    degree.tables = {}
    degree.verdicts = [Verdict("c", "e", State.NOT_APPLICABLE, "s", ("no edge among the genes",))]
    found = judge_edges(residual, degree, level=0.05, claim="c")
    assert found.state is State.NOT_APPLICABLE
    assert "no edge among the genes" in found.sentence
