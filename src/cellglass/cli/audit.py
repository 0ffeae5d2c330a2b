"""`cellglass audit`: what published null draws say once p values and margins are computed again."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .console import say, wrapped

if TYPE_CHECKING:
    import pandas as pd

    from cellglass.report.audit_page import AuditInput
    from cellglass.stats.audit.result import AuditResult

COLOURS = {"misuse": "red", "limit": "yellow", "check": "cyan"}


class Direction(StrEnum):
    """Tail of the test."""

    GREATER = "greater"
    LESS = "less"
    TWO_SIDED = "two-sided"


def audit(
    observed: Annotated[
        Path, typer.Option(help="Results, one row a test (CSV or TSV, also .gz; Parquet).")
    ],
    nulls: Annotated[Path, typer.Option(help="Null draws, one row a draw, with the same keys.")],
    by: Annotated[str, typer.Option(help="Key columns of both tables, with commas between.")],
    value: Annotated[str, typer.Option(help="Column of the observed statistic.")],
    out: Annotated[Path, typer.Option(help="Folder for audit.html and the tables.")],
    null_value: Annotated[
        str | None,
        typer.Option(help="Column of the draws; null_value, or as --value, if not given."),
    ] = None,
    null_kind: Annotated[
        str | None,
        typer.Option(help="Column that names the null family; found if it has a usual name."),
    ] = None,
    index: Annotated[
        str | None,
        typer.Option(help="Column that numbers the permutations; found if it has a usual name."),
    ] = None,
    direction: Annotated[
        Direction, typer.Option(help="Which values speak for the effect.")
    ] = Direction.GREATER,
    level: Annotated[float, typer.Option(help="Level at which p is read.")] = 0.05,
) -> None:
    """Audit published results against their null draws: what survives, and what is misused.

    Recomputes p values, pooled null gaps and strict margins, says which p the draws can reach at
    all, corrects for the number of tests, and names misuse: the smallest p over null families,
    Fisher's rule on dependent rows, too few draws, and others.
    """
    from cellglass.report.audit_folder import claim, write_audit
    from cellglass.stats.audit.audit_draws import audit_draws

    claim(out.expanduser())
    seen, about_seen = _read(observed, "observed")
    drawn, about_drawn = _read(nulls, "null draws")
    say(f"{len(seen):,} observed rows, {len(drawn):,} null draws")
    result = audit_draws(
        seen, drawn, by=[c.strip() for c in by.split(",") if c.strip()], value=value,
        null_value=null_value, null_kind=null_kind, index=index, direction=direction.value,
        level=level, names=(str(observed), str(nulls)),
    )  # fmt: skip
    page = write_audit(
        result, out, title=f"Audit of {observed.name}", inputs=[about_seen, about_drawn]
    )
    _tell(result)
    typer.echo(f"\nPage: {page.resolve()}")


def _read(path: Path, role: str) -> tuple[pd.DataFrame, AuditInput]:
    """Read a table: text cell by cell as it stands, Parquet with its types."""
    from cellglass.data.tables import PARQUET, read_bytes, read_table
    from cellglass.report.audit_page import AuditInput

    raw = read_bytes(path)
    table = _parquet(raw, path) if raw[:4] == PARQUET else read_table(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return table, AuditInput(role, path.name, digest, len(table))


def _parquet(raw: bytes, path: Path) -> pd.DataFrame:
    import pandas as pd
    import pyarrow

    from cellglass.errors import InputError

    try:
        return pd.read_parquet(io.BytesIO(raw)).reset_index(drop=True)
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(
            f"the Parquet file is damaged: {error}", where=str(path), fix="copy it again"
        ) from error


def _tell(result: AuditResult) -> None:
    """Print what survives, and what is misused; the page has the rest."""
    for sentence in result.sentences:
        wrapped(sentence)
    if result.findings:
        typer.echo("")
    again = Counter(finding.code for finding in result.findings)
    for finding in result.findings:
        times = again.pop(finding.code, 0)
        name = finding.code.replace("_", " ")
        said = f"{name}: {finding.sentence}" if finding.severity == "misuse" else name
        if finding.severity != "misuse" and times > 1:
            said += f" ({times} times)"
        if times or finding.severity == "misuse":
            label = typer.style(f"{finding.severity:8s}", fg=COLOURS[finding.severity], bold=True)
            wrapped(said, f"{label} ", " " * 9)
    if not result.excluded.empty:
        typer.echo("")
    for _, row in result.excluded.iterrows():
        wrapped(f"{row['n']:,} {row['what']} not used: {row['reason']}")
