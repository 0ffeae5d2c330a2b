"""Section concepts of study.yaml."""

from __future__ import annotations

import pytest

from cellglass.errors import StudyError
from cellglass.runs.study import parse_study

BASE = {"study": "x", "cells": {"path": "pbmc68k"}, "models": "mini-scgpt"}


def test_without_the_section_nothing_is_asked_for():
    assert parse_study(BASE).concepts is None


def test_an_empty_section_holds_the_defaults_of_the_specification():
    concepts = parse_study({**BASE, "concepts": {}}).concepts
    assert concepts is not None
    assert concepts.dictionary.kind == "topk"
    assert (concepts.dictionary.seeds, concepts.dictionary.epochs) == (5, 50)
    assert (concepts.attribution.prototypes, concepts.attribution.counterfactuals) == (200, 5)
    assert (concepts.enrichment.smallest, concepts.enrichment.largest) == (10, 500)
    assert concepts.enrichment.permutations == 10_000


def test_it_survives_writing_and_reading():
    study = parse_study({**BASE, "concepts": {"dictionary": {"k": 4}}})
    assert parse_study(study.model_dump()) == study
    assert parse_study(parse_study(BASE).model_dump()).concepts is None


def test_a_wrong_key_is_named_with_the_nearest():
    with pytest.raises(StudyError, match="seeds"):
        parse_study({**BASE, "concepts": {"dictionary": {"seed": 3}}})


def test_sizes_of_sets_must_be_in_order():
    with pytest.raises(StudyError, match="smallest is above largest"):
        parse_study({**BASE, "concepts": {"enrichment": {"smallest": 600}}})
