import multiprocessing
import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from cellglass.errors import CellglassError, InputError, ResourceError
from cellglass.runs.engine import Engine
from cellglass.runs.executors import InlineExecutor, PoolExecutor, available_cores
from cellglass.runs.tasks import Task, TaskCall, is_done

Make = Callable[..., Task]


@pytest.fixture(scope="module")
def pool(modules: Path):
    held = PoolExecutor(2)
    yield held
    held.close()


def test_inline_runs_at_once_in_this_process(functions: str, tmp_path: Path):
    call = TaskCall(Task("n", f"{functions}:number", {"value": 3}), "k", 1, {}, f"{tmp_path}/o", 1)
    future = InlineExecutor().submit(call)
    assert future.done()
    assert future.result().worker == os.getpid()
    assert (tmp_path / "o" / "number.txt").read_text() == "3"


def test_inline_future_carries_the_error(functions: str, tmp_path: Path):
    task = Task("f", f"{functions}:half_then", {"how": "wrong input"})
    future = InlineExecutor().submit(TaskCall(task, "k", 1, {}, f"{tmp_path}/o", 1))
    assert isinstance(future.exception(), InputError)


def test_pool_runs_elsewhere_and_gives_the_same_bytes(
    pool: PoolExecutor, engine: Callable, functions: str, tmp_path: Path
):
    tasks = [Task(f"r{i}", f"{functions}:random_bytes") for i in range(6)]
    here = Engine(tmp_path / "here", InlineExecutor(), 1)
    there = Engine(tmp_path / "there", pool, 1)
    for made in (here, there):
        made.add(tasks)
        made.run([t.name for t in tasks])
    for task in tasks:
        one, other = (made.folder(task.name) / "bytes" for made in (here, there))
        assert one.read_bytes() == other.read_bytes()
    assert os.getpid() not in {r.worker for r in there.reports}
    assert {r.worker for r in here.reports} == {os.getpid()}


def test_error_of_a_worker_comes_home_as_it_was(
    pool: PoolExecutor, engine: Callable, failing: Make
):
    with pytest.raises(InputError, match=r"the input is wrong\n  where: here"):
        engine(failing("wrong input"), executor=pool).run(["failing"])
    with pytest.raises(CellglassError, match="the step 'bug' failed: ZeroDivisionError: 1 / 0"):
        engine(failing("bug", "bug"), executor=pool).run(["bug"])


@pytest.mark.parametrize("how", ["no space", "full device"])
def test_full_disk_of_a_worker(pool: PoolExecutor, engine: Callable, failing: Make, how: str):
    with pytest.raises(ResourceError, match="the disk is full"):
        engine(failing(how), executor=pool).run(["failing"])


def test_worker_that_dies_is_told_and_the_same_run_goes_on(
    engine: Callable, functions: str, number: Make, tmp_path: Path
):
    tasks = [
        number("before"),
        Task("dies", f"{functions}:exit_once", {"flag": str(tmp_path / "flag")}, ("before",)),
    ]
    broken = PoolExecutor(1)
    try:
        with pytest.raises(ResourceError, match="a worker process ended without a result"):
            engine(*tasks, executor=broken).run(["dies"])
    finally:
        broken.close(now=True)
    again = engine(*tasks)
    assert is_done(again.folder("before"))
    again.run(["dies"])
    assert [r.name for r in again.reports] == ["dies"]


def test_workers_of_a_pool_that_is_given_up_end():
    pool = PoolExecutor(1)
    pool._pool.submit(time.sleep, 0).result()
    workers = list(pool._pool._processes)
    pool._pool.submit(time.sleep, 60)
    began = time.monotonic()
    pool.close(now=True)
    assert time.monotonic() - began < 20
    assert not any(psutil.pid_exists(w) for w in workers)


def test_workers_do_not_outlive_the_process_that_started_them(tmp_path: Path):
    import subprocess
    import sys

    code = (
        "import os, time\n"
        "from cellglass.runs.executors import PoolExecutor\n"
        "if __name__ == '__main__':\n"
        "    pool = PoolExecutor(1)\n"
        "    pool._pool.submit(time.sleep, 0).result()\n"
        "    print(*pool._pool._processes, flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    script = tmp_path / "script.py"
    script.write_text(code)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    worker = int(done.stdout)
    deadline = time.monotonic() + 20
    while psutil.pid_exists(worker) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not psutil.pid_exists(worker)


def test_number_of_workers():
    assert PoolExecutor(3).workers == 3
    assert PoolExecutor().workers == available_cores() >= 1
    assert available_cores() <= multiprocessing.cpu_count()
