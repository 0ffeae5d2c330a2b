from dataclasses import replace

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from cellglass.errors import InputError
from cellglass.regulation.networks.pairwise import pairwise_part
from cellglass.regulation.responses import increments as module
from cellglass.regulation.responses.increments import (
    ALONE,
    BASE,
    BOTH,
    COEXPRESSED,
    ELSEWHERE,
    FEATURES,
    MODELS,
    PAIRWISE,
    SCORE,
    held_out_predictions,
)
from cellglass.regulation.responses.splits import SPLITS, split_pairs
from cellglass.stats import boosted_classifier
from cellglass.stats.design import van_der_waerden
from cellglass.stats.row_auroc import row_auroc


@pytest.fixture(autouse=True)
def few_trees(monkeypatch):
    """What is tested does not hinge on their number."""
    monkeypatch.setattr(boosted_classifier, "TREES", 30)


def held(scored, **options):
    settings = {"folds": 3, "joint_folds": 2, "seed": 1, "task": "t", **options}
    return {(h.model, h.split): h for h in held_out_predictions(scored, **settings)}


def mean_auroc(found, name, scored):
    return row_auroc(found.odds[name], scored.pairs.labels, scored.pairs.mask).mean()


@pytest.fixture(scope="module")
def scored(world):
    return world(1.2, kind="model").judged.scored


@pytest.fixture(scope="module")
def logistic(scored):
    return held(scored, models=("logistic",))


def folds_of(scored, how):
    pairs = scored.pairs
    p, g = np.nonzero(pairs.mask)
    parts = split_pairs(p, g, pairs.labels[p, g], how, folds=3, joint_folds=2, seed=1, task="t")
    return p, g, pairs.labels[p, g], list(parts)


def by_hand(scored, how, name, layer, model):
    """Held-out log odds at equal classes, one fold after the other."""
    pairs = scored.pairs
    p, g, y, parts = folds_of(scored, how)
    candidate = scored.candidates[layer]
    score, coexpression = np.zeros(pairs.mask.shape), np.zeros(pairs.mask.shape)
    for row in range(pairs.n):
        judged = pairs.mask[row]
        score[row, judged] = van_der_waerden(candidate[row, judged])
        coexpression[row, judged] = van_der_waerden(scored.coexpression[row, judged])
    columns = {
        **{n: pairs.features[n].to_numpy()[g] for n in ("mean", "variance", "detection")},
        "score": score[p, g].astype(np.float32),
        "pairwise": pairwise_part(candidate, pairs.mask)[p, g].astype(np.float32),
        "coexpression": coexpression[p, g],
    }  # fmt: skip
    x = np.column_stack([columns[n] for n in FEATURES[name]]).astype(float)
    out = np.full(pairs.mask.shape, np.nan)
    for train, test in parts:
        if model == "logistic":
            scaled = (x - x[train].mean(0)) / x[train].std(0)
            fit = LogisticRegression(C=1.0, tol=1e-9, max_iter=500).fit(scaled[train], y[train])
            odds = fit.decision_function(scaled[test]) - np.log(y[train].sum() / (~y[train]).sum())
        else:
            fit = HistGradientBoostingClassifier(
                max_iter=boosted_classifier.TREES, max_leaf_nodes=31, learning_rate=0.05,
                class_weight="balanced", min_samples_leaf=min(40, int(train.sum()) // 10),
                early_stopping=False,
            ).fit(x[train], y[train])  # fmt: skip
            odds = fit.decision_function(x[test])
        out[p[test], g[test]] = odds
    return out


@pytest.mark.parametrize("how", SPLITS)
@pytest.mark.parametrize("name", [BASE, SCORE, PAIRWISE, BOTH])
def test_logistic_odds_are_scikit_learns(scored, logistic, how, name):
    found = logistic["logistic", how]
    assert found.layers == ("layer 2",) * (4 if how == "both" else 3)
    want = by_hand(scored, how, name, "layer 2", "logistic")
    np.testing.assert_allclose(found.odds[name], want, atol=5e-3)
    assert np.isnan(found.odds[name][~scored.pairs.mask]).all()
    assert found.n_empty == 0


def test_trees_are_scikit_learns(scored):
    found = held(scored, models=("boosted",), splits=("both",))["boosted", "both"]
    assert set(found.odds) == {BASE, SCORE, PAIRWISE, COEXPRESSED}
    want = by_hand(scored, "both", SCORE, "layer 2", "boosted")
    np.testing.assert_allclose(found.odds[SCORE], want, atol=1e-9)


@pytest.mark.parametrize("how", SPLITS)
def test_folds_are_those_of_the_split(scored, logistic, how):
    found = logistic["logistic", how].fold
    p, g, _, parts = folds_of(scored, how)
    for f, (_, test) in enumerate(parts):
        assert (found[p[test], g[test]] == f).all()
    assert (found[~scored.pairs.mask] == -1).all()


@pytest.mark.parametrize("how", SPLITS)
@pytest.mark.parametrize("model", MODELS)
def test_test_labels_teach_nothing(world, monkeypatch, how, model):
    """Turn the labels of one test fold over: what is predicted for it stays, to the bit."""
    scored = world(0.8, kind="model").judged.scored
    p, g, _, parts = folds_of(scored, how)
    monkeypatch.setattr(module, "split_pairs", lambda *a, **k: iter(parts))
    before = held(scored, models=(model,), splits=(how,))[model, how]
    test = parts[1][1]
    labels = scored.pairs.labels.copy()
    labels[p[test], g[test]] ^= True
    turned = replace(scored, pairs=replace(scored.pairs, labels=labels))
    after = held(turned, models=(model,), splits=(how,))[model, how]
    assert after.layers[1] == before.layers[1]
    assert (ELSEWHERE in before.odds) == (how == "perturbation" and model == "logistic")
    for name, odds in before.odds.items():
        np.testing.assert_array_equal(after.odds[name][p[test], g[test]], odds[p[test], g[test]])
    others = ~test if how != "both" else parts[2][1]  # the block that this one teaches
    name = BASE
    assert (after.odds[name][p[others], g[others]] != before.odds[name][p[others], g[others]]).any()


def test_a_score_that_knows_pairs_adds_under_every_model_and_split(scored):
    for found in held(scored).values():
        base = mean_auroc(found, BASE, scored)
        assert mean_auroc(found, SCORE, scored) > base + 0.1
        assert mean_auroc(found, PAIRWISE, scored) > base + 0.05


def test_prominence_adds_as_a_whole_score_and_nothing_as_a_pairwise_part(world):
    """What a score says of targets alone is no knowledge of pairs, however it predicts."""
    scored = world(0.0, usual=4.0).judged.scored
    found = held(scored, models=("logistic",))["logistic", "perturbation"]
    base = mean_auroc(found, BASE, scored)
    assert mean_auroc(found, SCORE, scored) > base + 0.1
    assert abs(mean_auroc(found, PAIRWISE, scored) - base) < 0.05


def null_labels(scored, rng):
    """Genes that respond more or less often, whatever their statistics and scores."""
    pairs = scored.pairs
    rate = rng.beta(1.0, 6.0, pairs.mask.shape[1])
    labels = (rng.random(pairs.mask.shape) < rate) & pairs.mask
    labels[np.arange(pairs.n), 30 + np.arange(pairs.n)] = True
    labels[np.arange(pairs.n), 50 + np.arange(pairs.n)] = False
    return replace(scored, pairs=replace(pairs, labels=labels & pairs.mask))


def raw_odds(scored, seed):
    """Log odds of a fit as it is, intercept and all: with targets held out, of the score alone."""
    pairs = scored.pairs
    p, g = np.nonzero(pairs.mask)
    y = pairs.labels[p, g]
    score = np.concatenate([van_der_waerden(scored.candidates["score"][r, pairs.mask[r]])
                            for r in range(pairs.n)])[:, None]  # fmt: skip
    out = np.full(pairs.mask.shape, np.nan)
    parts = split_pairs(p, g, y, "target", folds=5, joint_folds=2, seed=seed, task="t")
    for train, test in parts:
        fit = LogisticRegression().fit(score[train], y[train])
        out[p[test], g[test]] = fit.decision_function(score[test])
    return out


def test_intercepts_of_folds_do_not_push_weak_models_below_chance(world):
    """A fold without hubs is predicted by models that saw them all: weak models end below 0.5.

    A gain over such a base would be one over an artefact.
    """
    scored = world(0.0).judged.scored
    raw, ours, truth = [], [], []
    for seed in range(15):
        null = null_labels(scored, np.random.default_rng(seed))
        found = held(null, models=("logistic",), splits=("target",), folds=5, seed=seed)
        ours.append(mean_auroc(found["logistic", "target"], ALONE, null))
        pairs = null.pairs
        raw.append(row_auroc(raw_odds(null, seed), pairs.labels, pairs.mask).mean())
        truth.append(
            abs(row_auroc(null.candidates["score"], pairs.labels, pairs.mask).mean() - 0.5)
        )
    assert np.mean(raw) < 0.47
    assert abs(np.mean(ours) - 0.5) < 0.03
    assert np.mean(truth) < 0.05


def test_a_layer_is_chosen_on_training_pairs_alone(world):
    """Layer 1 knows half of the perturbations, layer 2 the other half."""
    scored = world(0.0, kind="model").judged.scored
    pairs = scored.pairs
    p, g = np.nonzero(pairs.mask)
    first = p < pairs.n // 2
    candidates = {n: m.copy() for n, m in scored.candidates.items()}
    candidates["layer 1"][: pairs.n // 2] += 10.0 * pairs.labels[: pairs.n // 2]
    candidates["layer 2"][pairs.n // 2 :] += 10.0 * pairs.labels[pairs.n // 2 :]
    knows = replace(scored, candidates=candidates)
    columns = module._columns(knows)
    assert module._layer(knows, columns, first) == "layer 1"
    assert module._layer(knows, columns, ~first) == "layer 2"
    assert len(g) == len(columns.g)


@pytest.mark.parametrize("how", SPLITS)
def test_a_layer_that_knows_the_test_pairs_alone_is_not_chosen_for_them(world, monkeypatch, how):
    scored = world(0.5, kind="model").judged.scored
    p, g, y, parts = folds_of(scored, how)
    monkeypatch.setattr(module, "split_pairs", lambda *a, **k: iter(parts))
    test = parts[1][1]
    candidates = {n: m.copy() for n, m in scored.candidates.items()}
    candidates["layer 0"][p[test], g[test]] += 100.0 * y[test]
    knows = replace(scored, candidates=candidates)
    found = held(knows, models=("logistic",), splits=(how,))["logistic", how]
    assert found.layers[1] == "layer 2"


def test_how_often_a_target_responds_is_counted_over_training_perturbations(scored):
    columns = module._columns(scored)
    pairs = scored.pairs
    train = columns.p < 8
    values = module._elsewhere(scored, columns, train)
    for i in range(0, len(values), 97):
        p, g = columns.p[i], columns.g[i]
        others = [q for q in range(8) if q != p and pairs.mask[q, g]]
        assert values[i] == pytest.approx(np.mean([pairs.labels[q, g] for q in others]))


def test_a_double_and_its_single_are_never_on_two_sides(world):
    rule = world().judged.responses.model_copy(update={"doubles": "mean"})
    scored = world(1.0, rule=rule).judged.scored
    pairs = scored.pairs
    together = np.flatnonzero([set(s) & {"G0", "G1"} for s in pairs.sources])
    assert len(together) == 3
    for seed in range(5):
        found = held(scored, models=("logistic",), splits=("perturbation", "both"), seed=seed)
        by_perturbation = found["logistic", "perturbation"].fold
        assert len({int(by_perturbation[p].max()) for p in together}) == 1
        blocks = found["logistic", "both"].fold[together] // 2  # the row of the block
        judged = pairs.mask[together]
        assert len(np.unique(blocks[judged])) == 1


def test_perturbations_that_coexpression_does_not_rank_stay(world):
    scored = world(sources=("G0", "G1", "G2", "G3", "UNMEASURED")).judged.scored
    found = held(scored, models=("logistic",), splits=("perturbation",))
    odds = found["logistic", "perturbation"].odds
    assert all(np.isfinite(o[scored.pairs.mask]).all() for o in odds.values())


def test_feature_sets_learn_from_the_same_pairs(scored, monkeypatch):
    """Where negatives are drawn, a gain must not be one of other negatives."""
    seen = {}
    real = module.boosted_log_odds

    def spy(design, y, train, test, *, seed, task):
        seen.setdefault(task, []).append(design.shape[1])
        return real(design, y, train, test, seed=seed, task=task)

    monkeypatch.setattr(module, "boosted_log_odds", spy)
    held(scored, models=("boosted",), splits=("both",))
    assert len(seen) == 4  # a task a fold
    assert all(sorted(q) == [3, 4, 4, 4] for q in seen.values())


def test_folds_without_a_class_predict_alike_and_are_counted(scored):
    labels = np.zeros_like(scored.pairs.labels)
    labels[0, 30:34] = True  # one perturbation has all responding genes
    lonely = replace(scored, pairs=replace(scored.pairs, labels=labels))
    found = held(lonely, models=("logistic",), splits=("perturbation",))["logistic", "perturbation"]
    assert found.n_empty == 1
    row = found.odds[SCORE][0, lonely.pairs.mask[0]]
    assert (row == 0).all()


def test_one_perturbation_cannot_be_held_out(world):
    scored = world(1.0, sources=("G3",)).judged.scored
    with pytest.raises(InputError, match="1 perturbation"):
        held(scored)


def test_the_seed_decides_folds_and_equal_seeds_give_equal_bits(scored, logistic):
    again = held(scored, models=("logistic",))
    other = held(scored, models=("logistic",), seed=2)
    for key, found in logistic.items():
        for name, odds in found.odds.items():
            np.testing.assert_array_equal(odds, again[key].odds[name])
    assert (other["logistic", "target"].fold != logistic["logistic", "target"].fold).any()
