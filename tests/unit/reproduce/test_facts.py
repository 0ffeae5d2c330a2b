import json
from dataclasses import replace
from pathlib import Path

import pytest

from cellglass.errors import CheckpointError
from cellglass.reproduce.facts import RunFacts, differences, facts_of, shape_of
from cellglass.reproduce.published import Paper
from cellglass.runs.pipeline import RunSummary
from cellglass.runs.study import parse_study

STUDY = parse_study(
    {"study": "x", "cells": {"path": "screen:k"}, "models": ["mini-geneformer"],
     "screens": [{"path": "k.h5ad", "name": "k"}], "networks": ["trrust"]}
)  # fmt: skip
LABEL = {"model": "mini-geneformer", "network": "trrust"}
SAME = {"family": "geneformer", "layers": 18, "heads": 18}
K562 = {"cell_line": "K-562", "modality": "CRISPRi", "n_controls": 10691}


def facts(model=SAME, data=K562, sha256="abc") -> RunFacts:
    return RunFacts({"mini-geneformer": model}, {"cells": data, "k": data},
                    {"trrust": {"sha256": sha256}})  # fmt: skip


def found(paper: Paper, known: RunFacts, **changes: object):
    row = replace(paper.tables[0].rows[0], **changes)  # type: ignore[arg-type]
    return differences(row, paper, LABEL, known, STUDY)


def test_the_published_inputs_are_the_same(paper: Paper):
    assert found(paper, facts()).told == ()


def test_each_input_that_is_another_one_is_told(paper: Paper):
    small = found(paper, facts(model={**SAME, "layers": 6}))
    assert small.told == ("mini-geneformer is not Big model (layers 6, not 18)",)
    other = found(paper, facts(data={**K562, "cell_line": "THP-1", "n_controls": 2386}))
    assert other.told == (
        "screen:k is not K562 screen (cell line THP-1, not K562; control cells 2,386, not 10,691)",
    )
    assert other.distance > small.distance


def test_what_is_not_told_is_not_taken_for_the_same(paper: Paper):
    silent = found(paper, facts(data={**K562, "cell_line": ""}))
    assert "does not tell its cell line" in silent.told[0]
    nothing = found(paper, facts(), data="unknown")
    assert "nothing that is published tells" in nothing.told[0]


def test_a_reference_is_known_by_its_hash(paper: Paper):
    assert "whose hash is known" in found(paper, facts(sha256="other")).told[0]
    label = {**LABEL, "network": "mine"}
    row = paper.tables[0].rows[0]
    apart = differences(row, paper, label, facts(), STUDY)
    assert apart.told == ("the reference is mine, not TRRUST",)


def test_an_edge_table_is_no_model(paper: Paper):
    row = paper.tables[0].rows[0]
    label = {"edges": "genie3", "network": "trrust"}
    assert (
        "an edge table, not attention of Big model"
        in differences(row, paper, label, facts(), STUDY).told
    )


def test_other_settings_are_other_inputs(paper: Paper):
    apart = found(paper, facts(), settings={"responses.effect": 0.25, "responses.test": "welch"})
    assert apart.told == ("responses.effect is 0.5, not 0.25",)


def test_shape_of_the_shipped_models():
    import cellglass

    for name in ("mini-scgpt", "mini-geneformer"):
        model = cellglass.load_model(name)
        assert shape_of(name) == {
            "family": model.family, "layers": model.n_layers, "heads": model.n_heads,
        }  # fmt: skip


def test_a_family_that_the_files_do_not_tell_is_the_one_given(tmp_path: Path):
    (tmp_path / "config.json").write_text(json.dumps({"num_hidden_layers": 3}))
    with pytest.raises(CheckpointError, match="no known family"):
        shape_of(str(tmp_path))
    assert shape_of(str(tmp_path), "geneformer")["family"] == "geneformer"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What a run notes of its inputs."""
    noted = tmp_path / "results" / "inputs"
    noted.mkdir(parents=True)
    (noted / "cells.json").write_text(json.dumps({"report": {"n_cells_in_data": 700}}))
    (noted / "responses-k.json").write_text(
        json.dumps({"cell_line": "K562", "modality": "CRISPRi", "report": {"n_controls": 10691,
                                                                           "n_cells": 20000}})
    )  # fmt: skip
    return tmp_path


def test_facts_of_a_run(folder: Path):
    known = facts_of(RunSummary(folder, STUDY, inputs={"trrust": "abc"}))
    assert known.models["mini-geneformer"]["family"] == "geneformer"
    assert known.data["k"]["n_controls"] == 10691
    assert known.data["cells"] == known.data["k"]  # the cells are its controls
    assert known.references == {"trrust": {"sha256": "abc"}}
    plain = STUDY.model_copy(update={"cells": STUDY.cells.model_copy(update={"path": "c.h5ad"})})
    assert facts_of(RunSummary(folder, plain)).data["cells"]["n_cells"] == 700
