from __future__ import annotations

from typing import Any

import anndata
import numpy as np
import pandas as pd
import pytest

from cellglass.data.screens.metadata import (
    MODALITIES,
    column_named,
    number_of_genes,
    perturbation_column,
    read_modality,
    second_conditions,
    stated_modality,
    text_of,
    without_guide,
)
from cellglass.errors import InputError

MEASURED = ("KLF1", "SPI1", "JAK2")
WORDS = {
    "CRISPRi": [
        "CRISPRi", "crispri", "CRISPR-i", "CRISPRi_screen", "K562 CRISPRi", "CRISPR interference",
        "dCas9-KRAB", "dSpCas9-KRAB interference", "knock-down", "knockdown", "CRISPR inhibition",
    ],
    "CRISPRa": [
        "CRISPRa", "CRISPRa_K562", "CRISPR activation", "dCas9-VP64", "dead Cas9 VPR", "SunTag",
        "overexpression",
    ],
    "CRISPRko": [
        "CRISPR-cas9", "CRISPRko", "CRISPR KO", "gene_KO", "KO_screen", "SpCas9", "knock-out",
        "knockout", "nuclease", "CRISPRn",
    ],
}  # fmt: skip
OPEN = (
    "CRISPR", "", "RNA", "crispr screen", "dCas9", "CRISPRi and CRISPRa", "kolf2", "CRISPRoff",
    "antikorper", "Cas9-KRAB",
)  # fmt: skip


@pytest.mark.parametrize(("modality", "text"), [(m, t) for m in WORDS for t in WORDS[m]])
def test_words_that_state_a_modality(modality: str, text: str):
    assert modality in MODALITIES
    assert read_modality(text) == modality


@pytest.mark.parametrize("text", OPEN)
def test_words_that_leave_the_modality_open(text: str):
    assert read_modality(text) is None


def cells(n: int = 4, uns: dict[str, Any] | None = None, **obs: Any) -> anndata.AnnData:
    table = pd.DataFrame(obs, index=[f"c{i}" for i in range(n)])
    return anndata.AnnData(np.ones((n, 2), "float32"), obs=table, uns=uns or {})


EVERY = np.ones(4, bool)
I2, A2 = ["CRISPRi"] * 2, ["CRISPRa"] * 2


def test_modality_comes_from_obs_or_uns_and_says_from_where():
    assert stated_modality(cells(perturbation_type="CRISPRi"), EVERY) == (
        "CRISPRi",
        "obs['perturbation_type'] says 'CRISPRi'",
    )
    assert stated_modality(cells(uns={"modality": "dCas9-VP64"}), EVERY) == (
        "CRISPRa",
        "uns['modality'] says 'dCas9-VP64'",
    )
    assert stated_modality(cells(), EVERY) == (None, "")
    assert stated_modality(cells(Perturbation_Type="CRISPR"), EVERY) == (
        None,
        "obs['Perturbation_Type'] says 'CRISPR'",
    )


def test_a_statement_that_leaves_it_open_does_not_hide_one_that_does_not():
    found, words = stated_modality(
        cells(perturbation_type="CRISPR", uns={"modality": "CRISPRi"}), EVERY
    )
    assert found == "CRISPRi"
    assert words == "obs['perturbation_type'] says 'CRISPR'; uns['modality'] says 'CRISPRi'"
    of_controls = cells(perturbation_type=["control", "none", "CRISPRi", "CRISPRi"])
    assert stated_modality(of_controls, EVERY)[0] == "CRISPRi"


def test_two_modalities_are_refused_unless_cells_of_one_are_chosen():
    mixed = cells(perturbation_type=[*I2, *A2])
    with pytest.raises(InputError, match=r"'CRISPRa, CRISPRi'[\s\S]*one modality[\s\S]*where="):
        stated_modality(mixed, EVERY)
    assert stated_modality(mixed, np.array([True, True, False, False]))[0] == "CRISPRi"
    twice = cells(perturbation_type="CRISPRa", uns={"modality": "CRISPRi"})
    with pytest.raises(InputError, match=r"obs\['perturbation_type'\] says 'CRISPRa'; uns\["):
        stated_modality(twice, EVERY)


def test_drugs_are_no_crispr_perturbations():
    mixed = cells(perturbation_type=[*I2, "drug", "drug"])
    with pytest.raises(InputError, match=r"says 'CRISPRi, drug'[\s\S]*perturbed by CRISPR"):
        stated_modality(mixed, EVERY)
    assert stated_modality(mixed, np.array([True, True, False, False]))[0] == "CRISPRi"


def obs(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns)


def test_the_column_of_perturbations_is_found_by_name_whatever_the_case():
    for name in ("perturbation", "Gene_Target", "grna_target", "guide identity"):
        assert (
            perturbation_column(obs(x=["a"] * 3, **{name: ["KLF1", "NT", "?"]}), None, ()) == name
        )
    both = obs(gene=["KLF1", "NT"], perturbation=["KLF1", "NT"])
    assert perturbation_column(both, None, MEASURED) == "perturbation"


def test_a_column_without_perturbations_is_passed_over():
    labels = ["KLF1", "SPI1", "non-targeting"]
    nothing = obs(perturbation=["control", None, "*"], grna_target=labels)
    assert perturbation_column(nothing, None, MEASURED) == "grna_target"
    codes = obs(perturbation=[0, 1, 2], target=labels)
    assert perturbation_column(codes, None, MEASURED) == "target"


@pytest.mark.parametrize("name", ["gene", "target", "condition"])
def test_names_that_may_mean_something_else_need_genes_and_controls(name: str):
    good = ["KLF1", "SPI1+KLF1", "ctrl"]
    assert perturbation_column(obs(**{name: good}), None, MEASURED) == name
    for labels in (["KLF1", "SPI1", "JAK2"], ["stim", "rest", "ctrl"], ["T cell", "B cell", "NK"]):
        with pytest.raises(InputError, match="no column of obs holds perturbations"):
            perturbation_column(obs(**{name: labels}), None, MEASURED)


def test_a_column_that_is_named_must_be_there_and_hold_names():
    table = obs(guide=["KLF1", "NT"], code=[0, 1], flag=[True, False], share=[0.5, np.nan])
    assert perturbation_column(table, "guide", ()) == "guide"
    with pytest.raises(InputError, match=r"no column 'guides' in obs[\s\S]*did you mean 'guide'"):
        perturbation_column(table, "guides", ())
    for name in ("code", "flag", "share"):
        with pytest.raises(InputError, match=rf"column '{name}' holds numbers[\s\S]*names of pert"):
            perturbation_column(table, name, ())
    coded = obs(code=pd.Categorical.from_codes([0, 1], ["KLF1", "NT"]))
    assert perturbation_column(coded, "code", ()) == "code"


def test_no_column_at_all_lists_what_there_is():
    with pytest.raises(InputError, match=r"columns: batch, cell_type[\s\S]*perturbation: COLUMN"):
        perturbation_column(obs(batch=["1"], cell_type=["T"]), None, MEASURED)


def test_columns_by_name():
    table = obs(A=["1"], b=["2"])
    assert column_named(table, ("x", "a", "b")) == "A"
    assert column_named(table, ("b", "a")) == "b"
    assert column_named(table, ("x",)) == ""
    assert column_named(pd.DataFrame([[1, 2]], columns=["X", "x"]), ("x",)) == "X"


def test_text_of_a_column_is_empty_where_it_is_missing():
    for values in (["a", None], ["a", np.nan], pd.Categorical(["a", None], ["a", "unused"])):
        assert text_of(pd.Series(values)).tolist() == ["a", ""]
    assert text_of(pd.Series([1.5, np.nan])).tolist() == ["1.5", ""]


@pytest.mark.parametrize(
    "numbers", [[0, 2, 2, 1], [0.0, 2.0, 2.0, 1.0], ["0", "2", "2", "1"],
                pd.Categorical(["0", "2", "2", "1"])]
)  # fmt: skip
def test_numbers_of_genes_however_they_are_stored(numbers: Any):
    labels = np.array(["control", "A_B", "A_B", "A"])
    assert number_of_genes(obs(nperts=numbers), labels) == {"A_B": 2, "A": 1}


def test_numbers_of_genes_that_leave_doubt():
    labels = np.array(["A_B", "A_B", "C", "C", "D"])
    assert number_of_genes(obs(nPerts=[1, 2, 2, None, "many"]), labels) == {}
    assert number_of_genes(obs(other=[1] * 5), labels) == {}


def test_numbers_of_genes_of_many_cells_agree_with_a_plain_loop():
    rng = np.random.default_rng(0)
    labels = rng.choice([f"L{i}" for i in range(50)], 2000)
    numbers = rng.integers(0, 2, 2000) + 1
    numbers[np.isin(labels, ["L1", "L2"])] = 2
    expected = {}
    for label in np.unique(labels):
        values = set(numbers[labels == label].tolist())
        if len(values) == 1:
            expected[str(label)] = values.pop()
    assert expected == {"L1": 2, "L2": 2}
    assert number_of_genes(obs(nperts=numbers), labels) == expected


@pytest.mark.parametrize("name", ["guide_id", "gRNA_ID", "sgRNA", "grna"])
def test_cells_without_a_guide(name: str):
    found = without_guide(obs(**{name: ["NT_1", None, "NA", "unassigned", "*", "KLF1_2"]}))
    assert found is not None
    assert found[0] == name
    assert found[1].tolist() == [False, True, True, True, True, False]
    levels = pd.Categorical(["NT_1", None], ["NT_1", "KLF1_2"])
    assert without_guide(obs(**{name: levels}))[1].tolist() == [False, True]  # type: ignore[index]
    assert without_guide(obs(batch=["a"])) is None


def test_other_conditions_are_counted_where_there_are_several():
    table = obs(
        perturbation_2=["stim", "control", "stim", None], time=[7, 7, 7, 7],
        Dose=["1", "2", "3", "3"], batch=["a", "b", "a", "b"],
    )  # fmt: skip
    assert second_conditions(table, EVERY) == {
        "perturbation_2": {"missing": 1, "control": 1, "stim": 2},
        "Dose": {"1": 1, "2": 1, "3": 2},
    }
    assert second_conditions(table, np.array([True, False, True, False])) == {
        "Dose": {"1": 1, "3": 1}
    }
    measured = obs(time=np.arange(50.0))
    assert second_conditions(measured, np.ones(50, bool)) == {}  # a measurement, no conditions
