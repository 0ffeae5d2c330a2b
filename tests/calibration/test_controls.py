"""The battery over 40 seeds of each control: it passes what is planted and nothing else.

About a second a seed and control, on one core.
"""

from __future__ import annotations

from collections import Counter

import pytest

import cellglass as cg
from cellglass.controls.ablation import ABLATION_RATIO, changes

pytestmark = pytest.mark.long

SEEDS = range(1, 41)
LEAST_PASSED, MOST_PASSED = 38, 2


def states(results: list[cg.controls.ControlResult]) -> Counter[str]:
    found = Counter(str(r.verdict.state) for r in results)
    print(f"{results[0].name}: " + ", ".join(f"{k} {n}" for k, n in sorted(found.items())))
    return found


def test_pairs_pass():
    results = [cg.controls.run("pairs", seed=s) for s in SEEDS]
    assert states(results)["PASS"] >= LEAST_PASSED


@pytest.mark.parametrize("name", ["prominence", "nothing"])
def test_what_is_no_pair_does_not_pass(name: str):
    results = [cg.controls.run(name, seed=s) for s in SEEDS]
    found = states(results)
    assert found["PASS"] <= MOST_PASSED
    # The increment of a score that knows no pair is around 0, whichever way it errs.
    deltas = sorted(r.recovery.increment.delta for r in results)
    print(f"{name}: increments {deltas[0]:.4f} to {deltas[-1]:.4f}")
    assert -0.01 < deltas[len(deltas) // 2] < 0.01
    if name == "prominence":  # the bait is there: any correlation recovers the reference
        assert all(r.recovery.metrics["auroc"].iloc[0] > 0.6 for r in results)


def test_circuit_is_named_right_every_time():
    results = [cg.controls.run("circuit", seed=s) for s in SEEDS]
    states(results)
    assert len({r.planted for r in results}) > 4  # the head is not always the same one
    for r in results:
        assert r.planted is not None
        layer, head = r.planted
        assert r.recovery.chosen == f"layer {layer} head {head}"
        planted, other = changes(r.ablation)
        assert planted > ABLATION_RATIO * other
        assert r.verdict.state == "PASS"
        assert f"layer {layer} head {head}" in r.verdict.sentence
