import numpy as np
import pytest
from scipy import stats

from cellglass.regulation.responses.baselines_analysis import judge_baselines, over_the_best
from cellglass.regulation.responses.summary import many_means
from cellglass.stats import State


@pytest.fixture(scope="module")
def judged(world):
    return world(1.0, network=True).judged


@pytest.fixture(scope="module")
def result(judged):
    return judge_baselines(judged)


def test_paired_differences_from_every_ranking(judged, result):
    table = result.tables["baselines"].set_index("ranking")
    scored = judged.scored
    assert list(table.index) == list(scored.baselines)
    for name in table.index:
        own, other = scored.nested, scored.values(name)
        row = table.loc[name]
        assert row["difference"] == pytest.approx((own - other).mean())
        assert row["auroc"] == pytest.approx(other.mean())
        assert row["p"] == pytest.approx(stats.wilcoxon(own, other).pvalue)
        assert row["difference_low"] < row["difference"] < row["difference_high"]
    opponents = table.drop("target out-degree")
    np.testing.assert_allclose(
        opponents["q"], stats.false_discovery_control(opponents["p"], method="bh")
    )
    assert np.isnan(table.loc["target out-degree", "q"])
    assert {f.tags["unit"] for f in result.findings} == {"A31"}
    assert {(f.unit, f.n, f.kind) for f in result.findings} == {
        ("perturbation", 12, "confirmatory")
    }


def test_the_increment_is_over_the_best_ranking_in_each_resample(judged):
    names = ["score", "a", "b"]
    rng = np.random.default_rng(0)
    values = {n: rng.normal(0.6, 0.1, 20) for n in names}
    resampled = many_means(values, draws=50, seed=1, task="t")
    found = over_the_best(resampled)
    assert found.estimates[0] == pytest.approx(
        values["score"].mean() - max(values["a"].mean(), values["b"].mean())
    )
    want = resampled.draws[0] - np.maximum(resampled.draws[1], resampled.draws[2])
    np.testing.assert_allclose(found.draws[0], want)
    assert (found.unit, found.n) == ("perturbation", 20)


def test_knowledge_of_pairs_passes(world):
    (verdict,) = judge_baselines(world(2.0).judged).verdicts
    assert verdict.state is State.PASS
    assert verdict.tags["criterion"] == "C1"
    assert len(verdict.finding_ids) == 5
    assert "|Spearman| of the same cells reaches" in verdict.reasons[-1]


@pytest.mark.parametrize("usual", [0.0, 4.0])
def test_noise_and_prominence_of_targets_never_pass(world, usual):
    """Who responds to anything is known without any edge."""
    for seed in range(4):
        (verdict,) = judge_baselines(world(0.0, usual=usual, seed=seed).judged).verdicts
        assert verdict.state in (State.FAIL, State.INCONCLUSIVE)


def test_the_out_degree_is_a_control_and_no_opponent(judged, result, world, judged_of):
    (check,) = result.checks
    assert (check.code, check.state) == ("B1", "passed")
    assert "best ranking without an edge: responds elsewhere" in check.detail
    assert "out-degree 0." in check.detail
    ids = {f.id for f in result.findings if f.tags["ranking"] != "target out-degree"}
    assert set(result.verdicts[0].finding_ids) == ids
    without = judge_baselines(world().judged)
    assert "out-degree not at hand" in without.checks[0].detail


def test_an_out_degree_that_tells_who_responds_fails_the_check(judged, world, judged_of):
    """Then the reference tells well-studied genes, and anything that agrees with it does too."""
    import pandas as pd

    from cellglass.data import Network

    usual = [f"G{g}" for g in range(80, 90)]
    frame = pd.DataFrame({"source": np.repeat(usual, 3), "target": ["G1", "G2", "G3"] * 10})
    telling = judged_of(world(1.0).judged, network=Network.from_frame(frame, name="hubs"))
    (check,) = judge_baselines(telling).checks
    assert check.state == "failed"


def test_too_few_perturbations_are_not_applicable(world):
    result = judge_baselines(world(sources=("G1",)).judged)
    assert result.verdicts[0].state is State.NOT_APPLICABLE
    assert set(result.tables) == {"perturbations"}
