"""Codes of planted cells keep labels; codes of nothing keep nothing; odd columns do not crash."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellglass import pl
from cellglass.concepts.study.cells import read_store
from cellglass.concepts.study.dictionaries import read_dictionaries
from cellglass.concepts.study.information import best_of, codes_of_control, judge, measure_of
from cellglass.concepts.study.names import dictionary_name, embedding_name, units_name
from cellglass.concepts.study.probed_cells import ProbedCells
from cellglass.concepts.study.probed_features import CODES
from cellglass.errors import InputError
from cellglass.runs.result import AnalysisResult

NAME = "concepts.information/planted"
TASKS = {
    "embedded": embedding_name("planted"),
    "dictionaries": dictionary_name("planted"),
    "units": units_name("planted"),
}
CONTROLS = {
    v: [embedding_name("planted", v), dictionary_name("planted", v)]
    for v in ("untrained", "shuffled")
}


def judged(folders: Any, statistics: dict[str, Any], **changes: Any) -> AnalysisResult:
    context = folders.context(NAME)
    given = {"columns": ["condition"], "controls": {}, **TASKS, **changes}
    judge(context, model="planted", statistics=statistics, **given)
    return AnalysisResult.read(context.output)


@pytest.fixture(scope="module")
def planted(study_folders, study_statistics) -> AnalysisResult:
    return judged(study_folders, study_statistics, controls=CONTROLS)


def test_codes_of_planted_concepts_pass(planted):
    states = {v.endpoint: str(v.state) for v in planted.verdicts}
    assert states == {"naming cell type": "PASS", "naming condition": "PASS"}
    by_type = planted.verdicts[0]
    assert "n = 8 donors" in by_type.sentence
    assert "to within 0.05" in by_type.sentence
    assert by_type.finding_ids == (planted.findings[0].id,)
    assert planted.findings[0].unit == "donor"
    assert planted.findings[0].n == 8
    assert planted.findings[0].baseline[0] == "raw embedding"


def test_every_representation_stands_beside_its_null(planted):
    table = planted.tables["probes"]
    part = table[table["measure"] == measure_of("cell type")].set_index("kind")
    assert {"raw embedding", "codes", "reconstruction", "PCA, 4 components", "ICA, 4 components",
            "NMF, 4 components", "codes, random directions", "codes, untrained copy",
            "codes, shuffled expression"} <= set(part.index)  # fmt: skip
    known, lost = part.loc[CODES], part.loc["codes, shuffled expression"]
    assert known["estimate"] > 0.9
    assert known["unseen"] > 0.9
    assert known["null"] == pytest.approx(0.25, abs=0.05)
    # shuffled expression: what labels do not know
    assert lost["estimate"] < 0.4
    assert lost["difference_high"] < -0.4
    assert (table["low"] <= table["estimate"]).all()
    assert (table["estimate"] <= table["high"]).all()
    near = table[table["measure"] == measure_of("cell type", "15 nearest neighbours")]
    assert set(near["kind"]) == {"raw embedding", "codes", "reconstruction"}


def test_one_concept_names_a_label_as_one_neuron_cannot(planted):
    table = planted.tables["sparse_probes"]
    part = table[table["measure"] == best_of("cell type", 1)].set_index("kind")
    assert part.loc["concept", "estimate"] > 0.9
    assert part.loc["neuron", "difference_high"] < 0
    assert part.loc["random direction", "difference_high"] < 0
    # 24 of each kind to choose from, but the 16 components
    assert set(part["n_candidates"]) == {24, 16}
    assert set(table.loc[table["kind"] == "component", "n_units"]) == {1, 2, 5}


def test_figures_can_be_drawn(planted):
    assert len(planted.figures) == 4
    for figure in planted.figures:
        ax = getattr(pl, figure.function)(planted.tables[figure.table], **figure.options)
        assert len(ax.get_yticklabels()) >= 5


def test_checks_name_shuffle_and_folds(planted):
    assert {c.code: c.state for c in planted.checks} == {"N1": "passed", "S6": "passed"}


@pytest.mark.parametrize("seed", range(3))
def test_shuffled_labels_do_not_pass(study_folders, study_statistics, tmp_path: Path, seed):
    # with seed 0, p is 0.04 and the loss small: permuted labels alone would let that pass
    rng = np.random.default_rng(seed)
    mixed = rng.permutation(study_folders.store.obs["label"].to_numpy())
    result = judged(study_folders.with_obs(tmp_path, label=mixed), study_statistics, columns=[])
    assert str(result.verdicts[0].state) == "INCONCLUSIVE"
    assert "not shown to know more than 0.05" in result.verdicts[0].reasons[2]
    assert "labels that the raw embedding knows" in result.verdicts[0].would_change


def test_codes_that_are_the_same_in_all_cells_fail(study_folders, study_statistics, tmp_path):
    name = TASKS["dictionaries"]
    broken = shutil.copytree(study_folders.inputs[name], tmp_path / "broken")
    trained = read_dictionaries(broken)[0]
    shutil.rmtree(broken / "seed-00")
    replace(
        trained, encoder=np.zeros_like(trained.encoder),
        encoder_bias=np.ones_like(trained.encoder_bias),
    ).write(broken / "seed-00")  # fmt: skip
    folders = replace(study_folders, inputs={**study_folders.inputs, name: broken})
    result = judged(folders, study_statistics, columns=[])
    assert str(result.verdicts[0].state) == "FAIL"
    assert "lose more than 0.05" in result.verdicts[0].sentence


@pytest.mark.parametrize("label", ["", "T cells"])
def test_one_label_or_none_is_not_applicable(study_folders, study_statistics, tmp_path, label):
    changed = study_folders.with_obs(tmp_path, label=label)
    result = judged(changed, study_statistics, columns=["donor"])
    assert [str(v.state) for v in result.verdicts] == ["NOT APPLICABLE"] * 2
    assert "fewer than two labels" in result.verdicts[0].sentence
    assert not result.tables
    assert not result.findings
    assert result.method


def test_few_donors_are_told(study_folders, study_statistics, tmp_path):
    donor = np.where(np.arange(600) % 2, "D1", "D2")
    result = judged(study_folders.with_obs(tmp_path, donor=donor), study_statistics, columns=[])
    assert result.findings[0].unit == "cell"
    assert "conditional on the donors" in result.verdicts[0].sentence
    assert any("fewer than 6" in note for note in result.notes)


def test_a_control_of_other_cells_is_refused(study_folders, tmp_path):
    folders = study_folders.with_obs(tmp_path, cell=[f"other {i}" for i in range(600)])
    store = read_store(study_folders.inputs[TASKS["embedded"]])
    cells = ProbedCells.drawn(store, np.zeros(600, np.int8), 50, 1, "t")
    with pytest.raises(InputError, match="other cells"):
        codes_of_control(folders.context(NAME), TASKS["embedded"], TASKS["dictionaries"], cells)
