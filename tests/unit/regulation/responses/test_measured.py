import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats

from cellglass.data import log1p_cp10k
from cellglass.errors import InputError
from cellglass.regulation.responses import measured as module
from cellglass.regulation.responses.measured import WEAK_CONTROLS, Measured, measure


def dense_log(cells):
    counts = sparse.csr_matrix(cells.X)
    return log1p_cp10k(counts, np.asarray(counts.sum(1)).ravel()).toarray()


def rows(cells, label):
    return dense_log(cells)[(cells.obs["perturbation"] == label).to_numpy()]


def test_moments_are_those_of_the_cells_of_each_perturbation(measured, simulated):
    cells = simulated().cells
    for i, name in enumerate(measured.used["perturbation"]):
        part = rows(cells, name)
        assert measured.moments.n[i] == len(part)
        np.testing.assert_allclose(measured.moments.mean[i], part.mean(0))
        np.testing.assert_allclose(measured.moments.variance[i], part.var(0, ddof=1))
        np.testing.assert_allclose(measured.moments.detection[i], (part > 0).mean(0))
    control = rows(cells, "control")
    np.testing.assert_allclose(measured.control().mean[0], control.mean(0))
    assert measured.control().n.tolist() == [300]


def test_perturbations_are_told_and_small_ones_are_not_used(measured):
    table = measured.table.set_index("perturbation")
    assert table["kind"].value_counts().to_dict() == {"single": 14, "double": 1}
    assert table.index[~table["used"]].tolist() == ["G20"]
    assert table.index[~table["measured"]].tolist() == ["UNMEASURED"]
    assert list(measured.used["perturbation"])[-1] == "G0+G1"


def test_mann_whitney_p_are_scipys(simulated, screen_of, rule):
    cells = simulated().cells
    ranked = measure(screen_of(cells), rule.model_copy(update={"test": "mann-whitney"}), 1)
    i = list(ranked.used["perturbation"]).index("G3")
    part, control = rows(cells, "G3"), rows(cells, "control")
    for gene in (0, 3, 17, 80, 85):
        want = stats.mannwhitneyu(part[:, gene], control[:, gene], method="asymptotic").pvalue
        assert ranked.rank_p[i, gene] == pytest.approx(want)
    assert measure(screen_of(cells), rule, 1).rank_p is None


def test_the_weak_p_are_against_the_first_500_controls(simulated, screen_of, rule, monkeypatch):
    monkeypatch.setattr(module, "WEAK_CONTROLS", 60)
    cells = simulated().cells
    found = measure(screen_of(cells), rule, 1)
    control = found.controls[:60].toarray()
    part = rows(cells, found.used["perturbation"].iloc[2])
    for gene in (5, 40, 88):
        want = stats.mannwhitneyu(part[:, gene], control[:, gene], method="asymptotic").pvalue
        assert found.weak_p[2, gene] == pytest.approx(want)
    assert WEAK_CONTROLS == 500


def same(a: Measured, b: Measured, exactly: bool = True):
    check = np.testing.assert_array_equal if exactly else np.testing.assert_allclose
    pd.testing.assert_frame_equal(a.table, b.table)
    for name in ("mean", "variance", "detection"):
        check(getattr(a.moments, name), getattr(b.moments, name))
        check(getattr(a.control(), name), getattr(b.control(), name))
    check(a.weak_p, b.weak_p)


@pytest.mark.parametrize("chunk", [1, 70, 10**6])
def test_chunks_change_nothing(simulated, screen_of, rule, monkeypatch, chunk):
    screen = screen_of(simulated().cells)
    before = measure(screen, rule, 1)
    monkeypatch.setattr(module, "CHUNK", chunk)
    same(before, measure(screen, rule, 1))


def test_the_order_of_cells_changes_nothing_where_all_controls_are_used(
    simulated, screen_of, rule, monkeypatch
):
    monkeypatch.setattr(module, "WEAK_CONTROLS", 300)
    cells = simulated().cells
    shuffled = cells[np.random.default_rng(5).permutation(cells.n_obs)].copy()
    same(measure(screen_of(cells), rule, 1), measure(screen_of(shuffled), rule, 1), exactly=False)


def test_the_seed_draws_the_controls_and_smaller_draws_are_nested(simulated, screen_of, rule):
    screen = screen_of(simulated().cells)
    rule = rule.model_copy(update={"n_controls": 100})
    one, again, two = (measure(screen, rule, seed) for seed in (1, 1, 2))
    same(one, again)
    assert one.n_controls == 100
    assert one.control().n.tolist() == [100]
    assert not np.array_equal(one.control().mean, two.control().mean)
    np.testing.assert_array_equal(one.moments.mean, two.moments.mean)
    drawn = dense_log(simulated().cells)[screen.controls(100, 1)]  # what edges are made from
    np.testing.assert_allclose(one.control().mean[0], drawn.mean(0))
    assert (one.controls[:40] != one.controls[:100][:40]).nnz == 0
    assert one.control(40).n.tolist() == [40]
    assert one.control(10**6).n.tolist() == [300]


def test_more_controls_than_the_grid_needs_are_used_where_they_are_asked_for(
    simulated, screen_of, rule, monkeypatch
):
    """All controls were cut to 10,000, while edges came from all of them."""
    monkeypatch.setattr(module, "GRID_CONTROLS", 50)
    screen = screen_of(simulated().cells)
    everything = measure(screen, rule, 1)  # n_controls: None
    assert everything.n_controls == everything.controls.shape[0] == 300
    some = measure(screen, rule.model_copy(update={"n_controls": 120}), 1)
    assert some.n_controls == some.controls.shape[0] == 120
    few = measure(screen, rule.model_copy(update={"n_controls": 30}), 1)
    assert (few.n_controls, few.controls.shape[0]) == (30, 50)


def test_guides_of_one_gene_are_one_perturbation(simulated, screen_of, rule):
    """Two guides of a gene in training and in test would be no held-out perturbation."""
    cells = simulated().cells.copy()
    label = cells.obs["perturbation"].astype(str).to_numpy()
    of_g3 = np.flatnonzero(label == "G3")
    label[of_g3[:20]], label[of_g3[20:]] = "G3_1", "G3_2"
    label[np.flatnonzero(label == "G0+G1")[:25]] = "G1+G0"
    cells.obs["perturbation"] = label
    found, plain = (
        measure(screen_of(cells), rule, 1),
        measure(screen_of(simulated().cells), rule, 1),
    )
    row = found.table.set_index("perturbation").loc["G3"]
    assert (row["n_cells"], row["used"]) == (50, True)
    assert len(found.table) == len(plain.table)
    i = list(found.used["perturbation"]).index("G3")
    j = list(plain.used["perturbation"]).index("G3")
    np.testing.assert_allclose(found.moments.mean[i], plain.moments.mean[j])
    np.testing.assert_allclose(found.weak_p[i], plain.weak_p[j])
    assert any("G3 (2 labels)" in n and "(2 labels)" in n for n in found.report["notes"])
    assert found.table["kind"].tolist().count("double") == 1
    assert not any("labels" in n for n in plain.report["notes"])


def test_a_screen_of_small_perturbations_is_refused(simulated, screen_of, rule):
    with pytest.raises(InputError, match="no perturbation of simulated has 60 cells; the largest"):
        measure(screen_of(simulated().cells), rule.model_copy(update={"min_cells": 60}), 1)


def test_what_is_written_is_read(measured, simulated, screen_of, rule, tmp_path):
    measured.write(tmp_path)
    back = Measured.read(tmp_path)
    same(measured, back)
    assert (back.genes, back.n_controls, back.modality) == (measured.genes, 300, "CRISPRi")
    assert (back.report, back.name, back.cell_line) == (measured.report, "simulated", "")
    assert back.rank_p is None
    assert back.tests
    ranked = measure(
        screen_of(simulated().cells), rule.model_copy(update={"test": "mann-whitney"}), 1
    )
    (tmp_path / "ranked").mkdir()
    ranked.write(tmp_path / "ranked")
    np.testing.assert_array_equal(Measured.read(tmp_path / "ranked").rank_p, ranked.rank_p)


def test_empty_cells_measure_nothing(simulated, screen_of, rule):
    """They would be zeros in every gene, in controls and in perturbed cells."""
    cells = simulated().cells.copy()
    labels = cells.obs["perturbation"].to_numpy()
    empty = np.concatenate([np.flatnonzero(labels == name)[:n] for name, n in
                            (("control", 100), ("G3", 10), ("G4", 1000))])  # fmt: skip
    counts = sparse.lil_matrix(cells.X)
    counts[empty] = 0
    cells.X = counts.tocsr()
    screen = screen_of(cells)
    found = measure(screen, rule, 1)
    assert found.n_controls == 200
    assert (np.asarray(found.controls.sum(1)) > 0).all()
    table = found.table.set_index("perturbation")
    assert (table.loc["G3", "n_cells"], table.loc["G4", "n_cells"]) == (40, 0)
    assert not table.loc["G4", "used"]
    kept = cells[np.setdiff1d(np.arange(cells.n_obs), empty)].copy()
    bare = measure(screen_of(kept), rule, 1)
    i, j = (list(m.used["perturbation"]).index("G3") for m in (found, bare))
    np.testing.assert_allclose(found.moments.mean[i], bare.moments.mean[j])
    np.testing.assert_allclose(found.control().mean, bare.control().mean)
    drawn = screen.controls(50, 1)
    assert not np.isin(drawn, empty).any()
    assert any("cells without any count left out" in note for note in found.report["notes"])
