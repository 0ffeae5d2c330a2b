from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel

from cellglass.runs.sections import (
    CellsConfig,
    EdgesConfig,
    GenesConfig,
    ResourcesConfig,
    StatisticsConfig,
)
from cellglass.runs.study import Study, load_study
from cellglass.runs.template import study_template


def text_of(**changes: object) -> str:
    given = {
        "name": "mine", "cells": Path("/data/cells.h5ad"), "models": ["mini-scgpt", "/models/x"],
        "networks": ["trrust"], "columns": ["cell type", "donor"], "strata": "cell type",
        "donor": None, "about": "12,345 cells", **changes,
    }  # fmt: skip
    return study_template(**given)


def test_template_is_a_study_with_what_was_given(tmp_path: Path):
    path = tmp_path / "study.yaml"
    path.write_text(text_of())
    study = load_study(path)
    assert study.study == "mine"
    assert study.cells == CellsConfig(path="/data/cells.h5ad", strata="cell type")
    assert [m.path for m in study.models] == ["mini-scgpt", "/models/x"]
    assert [n.source for n in study.networks] == ["trrust"]
    assert "# 12,345 cells; columns of obs: cell type, donor" in path.read_text()


def test_template_spells_out_the_defaults(tmp_path: Path):
    path = tmp_path / "study.yaml"
    path.write_text(text_of())
    written = yaml.safe_load(path.read_text())
    short = {"study": "mine", "cells": {"path": "/data/cells.h5ad"}, "models": ["mini-scgpt"]}
    defaults = Study.model_validate(short).model_dump()
    for key in ("genes", "edges", "statistics", "resources", "analyses", "controls", "seed"):
        assert written[key] == defaults[key]


@pytest.mark.parametrize(
    "section", [CellsConfig, GenesConfig, EdgesConfig, StatisticsConfig, ResourcesConfig]
)
def test_every_field_stands_there_with_its_meaning(section: type[BaseModel]):
    lines = text_of().splitlines()
    for key, field in section.model_fields.items():
        assert field.description
        line = next(line for line in lines if line.startswith(f"  {key}: "))
        assert line.endswith(f"# {field.description}")


@pytest.mark.parametrize(
    "awkward", ["no", "1.5", "a: b", "- x", "#1", "ünï 'q' \"d\"", "null", "a\nb"]
)
def test_awkward_values_survive(awkward: str, tmp_path: Path):
    path = tmp_path / "study.yaml"
    path.write_text(
        text_of(cells=Path(f"/data/{awkward}.h5ad"), strata=awkward, columns=[awkward]),
        encoding="utf-8",
    )
    study = load_study(path)
    assert study.cells.strata == awkward
    assert study.cells.path == f"/data/{awkward}.h5ad"


def test_no_columns_and_no_networks(tmp_path: Path):
    path = tmp_path / "study.yaml"
    path.write_text(text_of(columns=[], networks=[], strata=None))
    assert load_study(path).networks == []
    assert "columns of obs: none" in path.read_text()
