from __future__ import annotations

from collections.abc import Callable

from cellglass.models.forecast.concepts import ConceptCost
from cellglass.models.forecast.efforts import EFFORTS
from cellglass.models.forecast.samples import ScreenSize
from cellglass.models.forecast.statistics import scores_of, seconds_of_steps
from cellglass.models.forecast.steps import planned_steps
from cellglass.models.forecast.subjects import SubjectCost
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
