import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from cellglass.regulation.responses.baselines import CONTROL
from cellglass.regulation.responses.scored import COEXPRESSION


def test_aurocs_are_scikit_learns(world):
    scored = world(1.0, kind="model", untrained=True, network=True).judged.scored
    pairs = scored.pairs
    matrices = {
        **scored.candidates, COEXPRESSION: scored.coexpression, **scored.baselines,
        **{f"untrained: {n}": m for n, m in scored.untrained.items()},
    }  # fmt: skip
    assert list(scored.candidates) == list(scored.untrained) == ["layer 0", "layer 1", "layer 2"]
    assert set(scored.aurocs.columns) == set(matrices)
    assert CONTROL in matrices
    for name, matrix in matrices.items():
        for p in range(pairs.n):
            want = roc_auc_score(pairs.labels[p, pairs.mask[p]], matrix[p, pairs.mask[p]])
            assert scored.values(name)[p] == pytest.approx(want, abs=1e-12)
    assert list(scored.aurocs.index) == list(pairs.perturbations)


def test_the_layer_that_knows_is_chosen_on_other_perturbations(world):
    scored = world(2.0, kind="model", untrained=True).judged.scored
    assert scored.choice.main == "layer 2"
    assert scored.nested.mean() > 0.85
    assert abs(scored.untrained_choice.values.mean() - 0.5) < 0.15
    assert set(scored.untrained_choice.selected) <= set(scored.untrained)


def test_attention_is_the_mean_over_cells(world):
    w = world(1.0, kind="model")
    matrix = w.judged.scored.candidates["layer 1"]
    edges, pairs = w.held.edges, w.judged.scored.pairs
    mean = edges.sums[:, 1].sum(0) / edges.counts.sum(0)
    for p, name in enumerate(pairs.perturbations):
        row = edges.sources.index(name)
        np.testing.assert_allclose(matrix[p, pairs.mask[p]], mean[row, pairs.mask[p]])


def test_a_table_has_one_score_and_nothing_to_choose(world):
    scored = world(1.0).judged.scored
    assert scored.choice.told() == "score"
    np.testing.assert_array_equal(scored.nested, scored.values("score"))
    assert scored.untrained_choice is None


def test_what_coexpression_does_not_rank_is_nan(world):
    scored = world(sources=("G0", "G1", "G2", "UNMEASURED")).judged.scored
    known = np.isfinite(scored.values(COEXPRESSION))
    assert known.tolist() == [p != "UNMEASURED" for p in scored.pairs.perturbations]
    assert np.isfinite(scored.values("score")).all()


@pytest.mark.parametrize("sources", [("G30",), ("G3",)])
def test_too_few_perturbations_are_no_error(world, sources):
    scored = world(kind="model", sources=sources).judged.scored
    assert len(scored.aurocs) == scored.pairs.n == (1 if sources == ("G3",) else 0)
    assert scored.choice.main == "layer 0"


def test_the_seed_deals_the_folds_and_scores_do_not_depend_on_it(world, judged_of):
    w = world(0.5, kind="model")
    one, two = (judged_of(w.judged, seed=s).scored for s in (1, 2))
    np.testing.assert_array_equal(one.aurocs, two.aurocs)
    assert (one.choice.fold != two.choice.fold).any()
