"""What a report is made from: a run folder, or one result."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cellglass.errors import StudyError
from cellglass.runs.pipeline import LEDGER, RESULTS, RunSummary, load_run
from cellglass.runs.registry import CHAPTERS, Analysis, analyses
from cellglass.stats import Finding, Ledger, State, Verdict

if TYPE_CHECKING:
    from cellglass.runs.result import AnalysisResult
    from cellglass.runs.sections import NetworkConfig
    from cellglass.runs.study import Study

CELLS = "cells"
CONTROLS = "controls"


@dataclass(frozen=True)
class Source:
    """Everything a report says, before it is put into words.

    Parameters
    ----------
    name
        Name of the study, or of the scores.
    results
        Results in the order of the analyses.
    skipped
        Analysis, label and verdict of what did not run.
    ledger
        All findings; None where there are none.
    manifest
        Content of manifest.json; empty for a single result.
    study
        The study; None for a single result.
    inputs
        What the preparing tasks noted: under ``"cells"`` of the cells, under ``"genes-NAME"`` of a
        subject's genes, under ``"responses-NAME"`` of a screen.
    study_text
        The study.yaml as it stands in the folder.
    known
        Registered analyses by name.
    """

    name: str
    results: Sequence[AnalysisResult]
    skipped: Sequence[tuple[str, Mapping[str, str], Verdict]] = ()
    ledger: Ledger | None = None
    manifest: Mapping[str, Any] = field(default_factory=dict)
    study: Study | None = None
    inputs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    study_text: str = ""
    known: Mapping[str, Analysis] = field(default_factory=dict)

    @property
    def environment(self) -> Mapping[str, Any]:
        """Versions and machine, as the manifest has them."""
        return self.manifest.get("environment", {})

    @property
    def level(self) -> float:
        """Level at which p is read."""
        return self.study.statistics.level if self.study is not None else 0.05

    @property
    def model_names(self) -> list[str]:
        """Models, those of the study first."""
        names = [m.label for m in self.study.models] if self.study is not None else []
        names += [r.label["model"] for r in self.results if "model" in r.label]
        return list(dict.fromkeys(names))

    @property
    def subject_names(self) -> list[str]:
        """Models and edge tables, those of the study first."""
        tables = [t.label for t in self.study.tables] if self.study is not None else []
        tables += [r.label["edges"] for r in self.results if "edges" in r.label]
        return list(dict.fromkeys([*self.model_names, *tables]))

    @property
    def networks_used(self) -> list[NetworkConfig]:
        """Reference networks that a result was held against."""
        used = {r.label.get("network") for r in self.results}
        return [] if self.study is None else [n for n in self.study.networks if n.label in used]

    @property
    def control_results(self) -> list[AnalysisResult]:
        """Results of planted controls."""
        return [r for r in self.results if chapter_of(r.analysis) == CONTROLS]

    @property
    def misbehaved(self) -> list[AnalysisResult]:
        """Planted controls that did not come out as planted."""
        return [r for r in self.control_results if not behaved(r)]

    def count(self, state: State) -> int:
        """Verdicts on models in a state; those on planted controls do not count."""
        own = [v for r in self.results if chapter_of(r.analysis) != CONTROLS for v in r.verdicts]
        own += [v for name, _, v in self.skipped if chapter_of(name) != CONTROLS]
        return sum(v.state is state for v in own)

    def analysis(self, name: str) -> Analysis:
        """The registered analysis; one that says so where another package's is missing."""
        if name in self.known:
            return self.known[name]
        title = name.partition(".")[2].replace("_", " ").capitalize() or name
        return Analysis(
            name,
            title,
            f"{title} (an analysis that is not registered on this machine)",
            "",
            "",
            lambda _: [],
        )


def chapter_of(analysis: str) -> str:
    """Chapter of an analysis, by its name."""
    return analysis.partition(".")[0]


def chapter_order(names: Iterable[str]) -> list[str]:
    """Chapters in the order of the report, those of other packages last."""
    found = list(dict.fromkeys(names))
    known = [c for c in CHAPTERS if c in found]
    return known + [c for c in found if c not in known]


def behaved(result: AnalysisResult) -> bool:
    """Whether a planted control came out as planted: none of its checks failed."""
    return all(check.state != "failed" for check in result.checks)


def ledger_of(findings: Sequence[Finding]) -> Ledger:
    """Make a ledger of findings; what it holds outlives its file."""
    with tempfile.TemporaryDirectory(prefix="cellglass-report-") as scratch:
        ledger = Ledger(Path(scratch) / LEDGER)
        for finding in findings:
            ledger.append(finding)
    return ledger


def source_of_run(run: RunSummary | str | Path) -> Source:
    """Read what a report of a run needs.

    Raises
    ------
    StudyError
        If there is no finished run, or its ledger does not hold the findings of its results.
    """
    summary = run if isinstance(run, RunSummary) else load_run(run)
    folder = summary.folder
    if not summary.results and not summary.skipped:
        raise StudyError(
            "the run holds no result and says of none why it did not run",
            where=str(folder),
            fix="run cellglass run study.yaml --out FOLDER",
        )
    text = folder / "study.yaml"
    manifest = dict(summary.manifest)
    if summary.inputs and "inputs" not in manifest:
        manifest["inputs"] = dict(summary.inputs)
    return Source(
        summary.study.study,
        summary.results,
        summary.skipped,
        _ledger(folder, summary),
        manifest,
        summary.study,
        _inputs(folder),
        text.read_text(encoding="utf-8") if text.is_file() else "",
        analyses(),
    )


def source_of_result(result: AnalysisResult) -> Source:
    """Make the report of one result, as of ``cellglass regulation score``."""
    name = " · ".join(result.label.values()) or result.analysis
    return Source(name, [result], ledger=ledger_of(result.findings), known=analyses())


def _ledger(folder: Path, summary: RunSummary) -> Ledger | None:
    """Read the ledger; the findings of all results must be in it."""
    wanted = {f.id for r in summary.results for f in r.findings}
    path = folder / RESULTS / LEDGER
    if not path.is_file() and not wanted:
        return None  # a ledger without findings leaves no file
    again = "run the study again: what is finished is not computed twice"
    if not path.is_file():
        raise StudyError("the ledger of the run is missing", where=str(path), fix=again)
    ledger = Ledger(path)
    missing = wanted - {f.id for f in ledger}
    if missing:
        raise StudyError(
            f"{len(missing)} findings of the results are not in the ledger",
            where=str(path),
            expected="the ledger that was written with the results",
            fix=again,
        )
    return ledger


def _inputs(folder: Path) -> dict[str, dict[str, Any]]:
    """Read what the preparing tasks found, by the name of the file."""
    paths = sorted((folder / RESULTS / "inputs").glob("*.json"))
    return {p.stem: json.loads(p.read_text(encoding="utf-8")) for p in paths}
