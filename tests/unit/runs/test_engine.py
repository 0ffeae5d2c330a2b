import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from cellglass.errors import CellglassError, InputError, ResourceError, StudyError
from cellglass.runs.engine import Engine
from cellglass.runs.executors import InlineExecutor
from cellglass.runs.tasks import Task, is_done

Make = Callable[..., Task]
Log = Callable[[], list[str]]


def value(engine: Engine, name: str) -> int:
    return int((engine.folder(name) / "number.txt").read_text())


@pytest.fixture
def diamond(number: Make, add: Make) -> tuple[Task, ...]:
    """a -> b, c -> d."""
    return number("a", 2), add("b", "a"), add("c", "a"), add("d", "b", "c")


def test_inputs_run_first_and_each_once(engine: Callable, diamond: tuple, log: Log):
    made = engine(*diamond)
    folders = made.run(["d"])
    assert list(folders) == ["d"]
    assert value(made, "d") == 4
    ran = log()
    assert sorted(ran) == ["a", "b", "c", "d"]
    assert ran[0] == "a"
    assert ran[-1] == "d"


def test_only_what_is_wanted_runs(engine: Callable, diamond: tuple, log: Log):
    engine(*diamond).run(["b"])
    assert log() == ["a", "b"]


def test_finished_results_are_used_again(engine: Callable, diamond: tuple, log: Log):
    engine(*diamond).run(["d"])
    log()
    engine(*diamond).run(["d"])
    assert log() == []


def test_deleted_result_is_made_again_and_nothing_else(engine: Callable, diamond: tuple, log: Log):
    made = engine(*diamond)
    made.run(["d"])
    log()
    shutil.rmtree(made.folder("b"))
    again = engine(*diamond)
    again.run(["d"])
    assert log() == []  # d is there: what it was made of is not needed
    shutil.rmtree(made.folder("d"))
    again = engine(*diamond)
    again.run(["d"])
    assert log() == ["b", "d"]


def test_result_without_mark_does_not_count(engine: Callable, diamond: tuple, log: Log):
    made = engine(*diamond)
    made.run(["d"])
    log()
    (made.folder("d") / "task.json").unlink()
    engine(*diamond).run(["d"])
    assert log() == ["d"]


def test_changed_parameter_changes_all_that_depends_on_it(
    engine: Callable, number: Make, add: Make, log: Log
):
    engine(number("a", 2), number("e", 5), add("b", "a"), add("f", "e")).run(["b", "f"])
    log()
    made = engine(number("a", 3), number("e", 5), add("b", "a"), add("f", "e"))
    made.run(["b", "f"])
    assert log() == ["a", "b"]
    assert value(made, "b") == 3


def test_other_seed_is_another_result(engine: Callable, functions: str):
    task = Task("r", f"{functions}:random_bytes")
    one, other = (engine(task, seed=s) for s in (1, 2))
    one.run(["r"])
    other.run(["r"])
    texts = [(e.folder("r") / "bytes").read_bytes() for e in (one, other)]
    assert texts[0] != texts[1]


def test_keys_do_not_depend_on_executor_workers_or_threads(tmp_path: Path, diamond: tuple):
    class Wide(InlineExecutor):
        name, workers = "wide", 8

    one = Engine(tmp_path, InlineExecutor(), 1)
    other = Engine(tmp_path, Wide(), 1, threads=4)
    for made in (one, other):
        made.add(diamond)
    assert one.folder("d") == other.folder("d")


def test_failure_keeps_what_is_finished(
    engine: Callable, number: Make, add: Make, failing: Make, log: Log, tmp_path: Path
):
    tasks = (number("a"), failing("wrong input", inputs=("a",)), add("after", "failing"))
    made = engine(*tasks)
    with pytest.raises(InputError, match="the input is wrong"):
        made.run(["after"])
    assert is_done(made.folder("a"))
    assert not made.folder("failing").exists()
    assert not made.folder("after").exists()
    assert list((tmp_path / "store").glob("*/.partial-*")) == []
    assert log() == ["a"]


def test_bug_in_a_task_is_told_with_its_name_and_cause(engine: Callable, failing: Make):
    with pytest.raises(CellglassError, match="'failing' failed: ZeroDivisionError") as caught:
        engine(failing("bug")).run(["failing"])
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_interrupt_keeps_what_is_finished(
    engine: Callable, number: Make, failing: Make, log: Log, tmp_path: Path
):
    with pytest.raises(KeyboardInterrupt):
        engine(number("a"), failing("interrupt", inputs=("a",))).run(["failing"])
    assert list((tmp_path / "store").glob("*/.partial-*")) == []
    log()
    engine(number("a")).run(["a"])
    assert log() == []


def test_same_name_means_same_task(engine: Callable, number: Make):
    made = engine(number("a", 1))
    made.add([number("a", 1)])
    with pytest.raises(StudyError, match="two different tasks are called 'a'"):
        made.add([number("a", 2)])


def test_cycle_is_named(engine: Callable, add: Make):
    with pytest.raises(StudyError, match="a <- b <- a"):
        engine(add("a", "b"), add("b", "a")).run(["a"])
    with pytest.raises(StudyError, match="a <- a"):
        engine(add("a", "a")).run(["a"])


def test_unknown_task_is_named(engine: Callable, number: Make, add: Make):
    with pytest.raises(StudyError, match="no task is called 'b'"):
        engine(number("a")).run(["b"])
    with pytest.raises(StudyError, match=r"no task is called 'gone'[\s\S]*sum"):
        engine(add("sum", "gone")).run(["sum"])


def test_prune_removes_what_all_readers_have_read(engine: Callable, number: Make, add: Make):
    tasks = [number("x/shard-1"), number("x/shard-2"), add("x", "x/shard-1", "x/shard-2")]
    made = engine(*tasks)
    made.run(["x/shard-1"])
    made.prune("/shard-")
    assert is_done(made.folder("x/shard-1"))  # its reader is not done
    made.run(["x"])
    made.prune("/shard-")
    assert not made.folder("x/shard-1").exists()
    assert is_done(made.folder("x"))
    assert value(made, "x") == 2


def test_pruned_results_are_not_made_again(engine: Callable, number: Make, add: Make, log: Log):
    tasks = [number("x/shard-1"), add("x", "x/shard-1")]
    made = engine(*tasks)
    made.run(["x"])
    made.prune("/shard-")
    log()
    engine(*tasks).run(["x"])
    assert log() == []


def test_prune_keeps_what_nobody_reads(engine: Callable, number: Make):
    made = engine(number("x/shard-1"))
    made.run(["x/shard-1"])
    made.prune("/shard-")
    assert is_done(made.folder("x/shard-1"))


def test_progress_counts_what_runs(engine: Callable, diamond: tuple):
    seen: list[tuple[str, bool, int, int]] = []

    def follow(name: str, report: object, done: int, total: int) -> None:
        seen.append((name, report is None, done, total))

    engine(*diamond).run(["b"])
    made = engine(*diamond)
    made.progress = follow
    made.run(["b", "d"])
    assert seen[0] == ("b", True, 0, 2)
    assert [s[2:] for s in seen[1:]] == [(1, 2), (2, 2)]
    assert [r.name for r in made.reports] == ["c", "d"]


def test_pool_that_takes_no_calls_is_told(engine: Callable, number: Make):
    class Broken(InlineExecutor):
        def submit(self, call):
            from concurrent.futures.process import BrokenProcessPool

            raise BrokenProcessPool("a child process terminated abruptly")

    with pytest.raises(ResourceError, match="worker process ended"):
        engine(number("a"), executor=Broken()).run(["a"])


def test_cancelled_call_is_told(engine: Callable, number: Make):
    class Cancelling(InlineExecutor):
        def submit(self, call):
            from concurrent.futures import Future

            future: Future = Future()
            future.cancel()
            future.set_running_or_notify_cancel()
            return future

    with pytest.raises(ResourceError, match="CancelledError"):
        engine(number("a"), executor=Cancelling()).run(["a"])
