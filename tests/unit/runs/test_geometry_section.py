"""Section geometry of study.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from cellglass.errors import StudyError
from cellglass.runs.study import load_study, parse_study

BASE = {"study": "x", "cells": {"path": "pbmc68k"}, "models": "mini-scgpt"}


def test_without_the_section_nothing_is_asked_for():
    assert parse_study(BASE).geometry is None


def test_an_empty_section_holds_the_defaults():
    geometry = parse_study({**BASE, "geometry": {}}).geometry
    assert geometry is not None
    assert (geometry.min_count, geometry.neighbours, geometry.components) == (10, 12, 20)
    assert (geometry.homology.samples, geometry.homology.draws) == (6, 99)
    assert geometry.layers is None


def test_it_survives_writing_and_reading():
    study = parse_study({**BASE, "geometry": {"layers": [3, -1, 3]}})
    assert study.geometry is not None
    assert study.geometry.layers == [-1, 3]
    assert parse_study(study.model_dump()) == study


def test_wrong_values_are_named():
    with pytest.raises(StudyError, match="neighbours"):
        parse_study({**BASE, "geometry": {"neighbors": 3}})
    with pytest.raises(StudyError, match="counted from 0"):
        parse_study({**BASE, "geometry": {"layers": [-4]}})


def test_clouds_are_named_apart_and_their_paths_are_those_of_the_study(tmp_path: Path):
    (tmp_path / "genes.csv").write_text("gene,a\nLYZ,1\n")
    (tmp_path / "study.yaml").write_text(
        "study: x\ncells: {path: pbmc68k}\nmodels: mini-scgpt\n"
        "geometry: {clouds: [{path: genes.csv}]}\n"
    )
    study = load_study(tmp_path / "study.yaml")
    assert study.geometry is not None
    cloud = study.geometry.clouds[0]
    assert (cloud.label, cloud.path) == ("genes", str(tmp_path / "genes.csv"))
    with pytest.raises(StudyError, match="named twice"):
        parse_study({**BASE, "geometry": {"clouds": [{"path": "a.csv", "name": "mini-scgpt"}]}})
    with pytest.raises(StudyError, match="cannot be a name"):
        parse_study({**BASE, "geometry": {"clouds": [{"path": "a.csv", "name": "a/b"}]}})
