from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cellglass as cg
from cellglass.concepts.study.attribution import SHARDS as REAL_SHARDS
from cellglass.concepts.study.dictionaries import training_options
from cellglass.models import CellModel
from cellglass.models.forecast import concepts
from cellglass.models.forecast.concepts import (
    ConceptCost,
    concept_cost,
    dictionary_size,
    enrichment_work,
    step_seconds,
    unit_counts,
    works_for,
)
from cellglass.models.forecast.efforts import EFFORTS, UNKNOWN
from cellglass.models.forecast.exchanges import Exchanges
from cellglass.models.forecast.samples import sample_study
from cellglass.models.forecast.steps import planned_steps
from cellglass.runs.concepts_section import ConceptsConfig
from cellglass.runs.study import parse_study

SMALL = {"units": {"concepts": 10, "neurons": 5, "rotated": 5, "components": 8, "random": 5},
         "attribution": {"prototypes": 10, "counterfactuals": 1, "curve_units": 5,
                         "curve_prototypes": 2, "sanity": False}}  # fmt: skip


@pytest.fixture(scope="module")
def model() -> CellModel:
    return cg.load_model("mini-geneformer")


@pytest.fixture(autouse=True)
def steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that does not depend on what else this machine does."""
    genes = ("LYZ", "CD3E", "CST3")
    known = Exchanges(0.004, 340.0, 765, genes, 50_000)
    monkeypatch.setattr(concepts, "timed_exchanges", lambda *_: known)


@pytest.fixture
def cost_of(model: CellModel) -> Callable[..., ConceptCost | None]:
    def cost_of(changes: dict[str, Any] | None = None, **sections: Any) -> ConceptCost | None:
        held = {k: {**v, **(changes or {}).get(k, {})} for k, v in SMALL.items()}
        asked = {**held, **{k: v for k, v in (changes or {}).items() if k not in held}}
        study = parse_study(
            {"study": "x", "cells": {"path": "pbmc68k", "strata": "bulk_labels"},
             "models": ["mini-geneformer"], "concepts": asked} | sections,
            where="test",
        )  # fmt: skip
        sample = sample_study(study)[0]["cells"]
        return concept_cost(study, "mini-geneformer", model, sample, planned_steps(study))

    return cost_of


def test_none_where_no_concepts_are_looked_for(cost_of: Callable[..., ConceptCost | None]) -> None:
    assert cost_of(concepts=None) is None
    assert cost_of(analyses=["regulation"]) is None


def test_a_step_of_the_command_line_costs_no_more_than_it_does(
    cost_of: Callable[..., ConceptCost],
) -> None:
    trained = cost_of(analyses=["concepts.dictionary"])
    assert trained.passes == 3 * 700  # the model, its untrained copy and shuffled cells
    assert cost_of({"controls": False}, analyses=["concepts.dictionary"]).passes == 700
    attributed = cost_of(analyses=["concepts.attribution"])
    # 33 units; the measured run with 35 took 13,048 exchanges beside curves and embedding
    curves = 25 * 2 * 150
    assert 0.6 < (attributed.passes - curves - 2100) / 13_048 < 1.6
    assert attributed.disk_bytes > trained.disk_bytes
    assert attributed.seconds > attributed.passes * 0.004


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        ({"attribution": {"prototypes": 10}}, {"attribution": {"prototypes": 20}}),
        ({"attribution": {"counterfactuals": 1}}, {"attribution": {"counterfactuals": 4}}),
        ({"attribution": {"screen": "gradient"}}, {"attribution": {"screen": "all"}}),
        ({"attribution": {"sanity": False}}, {"attribution": {"sanity": True}}),
        ({"attribution": {"curve_units": 1}}, {"attribution": {"curve_units": 5}}),
        ({"attribution": {"options": {"top_share": 0.01}}},
         {"attribution": {"options": {"top_share": 0.3}}}),
        ({"units": {"neurons": 0}}, {"units": {"neurons": 50}}),
        ({"controls": False}, {"controls": True}),
    ],
)  # fmt: skip
def test_more_to_do_takes_more_passes(
    cost_of: Callable[..., ConceptCost], smaller: Any, larger: Any
) -> None:
    few, many = cost_of(smaller), cost_of(larger)
    assert many.passes > few.passes
    assert many.seconds > few.seconds


def test_memory_follows_what_is_held(cost_of: Callable[..., ConceptCost]) -> None:
    units = dict.fromkeys(("concepts", "neurons", "rotated", "components", "random"), 200)
    many = cost_of({"units": units, "attribution": {"prototypes": 200, "counterfactuals": 5}})
    assert many.memory_bytes > 1.2 * cost_of().memory_bytes
    assert many.disk_bytes > 10 * cost_of().disk_bytes


@pytest.mark.parametrize("n_cells", [100, 700, 20_000])
@pytest.mark.parametrize("width", [10, 128, 512])
@pytest.mark.parametrize("asked", [{}, {"size": 64}, {"k": 2}, {"options": {"size": 32, "k": 3}}])
def test_sizes_are_those_of_the_study(n_cells: int, width: int, asked: dict[str, Any]) -> None:
    config = ConceptsConfig(dictionary=asked, test_share=0.5)
    options, _ = training_options(config.dictionary, n_cells // 2, width)
    assert dictionary_size(config, n_cells, width) == (options["size"], options["k"])


def test_there_are_no_more_units_than_directions() -> None:
    found = unit_counts(ConceptsConfig(units={"concepts": 12}), 10, 64)
    # the measured run had 142 units
    assert found == {"concept": 12, "neuron": 20, "rotated": 20, "component": 40, "random": 50}
    assert sum(found.values()) == 142
    assert unit_counts(ConceptsConfig(), 10, 64)["concept"] == 64


def test_shards_are_those_of_the_study() -> None:
    assert concepts.SHARDS == REAL_SHARDS


def test_steps_belong_to_their_model() -> None:
    for step in ("concept-cells/m", "concept-cells/m-untrained", "concept-dictionary/m-shuffled",
                 "concept-enrichment/m/reactome", "concept-attribution/m/plan",
                 "concepts.atlas/m"):  # fmt: skip
        assert works_for(step, "m")
        assert not works_for(step, "mm")
    assert not works_for("capture/m", "m")


def test_steps_grow_with_their_work(tmp_path: Path) -> None:
    cost = ConceptCost(work={"concept-enrichment/b": 2e8, "concept-dictionary": 1e9})
    assert step_seconds("concept-enrichment/m/a", cost) == EFFORTS["concept-enrichment"].fixed
    assert step_seconds("concept-enrichment/m/b", cost) == pytest.approx(21)
    assert step_seconds("concept-dictionary/m", cost) > EFFORTS["concept-dictionary"].fixed
    assert step_seconds("concepts.atlas/m", cost) == EFFORTS["concepts.atlas"].fixed
    assert step_seconds("concepts.of_another_package/m", cost) == UNKNOWN


def test_only_sets_that_are_tested_count(tmp_path: Path) -> None:
    file = tmp_path / "mine.gmt"
    file.write_text("A\t\tLYZ\tCD3E\nB\t\tLYZ\tCST3\tNKG7\nC\t\tLYZ\nD\t\tXXX\tYYY\n")
    config = ConceptsConfig(
        units={"concepts": 10, "neurons": 0, "rotated": 0, "components": 0, "random": 0,
               "decoys": 0},
        enrichment={"smallest": 2, "permutations": 1000, "null_lists": 5},
    )  # fmt: skip
    study = parse_study(
        {
            "study": "x",
            "cells": {"path": "pbmc68k"},
            "models": ["mini-scgpt"],
            "gene_sets": [str(file)],
        },
        where="test",
    )
    found = enrichment_work(study, config, {"LYZ", "CD3E", "CST3"})
    ((name, work),) = found.items()
    assert name.startswith("concept-enrichment/")
    assert work == 2 * (10 * 1000 + 140 * 10 * 5)
