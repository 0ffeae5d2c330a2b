import numpy as np
import pytest
from scipy import special
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.preprocessing import StandardScaler

from cellglass.errors import InputError
from cellglass.stats import group_folds, increment, van_der_waerden


def planted(seed=0, regulators=40, genes=60, effect=1.5):
    """Labels from gene prominence plus, times `effect`, a pair-level signal."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(regulators), genes)
    prominence = np.tile(rng.normal(size=genes), regulators)
    signal = rng.normal(size=groups.size)
    labels = rng.random(groups.size) < special.expit(prominence + effect * signal - 2.5)
    features = np.column_stack([prominence, prominence**2, rng.normal(size=groups.size)])
    return features, signal, labels, groups, rng


def test_equals_the_same_steps_with_sklearn():
    features, signal, labels, groups, _ = planted()
    found = increment(features, signal, labels, groups, seed=3, task="t", bootstrap=50)
    folds = group_folds(groups, 5, 3, "t/folds", weights=labels)
    base, full = np.empty(labels.size), np.empty(labels.size)
    score = van_der_waerden(signal)
    for fold in range(5):
        train, test = folds != fold, folds == fold
        scaler = StandardScaler().fit(features[train])
        x = scaler.transform(features)
        plain = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000).fit(x[train], labels[train])
        base[test] = plain.decision_function(x[test])
        x = np.column_stack([x, score])
        more = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000).fit(x[train], labels[train])
        full[test] = more.decision_function(x[test])
    assert found.base_auroc == pytest.approx(roc_auc_score(labels, base), abs=1e-4)
    assert found.full_auroc == pytest.approx(roc_auc_score(labels, full), abs=1e-4)
    assert found.base_auroc > 0.5
    assert found.delta == pytest.approx(found.full_auroc - found.base_auroc)
    assert found.auprc_full == pytest.approx(average_precision_score(labels, full), abs=1e-3)
    assert found.auprc_base == pytest.approx(average_precision_score(labels, base), abs=1e-3)


def test_a_pair_level_signal_adds_and_prominence_does_not():
    features, signal, labels, groups, rng = planted()
    real = increment(features, signal, labels, groups, seed=1, task="t")
    assert real.adds
    assert real.interval.low > 0.05
    assert real.interval.unit == "regulator"
    assert real.n_groups == 40
    # High AUROC alone, but it only repeats what the covariates say.
    repeated = features[:, 0] + 0.3 * rng.normal(size=labels.size)
    assert roc_auc_score(labels, repeated) > 0.6
    echo = increment(features, repeated, labels, groups, seed=1, task="t")
    assert not echo.adds
    assert echo.adds_nothing
    assert abs(echo.delta) < 0.005


def test_score_with_the_wrong_sign_adds_as_much():
    features, signal, labels, groups, _ = planted()
    a = increment(features, signal, labels, groups, seed=1, task="t", bootstrap=20)
    b = increment(features, -signal, labels, groups, seed=1, task="t", bootstrap=20)
    assert a.delta == pytest.approx(b.delta, abs=1e-6)


def test_selection_finds_the_score_among_many_and_counts_it():
    features, signal, labels, groups, rng = planted()
    candidates = rng.normal(size=(labels.size, 40))
    candidates[:, 17] = signal
    names = [f"L{k}" for k in range(40)]
    found = increment(
        features, candidates, labels, groups, seed=1, task="t", names=names, bootstrap=50
    )
    assert found.selected == ("L17",) * 5
    assert found.selection_counts == {"L17": 5}
    assert found.score_test_z.shape == (5, 40)
    assert np.abs(found.score_test_z).argmax(1).tolist() == [17] * 5


def test_selection_takes_a_score_with_the_wrong_sign():
    features, signal, labels, groups, rng = planted()
    candidates = np.column_stack([0.2 * signal + rng.normal(size=labels.size), -signal])
    found = increment(features, candidates, labels, groups, seed=1, task="t", bootstrap=50)
    assert found.selected == ("1",) * 5
    alone = increment(features, signal, labels, groups, seed=1, task="t", bootstrap=50)
    assert found.delta == pytest.approx(alone.delta, abs=1e-6)


def test_noise_does_not_gain_by_bringing_a_useless_model_back_to_chance():
    """Held out, covariates that say nothing fall below 0.5; full - base would call that a gain."""
    naive, floored = [], []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        groups = np.repeat(np.arange(12), 40)
        labels = rng.random(groups.size) < 0.1
        features = rng.normal(size=(groups.size, 10))
        noise = rng.normal(size=(groups.size, 20))
        found = increment(features, noise, labels, groups, seed=seed, task="t", bootstrap=200)
        naive.append(found.full_auroc - found.base_auroc)
        floored.append(found.delta)
        assert found.delta == found.full_auroc - max(found.base_auroc, 0.5)
        assert found.interval.low <= found.delta <= found.interval.high
        assert not found.adds
    assert max(naive) > 0.03
    assert max(floored) < max(naive)
    assert np.mean(floored) < 0.0 < np.mean(naive)


def test_choosing_among_noise_gains_nothing_held_out():
    features, _, labels, groups, rng = planted(effect=0.0)
    noise = rng.normal(size=(labels.size, 200))
    found = increment(features, noise, labels, groups, seed=1, task="t")
    assert not found.adds
    assert found.delta < 0.005
    best_in_sample = max(abs(roc_auc_score(labels, noise[:, k]) - 0.5) for k in range(200))
    assert best_in_sample > 0.04  # what choosing on the evaluation pairs would have shown


def test_held_out_labels_play_no_part_in_the_choice():
    features, _, labels, groups, rng = planted(effect=0.0)
    noise = rng.normal(size=(labels.size, 30))
    folds = group_folds(groups, 5, 1, "t/folds", weights=labels)
    first = increment(features, noise, labels, groups, seed=1, task="t", bootstrap=20)
    changed = labels.copy()
    for group in np.unique(groups[folds == 2]):  # same number of positives, other places
        inside = groups == group
        changed[inside] = rng.permutation(labels[inside])
    second = increment(features, noise, changed, groups, seed=1, task="t", bootstrap=20)
    assert np.array_equal(first.score_test_z[2], second.score_test_z[2])
    assert not np.array_equal(first.score_test_z[1], second.score_test_z[1])


def test_monotone_changes_of_a_score_do_not_matter():
    features, signal, labels, groups, _ = planted()
    a = increment(features, signal, labels, groups, seed=1, task="t", bootstrap=20)
    b = increment(features, np.exp(3 * signal), labels, groups, seed=1, task="t", bootstrap=20)
    assert a.delta == b.delta


def test_folds_are_reduced_to_the_regulators_with_positives():
    features, signal, labels, groups, _ = planted()
    few = labels & (groups < 3)
    found = increment(features, signal, few, groups, seed=1, task="t", bootstrap=50)
    assert found.n_folds == 3
    assert len(found.selected) == 3
    with pytest.raises(InputError, match=r"in 1 regulator(.|\n)*at least 2 regulators"):
        increment(features, signal, labels & (groups == 0), groups, seed=1, task="t")


def test_a_constant_covariate_and_a_constant_score_are_harmless():
    features, signal, labels, groups, _ = planted()
    constant = np.column_stack([features, np.full(labels.size, 7.0)])
    a = increment(features, signal, labels, groups, seed=1, task="t", bootstrap=20)
    b = increment(constant, signal, labels, groups, seed=1, task="t", bootstrap=20)
    assert a.delta == pytest.approx(b.delta, abs=1e-9)
    flat = increment(features, np.ones(labels.size), labels, groups, seed=1, task="t", bootstrap=20)
    assert flat.delta == 0.0


def test_wrong_input_is_refused():
    features, signal, labels, groups, _ = planted()
    with pytest.raises(InputError, match="scores of shape"):
        increment(features, signal[1:], labels, groups, seed=1, task="t")
    with pytest.raises(InputError, match="2 names for 1 scores"):
        increment(features, signal, labels, groups, seed=1, task="t", names=["a", "b"])
    bad = features.copy()
    bad[0, 0] = np.nan
    with pytest.raises(InputError, match="features"):
        increment(bad, signal, labels, groups, seed=1, task="t")
