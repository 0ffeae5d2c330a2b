from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from cellglass.data.screens import open_screen, read_fold_changes
from cellglass.regulation.responses.folds import MeasuredFolds
from cellglass.regulation.responses.measured import measure
from cellglass.regulation.responses.on_target import contradicts, on_target, target_check
from cellglass.runs.sections import ResponsesConfig


def test_each_measured_gene_in_the_cells_in_which_it_alone_was_perturbed(measured, rule):
    table = on_target(measured)
    assert sorted(table["gene"]) == sorted(f"G{i}" for i in range(12))  # no double, none unmeasured
    row = table.set_index("gene").loc["G3"]
    i = list(measured.used["perturbation"]).index("G3")
    control = measured.control()
    assert row["difference"] == pytest.approx(measured.moments.mean[i, 3] - control.mean[0, 3])
    np.testing.assert_allclose(table["q"], stats.false_discovery_control(table["p"], method="bh"))
    assert (table["difference"] < -0.5).all()
    assert (table["standardised"] < -0.5).all()


@pytest.mark.parametrize(
    ("modality", "state"), [("CRISPRi", "passed"), ("CRISPRko", "passed"), ("CRISPRa", "failed")]
)
def test_genes_that_fall_contradict_activation_alone(measured, modality, state):
    stated = replace(measured, modality=modality)
    check = target_check(stated, on_target(stated))
    assert (check.code, check.state) == ("I2", state)
    assert "12 fall and 0 rise" in check.detail
    assert ("against CRISPRa (sign test p = 0.00024)" in check.detail) == (state == "failed")
    assert contradicts(stated) == (state == "failed")


def test_without_a_stated_modality_nothing_is_judged(measured):
    check = target_check(replace(measured, modality=""), on_target(measured))
    assert check.state == "not run"
    assert "not stated" in check.detail


def of(measured, fall, rise, modality):
    """A check on so many targets that surely fall and rise."""
    n = fall + rise
    table = pd.DataFrame(
        {"perturbation": [f"P{i}" for i in range(n)], "gene": [f"P{i}" for i in range(n)],
         "difference": [-1.0] * fall + [1.0] * rise, "standardised": 1.0, "p": 1e-9, "q": 1e-9}
    )  # fmt: skip
    return target_check(replace(measured, modality=modality), table).state


def test_few_targets_and_an_even_split_decide_nothing(measured):
    assert of(measured, 0, 1, "CRISPRi") == "passed"
    assert of(measured, 0, 4, "CRISPRko") == "passed"  # p = 0.06
    assert of(measured, 0, 5, "CRISPRko") == "failed"
    assert of(measured, 9, 10, "CRISPRi") == "passed"  # one more against it than with it
    assert of(measured, 5, 0, "CRISPRa") == "failed"
    assert of(measured, 5, 0, "CRISPRi") == "passed"


def test_genes_that_do_not_move_surely_do_not_count(measured):
    table = on_target(measured).assign(q=0.5)
    assert target_check(replace(measured, modality="CRISPRa"), table).state == "passed"


def test_fold_changes_have_effects_without_a_test(tmp_path):
    frame = pd.DataFrame({"symbol": list("ABCDE"), **{g: np.full(5, -2.0) for g in "ABCDEX"}})
    frame.to_csv(tmp_path / "kd.csv", index=False)
    table = read_fold_changes(tmp_path / "kd.csv")
    folds = MeasuredFolds.of(table, modality="CRISPRa", cell_line="")
    found = on_target(folds)
    assert list(found["gene"]) == list("ABCDE")
    np.testing.assert_allclose(found["difference"], -2.0 * np.log(2))
    assert found[["standardised", "p", "q"]].isna().all(axis=None)
    assert contradicts(folds)
    assert not contradicts(MeasuredFolds.of(table, modality="CRISPRi", cell_line=""))


def test_norman_activates_and_mcfaline_cannot_tell(shared_data):
    norman = measure(
        open_screen(shared_data("perturbation/norman2019_k562_crispra.h5ad")), ResponsesConfig(), 1
    )
    table = on_target(norman)
    assert list(table["gene"]) == ["TMSB4X"]  # the only target among the measured genes
    assert table["difference"][0] == pytest.approx(1.02, abs=0.005)
    assert target_check(norman, table).state == "passed"
    screen = open_screen(
        shared_data("perturbation/mcfaline2023_gbm_crispri.h5ad"), where={"cell_type": "T98G"}
    )
    mcfaline = measure(screen, ResponsesConfig(), 1)
    check = target_check(mcfaline, on_target(mcfaline))
    assert "no perturbed gene is measured, so the data cannot tell" in check.detail
    assert "CRISPRi" in check.detail
    assert "T98G" in check.detail


def test_papalexi_targets_fall(shared_data):
    papalexi = measure(
        open_screen(
            shared_data("perturbation/papalexi2021_thp1_crisprko.h5ad"), modality="CRISPRko"
        ),
        ResponsesConfig(n_controls=None), 1,
    )  # fmt: skip
    table = on_target(papalexi).set_index("gene")
    assert len(table) == 9
    for gene, value in (("JAK2", -2.64), ("STAT1", -3.34), ("STAT2", -1.15)):
        assert table.loc[gene, "difference"] == pytest.approx(value, abs=0.006)
    assert target_check(papalexi, table.reset_index()).state == "passed"
