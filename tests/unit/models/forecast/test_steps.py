from __future__ import annotations

from collections.abc import Callable

from cellglass.models.forecast.steps import planned_steps
from cellglass.runs.study import Study


def test_only_what_is_asked_for_is_planned(study_of: Callable[..., Study]) -> None:
    one = planned_steps(study_of(analyses=["regulation.cssi_synthetic"]))
    assert [i.result for i in one.results] == ["regulation.cssi_synthetic/simulated"]
    assert not one.passes
    assert planned_steps(study_of()).passes == {
        "capture/tiny", "capture/tiny-untrained", "masked/tiny",
    }  # fmt: skip
