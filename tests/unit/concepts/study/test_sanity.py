"""Sanity of an attribution in a study: what must collapse, what must stay, what is told."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cellglass.concepts.attribution.settings import AttributionSettings
from cellglass.concepts.study import sanity
from cellglass.concepts.study.names import dictionary_name, embedding_name
from cellglass.concepts.study.sanity import (
    SANITY,
    agreement_within,
    check_sanity,
    magnitude,
    share_above,
    small_settings,
)
from cellglass.errors import NotApplicableError
from cellglass.runs.concepts_section import AttributionConfig
from cellglass.runs.pipeline import SUMMARY

ATTRIBUTION = AttributionConfig().model_dump()
COPY = {
    "embedded": embedding_name("small", "untrained"),
    "dictionaries": dictionary_name("small", "untrained"),
}


@pytest.fixture(scope="module")
def study(real_study, scvi_folder, tmp_path_factory) -> Any:
    return real_study.concept_study(
        tmp_path_factory.mktemp("study"), scvi_folder, n_cells=180, size=16, donor="louvain",
        variants=("", "untrained"), units={"random": 6},
    )  # fmt: skip


def checked(study: Any, **changed: Any) -> tuple[pd.DataFrame, list[str]]:
    context = study.context("concept-sanity/small")
    given = {"held": study.held, "attribution": ATTRIBUTION, "untrained": COPY} | changed
    check_sanity(context, **given)
    notes = json.loads((context.output / SUMMARY).read_text())["notes"]
    return pd.read_parquet(context.output / SANITY), notes


@pytest.fixture(scope="module")
def found(study) -> tuple[pd.DataFrame, list[str]]:
    return checked(study)


def mean(table: pd.DataFrame, check: str) -> float:
    part = table[table["check"] == check]
    assert len(part)
    return float(part["value"].mean())


def test_scores_collapse_between_two_active_cells(found):
    table, notes = found
    real = mean(table, "share of genes above 0.05: concepts")
    null = mean(table, "share of genes above 0.05: between two active cells")
    assert null < 0.7 * real
    assert f"{null:.1%} of the genes" in notes[0]
    assert mean(table, "score below which 99 % lie between two active cells") > 0


def test_scores_of_an_untrained_copy_and_of_random_directions_are_others(found):
    table, notes = found
    for what in ("an untrained copy", "random directions"):
        assert mean(table, f"agreement with {what}") < 0.3
        assert mean(table, f"mean absolute score: {what}") > 0
        assert any(what in note for note in notes)


def test_scores_stay_where_only_the_counterfactuals_change(found):
    table, notes = found
    assert mean(table, "agreement of one counterfactual with all") > 0.5
    assert mean(table, "agreement of matched with unmatched counterfactuals") > 0.5
    assert "agreement of taking genes out with putting them in" in set(table["check"])
    assert "agreement between donors" in set(table["check"])
    for other in ("gradients", "integrated gradients", "Shapley values"):
        assert mean(table, f"agreement of exchanges with {other}") > 0.4
    assert len(notes) == 10
    assert all(note.endswith(".") for note in notes)


def test_one_row_a_check_and_unit(found):
    table, _ = found
    assert list(table.columns) == ["check", "unit", "value", "n"]
    assert not table.duplicated(["check", "unit"]).any()
    own = table[table["check"] == "mean absolute score: concepts"]
    assert 2 <= len(own) <= sanity.N_CONCEPTS
    assert own["unit"].str.startswith("concept").all()


def test_what_was_not_compared_is_told(study, monkeypatch):
    monkeypatch.setattr(sanity, "N_CONCEPTS", 2)
    monkeypatch.setattr(sanity, "N_PROTOTYPES", 4)
    one = AttributionConfig(counterfactuals=1, options={"matching": "none"}).model_dump()
    table, notes = checked(study, untrained=None, attribution=one)
    assert not table["check"].str.contains("untrained").any()
    assert "Not compared with an untrained copy: the study has no controls." in notes
    assert "Not compared with more counterfactuals: the study takes one." in notes
    assert mean(table, "agreement of matched with unmatched counterfactuals") > 0.3


def attribution(scores: list[list[float]], tested: list[list[int]]) -> Any:
    settings = SimpleNamespace(cutoff=0.05)
    return SimpleNamespace(
        score=np.array(scores), n_tested=np.array(tested), plan=SimpleNamespace(settings=settings),
        unit_names=tuple(f"u{i}" for i in range(len(scores))),
    )  # fmt: skip


def test_only_genes_that_were_tested_count():
    given = attribution([[0.1, -0.3, 9.0, 0.0], [0.0] * 4], [[1, 2, 0, 1], [0] * 4])
    np.testing.assert_allclose(magnitude(given), [0.4 / 3, np.nan])
    np.testing.assert_allclose(share_above(given), [1 / 3, np.nan])


def test_agreement_within_leaves_out_a_unit_itself():
    scores = [[1.0, 2.0, 3.0, 4.0], [4.0, 3.0, 2.0, 1.0], [1.0, 3.0, 2.0, 4.0]]
    given = attribution(scores, [[1] * 4] * 3)
    np.testing.assert_allclose(agreement_within(given), [0.9, 0.9, 0.8])
    assert np.isnan(agreement_within(attribution(scores[:1], [[1] * 4]))).all()


def test_settings_are_small_and_exchange_single_genes():
    asked = AttributionSettings(
        estimator="gradient", read_outs=("pre",), direction="both", cutoff=0.1
    )
    small = small_settings(asked, costly=False)
    assert (small.estimator, small.direction, small.cutoff) == ("one gene", "remove", 0.1)
    assert (small.n_prototypes, small.n_counterfactuals) == (12, 2)
    assert small_settings(asked, costly=True).n_prototypes == sanity.FEW_PROTOTYPES
    few = AttributionSettings(n_prototypes=3, n_counterfactuals=1, perturbation="zero")
    assert small_settings(few, costly=False).n_prototypes == 3
    assert small_settings(few, costly=False).perturbation == "swap"


def test_an_untrained_copy_without_active_concepts_is_told(study, monkeypatch):
    def none_active(*_: Any) -> Any:
        raise NotApplicableError("none of 16 concepts is active", where="choice of concepts")

    monkeypatch.setattr(sanity, "choose_concepts", none_active)
    table, notes = checked(study)
    assert "Not compared with an untrained copy: none of 16 concepts is active." in notes
    assert not table["check"].str.contains("untrained").any()
    assert table["check"].str.contains("random directions").any()
