from __future__ import annotations

import inspect
from typing import Any

import pytest
from pydantic import ValidationError

import cellglass.runs.sections as module
from cellglass.runs.sections import (
    CellsConfig,
    GeneSetConfig,
    ModelConfig,
    NetworkConfig,
    ResourcesConfig,
    ResponsesConfig,
    ScreenConfig,
    StatisticsConfig,
    Strict,
    TableConfig,
)

SECTIONS = [
    c
    for _, c in inspect.getmembers(module, inspect.isclass)
    if issubclass(c, Strict) and c != Strict
]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda c: c.__name__)
def test_every_field_says_what_it_means(section: type[Strict]):
    assert inspect.getdoc(section)
    for name, field in section.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


@pytest.mark.parametrize("section", SECTIONS, ids=lambda c: c.__name__)
def test_unknown_keys_are_errors(section: type[Strict]):
    required = {k: "x" for k, f in section.model_fields.items() if f.is_required()}
    section(**required)
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        section(**required, surprise=1)


def test_names_are_those_of_files_unless_given():
    for config in (
        TableConfig(path="a/genie3.tsv.gz"), ScreenConfig(path="/b/genie3.h5ad"),
        NetworkConfig(source="genie3.csv"), GeneSetConfig(source="c/genie3.gmt"),
        ModelConfig(path="models/genie3"),
    ):  # fmt: skip
        assert config.label == "genie3"
        assert config.model_copy(update={"name": "mine"}).label == "mine"
    assert ModelConfig(path="models/v1.2").label == "v1.2"  # a folder has no ending
    assert NetworkConfig(source="trrust").label == "trrust"


@pytest.mark.parametrize(
    ("section", "wrong"),
    [
        (ResponsesConfig, {"test": "t"}), (ResponsesConfig, {"effect": -0.1}),
        (ResponsesConfig, {"fdr": 0.5}), (ResponsesConfig, {"fdr": 0}),
        (ResponsesConfig, {"min_cells": 1}), (ResponsesConfig, {"n_controls": 29}),
        (ResponsesConfig, {"min_perturbations": 1}), (ResponsesConfig, {"joint_folds": 1}),
        (ResponsesConfig, {"doubles": "sum"}), (ResponsesConfig, {"label": "z"}),
        (StatisticsConfig, {"draws": 18}), (StatisticsConfig, {"bootstrap": 99}),
        (ResourcesConfig, {"device": "tpu"}), (ResourcesConfig, {"device": "cuda:x"}),
        (ScreenConfig, {"path": "x", "modality": "RNAi"}),
        (CellsConfig, {"path": "x", "max_cells": 9}),
    ],
)  # fmt: skip
def test_values_out_of_range(section: type[Strict], wrong: dict[str, Any]):
    with pytest.raises(ValidationError):
        section(**wrong)


def test_values_at_the_edge():
    ResponsesConfig(effect=0, fdr=0.49, min_cells=2, n_controls=30, doubles="mean")
    assert ResponsesConfig(n_controls=None).n_controls is None
    assert ResourcesConfig(device="cuda:1").device == "cuda:1"


def test_numbers_in_obs_are_names_in_the_study():
    """YAML reads ``where: {day: 7}`` as a number, obs holds it as one, and labels are texts."""
    screen = ScreenConfig(
        path="x", control=0, where={"day": 7, "dose": [0.5, 1], "cancer": True, "line": "K562"}
    )
    assert screen.control == "0"
    assert screen.where == {"day": "7", "dose": ["0.5", "1"], "cancer": "True", "line": "K562"}
    assert ScreenConfig(path="x", control=["a", 1]).control == ["a", "1"]
    assert ScreenConfig(path="x").control is None
    for wrong in ({"where": {"day": None}}, {"control": {"a": "b"}}, {"where": "K562"}):
        with pytest.raises(ValidationError):
            ScreenConfig(path="x", **wrong)
