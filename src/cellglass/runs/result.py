"""What an analysis leaves: findings, verdicts, tables, figures as data, checks, words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellglass.errors import StudyError
from cellglass.stats import Finding, Verdict
from cellglass.stats.parquet import write_parquet

if TYPE_CHECKING:
    import pandas as pd

RESULT = "result.json"


@dataclass(frozen=True)
class FigureSpec:
    """A figure as data: which `pl` function draws which table.

    Parameters
    ----------
    name
        Unique in the result.
    function
        Name in `cellglass.pl`.
    table
        Name of the result's table that is drawn.
    caption
        What to see, in a sentence or two.
    options
        Keyword arguments of the function.
    size
        Width and height in inches.
    """

    name: str
    function: str
    table: str
    caption: str
    options: Mapping[str, Any] = field(default_factory=dict)
    size: tuple[float, float] = (6.4, 3.6)


@dataclass(frozen=True)
class Check:
    """One item of the quality-control checklist.

    Parameters
    ----------
    code
        For example ``"N2"`` (specification, section 4).
    what
        The check, in words.
    state
        ``"passed"``, ``"failed"`` or ``"not run"``.
    detail
        The number that decided, or why it was not run.
    """

    code: str
    what: str
    state: str
    detail: str = ""


@dataclass
class AnalysisResult:
    """Everything one instance of an analysis found.

    Parameters
    ----------
    analysis
        Name of the registered analysis.
    label
        What distinguishes the instance: model, network.
    findings, verdicts
        See `cellglass.stats`.
    tables
        Tables by name; each is downloadable from the report.
    captions
        What each table holds, by name: rows, unit, n.
    figures
        See `FigureSpec`.
    checks
        Items of the checklist this instance can judge.
    notes
        Sentences a reader must know.
    method
        Sentence for the methods paragraph.
    """

    analysis: str
    label: dict[str, str]
    findings: list[Finding] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    captions: dict[str, str] = field(default_factory=dict)
    figures: list[FigureSpec] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    method: str = ""

    def write(self, folder: Path) -> None:
        """Write result.json and one Parquet file a table; equal results give equal bytes."""
        names = {}
        for name, table in self.tables.items():
            path = folder / f"{name}.parquet"
            write_parquet(table, path, {})
            names[name] = path.name
        content = {
            "analysis": self.analysis,
            "label": self.label,
            "findings": [f.to_dict() for f in self.findings],
            "verdicts": [v.to_dict() for v in self.verdicts],
            "tables": names,
            "captions": self.captions,
            "figures": [_figure_dict(f) for f in self.figures],
            "checks": [vars(c) for c in self.checks],
            "notes": self.notes,
            "method": self.method,
        }
        (folder / RESULT).write_text(json.dumps(content, indent=1, allow_nan=False) + "\n")

    @classmethod
    def read(cls, folder: Path) -> AnalysisResult:
        """Read what `write` wrote."""
        import pandas as pd

        path = folder / RESULT
        if not path.is_file():
            raise StudyError("there is no result", where=str(folder))
        content = json.loads(path.read_text())
        return cls(
            content["analysis"],
            content["label"],
            [Finding.from_dict(f) for f in content["findings"]],
            [Verdict.from_dict(v) for v in content["verdicts"]],
            {n: pd.read_parquet(folder / f) for n, f in content["tables"].items()},
            content["captions"],
            [FigureSpec(**{**f, "size": tuple(f["size"])}) for f in content["figures"]],
            [Check(**c) for c in content["checks"]],
            content["notes"],
            content["method"],
        )


def _figure_dict(figure: FigureSpec) -> dict[str, Any]:
    return {**vars(figure), "options": dict(figure.options), "size": list(figure.size)}
