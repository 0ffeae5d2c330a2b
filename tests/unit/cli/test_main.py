import errno
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import typer

from cellglass import __version__
from cellglass.cli.main import app, main
from cellglass.errors import CellglassError, InputError
from cellglass.runs import registry

COMMANDS = (
    "demo", "init", "estimate", "run", "report", "list", "schema",
    "models list", "models check", "models convert", "reproduce", "data fetch", "data list",
    "data screens", "data check", "regulation score", "regulation evaluate",
    "models train-scvi", "concepts train", "concepts attribute", "concepts enrich",
    "concepts compare", "concepts atlas", "audit",
)  # fmt: skip


def commands(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield prefix + name, command


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let `cellglass list` fail."""

    def fail() -> None:
        raise error

    monkeypatch.setattr(registry, "analyses", fail)


def test_all_commands_and_options_say_what_they_are():
    found = dict(commands(typer.main.get_command(app)))
    assert set(found) == set(COMMANDS)
    for name, command in found.items():
        assert command.help, name
        for option in command.params:
            assert getattr(option, "help", None), f"{name}: {option.name}"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_each_command(command: str, cellglass: Callable):
    told = cellglass(*command.split(), "--help")
    assert told.code == 0
    assert f"cellglass {command}" in told.out


def test_version(cellglass: Callable):
    told = cellglass("--version")
    assert (told.code, told.out.strip()) == (0, f"cellglass {__version__}")


def test_nothing_asked_shows_the_help(cellglass: Callable):
    told = cellglass()
    assert told.code == 2
    assert "cellglass [OPTIONS] COMMAND" in told.text
    assert "Error" not in told.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("runn",), "No such command 'runn'"),
        (("run", "--outt", "x"), "--outt"),
        (("run",), "Missing argument"),
        (("models", "convert", "mini-scgpt"), "--out"),
        (("run", "study.yaml", "--workers", "many"), "--workers"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], said: str, cellglass: Callable):
    told = cellglass(*arguments)
    assert told.code == 2
    assert told.err.startswith("Error: ")
    assert said in told.err
    assert "Traceback" not in told.err


@pytest.mark.parametrize("place", ["before", "after"])
def test_debug_shows_the_traceback_wherever_it_stands(place: str, cellglass: Callable):
    command = ("list", "nothing")
    told = cellglass(*(("--debug", *command) if place == "before" else (*command, "--debug")))
    assert told.code == 2
    assert "Traceback (most recent call last)" in told.err
    assert "no chapter 'nothing'" in told.err


def test_exit_code_is_that_of_the_error(cellglass: Callable, monkeypatch: pytest.MonkeyPatch):
    error = InputError("it is wrong", where="here", expected="right", fix="mend it")
    failing(monkeypatch, error)
    told = cellglass("list")
    assert told.code == CellglassError.exit_code == 2
    assert told.err == (
        "Error: it is wrong\n  where: here\n  expected: right\n  what to do: mend it\n"
    )


@pytest.mark.parametrize("error", [KeyboardInterrupt(), typer.Abort()])
def test_interrupt(error: BaseException, cellglass: Callable, monkeypatch: pytest.MonkeyPatch):
    failing(monkeypatch, error)
    told = cellglass("list")
    assert told.code == 130
    assert "Interrupted. Finished parts are kept" in told.err


def test_exit_codes_of_typer_are_kept(cellglass: Callable, monkeypatch: pytest.MonkeyPatch):
    failing(monkeypatch, typer.Exit(7))
    assert cellglass("list").code == 7


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/data/x"), "the disk is full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/root/x"), "permission denied"),
        (OSError(errno.EIO, "Input/output error"), "input/output error"),
    ],
)
def test_file_system_errors(
    error: OSError, said: str, cellglass: Callable, monkeypatch: pytest.MonkeyPatch
):
    failing(monkeypatch, error)
    told = cellglass("list")
    assert told.code == 2
    assert f"Error: {said}" in told.err
    assert "what to do: " in told.err
    assert str(error.filename or "/") in told.err
    assert "Traceback" not in told.err
    assert "Traceback" in cellglass("list", "--debug").err


def test_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch):
    failing(monkeypatch, ZeroDivisionError("division by zero"))
    with pytest.raises(ZeroDivisionError):
        main(["list"])
