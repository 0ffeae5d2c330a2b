from dataclasses import replace

import numpy as np
import pytest

from cellglass.regulation.responses.baselines import CONTROL, response_baselines


@pytest.fixture(scope="module")
def pairs(world):
    rule = world().judged.responses.model_copy(update={"doubles": "mean"})
    return world(rule=rule).judged.scored.pairs


def test_scalars_rank_all_perturbations_alike(pairs):
    found = response_baselines(pairs)
    assert CONTROL not in found
    for name in ("variance", "mean", "detection"):
        matrix = found[f"target {name}"]
        assert matrix.shape == pairs.mask.shape
        assert (matrix == pairs.features[name].to_numpy()).all()


def test_responses_elsewhere_by_a_naive_loop(pairs):
    found, called = response_baselines(pairs), pairs.responses
    for p in range(pairs.n):
        own = set(called.targets[pairs.place[p]])
        for g in range(len(pairs.genes)):
            elsewhere = [
                q for q in range(len(called.perturbations))
                if not own & set(called.targets[q]) and called.candidate[q, g]
            ]  # fmt: skip
            share = sum(bool(called.responds[q, g]) for q in elsewhere) / len(elsewhere)
            mean = sum(abs(called.difference[q, g]) for q in elsewhere) / len(elsewhere)
            assert found["responds elsewhere"][p, g] == pytest.approx(share)
            assert found["mean response elsewhere"][p, g] == pytest.approx(mean)


def test_no_label_predicts_itself_nor_a_double_its_single(pairs):
    """Turning a perturbation's own responses over leaves its own rankings as they were."""
    called = pairs.responses
    row = called.perturbations.index("G0")
    turned = called.responds.copy()
    turned[row] = ~turned[row] & called.candidate[row]
    other = replace(pairs, responses=replace(called, responds=turned))
    before, after = response_baselines(pairs), response_baselines(other)
    share = "responds elsewhere"
    for p, sources in enumerate(pairs.sources):
        same = np.array_equal(before[share][p], after[share][p])
        assert same == ("G0" in sources)


def test_perturbations_that_cannot_be_judged_still_tell_what_targets_do(pairs):
    assert pairs.n < len(pairs.responses.perturbations)  # UNMEASURED has no score, but cells
    only = pairs.subset(np.isin(pairs.perturbations, ["G5", "G6"]))
    at = [pairs.perturbations.index(p) for p in only.perturbations]
    for name, matrix in response_baselines(only).items():
        np.testing.assert_array_equal(matrix, response_baselines(pairs)[name][at])


def test_out_degree_of_the_targets(pairs):
    matrix = response_baselines(pairs, {"G4": 7, "ELSE": 9})[CONTROL]
    assert (matrix[:, 4] == 7).all()
    assert matrix.sum() == 7 * pairs.n
