from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cellglass.regulation.planning import FIXED
from cellglass.regulation.tasks import plan_coexpression, plan_reliability
from cellglass.runs.registry import Plan
from cellglass.runs.study import Study

PLANS = {"reliability": plan_reliability, "coexpression": plan_coexpression}


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("untrained", [True, False])
def test_one_instance_a_model_and_none_for_tables(
    name: str, untrained: bool, tiny: Any, tmp_path: Path
):
    """Scores of a table are the same whatever the cells: there is nothing to reproduce."""
    models = [{"path": str(tiny.write_scgpt(tmp_path / "m")), "name": n} for n in ("a", "b")]
    study = Study(
        study="s", cells={"path": "c.h5ad"}, models=models, tables=["mine.tsv"],
        edges={"untrained": untrained}, statistics={"draws": 77},
    )  # fmt: skip
    first, second, third = PLANS[name](Plan(study))
    assert [i.result for i in (first, second)] == [f"regulation.{name}/a", f"regulation.{name}/b"]
    assert third.label == {"edges": "mine"}
    assert third.unmet is not None
    assert (third.unmet.reason, third.unmet.applicable) == (FIXED, False)
    task = first.tasks[-1]
    assert task.function == f"cellglass.regulation.tasks:{name}_result"
    assert task.params["statistics"]["draws"] == 77
    assert task.params["subject"]["name"] == "a"
    assert ("capture/a-untrained" in task.inputs) == untrained
    made = {t.name for t in first.tasks}
    assert made >= {n for n in task.inputs if n.startswith("capture/")}
