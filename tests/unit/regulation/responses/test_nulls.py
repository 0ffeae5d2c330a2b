import numpy as np
import pytest
from scipy import stats

from cellglass.regulation.responses.nulls import SWAP, response_nulls
from cellglass.regulation.responses.response_analysis import nested_matrix
from cellglass.runs.sections import StatisticsConfig
from cellglass.stats.row_auroc import row_auroc

NAMES = ("label within perturbation", "response degree", SWAP)
FEW = StatisticsConfig(draws=99, bootstrap=100)


def run(pairs, scores, adjust_over=None, seed=1, settings=FEW):
    return response_nulls(
        pairs, scores, adjust_over=adjust_over or list(scores), settings=settings, seed=seed,
        task="t",
    )  # fmt: skip


def p_of(found, score):
    return found.table[found.table["score"] == score].set_index("null")["p"].to_dict()


@pytest.fixture(scope="module")
def pairs(world):
    return world().judged.scored.pairs


def test_the_statistic_is_the_mean_auroc_over_perturbations(pairs, world):
    scored = world(1.0, kind="model").judged.scored
    found = run(pairs, scored.candidates)
    for _, row in found.table.iterrows():
        want = scored.values(row["score"]).mean()
        assert row["observed"] == pytest.approx(want, abs=1e-12)
        assert row["z"] == pytest.approx((want - row["null_mean"]) / row["null_sd"])
    assert set(found.table["null"]) == set(found.checks) == set(NAMES)
    assert all(c.passed for c in found.checks.values()), found.checks
    assert len(found.table) == 9


def test_a_score_that_knows_pairs_beats_all_three(world):
    scored = world(2.0).judged.scored
    found = run(scored.pairs, scored.candidates)
    assert p_of(found, "score") == dict.fromkeys(NAMES, 0.01)
    assert found.adjusted("score") == dict.fromkeys(NAMES, 0.01)
    summary = found.summaries("score")[SWAP]
    assert (summary.family, summary.draws, summary.p) == (SWAP, 99, 0.01)


def test_a_score_of_targets_alone_beats_the_label_null_and_neither_of_the_others(world):
    """Passing the label null is no knowledge of pairs: prominence of targets is enough for it."""
    scored = world(0.0, usual=4.0).judged.scored
    found = p_of(run(scored.pairs, scored.candidates), "score")
    assert scored.nested.mean() > 0.6
    assert found["label within perturbation"] == 0.01
    assert found["response degree"] > 0.05
    assert found[SWAP] > 0.05
    responsive = scored.baselines["responds elsewhere"]
    assert p_of(run(scored.pairs, {"elsewhere": responsive}), "elsewhere")[NAMES[0]] == 0.01


def test_p_is_adjusted_for_the_choice_among_layers(world):
    scored = world(0.0, kind="model").judged.scored
    found = run(scored.pairs, {**scored.candidates, "beside": scored.coexpression},
                adjust_over=list(scored.candidates))  # fmt: skip
    of_layers = found.table[found.table["score"] != "beside"]
    assert (of_layers["p_adjusted"] >= of_layers["p"] - 1e-12).all()
    beside = found.table[found.table["score"] == "beside"]
    assert (beside["p_adjusted"] == beside["p"]).all()


def test_seeds_draw_other_nulls_and_equal_seeds_the_same(world):
    scored = world(0.3).judged.scored
    one, again, two = (run(scored.pairs, scored.candidates, seed=s).table for s in (1, 1, 2))
    assert one.equals(again)
    assert (one["null_mean"] != two["null_mean"]).all()


def test_few_perturbations_fail_the_checks_and_say_so(world):
    scored = world(2.0, sources=("G0", "G1", "G2")).judged.scored
    found = run(scored.pairs, scored.candidates)
    assert not found.checks[SWAP].passed
    assert "3 perturbations allow 6 arrangements" in found.checks[SWAP].messages[0]


def unrelated(pairs, rng, prominence):
    """Three layers that know nothing of pairs; with prominence, all of who responds to anything."""
    column = prominence * pairs.labels.mean(0)
    return {f"layer {i}": column + rng.normal(size=pairs.mask.shape) for i in range(3)}


def p_values(world, seeds, prominence):
    """p of the first layer and adjusted p of the best, against each null, over seeds."""
    pairs = world().judged.scored.pairs
    plain, best = [], []
    for seed in seeds:
        rng = np.random.default_rng([seed, 5])
        found = run(pairs, unrelated(pairs, rng, prominence), seed=seed)
        plain.append(p_of(found, "layer 0"))
        best.append(found.table.groupby("null")["p_adjusted"].min().to_dict())
    return {n: (np.array([p[n] for p in plain]), np.array([b[n] for b in best])) for n in NAMES}


def not_too_small(p, levels=(0.05, 0.1, 0.2)):
    """No more p at or below a level than chance allows (one in a thousand)."""
    return all(
        stats.binomtest(int((p <= level).sum()), len(p), level, alternative="greater").pvalue > 1e-3
        for level in levels
    )


def test_p_of_scores_that_know_nothing_are_not_too_small(world):
    for name, (plain, best) in p_values(world, range(30), 0.0).items():
        assert not_too_small(plain), name
        assert not_too_small(best), name


def test_prominence_alone_fools_the_label_null_only(world):
    found = p_values(world, range(25), 3.0)
    assert (found["label within perturbation"][0] <= 0.05).mean() > 0.5
    for name in ("response degree", SWAP):
        assert not_too_small(found[name][0]), name
        assert not_too_small(found[name][1]), name


@pytest.mark.long
@pytest.mark.parametrize("prominence", [0.0, 3.0])
def test_p_is_uniform_over_many_seeds(world, prominence):
    found = p_values(world, range(400), prominence)
    for name in NAMES if prominence == 0 else NAMES[1:]:
        for p in found[name]:
            assert not_too_small(p, (0.02, 0.05, 0.1, 0.2, 0.5)), name
    # and not far too large either: a test that never rejects is none
    assert (found[SWAP][0] <= 0.2).mean() > 0.1


def test_the_nested_matrix_has_the_layer_that_other_folds_chose(world):
    scored = world(0.3, kind="model").judged.scored
    matrix = nested_matrix(scored, dict(scored.candidates), scored.choice)
    pairs = scored.pairs
    np.testing.assert_allclose(row_auroc(matrix, pairs.labels, pairs.mask), scored.nested)
