import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cellglass.errors import CellglassError, InputError, StudyError
from cellglass.runs.engine import Engine
from cellglass.runs.executors import InlineExecutor
from cellglass.runs.executors.dask import DaskExecutor
from cellglass.runs.tasks import Task


@pytest.fixture(scope="module")
def dask(modules: Path) -> Iterator[DaskExecutor]:
    """One cluster for this file; its worker finds modules in the folder."""
    pytest.importorskip("distributed")
    with pytest.MonkeyPatch.context() as patch:
        path = [str(modules), *filter(None, [os.environ.get("PYTHONPATH")])]
        patch.setenv("PYTHONPATH", os.pathsep.join(path))
        held = DaskExecutor(1)
        yield held
        held.close()


def test_gives_the_same_bytes_from_another_process(
    dask: DaskExecutor, functions: str, tmp_path: Path
):
    tasks = [Task(f"r{i}", f"{functions}:random_bytes") for i in range(4)]
    tasks.append(Task("sum", f"{functions}:random_bytes", {}, tuple(t.name for t in tasks)))
    here = Engine(tmp_path / "here", InlineExecutor(), 1)
    there = Engine(tmp_path / "there", dask, 1)
    for made in (here, there):
        made.add(tasks)
        made.run(["sum"])
    for task in tasks:
        one, other = (made.folder(task.name) / "bytes" for made in (here, there))
        assert one.read_bytes() == other.read_bytes()
    assert os.getpid() not in {r.worker for r in there.reports}
    assert len(there.reports) == 5


def test_errors_come_home(dask: DaskExecutor, functions: str, engine: Callable):
    wrong = Task("wrong", f"{functions}:half_then", {"how": "wrong input"})
    bug = Task("bug", f"{functions}:half_then", {"how": "bug"})
    made = engine(wrong, bug, executor=dask)
    with pytest.raises(InputError, match=r"the input is wrong\n  where: here"):
        made.run(["wrong"])
    with pytest.raises(CellglassError, match="the step 'bug' failed: ZeroDivisionError"):
        made.run(["bug"])


def test_missing_dask_is_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(StudyError, match=r"needs Dask[\s\S]*cellglass\[dask\]"):
        DaskExecutor(1)
