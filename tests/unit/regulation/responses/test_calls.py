from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats

from cellglass.data.screens import read_fold_changes
from cellglass.errors import InputError
from cellglass.regulation.responses.calls import call_responses, call_weak_responses
from cellglass.regulation.responses.folds import MeasuredFolds
from cellglass.regulation.responses.measured import Measured, measure
from cellglass.stats.differential import group_moments
from cellglass.stats.row_auroc import row_auroc


def by_hand(cells, label, rule, control="control"):
    """p, difference and g of one perturbation, from dense values."""
    counts = cells.X.toarray().astype(float)
    log = np.log1p(1e4 * counts / counts.sum(1, keepdims=True))
    is_label = (cells.obs["perturbation"] == label).to_numpy()
    a, b = log[is_label], log[(cells.obs["perturbation"] == control).to_numpy()]
    p = stats.ttest_ind(a, b, equal_var=False).pvalue
    difference = a.mean(0) - b.mean(0)
    sd = np.sqrt((a.var(0, ddof=1) + b.var(0, ddof=1)) / 2)
    return p, difference, difference / sd * (1 - 3 / (4 * (len(a) + len(b) - 2) - 1))


def test_welch_bh_within_the_perturbation_without_the_perturbed_gene(measured, simulated, rule):
    found = call_responses(measured, rule)
    for label in ("G3", "G11", "G0+G1", "UNMEASURED"):
        i = found.perturbations.index(label)
        p, difference, g = by_hand(simulated().cells, label, rule)
        own = [int(name[1:]) for name in found.targets[i] if name != "UNMEASURED"]
        others = np.setdiff1d(np.arange(90), own)
        np.testing.assert_allclose(found.p[i, others], p[others])
        np.testing.assert_allclose(
            found.q[i, others], stats.false_discovery_control(p[others], method="bh")
        )
        np.testing.assert_allclose(found.difference[i], difference)
        np.testing.assert_allclose(found.standardised[i], g)
        assert np.isnan(found.q[i, own]).all()
        assert not found.candidate[i, own].any()
        want = np.zeros(90, dtype=bool)
        want[others] = (found.q[i, others] <= 0.05) & (np.abs(difference[others]) >= 0.5)
        np.testing.assert_array_equal(found.responds[i], want)


def test_planted_responders_are_found_and_few_others(measured, simulated, rule):
    found, truth = call_responses(measured, rule), simulated().truth
    rows = [found.perturbations.index(f"G{p}") for p in range(12)]
    called = found.responds[rows]
    assert (called & truth).sum() >= 0.97 * truth.sum()
    assert (called & ~truth).sum() <= 0.1 * called.sum()
    np.testing.assert_array_equal(found.n_responders, found.responds.sum(1))
    np.testing.assert_array_equal(found.n_affected, found.responds.sum(0))


def test_q_is_over_the_genes_that_count(measured, rule):
    columns = np.array([0, 20, 30, 80, 81])
    part, whole = call_responses(measured, rule, columns=columns), call_responses(measured, rule)
    assert part.genes == ("G0", "G20", "G30", "G80", "G81")
    i = part.perturbations.index("G0")
    np.testing.assert_allclose(part.p[i, 1:], whole.p[i, columns[1:]])
    np.testing.assert_allclose(
        part.q[i, 1:], stats.false_discovery_control(part.p[i, 1:], method="bh")
    )
    assert (part.q[i, 1:] != whole.q[i, columns[1:]]).any()


def test_the_effect_may_be_stated_for_either_label(measured, rule):
    strict = call_responses(measured, rule, effect=1.0)
    assert (strict.responds <= call_responses(measured, rule).responds).all()
    by_g = call_responses(measured, rule, label="standardised")
    want = by_g.candidate & (np.nan_to_num(by_g.q, nan=1.0) <= 0.05)
    np.testing.assert_array_equal(by_g.responds, want & (np.abs(by_g.standardised) >= 0.3))
    settled = rule.model_copy(update={"label": "standardised", "standardised_effect": 0.7})
    np.testing.assert_array_equal(
        call_responses(measured, settled).responds, want & (np.abs(by_g.standardised) >= 0.7)
    )


def test_another_number_of_controls(measured, rule):
    some = call_responses(measured, rule, n_controls=80)
    control = measured.controls[:80].toarray()
    np.testing.assert_allclose(some.difference[0], measured.moments.mean[0] - control.mean(0))


def test_the_test_is_the_one_of_the_settings_or_an_error(measured, simulated, screen_of, rule):
    rank = rule.model_copy(update={"test": "mann-whitney"})
    with pytest.raises(InputError, match="no Mann-Whitney p against 300 controls"):
        call_responses(measured, rank)
    ranked = measure(screen_of(simulated().cells), rank, 1)
    found = call_responses(ranked, rank)
    np.testing.assert_array_equal(found.p[found.candidate], ranked.rank_p[found.candidate])
    with pytest.raises(InputError, match="no Mann-Whitney p against 80 controls"):
        call_responses(ranked, rank, n_controls=80)
    by_welch = call_responses(ranked, rule)
    np.testing.assert_array_equal(by_welch.p, call_responses(measured, rule).p)


def test_the_weak_configuration(measured):
    found = call_weak_responses(measured, columns=np.arange(40, 90))
    i = 4
    p = measured.weak_p[i, 40:]
    np.testing.assert_allclose(found.q[i], stats.false_discovery_control(p, method="bh"))
    want = (found.q[i] <= 0.05) & (np.abs(found.difference[i]) >= 0.1)
    np.testing.assert_array_equal(found.responds[i], want)


def test_called_responses_leave_what_was_measured_as_it_was(measured, rule, tmp_path):
    before = measured.weak_p.copy()
    call_weak_responses(measured)
    np.testing.assert_array_equal(measured.weak_p, before)
    measured.write(tmp_path)
    call_weak_responses(Measured.read(tmp_path))  # memory-mapped, read only


def of_noise(seed, n_perturbations=30, n_genes=200, shift=0.8):
    """Genes whose standard deviations differ; some shift by the same share of theirs."""
    rng = np.random.default_rng(seed)
    sd = rng.lognormal(-0.8, 0.6, n_genes)
    truth = rng.random((n_perturbations, n_genes)) < 0.15
    control = 5.0 + rng.normal(size=(600, n_genes)) * sd
    cells = [5.0 + (rng.normal(size=(60, n_genes)) + shift * t) * sd for t in truth]
    codes = np.repeat(np.arange(n_perturbations), 60)
    moments = group_moments(sparse.csr_matrix(np.concatenate(cells)), codes, n_perturbations)
    names = [f"P{i}" for i in range(n_perturbations)]
    table = pd.DataFrame(
        {"perturbation": names, "genes": names, "kind": "single", "n_cells": 60, "measured": False,
         "used": True}
    )  # fmt: skip
    found = Measured(
        "noise", tuple(f"G{i}" for i in range(n_genes)), table, moments, sparse.csr_matrix(control),
        600, None, np.ones_like(moments.mean), "", "", {},
    )  # fmt: skip
    return found, truth


def test_a_variance_baseline_is_built_into_the_published_label_and_not_into_ours(rule):
    """Specification 5: large variance reaches |difference| >= 0.5 more easily."""
    found, truth = of_noise(0)
    variance = np.broadcast_to(found.control().variance, truth.shape)

    def by_variance(label):
        responds = call_responses(found, rule, label=label).responds
        usable = responds.any(1)
        return responds, row_auroc(variance[usable], responds[usable], np.ones_like(truth[usable]))

    published, inflated = by_variance("difference")
    ours, fair = by_variance("standardised")
    assert row_auroc(variance, truth, np.ones_like(truth)).mean() == pytest.approx(0.5, abs=0.03)
    assert inflated.mean() > 0.8  # the truth has nothing to do with variance
    assert abs(fair.mean() - 0.5) < 0.03
    assert (ours & truth).sum() > 1.5 * (published & truth).sum()


@pytest.fixture
def folds(tmp_path):
    frame = pd.DataFrame({"symbol": ["A", "B", "C"], "A": [-3.0, 0.72, np.nan], "X": [1, 0.5, -1]})
    frame.to_csv(tmp_path / "kd.csv", index=False)
    return MeasuredFolds.of(read_fold_changes(tmp_path / "kd.csv"), modality="", cell_line="")


def test_fold_changes_are_called_by_effect_alone(folds, rule):
    found = call_responses(folds, rule)
    # 0.72 log2 is 0.499 in natural logarithms, below 0.5
    assert found.responds.tolist() == [[False, False, False], [True, False, True]]
    assert found.candidate.tolist() == [[False, True, False], [True, True, True]]
    assert np.isnan(found.p).all()
    assert np.isnan(found.q).all()
    assert call_responses(folds, rule, effect=0.49).responds[0].tolist() == [False, True, False]


def test_fold_changes_cannot_be_standardised(folds, rule):
    with pytest.raises(InputError, match="no variance to be standardised by"):
        call_responses(folds, rule, label="standardised")


def test_a_gene_that_does_not_vary_does_not_respond(measured, rule):
    flat = measured.moments.mean.copy(), measured.moments.variance.copy()
    flat[0][:, 50], flat[1][:, 50] = 3.0, 0.0
    controls = measured.controls.tolil()
    controls[:, 50] = 1.0
    dull = replace(
        measured, moments=replace(measured.moments, mean=flat[0], variance=flat[1]),
        controls=controls.tocsr(),
    )  # fmt: skip
    found = call_responses(dull, rule)
    assert not found.responds[:, 50].any()
    assert (found.q[:, 50] == 1).all()


def test_papalexi_has_the_responses_of_its_readme(shared_data, rule):
    """Correlations of effects over 299 genes, and on-target differences, as stated there."""
    from cellglass.data.screens import open_screen

    screen = open_screen(shared_data("perturbation/papalexi2021_thp1_crisprko.h5ad"))
    found = call_responses(measure(screen, rule, 1), rule)
    at = {p: i for i, p in enumerate(found.perturbations)}

    def r(a, b):
        return np.corrcoef(found.difference[at[a]], found.difference[at[b]])[0, 1]

    assert round(r("JAK2", "IFNGR1"), 2) == 0.98
    assert round(r("IFNGR1", "IFNGR2"), 2) == 0.95
    assert round(r("JAK2", "STAT1"), 2) == 0.91
    assert round(r("IFNGR1", "CAV1"), 2) == 0.0
    column = {g: j for j, g in enumerate(found.genes)}
    for gene, value in (("JAK2", -2.64), ("STAT1", -3.34), ("STAT2", -1.15)):
        assert found.difference[at[gene], column[gene]] == pytest.approx(value, abs=0.006)
    assert sum(t[0] in column for t in found.targets) == 9
    assert len(found.perturbations) == 25
    responders = dict(zip(found.perturbations, found.n_responders.tolist(), strict=True))
    many = {g: n for g, n in responders.items() if n >= 3}
    assert many == {
        "BRD4": 4, "IFNGR1": 16, "IFNGR2": 14, "IRF1": 4, "JAK2": 18, "MYC": 6, "SMAD4": 12,
        "SPI1": 7, "STAT1": 29,
    }  # fmt: skip
    assert responders["CAV1"] == 0
