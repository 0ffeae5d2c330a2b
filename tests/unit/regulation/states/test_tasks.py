"""Plans of the analyses of cell states, and their results through the folders of a run."""

import pytest

from cellglass.regulation.states import tasks
from cellglass.runs import parse_study
from cellglass.runs.registry import Plan


def plan(**more) -> Plan:
    given = {"study": "x", "cells": {"path": "pbmc68k"}, "models": "mini-scgpt"} | more
    return Plan(parse_study(given, where="test"))


@pytest.mark.parametrize(
    "planner",
    [tasks.plan_cssi, tasks.plan_cssi_nulls, tasks.plan_choice, tasks.plan_composition],
)
def test_a_network_is_asked_for_and_a_table_is_not_applicable(planner, tmp_path):
    (lacking,) = planner(plan())
    assert "no reference network" in lacking.unmet.reason
    network = tmp_path / "net.tsv"
    network.write_text("source\ttarget\nA\tB\n")
    edges = tmp_path / "edges.tsv"
    edges.write_text("source\ttarget\tscore\nA\tB\t1\n")
    found = planner(
        plan(models=[], tables=[{"path": str(edges)}], networks=[{"source": str(network)}])
    )
    (table,) = found
    assert not table.unmet.applicable
    assert "same whatever the cells" in table.unmet.reason


def test_the_simulation_needs_nothing():
    (found,) = tasks.plan_synthetic(plan())
    assert found.label == {"cells": "simulated"}
    assert found.result == "regulation.cssi_synthetic/simulated"
    assert found.unmet is None


def test_every_judge_is_planned_under_its_name():
    assert set(tasks.JUDGES) == {"cssi", "cssi_nulls", "cssi_choice", "composition"}
