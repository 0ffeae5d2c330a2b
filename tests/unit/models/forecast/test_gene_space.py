from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cellglass.errors import InputError
from cellglass.geometry.layers import TOKEN_TABLE
from cellglass.geometry.pairs import Pairs
from cellglass.geometry.states.gene_states import GeneStates
from cellglass.geometry.study.planning import SubjectPlan
from cellglass.models.forecast.gene_space import GeneSpace, space_of_cloud, space_of_model
from cellglass.models.forecast.samples import Sample, sample_study
from cellglass.models.inputs import model_params, open_model, prepare_study
from cellglass.models.networks import held_network
from cellglass.runs.geometry_section import CloudConfig
from cellglass.runs.registry import Plan
from cellglass.runs.study import Study


@pytest.fixture
def network(tmp_path: Path, tiny: Any) -> dict[str, str]:
    """Four regulators of the tiny model, the last with two targets, and one that it lacks."""
    targets = tiny.SYMBOLS[10:22]
    pairs = [(r, t) for r, n in zip(tiny.SYMBOLS[:4], (12, 5, 3, 2), strict=True)
             for t in targets[:n]]  # fmt: skip
    pairs += [("ABSENT", targets[0])]
    path = tmp_path / "network.tsv"
    path.write_text("source\ttarget\n" + "".join(f"{r}\t{t}\n" for r, t in pairs))
    return {"source": str(path), "name": "n"}


def space(study: Study) -> tuple[GeneSpace, Sample]:
    sample = sample_study(study)[0]["cells"]
    model = open_model(model_params(study.models[0]))
    tokens = model.tokenize(sample.cells, seed=study.seed)
    seen = np.bincount(tokens.gene_ids[tokens.is_gene], minlength=model.vocabulary.n_embeddings)
    return space_of_model(study, sample, model, seen), sample


@pytest.mark.parametrize("geometry", [{}, {"domain": "type", "layers": [-1, 1], "min_count": 2}])
def test_sizes_are_those_of_the_states(
    study_of: Callable[..., Study], walk: Callable, tmp_path: Path, geometry: dict[str, Any]
) -> None:
    study = study_of(genes={"max_genes": 25}, geometry=geometry)
    found, _ = space(study)
    prepared = walk(prepare_study(study), tmp_path / "prepared")
    tasks = SubjectPlan(Plan(study, prepared), study.models[0]).states()
    states = GeneStates.read(walk(tasks, tmp_path / "states", prepared)["gene-states/tiny"])
    assert states.layers[0] == TOKEN_TABLE
    assert (found.n_layers, found.n_groups, found.n_kept, found.width) == states.sums.shape
    assert found.n_domains == len(states.domains)
    points = [len(states.cloud(-1, domain=d)) for d in states.domains]
    assert found.n_genes == pytest.approx(np.mean(points), rel=0.25)
    assert found.n_cells * found.n_domains == pytest.approx(90, abs=found.n_domains)


def test_fewer_genes_have_a_state_where_more_cells_are_asked_for(
    study_of: Callable[..., Study],
) -> None:
    few, _ = space(study_of(geometry={"min_count": 60}))
    many, _ = space(study_of(geometry={"min_count": 2}))
    assert few.n_kept == many.n_kept == many.n_genes == 30
    assert 0 < few.n_genes < 30
    assert (many.n_copies, space(study_of(geometry={"untrained": False}))[0].n_copies) == (2, 1)


def test_a_column_that_the_cells_lack_is_named(study_of: Callable[..., Study]) -> None:
    with pytest.raises(InputError, match="no column 'typ'") as told:
        space(study_of(geometry={"domain": "typ"}))
    assert "type" in str(told.value)


def test_pairs_are_those_that_the_run_judges(
    study_of: Callable[..., Study], network: dict[str, str], tiny: Any
) -> None:
    study = study_of(networks=[network], genes={"max_genes": 40, "min_targets": 3}, geometry={})
    found, _ = space(study)
    assert found.n_genes == 40
    assert found.n_regulators == 4
    pairs = Pairs.of_network(held_network(network["source"], {}), list(tiny.SYMBOLS))
    enough = pairs.labels.sum(1) >= 3
    assert found.pairs == {"n": int(enough.sum()) * int(pairs.labels[enough].any(0).sum())}
    assert found.pairs == {"n": 3 * 12}
    none = study.model_copy(update={"genes": study.genes.model_copy(update={"min_targets": 13})})
    assert space(none)[0].pairs == {"n": 0}


def test_a_cloud_has_the_genes_that_the_cells_have(
    study_of: Callable[..., Study], network: dict[str, str], tiny: Any, tmp_path: Path
) -> None:
    file = tmp_path / "genes.csv"
    names = [*tiny.SYMBOLS[:30], "UNKNOWN"]
    file.write_text("gene,a,b\n" + "".join(f"{n},1,{i}\n" for i, n in enumerate(names)))
    cloud = CloudConfig(path=str(file))
    study = study_of(networks=[network], geometry={"clouds": [cloud.model_dump()]})
    _, sample = space(study)
    found = space_of_cloud(study, sample, cloud)
    assert (found.n_kept, found.n_genes, found.width, found.n_layers) == (30, 30, 2, 1)
    assert (found.n_copies, found.n_domains, found.n_regulators) == (1, 1, 4)
    assert found.pairs == {"n": 3 * 12}
