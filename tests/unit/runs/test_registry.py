import sys
from pathlib import Path

import pytest

from cellglass.errors import StudyError
from cellglass.runs.registry import (
    CHAPTERS,
    STEPS,
    Analysis,
    Plan,
    analyses,
    chosen_analyses,
    preparing_tasks,
    study_modules,
)
from cellglass.runs.study import Study

FOREIGN = '''
from cellglass.runs.registry import Analysis, Instance
from cellglass.runs.tasks import Task

def prepare(study):
    return [Task("foreign/prepare", "foreign_study:nothing", {"cells": study.cells.path})]

def nothing(context, **params):
    """Do nothing."""

ANALYSES = [
    Analysis("NAME", "A title", "A question?", "a reference", "cells", lambda plan: [Instance({})]),
]
'''


def study(**changes: object) -> Study:
    return Study.model_validate(
        {"study": "s", "cells": {"path": "pbmc68k"}, "models": ["mini-scgpt"], **changes}
    )


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Put a package that adds an analysis on the path, as pip would."""
    (folder / "foreign_study.py").write_text(FOREIGN.replace("NAME", name))
    info = folder / "foreign-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: foreign\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[cellglass.studies]\nforeign = foreign_study\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "foreign_study", raising=False)


def test_shipped_analyses_are_complete_and_in_order_of_chapters():
    known = analyses()
    assert {"regulation.recovery", "regulation.cssi", "model.masked_prediction",
            "controls.planted"} <= set(known)  # fmt: skip
    for name, analysis in known.items():
        assert name == analysis.name
        assert analysis.question.endswith("?")
        assert analysis.title
        assert analysis.reference
        assert analysis.needs
    chapters = [a.chapter for a in known.values()]
    assert chapters == sorted(chapters, key=CHAPTERS.index)


def test_another_package_adds_an_analysis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert "foreign" not in study_modules()
    install(tmp_path, monkeypatch, "foreign.first")
    assert "foreign" in study_modules()
    known = analyses()
    assert list(known)[-1] == "foreign.first"  # unknown chapters last
    assert known["foreign.first"].plan(Plan(study()))[0].unmet is None
    assert "foreign.first" in [a.name for a in chosen_analyses(study())]
    tasks = {t.name: t for t in preparing_tasks(study())}
    assert tasks["foreign/prepare"].params == {"cells": "pbmc68k"}
    assert "cells" in tasks


def test_two_analyses_of_one_name_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    install(tmp_path, monkeypatch, "regulation.recovery")
    with pytest.raises(StudyError, match=r"two analyses are called 'regulation\.recovery'"):
        analyses()


def test_choice_by_name_and_by_chapter_in_the_order_of_the_registry():
    chosen = chosen_analyses(study(analyses=["controls", "regulation.cssi", "regulation"]))
    names = [a.name for a in chosen]
    assert names == [n for n in analyses() if n.startswith(("regulation.", "controls."))]
    assert [a.name for a in chosen_analyses(study())] == list(analyses())


def test_unknown_analysis_names_the_nearest():
    with pytest.raises(StudyError, match=r"no analysis 'regulaton'[\s\S]*'regulation'"):
        chosen_analyses(study(analyses=["regulaton"]))


def test_chapter_is_the_part_before_the_dot():
    analysis = Analysis("a.b", "t", "q?", "r", "n", lambda plan: [])
    assert analysis.chapter == "a"


def test_a_chapter_is_told_in_the_order_of_its_steps():
    """What a reviewer asks first stands first: trivial baselines, increment, residual, null."""
    assert STEPS[:5] == ("claims", "baselines", "increment", "residual", "null")
    for chapter in CHAPTERS:
        steps = [a.step for a in analyses().values() if a.chapter == chapter]
        assert set(steps) <= {*STEPS, ""}
        places = [STEPS.index(s) if s else len(STEPS) for s in steps]
        assert places == sorted(places)
    told = [a.step for a in analyses().values() if a.chapter == "regulation"]
    assert {"baselines", "increment", "null", "generalisation"} <= set(told)


def test_choice_by_a_unit_of_the_paper():
    known = analyses()
    (name,) = (n for n, a in known.items() if "A36" in a.units)
    assert [a.name for a in chosen_analyses(study(analyses=["A36"]))] == [name]
    # two units of one analysis, and the analysis itself, choose it once
    both = chosen_analyses(study(analyses=["A40", "A36", name]))
    assert [a.name for a in both] == [name]
    two = [a.name for a in chosen_analyses(study(analyses=["A36", "A31"]))]
    assert two == [n for n, a in known.items() if {"A36", "A31"} & set(a.units)]
    assert len(two) == 2


def test_a_unit_that_nothing_runs_is_unknown():
    with pytest.raises(StudyError, match=r"no analysis 'A39'[\s\S]*'A3"):
        chosen_analyses(study(analyses=["A39"]))
    with pytest.raises(StudyError, match="no analysis 'A3 '"):
        chosen_analyses(study(analyses=["A3 "]))
