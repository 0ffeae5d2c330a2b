import sys
from pathlib import Path

import pytest

from cellglass.errors import StudyError
from cellglass.runs.registry import (
    CHAPTERS,
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
