import warnings
from dataclasses import replace
from fractions import Fraction
from functools import cache

import numpy as np
import pytest
from scipy import sparse, stats
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from cellglass.data import EdgeTable
from cellglass.models.fixed_edges import FixedEdges
from cellglass.regulation.responses.calls import call_responses
from cellglass.regulation.responses.grid import (
    CONTROLS,
    EFFECTS,
    GENES,
    SCALARS,
    sensitivity_grid,
)

SMALL = {"effects": (0.25, 0.5, 1.0), "controls": (60, 150, 10_000), "genes": (20, 50, 5_000)}


@cache
def correlations(measured, n_controls):
    with np.errstate(invalid="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", stats.ConstantInputWarning)
        return spearmanr(measured.controls[:n_controls].toarray()).statistic


def slow_point(measured, rule, effect, n_controls, n_genes, held=None):
    """One point by `call_responses` and scikit-learn, perturbation by perturbation."""
    log = measured.controls[: min(n_controls, measured.controls.shape[0])].toarray()
    columns = np.arange(len(measured.genes)) if held is None else held.genes["column"].to_numpy()
    perturbed = {g for genes in measured.used["genes"] for g in genes.split("+")}
    variance = log.var(0, ddof=1)
    forced = [c for c in columns if measured.genes[c] in perturbed]
    others = sorted((c for c in columns if c not in forced), key=lambda c: -variance[c])
    at = sorted(forced + others[: max(n_genes - len(forced), 0)], key=list(columns).index)
    called = call_responses(
        measured, rule, columns=np.array(at), effect=effect, n_controls=len(log)
    )
    scalars = {"variance": variance, "mean": log.mean(0), "detection": (log > 0).mean(0)}
    out = {n: {} for n in (*SCALARS, "|Spearman|", "score")}
    beside = {"|Spearman|": {n: {} for n in SCALARS}, "score": {n: {} for n in SCALARS}}

    def add(name, p, values, judged):
        labels = called.responds[p, judged]
        if min(labels.sum(), (~labels).sum()) < rule.min_responders:
            return
        out[name][p] = roc_auc_score(labels, values[judged])
        for scalar in SCALARS if name in beside else ():
            beside[name][scalar][p] = roc_auc_score(labels, scalars[scalar][at][judged])

    for p, targets in enumerate(called.targets):
        if len(targets) > 1:
            continue
        for name in SCALARS:
            add(name, p, scalars[name][at], called.candidate[p])
        if targets[0] in measured.genes and measured.genes.index(targets[0]) in at:
            own = measured.genes.index(targets[0])
            rho = np.abs(correlations(measured, len(log))[own, at])
            add("|Spearman|", p, np.nan_to_num(rho).round(12), called.candidate[p])
        if held is not None and targets[0] in held.edges.sources:
            row = held.edges.sources.index(targets[0])
            places = [list(columns).index(c) for c in at]
            scores = held.edges.candidate("score").scores[row, places]
            add("score", p, scores, called.candidate[p] & np.isfinite(scores))
    return len(at), out, beside


@pytest.fixture(scope="module")
def subject(world):
    """A table with holes, over fewer genes than the screen, in another order."""
    w = world(1.0)
    order = np.random.default_rng(0).permutation(90)[:80]
    order = np.concatenate([order, np.setdiff1d(np.arange(12), order)])
    scores = w.held.edges.candidate("score").scores[:, order].copy()
    scores[2, 5:30] = np.nan
    names = tuple(np.array(w.held.edges.targets)[order])
    w.held.edges = FixedEdges(EdgeTable(scores, w.held.edges.sources, names), "score")
    w.held.genes = w.held.genes.iloc[order].reset_index(drop=True)
    w.held.expression = w.held.expression[:, order]
    return w


@pytest.mark.parametrize("with_subject", [False, True])
def test_every_point_is_that_of_the_slow_loop(measured, rule, subject, with_subject):
    held = subject.held if with_subject else None
    grid = sensitivity_grid(measured, rule, held=held, **SMALL)
    assert len(grid.table) == 27
    points = [
        (e, c, g) for c in SMALL["controls"] for g in SMALL["genes"] for e in SMALL["effects"]
    ]
    for i in range(0, 27, 1 if with_subject else 4):
        row = grid.table.iloc[i]
        assert (row["effect"], row["n_controls"], row["n_genes"]) == points[i]
        used, want, beside = slow_point(measured, rule, *points[i], held)
        assert row["genes_used"] == used
        for name, values in want.items():
            if name == "score" and not with_subject:
                assert "score" not in grid.table
                continue
            found = grid.values[i, name]
            assert np.flatnonzero(np.isfinite(found)).tolist() == sorted(values)
            np.testing.assert_allclose(
                found[sorted(values)], [values[p] for p in sorted(values)], atol=1e-9
            )
            assert row[f"n_{name}"] == len(values)
            if len(values) >= 2:
                assert row[name] == pytest.approx(np.mean(list(values.values())))
                p = stats.ttest_1samp(list(values.values()), 0.5).pvalue
                assert row[f"{name}_p"] == pytest.approx(p)
            if name in beside and values:
                best = max(np.mean(list(v.values())) for v in beside[name].values())
                assert row[f"{name}_single_gene"] == pytest.approx(best)


def test_genes_that_few_cells_express_are_tied(measured, rule):
    """Equal correlations that differ by rounding are no ranking."""
    rng = np.random.default_rng(0)
    controls = sparse.csr_matrix((rng.random((300, 90)) < 0.015).astype(float))
    rare = replace(measured, controls=controls)
    control, shift = rare.control(), 2.0 * (rng.random(measured.moments.mean.shape) < 0.2)
    rare = replace(
        rare, moments=replace(
            measured.moments, mean=control.mean + shift, variance=0.0 * shift + control.variance,
        ),
    )  # fmt: skip
    options = {"effects": (0.25,), "controls": (300,), "genes": (90,)}
    grid = sensitivity_grid(rare, rule, **options)
    judged = np.flatnonzero(np.isfinite(grid.values[0, "|Spearman|"]))
    assert len(judged) >= 10
    called = call_responses(rare, rule, effect=0.25, n_controls=300)
    dense = controls.toarray()
    for p in judged:
        own = int(called.targets[p][0][1:])
        # of 0 and 1 alone the correlation is a ratio of whole numbers, up to a common factor
        n = dense.sum(0)
        both = dense[:, own] @ dense
        exact = [
            Fraction(int(300 * both[g] - n[own] * n[g])) ** 2
            / Fraction(int(n[g] * (300 - n[g])) or 1) for g in range(90)
        ]  # fmt: skip
        ranks = {v: i for i, v in enumerate(sorted(set(exact)))}
        scores = np.array([ranks[v] for v in exact], dtype=float)
        keep = called.candidate[p]
        want = roc_auc_score(called.responds[p, keep], scores[keep])
        assert grid.values[0, "|Spearman|"][p] == pytest.approx(want, abs=1e-12)


def test_the_grid_of_the_paper_is_clipped_and_says_so(measured, rule):
    assert (EFFECTS, CONTROLS, GENES) == (
        (0.25, 0.5, 1.0), (500, 2000, 10000), (1000, 2000, 5000),
    )  # fmt: skip
    grid = sensitivity_grid(measured, rule)
    assert len(grid.table) == 27
    assert grid.clipped == (
        "500 and 2,000 and 10,000 control cells were asked for, 300 are there; 1,000 and 2,000 and "
        "5,000 genes were asked for, 90 are there"
    )
    assert grid.n_distinct == 3  # effects alone still differ
    assert (grid.table["controls_used"] == 300).all()
    same = grid.table.groupby("effect")["variance"].nunique()
    assert (same == 1).all()


def test_a_screen_that_has_enough_is_not_clipped(measured, rule):
    grid = sensitivity_grid(measured, rule, effects=(0.5,), controls=(60, 150), genes=(30, 60))
    assert (grid.clipped, grid.n_distinct) == ("", 4)
    assert grid.table["genes_used"].tolist() == [30, 60, 30, 60]


def test_perturbed_genes_are_forced_in_and_doubles_left_out(measured, rule):
    grid = sensitivity_grid(measured, rule, effects=(0.5,), controls=(300,), genes=(5,))
    assert grid.table["genes_used"].tolist() == [12]  # G0 to G11; G20 has too few cells
    double = list(measured.used["perturbation"]).index("G0+G1")
    wide = sensitivity_grid(measured, rule, effects=(0.25,), controls=(300,), genes=(90,))
    assert np.isnan(wide.values[0, "variance"][double])
    unmeasured = list(measured.used["perturbation"]).index("UNMEASURED")
    assert np.isfinite(wide.values[0, "variance"][unmeasured])
    assert np.isnan(wide.values[0, "|Spearman|"][unmeasured])


def test_single_genes_are_compared_on_the_same_perturbations(world, rule):
    """Two perturbations have a score; the variance of the others must not stand against it."""
    w = world(1.0, sources=("G3", "G5"))
    grid = sensitivity_grid(
        w.measured, rule, held=w.held, effects=(0.5,), controls=(300,), genes=(90,)
    )
    row = grid.table.iloc[0]
    assert (row["n_score"], row["n_variance"]) == (2, 13)
    rows = [list(w.measured.used["perturbation"]).index(p) for p in ("G3", "G5")]
    best = max(grid.values[0, n][rows].mean() for n in SCALARS)
    assert row["score_single_gene"] == pytest.approx(best)
    assert abs(best - max(row[n] for n in SCALARS)) > 1e-3


def test_points_do_not_depend_on_which_others_are_asked_for(measured, rule):
    whole = sensitivity_grid(measured, rule, **SMALL).table
    one = sensitivity_grid(measured, rule, effects=(0.5,), controls=(150,), genes=(50,)).table
    twin = whole[(whole["effect"] == 0.5) & (whole["n_controls"] == 150) & (whole["n_genes"] == 50)]
    assert twin.reset_index(drop=True).equals(one)


def test_the_layer_of_a_model_is_fixed_beforehand(world, rule):
    w = world(2.0, kind="model")
    options = {"held": w.held, "effects": (0.5,), "controls": (300,), "genes": (90,)}
    knows = sensitivity_grid(w.measured, rule, layer="layer 2", **options)
    first = sensitivity_grid(w.measured, rule, **options)
    assert knows.table["score"][0] > 0.8
    assert abs(first.table["score"][0] - 0.5) < 0.15


@pytest.mark.long
def test_papalexi_point_by_point(shared_data, rule):
    from cellglass.data.screens import open_screen
    from cellglass.regulation.responses.measured import measure

    screen = open_screen(shared_data("perturbation/papalexi2021_thp1_crisprko.h5ad"))
    measured = measure(screen, rule, 1)
    grid = sensitivity_grid(measured, rule)
    assert "10,000 control cells were asked for, 2,386 are there" in grid.clipped
    assert "299 are there" in grid.clipped
    assert grid.n_distinct == 9
    for i in (0, 4, 26):
        row = grid.table.iloc[i]
        _, want, _ = slow_point(
            measured, rule, row["effect"], int(row["n_controls"]), int(row["n_genes"])
        )
        for name in (*SCALARS, "|Spearman|"):
            values = want[name]
            np.testing.assert_allclose(
                grid.values[i, name][sorted(values)], [values[p] for p in sorted(values)], atol=1e-9
            )
