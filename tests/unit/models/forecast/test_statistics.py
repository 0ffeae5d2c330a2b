from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from cellglass.models.forecast.concepts import ConceptCost
from cellglass.models.forecast.efforts import EFFORTS
from cellglass.models.forecast.gene_space import GeneSpace
from cellglass.models.forecast.geometry import GeometryCost, alignment_work
from cellglass.models.forecast.samples import ScreenSize
from cellglass.models.forecast.statistics import scores_of, seconds_of_steps
from cellglass.models.forecast.steps import planned_steps
from cellglass.models.forecast.subjects import SubjectCost
from cellglass.runs.geometry_section import GeometryConfig
from cellglass.runs.study import Study


def test_scores_are_those_of_the_network_the_screen_or_all() -> None:
    subject = SubjectCost("m", n_rows=20, n_columns=100, n_layers=3, by_network={"n": 5},
                          perturbed={"s": (7, 80)})  # fmt: skip
    screens = {"s": ScreenSize(1000, 4, 500), "t": ScreenSize(1000, 4, 500)}
    assert scores_of({"model": "m", "network": "n"}, subject, screens) == 5 * 100 * 3
    assert scores_of({"model": "m", "network": "absent"}, subject, screens) == 0
    assert scores_of({"model": "m", "screen": "s"}, subject, screens) == 4 * 80
    assert scores_of({"model": "m", "screen": "t"}, subject, screens) == 0
    assert scores_of({"model": "m"}, subject, screens) == 20 * 100 * 3


def test_what_belongs_to_no_model_is_counted_apart(study_of: Callable[..., Study]) -> None:
    study = study_of(analyses=["regulation.cssi_synthetic"])
    steps = planned_steps(study)
    subject = SubjectCost("tiny", n_rows=20, n_columns=100)
    bare = seconds_of_steps(study, steps, [subject], {})
    assert bare == EFFORTS["regulation.cssi_synthetic"].fixed
    assert subject.statistics_seconds == 0
    more = seconds_of_steps(study, steps, [subject], {"s": ScreenSize(100_000, 500, 5000)})
    assert more > bare


def test_steps_of_concepts_are_counted_with_the_concepts(study_of: Callable[..., Study]) -> None:
    study = study_of(analyses=["concepts.dictionary"])
    steps = planned_steps(study)
    subject = SubjectCost("tiny", concepts=ConceptCost(seconds=100.0))
    assert seconds_of_steps(study, steps, [subject], {}) == 0
    assert subject.statistics_seconds == 0
    assert subject.concepts is not None
    # embedded and trained, as it is, untrained and shuffled; and judged
    of_one = EFFORTS["concept-cells"].fixed + EFFORTS["concept-dictionary"].fixed
    expected = 100 + 3 * of_one + EFFORTS["concepts.dictionary"].fixed
    assert abs(subject.concepts.seconds - expected) < 1e-9


def test_steps_of_geometry_are_counted_with_the_first_of_their_models(
    study_of: Callable[..., Study], scgpt_folder: Path
) -> None:
    models = [{"path": str(scgpt_folder), "name": name} for name in ("a", "b")]
    study = study_of(models=models, analyses=["geometry.shape", "geometry.alignment"], geometry={})
    steps = planned_steps(study)
    space = GeneSpace(100, 90, width=16, n_layers=5, n_copies=2)
    costs = [GeometryCost(space, GeometryConfig(), seconds=100.0) for _ in models]
    held = [SubjectCost(n, geometry=c) for n, c in zip("ab", costs, strict=True)]
    assert seconds_of_steps(study, steps, held, {}) == 0
    assert held[0].statistics_seconds == 0
    own = 2 * EFFORTS["gene-states"].fixed + EFFORTS["geometry.shape"].fixed
    together = EFFORTS["geometry.alignment"].seconds(alignment_work(*costs), 0)
    assert costs[0].seconds == pytest.approx(100 + own + together)
    assert costs[1].seconds == pytest.approx(100 + own)
