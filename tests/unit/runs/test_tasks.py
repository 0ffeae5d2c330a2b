import json
import os
import pickle
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cellglass.errors import CellglassError, InputError, ResourceError
from cellglass.runs import tasks
from cellglass.runs.tasks import (
    DONE,
    NOT_APPLICABLE,
    Task,
    TaskCall,
    describe_failure,
    disk_is_full,
    execute,
    is_done,
    result_folder,
    why_not_applicable,
)


def call_of(task: Task, store: Path, **inputs: str) -> TaskCall:
    key = task.key({n: n for n in inputs}, 1)
    return TaskCall(task, key, 1, inputs, str(result_folder(store, task.name, key)), 1)


# --- content keys


BASE = Task("name", "module:function", {"a": 1, "b": 2}, ("x", "y"))
KEYS = {"x": "1", "y": "2"}


@pytest.mark.parametrize(
    "changed",
    [
        Task("other", "module:function", {"a": 1, "b": 2}, ("x", "y")),
        Task("name", "module:other", {"a": 1, "b": 2}, ("x", "y")),
        Task("name", "module:function", {"a": 1, "b": 3}, ("x", "y")),
        Task("name", "module:function", {"a": 1, "b": 2}, ("x",)),
    ],
)
def test_key_changes_with_what_the_result_depends_on(changed: Task):
    assert changed.key(KEYS, 1) != BASE.key(KEYS, 1)


def test_key_changes_with_seed_inputs_and_code(monkeypatch: pytest.MonkeyPatch):
    before = BASE.key(KEYS, 1)
    assert BASE.key(KEYS, 2) != before
    assert BASE.key({**KEYS, "y": "3"}, 1) != before
    monkeypatch.setattr(tasks, "code_version", lambda: "changed")
    assert BASE.key(KEYS, 1) != before


def test_key_does_not_see_weight_or_order_of_parameters():
    same = Task("name", "module:function", {"b": 2, "a": 1}, ("x", "y"), weight=9.0)
    assert same.key({**KEYS, "unread": "9"}, 1) == BASE.key(KEYS, 1)


# --- results appear whole or not at all


def test_result_appears_with_its_mark(number: Callable, tmp_path: Path):
    call = call_of(number("one", 7), tmp_path)
    report = execute(call)
    folder = Path(call.output)
    assert (folder / "number.txt").read_text() == "7"
    assert json.loads((folder / DONE).read_text()) == {"key": call.key, "task": "one"}
    assert report.name == "one"
    assert report.worker == os.getpid()
    assert report.peak_memory > 1e6
    assert is_done(folder)


def test_slash_in_a_name_makes_no_folder_inside_another(number: Callable, tmp_path: Path):
    execute(call_of(number("a/b"), tmp_path))
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("a")] == ["a__b"]


@pytest.mark.parametrize(
    ("how", "kind", "words"),
    [
        ("wrong input", InputError, "the input is wrong"),
        ("bug", ZeroDivisionError, "1 / 0"),
        ("interrupt", KeyboardInterrupt, "^$"),
        ("no space", ResourceError, "disk is full"),
        ("quota", ResourceError, "disk is full"),
        ("short write", ResourceError, "disk is full"),
        ("missing file", FileNotFoundError, "nowhere"),
    ],
)
def test_failure_leaves_nothing(how: str, kind: type, words: str, failing: Callable, tmp_path):
    store = tmp_path / "store"
    with pytest.raises(kind, match=words):
        execute(call_of(failing(how), store))
    assert [p for p in store.rglob("*") if p.is_file()] == []
    assert list(store.glob("*/.partial-*")) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_checkpoints_outlive_an_interruption_and_go_with_the_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    seen: list[bool] = []

    def work(context: tasks.TaskContext) -> None:
        assert context.kept is not None
        seen.append(context.kept.is_dir())
        context.kept.mkdir(exist_ok=True)
        if len(seen) == 1:
            raise KeyboardInterrupt
        (context.output / "x").write_text("done")

    monkeypatch.setattr(tasks, "_resolve", lambda _: work)
    call = call_of(Task("long/one", "m:f"), tmp_path)
    with pytest.raises(KeyboardInterrupt):
        execute(call)
    execute(call)
    assert seen == [False, True]
    assert [p.name for p in (tmp_path / "long__one").iterdir()] == [Path(call.output).name]


def test_full_device_is_told_as_such(failing: Callable, tmp_path: Path):
    with pytest.raises(ResourceError, match=r"disk is full[\s\S]*step failing[\s\S]*free some sp"):
        execute(call_of(failing("full device"), tmp_path / "store"))
    assert list((tmp_path / "store").glob("*/*")) == []


def test_full_disk_before_the_task_begins(
    number: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(**_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkdtemp", full)
    with pytest.raises(ResourceError, match="disk is full"):
        execute(call_of(number("one"), tmp_path))


def test_result_of_an_equal_key_is_not_replaced(number: Callable, tmp_path: Path):
    """Two workers may make the same result; the first one stays, readers may have it open."""
    call = call_of(number("one"), tmp_path)
    execute(call)
    mark = Path(call.output) / "mark"
    mark.touch()
    execute(call)
    assert mark.exists()


def test_folder_without_mark_is_replaced(number: Callable, tmp_path: Path):
    call = call_of(number("one", 7), tmp_path)
    broken = Path(call.output)
    broken.mkdir(parents=True)
    (broken / "leftover").touch()
    assert not is_done(broken)
    execute(call)
    assert not (broken / "leftover").exists()
    assert (broken / "number.txt").read_text() == "7"


def test_task_sees_inputs_by_name(number: Callable, add: Callable, tmp_path: Path):
    one = call_of(number("one", 7), tmp_path)
    execute(one)
    total = call_of(add("sum", "one"), tmp_path, one=one.output)
    execute(total)
    assert (Path(total.output) / "number.txt").read_text() == "7"


def test_what_does_not_apply_leaves_its_reason_and_readers_pass_it_on(
    failing: Callable, add: Callable, log: Callable, tmp_path: Path
):
    one = call_of(failing("not applicable", "one"), tmp_path)
    execute(one)
    two = call_of(add("two", "one"), tmp_path, one=one.output)
    execute(two)
    three = call_of(add("three", "two"), tmp_path, two=two.output)
    execute(three)
    for call in (one, two, three):
        folder = Path(call.output)
        assert is_done(folder)
        assert why_not_applicable(folder) == "nothing is active"
        assert sorted(p.name for p in folder.iterdir()) == [NOT_APPLICABLE, DONE]
    assert log() == []  # the functions of the readers were not called
    assert why_not_applicable(tmp_path) == ""


def test_random_stream_depends_on_seed_and_name_only(functions: str, tmp_path: Path):
    def drawn(name: str, seed: int) -> bytes:
        task = Task(name, f"{functions}:random_bytes")
        folder = tmp_path / f"{name}-{seed}-{threading.get_ident()}-{os.urandom(4).hex()}"
        execute(TaskCall(task, "key", seed, {}, str(folder), 1))
        return (folder / "bytes").read_bytes()

    assert drawn("a", 1) == drawn("a", 1)
    assert drawn("a", 1) != drawn("a", 2)
    assert drawn("a", 1) != drawn("b", 1)


def test_threads_are_fixed_within_a_task_and_restored(functions: str, tmp_path: Path):
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        task = Task("threads", f"{functions}:threads")
        call = TaskCall(task, "key", 1, {}, str(tmp_path / "out"), 1)
        execute(call)
        assert (tmp_path / "out" / "threads.txt").read_text() == "1"
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_warnings_name_their_task(
    functions: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    execute(TaskCall(Task("of/this", f"{functions}:warn"), "k", 1, {}, str(tmp_path / "out"), 1))
    assert capsys.readouterr().err == "  of/this: a null did not move\n"


# --- how failures are told


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (OSError(28, "No space left on device"), True),
        (OSError(122, "Disk quota exceeded"), True),
        (OSError("1000000 requested and 131056 written"), True),
        (OSError("Not enough free space to write 8000 bytes after offset 128"), True),
        (OSError(13, "Permission denied"), False),
        (OSError("Unable to open file"), False),
        (ValueError("10 requested and 5 written"), False),
    ],
)
def test_disk_is_full(error: BaseException, full: bool):
    assert disk_is_full(error) is full


def test_error_that_explains_itself_stays_as_it_is():
    error = InputError("wrong")
    assert describe_failure("task", error) is error


def test_unexpected_error_names_the_step():
    error = describe_failure("capture/x", ZeroDivisionError("1 / 0"))
    assert isinstance(error, CellglassError)
    assert "capture/x" in str(error)
    assert "ZeroDivisionError: 1 / 0" in str(error)
    assert "--debug" in error.fix


def test_lost_worker_is_told_as_a_lack_of_memory():
    from concurrent.futures.process import BrokenProcessPool

    for error in (BrokenProcessPool("gone"), MemoryError()):
        described = describe_failure("capture/x", error)
        assert isinstance(described, ResourceError)
        assert "memory" in str(described)
        assert "finished parts are kept" in str(described)


def test_errors_travel_between_processes():
    error = ResourceError("found", where="here", expected="else", fix="do")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is ResourceError
    assert str(again) == str(error)
