"""What each concept is like: planted ones are recognised, and what was not tested is told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from cellglass.concepts.dictionaries.dictionary import Dictionary
from cellglass.concepts.statistics.stability import seed_stability
from cellglass.concepts.study import description
from cellglass.concepts.study.description import CELL_TYPE, alive_concepts, describe, described
from cellglass.concepts.study.dictionaries import read_dictionaries
from cellglass.concepts.study.names import dictionary_name, embedding_name
from cellglass.concepts.transform import Transform
from cellglass.runs.result import AnalysisResult

EMBEDDED, TRAINED = embedding_name("planted"), dictionary_name("planted")
SEED = 42  # of the planted cells
LIBRARY = np.random.default_rng(1).lognormal(8, 0.3, 600)


def table_of(folders, dictionaries=None, columns=("condition",), library=LIBRARY) -> pd.DataFrame:
    found = dictionaries or read_dictionaries(folders.inputs[TRAINED])
    return described(folders.store, found, library, list(columns), 42)


def result_of(folders, columns=("condition",)) -> AnalysisResult:
    context = folders.context("concepts.description/planted")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(description, "library_sizes", lambda *_: LIBRARY)
        describe(context, model="planted", statistics={}, embedded=EMBEDDED,
                 dictionaries=TRAINED, columns=list(columns))  # fmt: skip
    return AnalysisResult.read(context.output)


@pytest.fixture(scope="module")
def table(study_folders) -> pd.DataFrame:
    return table_of(study_folders)


@pytest.fixture(scope="module")
def result(study_folders) -> AnalysisResult:
    return result_of(study_folders)


@pytest.fixture(scope="module")
def known(study_folders) -> pd.DataFrame:
    """Table of a dictionary whose concepts are the planted directions.

    Concepts 0 to 3 are the labels, 4 is that of both T cells, 5 the condition, 6 the odd donors.
    """
    rng = np.random.default_rng(SEED)
    rows = np.linalg.qr(rng.normal(size=(16, 16)))[0].astype(np.float32)
    plain = Transform(np.full(16, 3, np.float32), 1.0)
    bias = np.full(16, -0.4, np.float32)
    return table_of(
        study_folders, [Dictionary("l1", rows, bias, rows, np.zeros(16, np.float32), plain)]
    )


def test_planted_technical_concept_is_flagged_and_no_other(known):
    assert np.flatnonzero(known["technical"]).tolist() == [6]
    assert known.loc[6, "technical_column"] in ("donor", "batch")
    assert known.loc[6, "technical_share"] > 0.8 > 0.1 > known.loc[6, "biology_share"]


def test_planted_labels_and_columns_are_recognised(known):
    assert known.loc[:3, f"{CELL_TYPE}: auroc"].min() > 0.95
    assert sorted(known.loc[:3, f"{CELL_TYPE}: top_label"]) == [
        "B cells", "CD4 T cells", "CD8 T cells", "Monocytes",
    ]  # fmt: skip
    assert known.loc[:3, "purity"].min() > 0.95
    assert known.loc[5, "condition: auroc"] > 0.95
    assert known.loc[5, "condition: top_label"] == "stimulated"
    assert 0.3 < known.loc[4, "purity"] < 0.7
    assert known.loc[[5, 6], "purity"].max() < 0.05


def test_concept_of_the_library_size_is_technical(study_folders):
    first, second = read_dictionaries(study_folders.inputs[TRAINED])
    z = first.encode(study_folders.store.array[:]).toarray()
    follows = int(np.argmin(np.abs((z > 0).mean(0) - 0.3)))
    library = 1000 + 100.0 * (z[:, follows] > 0) + np.random.default_rng(1).random(600)
    table = table_of(study_folders, [first, second], library=library)
    assert table.loc[follows, "technical"]
    assert table.loc[follows, "technical_column"] == "library size"


def test_stability_is_known_for_concepts_that_fire_and_for_no_others(study_folders):
    first, second = read_dictionaries(study_folders.inputs[TRAINED])
    bias = np.zeros(32, np.float32)
    bias[:5] = -1e6
    first = replace(first, encoder_bias=first.encoder_bias + bias)
    table = table_of(study_folders, [first, second])
    assert table.loc[:4, "dead"].all()
    assert table.loc[:4, "stability"].isna().all()
    alive = [alive_concepts(d, study_folders.store) for d in (first, second)]
    assert not set(range(5)) & set(alive[0])
    alone = seed_stability([d.decoder[a] for d, a in zip((first, second), alive, strict=True)])
    own = alone.units[alone.units["seed"] == 0]
    np.testing.assert_array_equal(table.loc[alive[0], "stability"], own["stability"])


def test_one_seed_has_no_stability(study_folders):
    one = read_dictionaries(study_folders.inputs[TRAINED])[:1]
    assert table_of(study_folders, one)["stability"].isna().all()


def test_purity_is_one_for_a_type_of_its_own_and_compares_over_types(study_folders, table):
    z = read_dictionaries(study_folders.inputs[TRAINED])[0].encode(study_folders.store.array[:])
    label = study_folders.store.obs["label"].to_numpy()

    def entropy(labels):
        share = np.unique(labels, return_counts=True)[1] / len(labels)
        return -(share * np.log2(share)).sum()

    active = z.toarray() > 0
    alive = np.flatnonzero(active.any(0))
    expected = [1 - entropy(label[active[:, i]]) / entropy(label) for i in alive]
    np.testing.assert_allclose(table.loc[alive, "purity"], np.clip(expected, 0, 1), atol=1e-12)
    assert table["purity"].max() > 0.95


def test_cells_without_a_type_are_left_out_of_what_regards_types(study_folders, tmp_path):
    label = study_folders.store.obs["label"].to_numpy().copy()
    label[::3] = ""
    table = table_of(study_folders.with_obs(tmp_path, label=label))
    assert "unlabelled" not in set(table[f"{CELL_TYPE}: top_label"])
    assert set(table[f"{CELL_TYPE}: purest_label"]) <= {*label, ""}
    assert table["purity"].max() > 0.95


def test_without_labels_it_is_told_that_technical_concepts_were_not_looked_for(
    study_folders, tmp_path
):
    result = result_of(study_folders.with_obs(tmp_path, label=""), columns=())
    table = result.tables["concepts"]
    assert not table["technical"].any()
    assert "purity" not in table
    assert result.figures == []
    assert any("was not tested" in n for n in result.notes)
    assert "technical" not in result.method
    assert "purity" not in result.captions["concepts"]


def test_what_is_told_has_its_numbers(result):
    table = result.tables["concepts"]
    assert len(table) == 32
    assert f"All 32 concepts of the first seed over {600} cells" in result.captions["concepts"]
    assert "the other seeds (1)" in result.captions["concepts"]
    told = " ".join(result.notes)
    assert f"{table['technical'].sum()} of 32 concepts are technical" in told
    assert f"{table['dead'].sum()} of 32 concepts fire in none" in told
    assert "over cells" not in told
    assert "cell type and condition" in result.method


def test_few_donors_are_told(study_folders, tmp_path):
    folders = study_folders.with_obs(tmp_path, donor=np.array(["A", "B"])[np.arange(600) % 2])
    assert any("conditional on the donors" in n for n in result_of(folders).notes)
