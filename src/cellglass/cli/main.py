"""Entry point: commands, and errors as messages with exit code 2."""

from __future__ import annotations

import os
import sys
import traceback
from typing import Annotated, NoReturn

import typer

from cellglass import __version__
from cellglass.errors import CellglassError, InputError, ResourceError

from . import audit, concepts, data, demo, init, listing, models, regulation, reproduce, run

INTERRUPTED = 130  # as shells have it: 128 + SIGINT

app = typer.Typer(
    name="cellglass",
    help="Looks inside single-cell foundation models and says which biological claims about them "
    "survive honest controls.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("init")(init.init)
app.command("estimate")(run.estimate)
app.command("run")(run.run)
app.command("report")(run.report)
app.command("list")(listing.list_analyses)
app.command("schema")(listing.schema)
app.command("reproduce")(reproduce.reproduce)
app.command("audit")(audit.audit)
app.add_typer(models.app, name="models")
app.add_typer(data.app, name="data")
app.add_typer(regulation.app, name="regulation")
app.add_typer(concepts.app, name="concepts")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"cellglass {__version__}")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Read the options that come before a command."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line.

    Exit codes: 0 done; 2 an error that the user can mend, told without a traceback; 130
    interrupted, finished parts kept.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    given = ["--debug", *(a for a in given if a != "--debug")] if debug else given
    try:
        # Typer catches Ctrl-C and some exits itself, and then returns the exit code.
        code = app(args=given, prog_name="cellglass", standalone_mode=False)
        if code == INTERRUPTED:
            _tell_interrupted()
        if isinstance(code, int) and code:
            sys.exit(code)
    except typer.Exit as stop:
        sys.exit(stop.exit_code)
    except CellglassError as error:
        _tell(error, debug)
    except (KeyboardInterrupt, typer.Abort):
        _tell_interrupted()
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(141)
    except OSError as error:
        _tell(_described(error), debug)
    except Exception as error:
        if not hasattr(error, "format_message"):  # click's usage errors have it
            raise
        if error.format_message():  # empty where the help was shown instead
            typer.secho(f"Error: {error.format_message()}", err=True, fg=typer.colors.RED)
        sys.exit(2)


def _tell_interrupted() -> NoReturn:
    typer.echo(
        "\nInterrupted. Finished parts are kept: the same command goes on from there.", err=True
    )
    sys.exit(INTERRUPTED)


def _described(error: OSError) -> CellglassError:
    """Tell an error of the file system, such as a folder that may not be written."""
    from cellglass.runs.tasks import disk_is_full

    where = str(error.filename or os.getcwd())
    if disk_is_full(error):
        fix = "free some space and run the same command again"
        described: CellglassError = ResourceError(
            "the disk is full, or a quota is used up", where=where, fix=fix
        )
    elif error.errno is None:
        raise error
    else:
        described = InputError(
            (error.strerror or str(error)).lower(),
            where=where,
            fix="check the path and the permissions of its folder",
        )
    described.__cause__ = error
    return described


def _tell(error: CellglassError, debug: bool) -> None:
    if debug:
        traceback.print_exception(error)
    else:
        typer.secho(f"Error: {error}", err=True, fg=typer.colors.RED)
    sys.exit(error.exit_code)
